"""What the commands print: tables and summaries of the records, and nothing computed here."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

from rich.table import Table

from netmodel.links.spread import format_level
from netmodel.units import format_duration, format_size
from planner.breakdown import Breakdown, HopTerm, StageTerm
from planner.compare import OURS, Row
from planner.manifest import Manifest, Verification
from planner.objectives import LATENCY, Objective
from planner.plan import Plan
from planner.solution import PlanDocument
from planner.solvers.pareto import ParetoFront
from planner.sweep import SweepRow
from planner.tail import Tail
from planner.throughput import Throughput
from profiler.profile_options import Rounds
from profiler.profile_records import Profile, ReferenceTimes, Whole
from profiler.reference import relative_speed

_LONG_S = 100.0


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


def drift_summary(profiled: ReferenceTimes, run: Sequence[ReferenceTimes]) -> str:
    """How fast this machine is beside the profile's when that was profiled: maybe another one.

    Args:
        profiled: of the machine of the reference profile, at that time.
        run: of this machine, before and after the run.
    """
    before, after = (f"{relative_speed(now, profiled):.2f}×" for now in run)
    return (
        f"this machine now runs a reference computation at {before} (before the run) and {after} "
        "(after it) of the speed of the profile's machine when it was profiled"
    )


def breakdown_table(estimate: Breakdown, block_names: Sequence[str]) -> Table:
    """A predicted plan: hops and stages in the order of a request."""
    table = plain_table("predicted", ["", "where", "blocks"], ["moved", "time", "memory", "cap"])
    for term in _in_order(estimate):
        if isinstance(term, HopTerm):
            moved = format_size(term.n_bytes)
            table.add_row("hop", _wire(term), "", moved, _time(term.transfer_s), "", "")
        else:
            table.add_row(
                "stage",
                " ".join(term.nodes),
                _span(term, block_names),
                "",
                _time(term.compute_s),
                format_size(term.peak_bytes),
                format_size(term.cap_bytes),
            )
    table.add_section()
    table.add_row(
        "", "end to end", "", format_size(estimate.moved_bytes), _time(estimate.latency_s)
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
    for before, after in zip(_in_order(predicted), _in_order(measured), strict=True):
        if isinstance(before, HopTerm) and isinstance(after, HopTerm):
            seconds = (before.transfer_s, after.transfer_s)
            table.add_row("hop", _wire(before), format_size(before.n_bytes), *_times(*seconds))
        elif isinstance(before, StageTerm) and isinstance(after, StageTerm):
            table.add_row(
                "stage",
                before.node,
                _span(before, block_names),
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
    lines = [f"{solution.status.value} by {solution.method}"]
    if solution.value is not None and solution.lower_bound is not None:
        gap = f", gap {solution.gap:.2%}" if solution.gap else ""
        lines[0] += (
            f": {objective.name} {format_value(objective, solution.value)}, no such plan is below "
            f"{format_value(objective, solution.lower_bound)}{gap}"
        )
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


def tail_summary(tail: Tail) -> str:
    """A quantile of a plan's latency, its error, and what adding up quantiles would have said."""
    name = format_level(tail.quantile)
    lines = [
        f"{name} {_time(tail.latency_s)} by simulation, between {_time(tail.low_s)} and "
        f"{_time(tail.high_s)} with {tail.confidence:.0%} confidence ({tail.n_draws:,} draws); "
        f"the {name} of all parts add up to {_time(tail.sum_of_quantiles_s)}"
    ]
    for basis, parts in tail.parts_by_basis.items():
        lines.append(f"  {basis}: {', '.join(parts)}")
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
        ["plan", "parts on"],
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
            " ".join("+".join(stage.nodes) for stage in estimate.stages),
            _time(estimate.latency_s),
            *([] if is_latency else [format_value(objective, row.value)]),
            _ratio(row) or "–",
            format_size(estimate.peak_bytes),
            format_size(estimate.moved_bytes),
            "yes" if row.fits else row.misfit,
        )
    return table


