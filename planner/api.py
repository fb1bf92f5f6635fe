"""The public Python API: wiring only.

The functions follow the closed loop, each taking what the one before it returns:

    profile = api.profile("torchvision:resnet18", api.ProfileOptions(backend="onnx"))
    document = api.plan(profile, api.read_cluster("cluster.yaml"))
    partition = api.emit(document, "torchvision:resnet18", "parts")
    result = api.run(partition, api.RunOptions(emulate_links=True))
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING

from netmodel.cluster import Cluster
from netmodel.cluster_file import parse_cluster
from netmodel.errors import ClusterError
from netmodel.probe_records import Probe
from planner.bandwidth_sweep import BandwidthSweep
from planner.bandwidth_sweep import sweep_bandwidth as sweep_bandwidths
from planner.compare import Row
from planner.compare import compare as compare_plans
from planner.costs.compute import has_measured_stages
from planner.costs.evaluate import evaluate
from planner.costs.tails import simulate_tail
from planner.engines import engine_named
from planner.engines.hosts import THIS_MACHINE, Hosts
from planner.engines.interface import RunOptions, RunResult
from planner.engines.probing import probe_between as measure_between
from planner.engines.probing import probe_place
from planner.engines.processes import ProcessesEngine, RunningPartition
from planner.errors import FileFormatError, PlannerError
from planner.explain import explain as explain_plan
from planner.explanation import Explanation
from planner.files import read_record
from planner.level_sweep import LevelRow, borders_of_levels, levels_within, sweep_levels
from planner.limits import Limits, Order
from planner.memory_sweep import MemoryRow
from planner.memory_sweep import sweep_memory as sweep_caps
from planner.objectives import (
    LATENCY,
    NODES,
    PRICE,
    THROUGHPUT,
    Objective,
    latency_quantile,
    makespan,
)
from planner.partition import Partition, open_partition
from planner.placement.instance import PlacementInstance
from planner.placement.instance_file import read_instance as read_instance_file
from planner.placement.placement import PlacementSolution
from planner.plan_options import PlanOptions, check_time_limit
from planner.plan_or_run import read_plan_or_run as read_either
from planner.problem import Problem, build_problem
from planner.remedies import more_nodes
from planner.runtime.probe_messages import DEFAULT_PORT
from planner.saved_run import SavedRun
from planner.solution import PlanDocument, Solution
from planner.solvers.branching.graph_orders import solve_graph
from planner.solvers.budget import Budget
from planner.solvers.pareto import ParetoFront
from planner.solvers.pareto import pareto as front_of
from planner.solvers.solve import AUTO, solve
from planner.sweep import SweepRow, sweep_parts
from planner.sweep_values import default_bandwidths_bytes_per_s, default_caps_bytes
from planner.tail import Tail
from profiler.blocks import granularity_named
from profiler.profile_options import ProfileOptions
from profiler.profile_records import Profile
from profiler.reference import time_reference

if TYPE_CHECKING:
    from profiler.capture import CapturedModel
    from profiler.sources import ModelSource
    from profiler.speed_records import SpeedRecord

Progress = Callable[[str], None]
_REPORTED_QUANTILE = 0.95
_QUESTIONS_AT_ONCE = 20
_LEAST_QUESTION_S = 0.2
_REMEDY_S = 10.0
"""How long more nodes are tried when nothing fits."""

__all__ = [
    "LATENCY", "NODES", "PRICE", "THROUGHPUT", "Explanation", "Limits", "Objective", "Order",
    "PlanDocument", "PlanOptions", "Probe", "ProfileOptions", "RunOptions", "RunResult", "SavedRun",
    "alternatives", "capture", "carry", "emit", "emit_all", "explain", "latency_quantile",
    "makespan", "measure_speed", "pareto", "place", "plan", "probe", "probe_between", "profile",
    "read_cluster", "read_instance", "read_plan", "read_plan_or_run", "read_profile", "read_run",
    "read_speed", "remedy", "report", "run", "start", "sweep",
    "sweep_bandwidth", "sweep_granularity", "sweep_memory",
]  # fmt: skip


def read_profile(path: Path | str) -> Profile:
    """The profile in a file."""
    return read_record(Path(path), Profile)


def read_plan(path: Path | str) -> PlanDocument:
    """The content of a plan file."""
    return read_record(Path(path), PlanDocument)


def read_run(path: Path | str) -> SavedRun:
    """A run with its plan, as `partway run --save` writes it."""
    return read_record(Path(path), SavedRun)


def read_plan_or_run(path: Path | str) -> PlanDocument | SavedRun:
    """What a plan file or a run file holds."""
    return read_either(Path(path))


def read_cluster(path: Path | str) -> Cluster:
    """The cluster that a YAML file describes.

    Raises:
        FileFormatError: the file cannot be read.
        ClusterError: what it says is malformed or contradicts itself.
    """
    try:
        return parse_cluster(Path(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise FileFormatError(f"{path}: cannot be read: {error}") from error
    except ClusterError as error:
        raise ClusterError(f"{path}: {error}") from error


def capture(
    model: str | ModelSource, shapes: tuple[tuple[int, ...], ...] | None = None
) -> CapturedModel:
    """Captures a model for the shapes of its sample input.

    Args:
        model: a name as the command line takes it, or a module with its inputs.
        shapes: of the positional inputs, if the model's own example is not wanted.
    """
    from profiler import capture as capturing
    from profiler.sources import load_source

    source = load_source(model, shapes) if isinstance(model, str) else model
    return capturing.capture(source)


def profile(
    model: str | ModelSource | CapturedModel,
    options: ProfileOptions | None = None,
    *,
    on_step: Progress = lambda step: None,
) -> Profile:
    """Measures what every block of a model costs on this machine."""
    from profiler import profiling

    return profiling.profile(_captured(model), options or ProfileOptions(), on_step=on_step)


def measure_speed(threads: int = 1) -> SpeedRecord:
    """Times a few kernels on this machine, so that profiles can be carried; needs no torch."""
    from profiler import speed

    return speed.measure_speed(threads)


def read_speed(path: Path | str) -> SpeedRecord:
    """The kernel times in a file."""
    from profiler.speed_records import SpeedRecord

    return read_record(Path(path), SpeedRecord)


def carry(
    profile: Profile, here: SpeedRecord, there: SpeedRecord, *, by_work: bool = False
) -> Profile:
    """The profile as an estimate for another machine, by kernels timed on both."""
    from profiler import carry as carrying

    return carrying.carry(profile, here, there, by_work=by_work)


def plan(
    profile: Profile,
    cluster: Cluster,
    *,
    node_profiles: Mapping[str, Profile] | None = None,
    options: PlanOptions | None = None,
) -> PlanDocument:
    """The cut points and placement of least value that fit every node's memory.

    A model that branches is planned over orders of its blocks, unless the options forbid it or
    name a method.
    """
    options = options or PlanOptions()
    if not options.reorder or options.method != AUTO:
        problem = build_problem(profile, cluster, node_profiles, limits=options.limits)
        return describe(
            profile,
            cluster,
            problem,
            _solve(problem, options),
            node_profiles=node_profiles,
            seed=options.seed,
        )
    found = solve_graph(profile, cluster, node_profiles, solve=_solve, options=options)
    document = describe(
        found.profile,
        cluster,
        found.problem,
        found.solution,
        node_profiles=found.node_profiles,
        seed=options.seed,
    )
    if not found.op_order:
        return document
    note = {"order of blocks": "another than the program's, in which they were measured"}
    return document.model_copy(
        update={"op_order": found.op_order, "provenance": document.provenance | note}
    )


def describe(
    profile: Profile,
    cluster: Cluster,
    problem: Problem,
    solution: Solution,
    *,
    node_profiles: Mapping[str, Profile] | None = None,
    seed: int = 0,
) -> PlanDocument:
    """A solver's answer with its price and everything that emission and runs need to know.

    The tail is the quantile that was planned for, or the p95; its draws follow from the seed.
    """
    return PlanDocument(
        model=profile.graph.model,
        backend=profile.backend,
        threads=profile.environment.threads,
        granularity=profile.granularity,
        solution=solution,
        estimate=None if solution.plan is None else evaluate(problem, solution.plan),
        tail=_tail(problem, solution, seed),
        cluster=cluster,
        node_speeds={node.name: node.speed for node in cluster.nodes if node.speed is not None},
        block_names=tuple(block.name for block in profile.blocks),
        problem=problem,
        reference=profile.environment.reference,
        provenance=_provenance(profile, cluster, node_profiles or {}),
    )


def alternatives(document: PlanDocument) -> tuple[Row, ...]:
    """A plan beside what every baseline would choose, priced by one evaluator.

    Raises:
        PlannerError: the plan was made by hand, without a problem.
    """
    return compare_plans(_problem(document), document.solution)


def explain(document: PlanDocument, *, time_limit_s: float = 60.0) -> Explanation:
    """What binds, what a change would gain, and the second best plan, by solving again.

    Args:
        document: a plan that `plan` made.
        time_limit_s: for all questions together; those left over are counted.

    Raises:
        PlannerError: there is no plan, or it was made by hand.
    """
    check_time_limit(time_limit_s)
    budget = Budget(time_limit_s)
    objective = document.solution.objective

    def again(problem: Problem) -> Solution:
        share_s = max(budget.left_s / _QUESTIONS_AT_ONCE, _LEAST_QUESTION_S)
        return solve(problem, objective, time_limit_s=share_s)

    return explain_plan(
        _problem(document), document.solution, solve=again, out_of_time=lambda: budget.spent
    )


def report(
    subject: PlanDocument | SavedRun,
    *,
    profile: Profile | None = None,
    time_limit_s: float = 60.0,
    on_step: Progress = lambda step: None,
) -> str:
    """One self-contained HTML page about a plan, or about a run beside its plan.

    Args:
        subject: a plan, or a run with its plan.
        profile: the reference that was planned with, to draw the model's graph by part.
        time_limit_s: for everything that is solved again; questions left over are counted.
        on_step: told what is being done.

    Raises:
        PlannerError: the plan says of itself what is not its price.
        MismatchError: the plan is not of the profile.
    """
    from planner.report.content import ReportContent
    from planner.report.page import report_page

    run = subject if isinstance(subject, SavedRun) else None
    document = subject if isinstance(subject, PlanDocument) else subject.document
    if document.problem is None:
        return report_page(ReportContent(document, run=run, profile=profile))
    check_time_limit(time_limit_s)
    budget = Budget(time_limit_s)
    on_step("solving for every number of parts")
    parts = sweep_parts(document.problem, _within(document, budget, time_limit_s / 4))
    if document.solution.plan is None:
        rows = compare_plans(document.problem, document.solution)
        return report_page(
            ReportContent(document, alternatives=rows, parts=parts, run=run, profile=profile)
        )
    on_step("solving again with changes")
    answer = explain(document, time_limit_s=max(budget.left_s, _LEAST_QUESTION_S))
    return report_page(ReportContent(document, answer, answer.alternatives, parts, run, profile))


def _within(
    document: PlanDocument, budget: Budget, limit_s: float
) -> Callable[[Problem], Solution]:
    """Solves for the plan's objective, each time within an equal share of a limit."""
    share_s = limit_s / len(document.cluster.nodes)

    def again(problem: Problem) -> Solution:
        left_s = max(min(share_s, budget.left_s), _LEAST_QUESTION_S)
        return solve(problem, document.solution.objective, time_limit_s=left_s)

    return again


