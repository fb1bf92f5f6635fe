"""The tables that sweeps print: what is varied, then the best plan, or why there is none."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table

from netmodel.units import format_bandwidth, format_size
from planner.bandwidth_sweep import BandwidthSweep
from planner.cli.tables import plain_table
from planner.level_sweep import LevelRow
from planner.memory_sweep import MemoryRow
from planner.objectives import LATENCY, Objective
from planner.plan_row import PlanRow
from planner.sweep import SweepRow
from planner.wording import format_value, no_plan_text, time_text


def parts_table(rows: Sequence[SweepRow], objective: Objective) -> Table:
    """A row per number of parts."""
    return _table("number of parts", {"parts": [str(row.parts) for row in rows]}, rows, objective)


def levels_table(rows: Sequence[LevelRow], objective: Objective) -> Table:
    """A row per granularity level."""
    varied = {
        "level": [row.level for row in rows],
        "blocks": [str(row.n_blocks) for row in rows],
    }
    return _table("granularity level", varied, rows, objective)


def bandwidths_table(sweep: BandwidthSweep, objective: Objective) -> Table:
    """A row per bandwidth."""
    texts = [format_bandwidth(bandwidth) for bandwidth in sweep.bandwidths_bytes_per_s]
    return _table("bandwidth of the links", {"bandwidth": texts}, sweep.rows, objective)


def caps_table(rows: Sequence[MemoryRow], objective: Objective) -> Table:
    """A row per memory cap."""
    texts = [format_size(row.cap_bytes) for row in rows]
    return _table("memory cap of the nodes", {"cap": texts}, rows, objective)


def _table(
    what: str, varied: dict[str, list[str]], rows: Sequence[PlanRow], objective: Objective
) -> Table:
    is_latency = objective == LATENCY
    table = plain_table(
        f"best plan for every {what}, by {objective.name}",
        [*varied, "nodes", "cut before block"],
        [*([] if is_latency else [objective.name]), "latency", "highest memory", "moved"],
    )
    if any(row.feasible and not row.is_proved for row in rows):
        table.caption = "≤: the search ended before a proof that no plan is better"
        table.caption_justify = "left"
    for index, row in enumerate(rows):
        first = [texts[index] for texts in varied.values()]
        if row.latency_s is None or row.peak_bytes is None or row.moved_bytes is None:
            dashes = ["–"] * (len(table.columns) - len(first) - 1)
            table.add_row(*first, f"{no_plan_text(row.status)}: {row.reason}", *dashes)
        else:
            value = row.latency_s if is_latency else row.value or 0.0
            text = format_value(objective, value)
            table.add_row(
                *first,
                ", ".join(row.nodes),
                " ".join(map(str, row.cuts)),
                text if row.is_proved else f"≤ {text}",
                *([] if is_latency else [time_text(row.latency_s)]),
                format_size(row.peak_bytes),
                format_size(row.moved_bytes),
            )
    return table
