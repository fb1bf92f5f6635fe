"""The public Python API: wiring only.

The functions follow the closed loop, each taking what the one before it returns:

    profile = api.profile("torchvision:resnet18", api.ProfileOptions(backend="onnx"))
    document = api.plan(profile, api.read_cluster("cluster.yaml"))
    partition = api.emit(document, "torchvision:resnet18", "parts")
    result = api.run(partition, api.RunOptions(emulate_links=True))
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from netmodel.cluster import Cluster
from netmodel.cluster_file import parse_cluster
from netmodel.errors import ClusterError
from planner.compare import Row
from planner.compare import compare as compare_plans
from planner.costs.evaluate import evaluate
from planner.costs.tails import simulate_tail
from planner.engines import engine_named
from planner.engines.interface import RunOptions, RunResult
from planner.errors import FileFormatError, PlannerError
from planner.files import read_record
from planner.partition import Partition, open_partition
from planner.plan_options import PlanOptions
from planner.problem import Problem, build_problem
from planner.solution import PlanDocument, Solution
from planner.solvers.solve import solve
from planner.sweep import SweepRow, sweep_parts
from planner.tail import Tail
from profiler.profile_options import ProfileOptions
from profiler.profile_records import Profile

if TYPE_CHECKING:
    from profiler.capture import CapturedModel
    from profiler.sources import ModelSource

Progress = Callable[[str], None]
_REPORTED_QUANTILE = 0.95

__all__ = [
    "PlanDocument", "PlanOptions", "ProfileOptions", "RunOptions", "RunResult", "capture",
    "compare", "emit", "plan", "profile", "read_cluster", "read_plan", "read_profile", "run",
    "sweep",
]  # fmt: skip


def read_profile(path: Path | str) -> Profile:
    """The profile in a file."""
    return read_record(Path(path), Profile)


def read_plan(path: Path | str) -> PlanDocument:
    """The content of a plan file."""
    return read_record(Path(path), PlanDocument)


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


def plan(
    profile: Profile,
    cluster: Cluster,
    *,
    node_profiles: Mapping[str, Profile] | None = None,
    options: PlanOptions | None = None,
) -> PlanDocument:
    """The cut points and placement of least value that fit every node's memory."""
    options = options or PlanOptions()
    problem = build_problem(profile, cluster, node_profiles, limits=options.limits)
    solution = _solve(problem, options)
    return describe(
        profile, cluster, problem, solution, node_profiles=node_profiles, seed=options.seed
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
        provenance=_provenance(profile, cluster, node_profiles or {}),
    )


def compare(
    profile: Profile,
    cluster: Cluster,
    *,
    node_profiles: Mapping[str, Profile] | None = None,
    options: PlanOptions | None = None,
) -> tuple[Row, ...]:
    """Our plan beside what every baseline would choose, priced by one evaluator."""
    options = options or PlanOptions()
    problem = build_problem(profile, cluster, node_profiles, limits=options.limits)
    return compare_plans(problem, _solve(problem, options))


def sweep(
    profile: Profile,
    cluster: Cluster,
    *,
    node_profiles: Mapping[str, Profile] | None = None,
    options: PlanOptions | None = None,
) -> tuple[SweepRow, ...]:
    """The best plan for every number of parts."""
    options = options or PlanOptions()
    problem = build_problem(profile, cluster, node_profiles, limits=options.limits)
    return sweep_parts(problem, lambda limited: _solve(limited, options))


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


def run(
    partition: Partition | Path | str,
    options: RunOptions | None = None,
    *,
    engine: str = "processes",
    on_request: Callable[[int, int], None] | None = None,
) -> RunResult:
    """Runs a partition and measures every stage and hop."""
    opened = partition if isinstance(partition, Partition) else open_partition(Path(partition))
    chosen = engine_named(engine)
    reason = chosen.skip_reason(opened, options or RunOptions())
    if reason is not None:
        raise PlannerError(f"engine {engine!r} cannot run this: {reason}")
    return chosen.run(opened, options or RunOptions(), on_request=on_request)


def _solve(problem: Problem, options: PlanOptions) -> Solution:
    return solve(
        problem,
        options.objective,
        method=options.method,
        time_limit_s=options.time_limit_s,
        seed=options.seed,
    )


def _tail(problem: Problem, solution: Solution, seed: int) -> Tail | None:
    if solution.plan is None or not problem.has_spread:
        return None
    quantile = solution.objective.quantile or _REPORTED_QUANTILE
    return simulate_tail(problem, solution.plan, quantile, seed=seed)


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
        "link time": "computed from the cluster file's bandwidth and latency",
        "activation and weight bytes": "computed from the captured graph",
        "process memory": "base measured; workspace and bytes per weight byte estimated",
        "reference graph": profile.graph.digest,
    }


def _measured(profile: Profile) -> str:
    machine = profile.environment
    packages = ", ".join(f"{name} {number}" for name, number in machine.packages.items())
    return (
        f"measured on {machine.processor}, {machine.device}, {machine.threads} thread(s), "
        f"{packages}, median of {profile.whole.latency.n}"
    )
