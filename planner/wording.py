"""Wording: records in words and units, the same on the command line and in the report."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

from netmodel.links.spread import format_level
from planner.breakdown import HopTerm, StageTerm
from planner.compare import Row
from planner.manifest import Verification
from planner.objectives import Objective
from planner.plan import Plan, Stage
from planner.solution import Solution, Status
from planner.tail import Tail
from profiler.profile_records import ReferenceTimes
from profiler.reference import relative_speed

_LONG_S = 100.0


def proof_text(solution: Solution) -> str:
    """Status, method, value, and what no such plan is below."""
    objective, text = solution.objective, f"{solution.status.value} by {solution.method}"
    if solution.value is None or solution.lower_bound is None:
        return text
    gap = f", gap {solution.gap:.2%}" if solution.gap else ""
    return (
        f"{text}: {objective.name} {format_value(objective, solution.value)}, no such plan is "
        f"below {format_value(objective, solution.lower_bound)}{gap}"
    )


def no_plan_text(status: Status) -> str:
    """That there is no plan, or that nobody knows whether there is one."""
    return "no plan was found" if status is Status.UNKNOWN else "no feasible plan"


def error_text(predicted_s: float, measured_s: float) -> str:
    """By how much a prediction is above what was measured, or a dash where one of them is 0."""
    return f"{predicted_s / measured_s - 1:+.1%}" if predicted_s and measured_s else "–"


def format_value(objective: Objective, value: float) -> str:
    """A value of an objective, with its unit."""
    return time_text(value) if objective.unit == "s" else f"{value:.6g}"


def nodes_text(stage: StageTerm | Stage) -> str:
    """The nodes of one stage, which take turns: `server-1+server-2`."""
    return "+".join(stage.nodes)


def visited_text(stages: Sequence[StageTerm | Stage]) -> str:
    """The nodes of all stages in order: `phone, server-1+server-2`; names may have spaces."""
    return ", ".join(map(nodes_text, stages))


def first_few(names: Sequence[str], most: int) -> str:
    """So many names, and how many there are beside them: `a, b and 3 more`."""
    shown, more = ", ".join(names[:most]), len(names) - most
    return f"{shown} and {more} more" if more > 0 else shown


def placement_text(plan: Plan, block_names: Sequence[str]) -> str:
    """Where each stage runs and where it starts: `phone, server from layer3.0`."""
    return ", ".join(
        nodes_text(stage) + (f" from {block_names[stage.start]}" if stage.start else "")
        for stage in plan.stages
    )


def tail_summary(tail: Tail) -> str:
    """A quantile of a plan's latency, its error, and what adding up quantiles would have said."""
    name = format_level(tail.quantile)
    lines = [
        f"{name} {time_text(tail.latency_s)} by simulation, between {time_text(tail.low_s)} and "
        f"{time_text(tail.high_s)} with {tail.confidence:.0%} confidence ({tail.n_draws:,} draws); "
        f"the {name} of all parts add up to {time_text(tail.sum_of_quantiles_s)}"
    ]
    for basis, parts in tail.parts_by_basis.items():
        lines.append(f"  {basis}: {', '.join(parts)}")
    return "\n".join(lines)


def verification_summary(verification: Verification) -> str:
    """How close the chained stages are to the original."""
    if verification.bit_identical:
        return "the chained stages give the same bits as the original model on the sample input"
    return (
        "the chained stages differ from the original model on the sample input by at most "
        f"{verification.max_abs_difference:.3g}, relative {verification.max_rel_difference:.3g} "
        f"(allowed {verification.tolerance:g})"
    )


def drift_summary(
    profiled: ReferenceTimes,
    run: Sequence[ReferenceTimes],
    *,
    runs: str = "this machine now runs",
) -> str:
    """How fast a run's machine is beside the profile's when that was profiled: maybe another one.

    Args:
        profiled: of the machine of the reference profile, at that time.
        run: of the run's machine, before and after the run.
        runs: the subject and the verb.
    """
    before, after = (f"{relative_speed(now, profiled):.2f}×" for now in run)
    return (
        f"{runs} a reference computation at {before} (before the run) and {after} "
        "(after it) of the speed of the profile's machine when it was profiled"
    )


def blocks_text(term: StageTerm | Stage, block_names: Sequence[str]) -> str:
    """The first and last block of a stage: `conv1 to layer2.0`."""
    first, last = block_names[term.start], block_names[term.stop - 1]
    return first if first == last else f"{first} to {last}"


def hop_text(hop: HopTerm) -> str:
    """The two ends of a hop: `phone → server`."""
    return f"{hop.source} (stays)" if hop.source == hop.target else f"{hop.source} → {hop.target}"


def time_text(seconds: float) -> str:
    """Milliseconds, or seconds where they are many; in words where there is no link."""
    if not isfinite(seconds):
        return "no link"
    return f"{seconds * 1e3:.2f} ms" if seconds < _LONG_S else f"{seconds:,.2f} s"


def ratio_text(row: Row) -> str:
    """Its value over ours, or nothing if one of them has none."""
    ratio = row.relative_value
    return "" if ratio is None or not isfinite(ratio) else f"{ratio:.2f}×"


def comparison_notes(rows: Sequence[Row]) -> str:
    """What each rule looks at, and what it ignores; rules that share a note share a line."""
    names: dict[str, list[str]] = {}
    for row in rows:
        names.setdefault(row.note, []).append(row.name)
    return "\n".join(f"{', '.join(sharing)}: {note}" for note, sharing in names.items())
