"""What the commands print: tables and summaries of the records, and nothing computed here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.table import Table

from netmodel.units import format_duration, format_size
from planner.breakdown import Breakdown, HopTerm, StageTerm
from planner.compare import OURS, Row
from planner.manifest import Manifest
from planner.objectives import LATENCY, Objective
from planner.solution import PlanDocument
from planner.throughput import Throughput
from planner.timeline import in_order
from planner.wording import (
    blocks_text,
    error_text,
    format_value,
    hop_text,
    nodes_text,
    placement_text,
    proof_text,
    ratio_text,
    tail_summary,
    time_text,
    visited_text,
)
from profiler.profile_options import Rounds
from profiler.profile_records import Profile, Whole

if TYPE_CHECKING:
    from planner.solvers.pareto import ParetoFront


def profile_table(profile: Profile) -> Table:
    """A row per block."""
    table = plain_table(
        f"{profile.graph.model}: {len(profile.blocks)} blocks ({profile.granularity}) on "
        f"{profile.backend}, {profile.environment.threads} thread(s)",
        ["", "block"],
        ["latency", "p10 … p90", "FLOPs", "weights", "live", "cut after it"],
    )
    for index, (block, cut) in enumerate(zip(profile.blocks, profile.cuts[1:], strict=True)):
        spread = f"{block.latency.p10_s * 1e3:.2f} … {block.latency.p90_s * 1e3:.2f} ms"
        table.add_row(
            str(index),
            block.name,
            f"{block.latency.median_s * 1e3:.2f} ms",
            spread,
            f"{block.flops / 1e6:.1f} M",
            format_size(block.weight_bytes),
            format_size(block.peak_live_bytes),
            f"{format_size(cut.n_bytes)} in {len(cut.tensors)}",
        )
    return table


def profile_summary(profile: Profile) -> str:
    """What holds for the whole model, and how far its parts are from it."""
    whole, runtime, flops = profile.whole, profile.runtime, profile.flops
    lines = [
        f"whole model   {format_duration(whole.latency.median_s)} measured in the same "
        f"{whole.latency.n} rounds; blocks sum to {whole.blocks_over_whole:.3f} of it, noise "
        f"(A against A, before the blocks) {whole.noise:.1%}",
        f"blocks        timed by {whole.attribution.value}; {whole.named_share:.0%} of it is "
        "in operators known to be of their blocks",
        *_precision_lines(whole),
        f"FLOPs         {flops.total / 1e9:.3f} G (a multiply-add is 2); fvcore "
        + (
            "could not trace it"
            if flops.fvcore_total is None
            else f"counts {flops.fvcore_total / 1e9:.3f} G"
        ),
        f"memory        process base {format_size(runtime.base_bytes)}; of "
        f"{format_size(profile.graph.weight_bytes)} of weights a process keeps "
        f"{format_size(sum(block.resident_bytes for block in profile.blocks))}, and needs up to "
        f"{format_size(max(block.load_bytes for block in profile.blocks))} more to load them; "
        f"margin {runtime.margin_ratio:.0%} and {format_size(runtime.margin_bytes)}",
    ]
    if flops.unpriced:
        names = ", ".join(f"{name} ({count})" for name, count in flops.unpriced.items())
        lines.append(
            f"unpriced      {names}: no FLOP formula; blocks with them take "
            f"{flops.unpriced_latency_share:.0%} of the time"
        )
    return "\n".join(lines)


def _precision_lines(whole: Whole) -> list[str]:
    if whole.precision is None:
        return []
    bought = whole.precision
    return [
        f"precision     {format_duration(bought.spent_s)} of measuring know the whole's median to "
        f"±{bought.whole:.1%} and the least known block to ±{bought.worst_block_share:.1%} of the "
        f"model ({bought.confidence:.0%} confidence, if the machine keeps its speed)",
        f"rest          every run after {format_duration(whole.rest_s)} of rest, as between "
        f"requests: {whole.rest_factor:.3f} of the time without it",
        f"start         every stage takes {format_duration(whole.stage_start_s)} beyond its "
        "blocks: measured on three stages",
    ]


def budget_note(whole: Whole, rounds: Rounds) -> str | None:
    """Why a measurement took longer than its budget; none if it did not have to."""
    if whole.precision is None or whole.latency.n > rounds.least:
        return None
    if whole.precision.spent_s <= rounds.budget_s:
        return None
    return (
        f"budget of {format_duration(rounds.budget_s)} exceeded: noise floor, warm-up and "
        f"{whole.latency.n} rounds are the least that is measured, and took "
        f"{format_duration(whole.precision.spent_s)}"
    )


def breakdown_table(estimate: Breakdown, block_names: Sequence[str]) -> Table:
    """A predicted plan: hops and stages in the order of a request."""
    table = plain_table("predicted", ["", "where", "blocks"], ["moved", "time", "memory", "cap"])
    for term in in_order(estimate):
        if isinstance(term, HopTerm):
            moved = format_size(term.n_bytes)
            table.add_row("hop", hop_text(term), "", moved, time_text(term.transfer_s), "", "")
        else:
            table.add_row(
                "stage",
                nodes_text(term),
                blocks_text(term, block_names),
                "",
                time_text(term.compute_s),
                format_size(term.peak_bytes),
                format_size(term.cap_bytes),
            )
    table.add_section()
    table.add_row(
        "", "end to end", "", format_size(estimate.moved_bytes), time_text(estimate.latency_s)
    )
    return table


def comparison_of_run(
    predicted: Breakdown,
    measured: Breakdown,
    block_names: Sequence[str],
    throughput: Throughput | None = None,
) -> Table:
    """Predicted beside measured, term by term, with the error of the prediction."""
    runs = "" if measured.requests is None else f", median of {measured.requests.n} requests"
    table = plain_table(
        f"predicted beside measured{runs}",
        ["", "where", "what"],
        ["predicted", "measured", "error", "memory predicted", "measured", "cap"],
    )
    for before, after in zip(in_order(predicted), in_order(measured), strict=True):
        if isinstance(before, HopTerm) and isinstance(after, HopTerm):
            seconds = (before.transfer_s, after.transfer_s)
            table.add_row("hop", hop_text(before), format_size(before.n_bytes), *_times(*seconds))
        elif isinstance(before, StageTerm) and isinstance(after, StageTerm):
            table.add_row(
                "stage",
                before.node,
                blocks_text(before, block_names),
                *_times(before.compute_s, after.compute_s),
                format_size(before.peak_bytes),
                format_size(after.peak_bytes) if after.peak_bytes else "–",
                format_size(before.cap_bytes),
            )
    table.add_section()
    table.add_row("", "end to end", "", *_times(predicted.latency_s, measured.latency_s))
    if throughput is not None:
        seconds = (predicted.period_of_s(throughput.in_flight), throughput.period.median_s)
        what = f"{throughput.in_flight} in flight"
        table.add_row("", "time between answers", what, *_times(*seconds))
    return table


def plan_summary(document: PlanDocument, rows: Sequence[Row]) -> str:
    """Status and proof, what it is compared with, and where the numbers come from.

    Args:
        document: the plan.
        rows: its comparison with the baselines.
    """
    solution, estimate = document.solution, document.estimate
    objective = solution.objective
    lines = [proof_text(solution)]
    if solution.reason:
        lines.append(solution.reason)
    if document.tail is not None:
        lines.append(tail_summary(document.tail))
    if estimate is not None:
        lines.append(_other_values(estimate, objective))
        if len(estimate.stages) == 1 and not _is_limited_to_one(document):
            lines.append("one stage: no plan with a cut that fits is better")
    for row in rows:
        if row.name != OURS:
            lines.append(f"  {row.name}: {_verdict(row, objective)}")
    lines.extend(f"{what}: {origin}" for what, origin in document.provenance.items())
    return "\n".join(lines)


def _is_limited_to_one(document: PlanDocument) -> bool:
    return document.problem is not None and document.problem.limits.max_stages == 1


def _other_values(estimate: Breakdown, objective: Objective) -> str:
    """What else the plan comes to, beside its objective."""
    period = f"{format_duration(estimate.period_s)} between requests in steady state"
    price = f", price {estimate.price:.6g} a request" if estimate.price else ""
    nodes = f"{estimate.n_nodes} node{'s' if estimate.n_nodes > 1 else ''}"
    latency = "" if objective == LATENCY else f"latency {format_duration(estimate.latency_s)}, "
    return f"{latency}{period}{price}, {nodes}"


def comparison_table(rows: Sequence[Row], objective: Objective) -> Table:
    """Our plan beside every baseline's."""
    is_latency = objective == LATENCY
    table = plain_table(
        "plans, priced by one evaluator",
        ["plan", "stages on"],
        [
            "latency",
            *([] if is_latency else [objective.name]),
            "of ours",
            "highest memory",
            "moved",
            "fits",
        ],
    )
    for row in rows:
        if row.estimate is None or row.value is None:
            table.add_row(row.name, f"none: {row.skip_reason}", *["–"] * (len(table.columns) - 2))
            continue
        estimate = row.estimate
        table.add_row(
            row.name,
            visited_text(estimate.stages),
            time_text(estimate.latency_s),
            *([] if is_latency else [format_value(objective, row.value)]),
            ratio_text(row) or "–",
            format_size(estimate.peak_bytes),
            format_size(estimate.moved_bytes),
            "yes" if row.fits else row.misfit,
        )
    return table