def pareto(
    profile: Profile,
    cluster: Cluster,
    against: Objective,
    *,
    node_profiles: Mapping[str, Profile] | None = None,
    options: PlanOptions | None = None,
) -> ParetoFront:
    """The plans that none beats in both the options' objective and the other one.

    Blocks that branch keep the program's order.

    Raises:
        PlannerError: the two have no front, or the problem is too large for it.
    """
    options = options or PlanOptions()
    problem = build_problem(profile, cluster, node_profiles, limits=options.limits)
    limit_s = options.time_limit_s
    budget = Budget(inf if limit_s is None else limit_s, options.seed)
    return front_of(problem, options.objective, against, budget)


def remedy(document: PlanDocument, options: PlanOptions) -> str | None:
    """Which further nodes would make an infeasible problem feasible, in words; none if unknown.

    Raises:
        PlannerError: the plan was made by hand, without a problem.
    """
    limit_s = inf if options.time_limit_s is None else options.time_limit_s
    left_s = max(limit_s - document.solution.runtime_s, 0.0)
    budget = Budget(min(left_s, _REMEDY_S))

    def again(problem: Problem) -> Solution:
        return solve(problem, options.objective, time_limit_s=max(budget.left_s, _LEAST_QUESTION_S))

    found = more_nodes(_problem(document), solve=again, out_of_time=lambda: budget.spent)
    return None if found is None else found.text


