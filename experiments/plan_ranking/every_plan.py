"""Every plan of a case, priced for every link setting."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations, permutations

from experiments.fidelity.plans import by_hand, optimal
from experiments.link_settings import setting_named, with_links
from experiments.stages import Stages
from experiments.visits import Visit
from netmodel.cluster import Cluster
from netmodel.links.any_link import AnyLink
from planner.problem import Problem, build_problem
from profiler.profile_records import Profile


@dataclass(frozen=True)
class RankedVisit(Visit):
    """A plan over one link setting, and whether the solver chose it there."""

    link: str
    chosen: bool


def all_stages(problem: Problem) -> Iterator[Stages]:
    """Every way to cut the blocks and to place the parts on different nodes."""
    names = [node.name for node in problem.nodes]
    for n_stages in range(1, min(len(names), problem.n_blocks) + 1):
        for cuts in combinations(range(1, problem.n_blocks), n_stages - 1):
            for nodes in permutations(names, n_stages):
                yield cuts, nodes


def visits_of(
    profile: Profile, cluster: Cluster, fits: Mapping[str, AnyLink]
) -> dict[Stages, list[RankedVisit]]:
    """Every plan with its visits, one per link setting."""
    found: dict[Stages, list[RankedVisit]] = {}
    for link, model in fits.items():
        priced = with_links(cluster, model)
        links = with_links(cluster, setting_named(link).model)
        best = optimal(profile, priced)
        for cuts, nodes in all_stages(build_problem(profile, priced)):
            document = by_hand(best, cuts, nodes)
            chosen = best.solution.plan == document.solution.plan
            visit = RankedVisit(document, links, link=link, chosen=chosen)
            found.setdefault((cuts, nodes), []).append(visit)
    return found