def front_table(front: ParetoFront, block_names: Sequence[str]) -> Table:
    """A row per plan of the front."""
    table = plain_table(
        f"{front.first.name} against {front.second.name}",
        ["plan"],
        [front.first.name, front.second.name],
    )
    for point in front.points:
        table.add_row(
            placement_text(point.plan, block_names),
            format_value(front.first, point.first),
            format_value(front.second, point.second),
        )
    return table


def partition_table(manifest: Manifest) -> Table:
    """A row per stage file."""
    table = plain_table(
        "stages", ["file", "node"], ["operators", "weights", "file size", "in", "out"]
    )
    for stage in manifest.stages:
        table.add_row(
            stage.file.path,
            " ".join((stage.node, *stage.replicas)),
            f"{stage.op_start} … {stage.op_stop - 1}",
            format_size(stage.weight_bytes),
            format_size(stage.file.n_bytes),
            str(len(stage.inputs)),
            str(len(stage.outputs)),
        )
    return table


def plain_table(title: str, texts: Sequence[str], numbers: Sequence[str]) -> Table:
    """An empty table: columns of text, then columns of numbers."""
    table = Table(title=title, title_justify="left", title_style="bold")
    for header in texts:
        table.add_column(header, overflow="fold")
    for header in numbers:
        table.add_column(header, justify="right", no_wrap=True)
    return table


def _times(predicted_s: float, measured_s: float) -> tuple[str, str, str]:
    return time_text(predicted_s), time_text(measured_s), error_text(predicted_s, measured_s)


def _verdict(row: Row, objective: Objective) -> str:
    if row.estimate is None or row.value is None:
        return f"no plan: {row.skip_reason}"
    words = [format_value(objective, row.value)]
    if ratio := ratio_text(row):
        words.append(f"{ratio} ours")
    if row.misfit:
        words.append(f"does not fit ({row.misfit})")
    return ", ".join(words)
