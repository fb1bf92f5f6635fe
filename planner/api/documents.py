"""Plan documents: an answer with everything that emission, runs and reports need to know."""

from __future__ import annotations

from collections.abc import Mapping

from netmodel.cluster import Cluster
from planner.costs.compute import has_measured_stages
from planner.costs.evaluate import evaluate
from planner.costs.tails import simulate_tail
from planner.errors import PlannerError
from planner.problem import Problem
from planner.solution import PlanDocument, Solution
from planner.tail import Tail
from profiler.profile_records import Profile

_REPORTED_QUANTILE = 0.95


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


def problem_of(document: PlanDocument) -> Problem:
    """The problem beside a plan.

    Raises:
        PlannerError: the plan was made by hand, without one.
    """
    if document.problem is None:
        raise PlannerError(
            f"the plan of {document.model} was made by hand and has no problem beside it: "
            "plan with `partway plan` first"
        )
    return document.problem


def _tail(problem: Problem, solution: Solution, seed: int) -> Tail | None:
    if solution.plan is None or not problem.has_spread or has_measured_stages(problem):
        return None
    quantile = solution.objective.quantile or _REPORTED_QUANTILE
    return simulate_tail(problem, solution.plan, quantile, seed=seed)


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
