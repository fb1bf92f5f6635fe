"""Caps: from the smallest under which a plan exists to what the whole model takes on one node."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from experiments.stages import Stages, stages_of
from netmodel.cluster import Cluster
from planner import api
from planner.costs.memory import stage_bytes
from planner.errors import PlannerError
from planner.problem import build_problem
from planner.solution import PlanDocument
from profiler.profile_records import Profile

_RESOLUTION_BYTES = 2**16


@dataclass(frozen=True)
class Promise:
    """A cap on all nodes, and the plan that is said to fit under it."""

    share: float
    """Of the way from the smallest cap with a plan to the whole model's need."""
    cap_bytes: int
    document: PlanDocument

    @property
    def stages(self) -> Stages:
        """Cuts and nodes of the plan."""
        return stages_of(self.document)

    @property
    def peaks(self) -> dict[str, int]:
        """Predicted bytes of each node that runs a stage."""
        if self.document.estimate is None:
            raise ValueError("a promise without a prediction")
        return {stage.node: stage.peak_bytes for stage in self.document.estimate.stages}


def promises(profile: Profile, cluster: Cluster, shares: Sequence[float]) -> Iterator[Promise]:
    """The planner's plan for each share; the smallest cap is found by bisection.

    Args:
        profile: one model on one backend.
        cluster: equal nodes.
        shares: where caps lie, from 0 for the smallest one to 1 for the whole model's need.

    Raises:
        PlannerError: the whole model does not fit under its own predicted need.
    """
    problem = build_problem(profile, cluster)
    whole = stage_bytes(problem, problem.nodes[0], 0, problem.n_blocks)
    least = _smallest_cap(profile, cluster, whole)
    for share in shares:
        cap_bytes = least + round(share * (whole - least))
        document = _planned(profile, cluster, cap_bytes)
        if document.solution.plan is None:
            raise PlannerError(f"{profile.graph.model}: no plan under {cap_bytes} bytes")
        yield Promise(share, cap_bytes, document)


def _smallest_cap(profile: Profile, cluster: Cluster, whole: int) -> int:
    """Bytes, by bisection: under a larger cap every plan still fits."""
    too_small, enough = 0, whole
    while enough - too_small > _RESOLUTION_BYTES:
        middle = (too_small + enough) // 2
        if _planned(profile, cluster, middle).solution.plan is None:
            too_small = middle
        else:
            enough = middle
    return enough


def _planned(profile: Profile, cluster: Cluster, cap_bytes: int) -> PlanDocument:
    nodes = tuple(n.model_copy(update={"memory_bytes": cap_bytes}) for n in cluster.nodes)
    capped = cluster.model_copy(update={"nodes": nodes})
    return api.plan(profile, capped, options=api.PlanOptions(reorder=False, time_limit_s=10.0))