def read_instance(path: Path | str) -> PlacementInstance:
    """The placement instance in a file of the published format."""
    return read_instance_file(Path(path))


def place(instance: PlacementInstance, options: PlanOptions | None = None) -> PlacementSolution:
    """The best placement of an instance's operators; of the options, limits are not used."""
    from planner.placement.solve import solve_placement

    options = options or PlanOptions()
    return solve_placement(
        instance, options.objective, time_limit_s=options.time_limit_s, seed=options.seed
    )


def sweep(
    profile: Profile,
    cluster: Cluster,
    *,
    node_profiles: Mapping[str, Profile] | None = None,
    options: PlanOptions | None = None,
    counts: Sequence[int] | None = None,
) -> tuple[SweepRow, ...]:
    """The best plan for every number of parts, or for those given."""
    options = options or PlanOptions()
    problem = build_problem(profile, cluster, node_profiles, limits=options.limits)
    return sweep_parts(problem, lambda limited: _solve(limited, options), counts=counts)


def sweep_granularity(
    profile: Profile,
    cluster: Cluster,
    *,
    node_profiles: Mapping[str, Profile] | None = None,
    options: PlanOptions | None = None,
    levels: Sequence[str] | None = None,
) -> tuple[LevelRow, ...]:
    """The best plan when the model is cut between blocks of one level only.

    Args:
        profile: as fine as the finest level.
        cluster: nodes and links.
        node_profiles: the profiles that nodes name as their own.
        options: of every search.
        levels: by name; all that the profile is fine enough for if not given.

    Raises:
        GranularityError: there is no such level.
        MismatchError: the profile is too coarse for a level.
        PlannerError: there is no level to try.
    """
    options = options or PlanOptions()
    problem = build_problem(profile, cluster, node_profiles, limits=options.limits)
    known = borders_of_levels(profile)
    chosen = (
        levels_within(profile)
        if levels is None
        else {level: known[granularity_named(level)] for level in levels}
    )
    return sweep_levels(problem, chosen, lambda limited: _solve(limited, options))


