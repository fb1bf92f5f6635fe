"""Sweeps: the best plan for every value of one thing, everything else as it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from netmodel.cluster import Cluster
from planner.api.plans import solve_with
from planner.plan_options import PlanOptions
from planner.problem import Problem, build_problem
from planner.solution import Solution
from profiler.blocks import granularity_named
from profiler.profile_records import Profile

if TYPE_CHECKING:
    from planner.bandwidth_sweep import BandwidthSweep
    from planner.level_sweep import LevelRow
    from planner.memory_sweep import MemoryRow
    from planner.sweep import SweepRow


def sweep(
    profile: Profile,
    cluster: Cluster,
    *,
    node_profiles: Mapping[str, Profile] | None = None,
    options: PlanOptions | None = None,
    counts: Sequence[int] | None = None,
) -> tuple[SweepRow, ...]:
    """The best plan for every number of parts, or for those given."""
    from planner.sweep import sweep_parts

    problem, best = _posed(profile, cluster, node_profiles, options)
    return sweep_parts(problem, best, counts=counts)


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
    from planner.level_sweep import borders_of_levels, levels_within, sweep_levels

    problem, best = _posed(profile, cluster, node_profiles, options)
    known = borders_of_levels(profile)
    chosen = (
        levels_within(profile)
        if levels is None
        else {level: known[granularity_named(level)] for level in levels}
    )
    return sweep_levels(problem, chosen, best)


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
    from planner.bandwidth_sweep import sweep_bandwidth as sweep_bandwidths
    from planner.sweep_values import default_bandwidths_bytes_per_s

    problem, best = _posed(profile, cluster, node_profiles, options)
    if bandwidths_bytes_per_s is None:
        bandwidths_bytes_per_s = default_bandwidths_bytes_per_s()
    return sweep_bandwidths(problem, bandwidths_bytes_per_s, best)


def sweep_memory(
    profile: Profile,
    cluster: Cluster,
    *,
    node_profiles: Mapping[str, Profile] | None = None,
    options: PlanOptions | None = None,
    caps_bytes: Sequence[int] | None = None,
) -> tuple[MemoryRow, ...]:
    """The best plan when every node has one memory cap.

    From the least cap with a plan to one that holds no plan back, or the caps given.

    Raises:
        PlannerError: there is no cap to try.
    """
    from planner.memory_sweep import sweep_memory as sweep_caps
    from planner.sweep_values import default_caps_bytes

    problem, best = _posed(profile, cluster, node_profiles, options)
    if caps_bytes is None:
        caps_bytes = default_caps_bytes(problem, best)
    return sweep_caps(problem, caps_bytes, best)


def _posed(
    profile: Profile,
    cluster: Cluster,
    node_profiles: Mapping[str, Profile] | None,
    options: PlanOptions | None,
) -> tuple[Problem, Callable[[Problem], Solution]]:
    """The problem, and what solves it and its variants."""
    options = options or PlanOptions()
    problem = build_problem(profile, cluster, node_profiles, limits=options.limits)
    return problem, partial(solve_with, options=options)
