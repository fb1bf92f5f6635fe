"""Other rules' plans beside ours, over several models: what does each rule lose, and where?

A point is the value of a rule's plan over that of the plan with the least value that fits. A hollow
one breaks a memory cap or a limit, so that it could not be run; only such a plan can be below 1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import floor, isfinite, log10

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, NullFormatter

from planner.compare import OURS, Row
from planner.errors import PlannerError
from planner.plotting.legend_below import legend_below
from planner.plotting.palette import style_of

_STEP = 0.6
"""Of a rule's row that its models share, so that equal values do not hide each other."""

_TICKS = (1, 1.5, 2, 3, 5, 7)
"""Of every power of ten."""


@dataclass(frozen=True)
class RulePoint:
    """One rule's plan for one model."""

    rule: str
    model: str
    ratio: float
    """Its value over ours."""
    fits: bool


@dataclass(frozen=True)
class RulesTable:
    """What the plot shows."""

    rules: tuple[str, ...]
    """As the comparison lists them, ours left out."""
    models: tuple[str, ...]
    points: tuple[RulePoint, ...]
    n_without: dict[str, int]
    """Of each rule: models for which it gives no plan, or one over a link that does not exist."""


def rules_against_models(comparisons: Mapping[str, Sequence[Row]]) -> RulesTable:
    """Joins the comparisons of several models.

    Args:
        comparisons: of each model, as `compare` gives them; a model without a plan of ours has
            nothing to be compared with, and counts for every rule as one without.

    Raises:
        PlannerError: there are none.
    """
    if not comparisons:
        raise PlannerError("there is no model to compare rules on: give at least one")
    rows = [(m, row) for m, rows in comparisons.items() for row in rows if row.name != OURS]
    points = tuple(
        RulePoint(row.name, model, row.relative_value, row.fits)
        for model, row in rows
        if row.relative_value is not None and isfinite(row.relative_value)
    )
    rules = tuple(dict.fromkeys(row.name for _, row in rows))
    shown = [point.rule for point in points]
    asked = [row.name for _, row in rows]
    return RulesTable(
        rules=rules,
        models=tuple(comparisons),
        points=points,
        n_without={rule: asked.count(rule) - shown.count(rule) for rule in rules},
    )


def plot_rules_against_models(table: RulesTable, ax: Axes) -> None:
    """Draws a row per rule; best 7 inches wide and 0.35 high for each rule, plus 1.5."""
    for index, model in enumerate(table.models):
        style = style_of(index)
        offset = _STEP * ((index + 0.5) / len(table.models) - 0.5)
        for fits in (True, False):
            chosen = [p for p in table.points if p.model == model and p.fits == fits]
            ax.plot(
                [point.ratio for point in chosen],
                [table.rules.index(point.rule) + offset for point in chosen],
                color=style.colour, marker=style.marker, markersize=7, linestyle="none",
                markerfacecolor=style.colour if fits else "white",
            )  # fmt: skip
    ax.axvline(1, color="black", linewidth=1.2)
    ax.set_xscale("log")
    ax.xaxis.set_major_locator(LogLocator(subs=_TICKS))
    ax.xaxis.set_major_formatter("{x:g}")
    ax.xaxis.set_minor_formatter(NullFormatter())
    least = min((point.ratio for point in table.points), default=1.0)
    ax.set_xlim(left=min(ax.get_xlim()[0], 0.98 * _tick_below(least)))
    ax.set_yticks(range(len(table.rules)), [_name(table, rule) for rule in table.rules])
    ax.set_ylim(len(table.rules) - 0.4, -0.6)
    for y in range(1, len(table.rules)):
        ax.axhline(y - 0.5, color="0.9", linewidth=0.8, zorder=0)
    ax.grid(visible=True, axis="x", alpha=0.3)
    ax.set_axisbelow(True)
    ax.set_xlabel("Value of the rule's plan over ours, predicted")
    ax.set_title("What other rules would choose, beside the best plan", fontsize="medium")
    legend_below(ax, _legend(table))


def _tick_below(ratio: float) -> float:
    """The next tick, so that marks left of ours have one with a number beside them."""
    power = 10.0 ** floor(log10(ratio))
    return power * max(tick for tick in _TICKS if tick <= ratio / power)


def _name(table: RulesTable, rule: str) -> str:
    n = table.n_without[rule]
    if not n:
        return rule
    return f"{rule}\n(no plan for {n} of {len(table.models)})"


def _legend(table: RulesTable) -> list[Line2D]:
    handles = [
        _mark(model, style_of(i).marker, style_of(i).colour) for i, model in enumerate(table.models)
    ]
    if not all(point.fits for point in table.points):
        handles.append(_mark("does not fit (hollow)", "o", "black", face="white"))
    return [*handles, Line2D([], [], color="black", linewidth=1.2, label="our plan")]


def _mark(words: str, marker: str, colour: str, *, face: str | None = None) -> Line2D:
    return Line2D(
        [], [], color=colour, marker=marker, markerfacecolor=face or colour, linestyle="none",
        label=words,
    )  # fmt: skip
