"""Contenders: every model as well as it can be run under each cap and over each link."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from experiments.link_settings import setting_named, with_links
from experiments.priced_plans import by_hand, optimal
from experiments.visits import Visit
from netmodel.cluster import Cluster
from netmodel.links.any_link import AnyLink
from profiler.profile_records import Profile


class Way(StrEnum):
    """How a model is run."""

    BEST = "best"
    """By the plan of least latency that fits: whole on one node, or in parts on several."""
    WHOLE = "whole anyway"
    """In one part on one node, though it is predicted not to fit there."""


@dataclass(frozen=True)
class Contender(Visit):
    """One model under one cap, over one link setting."""

    case: str
    """The model."""
    cap_bytes: int
    link: str
    way: Way

    @property
    def feasible(self) -> bool:
        """Whether there is a plan at all."""
        return self.document.solution.plan is not None


def contenders(
    case: str,
    profile: Profile,
    cluster: Cluster,
    *,
    caps_bytes: Sequence[int],
    fits: Mapping[str, AnyLink],
) -> Iterator[Contender]:
    """One model's contenders.

    Where the whole model does not fit, it is one more contender, over the first link setting: one
    node needs no link, and what happens to it shows whether there was any need to split.

    Args:
        case: what to call the model.
        profile: of it.
        cluster: equal nodes; their caps and links are replaced.
        caps_bytes: on all nodes.
        fits: the links of each setting as they were measured: what plans are made for.
    """
    for cap in caps_bytes:
        capped = with_caps(cluster, cap)
        plans = {link: optimal(profile, with_links(capped, fits[link])) for link in fits}
        for link, document in plans.items():
            links = with_links(capped, setting_named(link).model)
            yield Contender(document, links, case, cap, link, Way.BEST)
        link, document = next(iter(plans.items()))
        whole = by_hand(document, (), (cluster.source,))
        if whole.estimate is not None and not whole.estimate.fits:
            links = with_links(capped, setting_named(link).model)
            yield Contender(whole, links, case, cap, link, Way.WHOLE)


def with_caps(cluster: Cluster, cap_bytes: int) -> Cluster:
    """The cluster with every node's memory as given."""
    nodes = tuple(n.model_copy(update={"memory_bytes": cap_bytes}) for n in cluster.nodes)
    return cluster.model_copy(update={"nodes": nodes})