def comparison_notes(rows: Sequence[Row]) -> str:
    """What each rule looks at, and what it ignores; rules that share a note share a line."""
    names: dict[str, list[str]] = {}
    for row in rows:
        names.setdefault(row.note, []).append(row.name)
    return "\n".join(f"{', '.join(sharing)}: {note}" for note, sharing in names.items())


def sweep_table(rows: Sequence[SweepRow], objective: Objective) -> Table:
    """A row per number of parts."""
    is_latency = objective == LATENCY
    table = plain_table(
        f"best plan for every number of parts, by {objective.name}",
        ["parts", "nodes"],
        [*([] if is_latency else [objective.name]), "latency", "highest memory", "moved"],
    )
    for row in rows:
        if row.latency_s is None or row.peak_bytes is None or row.moved_bytes is None:
            dashes = ["–"] * (len(table.columns) - 2)
            table.add_row(str(row.parts), f"does not fit: {row.reason}", *dashes)
        else:
            table.add_row(
                str(row.parts),
                " ".join(row.nodes),
                *([] if is_latency else [format_value(objective, row.value or 0.0)]),
                _time(row.latency_s),
                format_size(row.peak_bytes),
                format_size(row.moved_bytes),
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


def verification_summary(verification: Verification) -> str:
    """How close the chained stages are to the original."""
    if verification.bit_identical:
        return "the chained stages give the same bits as the original model on the sample input"
    return (
        "the chained stages differ from the original model on the sample input by at most "
        f"{verification.max_abs_difference:.3g}, relative {verification.max_rel_difference:.3g} "
        f"(allowed {verification.tolerance:g})"
    )


def format_value(objective: Objective, value: float) -> str:
    """A value of an objective, with its unit."""
    return _time(value) if objective.unit == "s" else f"{value:.6g}"


def placement_text(plan: Plan, block_names: Sequence[str]) -> str:
    """Where each stage runs and where it starts: `phone, server from layer3.0`."""
    return ", ".join(
        "+".join(stage.nodes) + (f" from {block_names[stage.start]}" if stage.start else "")
        for stage in plan.stages
    )


def plain_table(title: str, texts: Sequence[str], numbers: Sequence[str]) -> Table:
    """An empty table: columns of text, then columns of numbers."""
    table = Table(title=title, title_justify="left", title_style="bold")
    for header in texts:
        table.add_column(header, overflow="fold")
    for header in numbers:
        table.add_column(header, justify="right", no_wrap=True)
    return table


def _in_order(breakdown: Breakdown) -> list[HopTerm | StageTerm]:
    """Hop, stage, hop, …, stage, hop: as a request meets them."""
    terms: list[HopTerm | StageTerm] = [breakdown.hops[0]]
    for stage, hop in zip(breakdown.stages, breakdown.hops[1:], strict=True):
        terms.extend((stage, hop))
    return terms


def _span(term: StageTerm, block_names: Sequence[str]) -> str:
    first, last = block_names[term.start], block_names[term.stop - 1]
    return first if first == last else f"{first} to {last}"


def _wire(hop: HopTerm) -> str:
    return f"{hop.source} (stays)" if hop.source == hop.target else f"{hop.source} → {hop.target}"


def _time(seconds: float) -> str:
    if not isfinite(seconds):
        return "no link"
    return f"{seconds * 1e3:.2f} ms" if seconds < _LONG_S else f"{seconds:,.2f} s"


def _times(predicted_s: float, measured_s: float) -> tuple[str, str, str]:
    error = f"{predicted_s / measured_s - 1:+.1%}" if predicted_s and measured_s else "–"
    return _time(predicted_s), _time(measured_s), error


def _verdict(row: Row, objective: Objective) -> str:
    if row.estimate is None or row.value is None:
        return f"no plan: {row.skip_reason}"
    words = [format_value(objective, row.value)]
    if ratio := _ratio(row):
        words.append(f"{ratio} ours")
    if row.misfit:
        words.append(f"does not fit ({row.misfit})")
    return ", ".join(words)


def _ratio(row: Row) -> str:
    """Its value over ours, or nothing if one of them has none."""
    ratio = row.relative_value
    return "" if ratio is None or not isfinite(ratio) else f"{ratio:.2f}×"