def sweep_bandwidth(
    profile: Profile,
    cluster: Cluster,
    *,
    node_profiles: Mapping[str, Profile] | None = None,
    options: PlanOptions | None = None,
    bandwidths_bytes_per_s: Sequence[float] | None = None,
) -> BandwidthSweep:
    """The best plan when every link has one bandwidth: from 1 to 1000 Mbit/s, or those given.

    Raises:
        PlannerError: there is no bandwidth to try.
    """
    options = options or PlanOptions()
    problem = build_problem(profile, cluster, node_profiles, limits=options.limits)
    if bandwidths_bytes_per_s is None:
        bandwidths_bytes_per_s = default_bandwidths_bytes_per_s()
    return sweep_bandwidths(
        problem, bandwidths_bytes_per_s, lambda limited: _solve(limited, options)
    )


def sweep_memory(
    profile: Profile,
    cluster: Cluster,
    *,
    node_profiles: Mapping[str, Profile] | None = None,
    options: PlanOptions | None = None,
    caps_bytes: Sequence[int] | None = None,
) -> tuple[MemoryRow, ...]:
    """The best plan when every node has one memory cap.

    From the least cap with a plan to that of the model in one piece, or the caps given.

    Raises:
        PlannerError: there is no cap to try.
    """
    options = options or PlanOptions()
    problem = build_problem(profile, cluster, node_profiles, limits=options.limits)

    def best(limited: Problem) -> Solution:
        return _solve(limited, options)

    if caps_bytes is None:
        caps_bytes = default_caps_bytes(problem, best)
    return sweep_caps(problem, caps_bytes, best)


def emit(
    document: PlanDocument,
    model: str | ModelSource | CapturedModel,
    folder: Path | str,
    *,
    on_step: Progress = lambda step: None,
) -> Partition:
    """Writes the stages of a plan and a manifest, verified against the original model."""
    from planner.emit.emitter import emit as write

    manifest = write(document, _captured(model), Path(folder), on_step=on_step)
    return Partition(Path(folder), manifest)


def emit_all(
    targets: Sequence[tuple[PlanDocument, Path]],
    model: str | ModelSource | CapturedModel,
    *,
    on_step: Progress = lambda step: None,
) -> list[Partition]:
    """Writes several plans of one model as `emit` does, in the time of little more than one."""
    from planner.emit.emitter import emit_all as write

    manifests = write(targets, _captured(model), on_step=on_step)
    return [Partition(folder, m) for (_, folder), m in zip(targets, manifests, strict=True)]


def run(
    partition: Partition | Path | str,
    options: RunOptions | None = None,
    *,
    engine: str = "processes",
    hosts: Hosts = THIS_MACHINE,
    on_request: Callable[[int, int], None] | None = None,
) -> RunResult:
    """Runs a partition on the given hosts and measures every stage and hop.

    Before and after it times the reference computation on this machine, so that the result tells
    whether the machine is as fast as it was when it was profiled.
    """
    opened = partition if isinstance(partition, Partition) else open_partition(Path(partition))
    chosen = engine_named(engine)
    reason = chosen.skip_reason(opened, options or RunOptions(), hosts)
    if reason is not None:
        raise PlannerError(f"engine {engine!r} cannot run this: {reason}")
    before = time_reference()
    result = chosen.run(opened, options or RunOptions(), hosts=hosts, on_request=on_request)
    return result.model_copy(update={"reference": (before, time_reference())})


