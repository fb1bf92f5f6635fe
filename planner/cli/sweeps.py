"""One sweep over each axis: from the words of `--values` to what is printed, written and drawn."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from netmodel.units import parse_bandwidth_bytes_per_s, parse_size_bytes
from planner import api
from planner.cli.pictures import write_with_picture
from planner.cli.sweep_tables import bandwidths_table, caps_table, levels_table, parts_table
from planner.errors import PlannerError
from planner.plotting.bandwidth import latency_against_bandwidth, plot_latency_against_bandwidth
from planner.plotting.granularity import (
    plans_against_granularity,
    plot_plans_against_granularity,
)
from planner.plotting.levels import plans_against_level, plot_plans_against_level
from planner.plotting.memory_cap import latency_against_cap, plot_latency_against_cap
from planner.plotting.plan_panels import height_in
from planner.problem import build_problem
from planner.sweep import priced_hand_split
from planner.sweep_csv import bandwidths_csv, caps_csv, levels_csv, parts_csv
from planner.sweep_values import SweepAxis
from profiler.blocks import Granularity, granularity_named

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from rich.table import Table

    from netmodel.cluster import Cluster
    from planner.plan_row import PlanRow
    from profiler.profile_records import Profile

Value = TypeVar("Value", int, float)
_COUNT = re.compile(r"[0-9]{1,9}")
_WIDTH_IN = 7.0
_WIDE_IN = (7.5, 5.5)


@dataclass(frozen=True)
class SweepInputs:
    """What is planned, whatever is varied."""

    profile: Profile
    cluster: Cluster
    node_profiles: Mapping[str, Profile] = field(default_factory=dict)
    options: api.PlanOptions = field(default_factory=api.PlanOptions)


@dataclass(frozen=True)
class Swept:
    """A sweep that was made, in every form that it is shown in."""

    axis: SweepAxis
    rows: Sequence[PlanRow]
    csv: str
    table: Table
    draw: Callable[[Figure], object]
    size_in: tuple[float, float]

    def write(self, folder: Path) -> tuple[Path, Path]:
        """Writes CSV and PNG, named after what is varied, into a folder; returns their paths."""
        from matplotlib.figure import Figure

        figure = Figure(figsize=self.size_in, layout="constrained")
        self.draw(figure)
        return write_with_picture(table_path(folder, self.axis), self.csv, figure)


def table_path(folder: Path, axis: SweepAxis) -> Path:
    """Where the CSV of a sweep over an axis is written."""
    return folder / f"{axis}.csv"


def sweep_over(axis: SweepAxis, inputs: SweepInputs, values: str | None = None) -> Swept:
    """The sweep over one axis, of the values in a text such as `1Mbit/s,10Mbit/s` or of its own.

    Raises:
        PlannerError: there is nothing to try, or a value is out of range.
        MismatchError: the profile is too coarse for a level.
        UnitError: a value without its unit.
    """
    sweeps = {
        SweepAxis.PARTS: _over_parts,
        SweepAxis.GRANULARITY: _over_granularity,
        SweepAxis.BANDWIDTH: _over_bandwidth,
        SweepAxis.MEMORY: _over_memory,
    }
    words = None if values is None else _words(values)
    return sweeps[axis](inputs, words)


def _over_parts(inputs: SweepInputs, words: list[str] | None) -> Swept:
    rows = api.sweep(
        inputs.profile, inputs.cluster, node_profiles=inputs.node_profiles,
        options=inputs.options, counts=_read(words, _count),
    )  # fmt: skip
    objective = inputs.options.objective
    by_hand = priced_hand_split(build_problem(inputs.profile, inputs.cluster, inputs.node_profiles))

    def draw(figure: Figure) -> None:
        shown = plans_against_granularity(rows, by_hand, objective=objective)
        plot_plans_against_granularity(shown, figure)

    size_in = _WIDTH_IN, height_in(objective)
    return Swept(
        SweepAxis.PARTS, rows, parts_csv(rows), parts_table(rows, objective), draw, size_in
    )


def _over_granularity(inputs: SweepInputs, words: list[str] | None) -> Swept:
    rows = api.sweep_granularity(
        inputs.profile, inputs.cluster, node_profiles=inputs.node_profiles,
        options=inputs.options, levels=_levels(words),
    )  # fmt: skip
    objective = inputs.options.objective
    draw = partial(plot_plans_against_level, plans_against_level(rows, objective))
    table, size_in = levels_table(rows, objective), (_WIDTH_IN, height_in(objective))
    return Swept(SweepAxis.GRANULARITY, rows, levels_csv(rows), table, draw, size_in)


def _over_bandwidth(inputs: SweepInputs, words: list[str] | None) -> Swept:
    swept = api.sweep_bandwidth(
        inputs.profile, inputs.cluster, node_profiles=inputs.node_profiles,
        options=inputs.options,
        bandwidths_bytes_per_s=_read(words, parse_bandwidth_bytes_per_s),
    )  # fmt: skip

    def draw(figure: Figure) -> None:
        plot_latency_against_bandwidth(latency_against_bandwidth(swept), figure.subplots())

    table = bandwidths_table(swept, inputs.options.objective)
    return Swept(SweepAxis.BANDWIDTH, swept.rows, bandwidths_csv(swept), table, draw, _WIDE_IN)


def _over_memory(inputs: SweepInputs, words: list[str] | None) -> Swept:
    sweep = partial(
        api.sweep_memory, inputs.profile, inputs.cluster, node_profiles=inputs.node_profiles
    )
    rows = sweep(options=inputs.options, caps_bytes=_read(words, _cap_bytes))
    in_one_piece = inputs.options.limits.model_copy(update={"max_stages": 1})
    whole = sweep(
        options=replace(inputs.options, limits=in_one_piece),
        caps_bytes=[row.cap_bytes for row in rows],
    )

    def draw(figure: Figure) -> None:
        plot_latency_against_cap(latency_against_cap(rows, whole), figure.subplots())

    table = caps_table(rows, inputs.options.objective)
    return Swept(SweepAxis.MEMORY, rows, caps_csv(rows), table, draw, _WIDE_IN)


def _words(values: str) -> list[str]:
    """The words between commas."""
    words = [word.strip() for word in values.split(",")]
    if "" in words:
        raise PlannerError(
            f"--values {values!r}: there is nothing to try before, after or between its commas; "
            "write values like 2,3 or 10Mbit/s,100Mbit/s, or leave the option out"
        )
    return words


def _read(words: list[str] | None, parse: Callable[[str], Value]) -> list[Value] | None:
    """What the words say, each value once, in ascending order."""
    return None if words is None else sorted({parse(word) for word in words})


def _levels(words: list[str] | None) -> list[Granularity] | None:
    """Each level once, from fine to coarse."""
    if words is None:
        return None
    named = {granularity_named(word) for word in words}
    return [level for level in Granularity if level in named]


def _count(word: str) -> int:
    # `int` would also read 1_0, +2 and the digits of other scripts.
    if not _COUNT.fullmatch(word):
        raise PlannerError(f"--values {word!r} is no number of parts: write it like 2,3")
    return int(word)


def _cap_bytes(word: str) -> int:
    cap_bytes = parse_size_bytes(word)
    if cap_bytes < 1:
        raise PlannerError(f"--values {word!r} is no memory: write a cap of 1 B or more")
    return cap_bytes
