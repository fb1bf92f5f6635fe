"""Rings: the distinct sets of workers that the cells of one model need, and their stage files."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from experiments.fidelity import clusters, plans
from experiments.fidelity.cells import Cell
from experiments.fidelity.config import FidelityConfig
from experiments.link_settings import setting_named, with_links
from experiments.priced_plans import by_hand
from experiments.priced_plans import optimal as optimal_plan
from experiments.stages import Cuts, stages_of
from netmodel.cluster import Cluster
from netmodel.links.any_link import AnyLink
from planner.errors import PlannerError
from profiler.profile_records import Profile

Ring = tuple[str, Cuts, tuple[str, ...]]
"""Cluster, cuts and nodes: what a set of workers is started for."""


def rings_of(
    profile: Profile, config: FidelityConfig, fits: Mapping[str, AnyLink]
) -> dict[Ring, list[Cell]]:
    """Every cell of a profiled model, by the workers that it is measured on.

    Args:
        profile: one model on one backend.
        config: clusters and links of the grid.
        fits: the links of each setting as they were measured: plans and predictions use these.
    """
    rings: defaultdict[Ring, list[Cell]] = defaultdict(list)
    for name in config.clusters:
        for cell in _cells_of(name, profile, config, fits):
            rings[name, *cell.stages].append(cell)
    return dict(rings)


def _cells_of(
    name: str, profile: Profile, config: FidelityConfig, fits: Mapping[str, AnyLink]
) -> list[Cell]:
    """Under the tightest caps that leave room for an odd plan beside the optimal ones."""
    refusal: PlannerError | None = None
    for cluster in clusters.capped(name, profile):
        try:
            return list(_cells(name, cluster, profile, config, fits))
        except PlannerError as error:
            refusal = error
    raise refusal or PlannerError(f"{profile.graph.model}: no plan fits the cluster {name!r}")


def _cells(
    name: str,
    cluster: Cluster,
    profile: Profile,
    config: FidelityConfig,
    fits: Mapping[str, AnyLink],
) -> Iterator[Cell]:
    priced = {link: with_links(cluster, fits[link]) for link in config.links}
    settings = [setting_named(link) for link in config.links]
    slowest = min(settings, key=lambda s: (s.rate_bit_per_s, -s.delay_s)).name
    seed = f"{config.seed} {profile.graph.model} {profile.backend} {name}"
    optimal = {link: optimal_plan(profile, priced[link]) for link in config.links}
    besides = {stages_of(document) for document in optimal.values()}
    odd = plans.odd(profile, priced[slowest], besides=besides, seed=seed)
    for setting in settings:
        links = with_links(cluster, setting.model)
        best = optimal[setting.name]
        documents = {"optimal": best, "odd": by_hand(best, *odd)}
        for kind, document in documents.items():
            yield Cell(document, links, cluster=name, link=setting.name, plan=kind)