def probe(
    host: str,
    port: int = DEFAULT_PORT,
    ends: tuple[str, str] = ("here", "there"),
    *,
    deadline_s: float = 60.0,
    on_step: Progress = lambda step: None,
) -> Probe:
    """Measures the link to a place where `partway probe serve` runs, both ways, and fits it.

    `cluster.with_measured(probe.cluster_links)` is a cluster with what was measured.

    Args:
        host: name or address of the place.
        port: where it listens.
        ends: names of this node and of that one.
        deadline_s: seconds after which it ends, with a fit or an error.
        on_step: told what is being done.

    Raises:
        ProbeError: the place is not there, silent, something else, or too slow for the deadline.
    """
    return probe_place(host, port, ends, deadline_s=deadline_s, on_step=on_step)


def probe_between(
    hosts: Hosts,
    source: str,
    target: str,
    *,
    deadline_s: float = 60.0,
    on_step: Progress = lambda step: None,
) -> Probe:
    """Measures the link between two nodes' hosts, as an engine would start workers on them.

    Raises:
        ProbeError: as `probe`.
    """
    return measure_between(hosts, source, target, deadline_s=deadline_s, on_step=on_step)


def start(
    partition: Partition,
    options: RunOptions | None = None,
    *,
    hosts: Hosts = THIS_MACHINE,
) -> AbstractContextManager[RunningPartition]:
    """Starts a partition's workers, which can then be measured several times within a `with`.

    Raises:
        PlannerError: they cannot be started here with these options.
    """
    engine = ProcessesEngine()
    reason = engine.skip_reason(partition, options or RunOptions(), hosts)
    if reason is not None:
        raise PlannerError(f"engine {engine.name!r} cannot run this: {reason}")
    return engine.start(partition, options or RunOptions(), hosts=hosts)


def _solve(problem: Problem, options: PlanOptions) -> Solution:
    return solve(
        problem,
        options.objective,
        method=options.method,
        time_limit_s=options.time_limit_s,
        seed=options.seed,
    )


def _tail(problem: Problem, solution: Solution, seed: int) -> Tail | None:
    if solution.plan is None or not problem.has_spread or has_measured_stages(problem):
        return None
    quantile = solution.objective.quantile or _REPORTED_QUANTILE
    return simulate_tail(problem, solution.plan, quantile, seed=seed)


def _problem(document: PlanDocument) -> Problem:
    if document.problem is None:
        raise PlannerError(
            f"the plan of {document.model} was made by hand and has no problem beside it: "
            "plan with `partway plan` first"
        )
    return document.problem


def _captured(model: str | ModelSource | CapturedModel) -> CapturedModel:
    from profiler.sources import ModelSource

    return capture(model) if isinstance(model, str | ModelSource) else model


def _provenance(
    profile: Profile, cluster: Cluster, node_profiles: Mapping[str, Profile]
) -> dict[str, str]:
    own = {
        f"block latency of {node.name}": _measured(node_profiles[node.profile])
        for node in cluster.nodes
        if node.profile is not None
    }
    return {
        "block latency": f"{_measured(profile)}, divided by the node's speed",
        **own,
        "node speed": "as the cluster file says",
        "link time": "computed from the cluster file's links, as set or as probed",
        "activation and weight bytes": "computed from the captured graph",
        "process memory": _memory_provenance(profile),
        "reference graph": profile.graph.digest,
    }


def _memory_provenance(profile: Profile) -> str:
    names = {
        "base": "runtime.base_bytes",
        "kept weights": "resident_bytes",
        "loading": "load_bytes",
        "workspace": "workspace_bytes",
        "margin": "runtime.margin_bytes",
    }
    origins = [(what, profile.provenance.get(name, "unknown")) for what, name in names.items()]
    return ", ".join(f"{what} {origin}" for what, origin in origins)


def _measured(profile: Profile) -> str:
    machine, carried = profile.environment, profile.carried
    packages = ", ".join(f"{name} {number}" for name, number in machine.packages.items())
    if carried is not None:
        return (
            f"estimated for {machine.processor}, {machine.threads} thread(s), with an error that "
            f"is not known ({len(carried.kernels)} kernels by {carried.runtime} differ by up to "
            f"{carried.error:.0%}): measured on {carried.processor}, {carried.threads} thread(s), "
            f"and carried by {carried.factor:.3g}" + (" by kind of work" if carried.by_work else "")
        )
    return (
        f"measured on {machine.processor}, {machine.device}, {machine.threads} thread(s), "
        f"{packages}, median of {profile.whole.latency.n}"
    )
