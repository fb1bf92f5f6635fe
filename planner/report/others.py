"""The alternatives: what others would choose, and the best plan for every number of parts."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure

from planner.baselines.hand_split import HandSplit
from planner.compare import Row
from planner.objectives import LATENCY, Objective
from planner.plotting.granularity import plans_against_granularity, plot_plans_against_granularity
from planner.plotting.plan_panels import height_in
from planner.report.content import ReportContent
from planner.report.markup import (
    Markup,
    bullets,
    element,
    number,
    numbers,
    section,
    table,
    words,
)
from planner.report.pictures import picture
from planner.report.quantities import duration, size
from planner.sweep import SweepRow
from planner.wording import comparison_notes, format_value, ratio_text, visited_text


def others_part(content: ReportContent) -> Markup:
    """A row per alternative, what each rule looks at, and the picture over the number of parts."""
    objective = content.document.solution.objective
    parts = [_alternatives(content.alternatives, objective)] if content.alternatives else []
    if len(content.parts) > 1:
        parts.append(_picture(content))
    return section("The alternatives", *parts) if parts else Markup("")


def _alternatives(rows: Sequence[Row], objective: Objective) -> Markup:
    is_latency = objective == LATENCY
    columns = (
        *words("plan", "stages on"),
        *numbers("latency", *([] if is_latency else [objective.name]), "of ours"),
        *numbers("highest memory", "moved"),
        *words("fits"),
    )
    notes = element(
        "details",
        element("summary", "What each rule looks at"),
        bullets(comparison_notes(rows).splitlines()),
    )
    body = [_row(row, objective, len(columns)) for row in rows]
    return element("div", table("Plans, priced by one evaluator", columns, body), notes)


def _row(row: Row, objective: Objective, n_columns: int) -> tuple[str, ...]:
    estimate = row.estimate
    if estimate is None or row.value is None:
        return (row.name, f"none: {row.skip_reason}", *[""] * (n_columns - 2))
    value = () if objective == LATENCY else (number(row.value, format_value(objective, row.value)),)
    return (
        row.name,
        visited_text(estimate.stages),
        duration(estimate.latency_s),
        *value,
        ratio_text(row) or "–",
        size(estimate.peak_bytes),
        size(estimate.moved_bytes),
        "yes" if row.fits else element("span", row.misfit, class_="bad"),
    )


def _picture(content: ReportContent) -> Markup:
    rows, objective = content.parts, content.document.solution.objective
    by_hand = next((r.estimate for r in content.alternatives if r.name == HandSplit.name), None)
    figure = Figure(figsize=(5, height_in(objective)), layout="constrained")
    shown = plans_against_granularity(
        rows, by_hand, plan=content.document.estimate, objective=objective
    )
    plot_plans_against_granularity(shown, figure)
    searched = f"Each plan is the best by {rows[0].objective} with so many parts."
    caption = " ".join((searched, *filter(None, map(_doubt, rows))))
    return picture(figure, "parts", caption)


def _doubt(row: SweepRow) -> str:
    """Why there is no plan, or no proof that it is the best; empty where there are both."""
    if row.feasible:
        unproved = f"That with {row.parts} is the best found, without a proof: {row.reason}."
        return "" if row.is_proved else unproved
    known = "None fits" if row.is_proved else "None was found"
    return f"{known} with {row.parts}: {row.reason}."
