"""Cluster: the nodes, and the links between them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import networkx as nx
from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt, model_validator

from netmodel.links.any_link import AnyLink
from netmodel.links.spread import TransferSpread
from netmodel.record import Record


class Node(Record):
    """One machine."""

    name: str = Field(min_length=1)
    memory_bytes: PositiveInt
    """Cap on the anonymous memory of the process that runs a stage."""
    speed: PositiveFloat | None = None
    """Relative to the machine of the reference profile; none if it has its own profile."""
    profile: str | None = None
    """File name of the node's own profile."""
    price_per_s: NonNegativeFloat = 0.0
    """Money per second of compute, in the currency of all prices."""

    @model_validator(mode="after")
    def _has_one_speed(self) -> Self:
        if (self.speed is None) == (self.profile is None):
            raise ValueError(
                f"node {self.name!r} needs either `speed` (1 is the machine that was profiled) "
                "or `profile` (a file measured on it)"
            )
        return self


class Link(Record):
    """One direction of a wire."""

    source: str
    target: str
    model: AnyLink
    price_per_byte: NonNegativeFloat = 0.0
    """Money per byte sent, in the currency of all prices."""
    spread: TransferSpread | None = None
    """How much transfers vary around the model's time; none if they take just as long."""
    medium: str | None = Field(default=None, min_length=1)
    """What it shares with all other links of this medium, which carry one message at a time in
    all: a radio channel, a hub; none if it is a wire of its own."""

    def timed_as(self, measured: Link) -> Link:
        """The link with the times that were measured; price and medium stay."""
        return self.model_copy(update={"model": measured.model, "spread": measured.spread})


class Cluster(Record):
    """Machines, wires, and the two nodes where requests start and answers end."""

    source: str
    """Node where the inputs arrive."""
    sink: str
    """Node where the outputs must end."""
    nodes: tuple[Node, ...] = Field(min_length=1)
    """As the file lists them, an order that plans may be asked to keep."""
    links: tuple[Link, ...] = ()

    @property
    def link_models(self) -> dict[tuple[str, str], AnyLink]:
        """Link models by (from, to)."""
        return {(link.source, link.target): link.model for link in self.links}

    def with_measured(self, links: Sequence[Link]) -> Cluster:
        """The cluster with the times of the given links; price and medium that it knows stay.

        Links that it does not have yet are added.
        """
        known = {(link.source, link.target): link for link in self.links}
        for link in links:
            before = known.get((link.source, link.target), link)
            known[link.source, link.target] = before.timed_as(link)
        fields = {name: getattr(self, name) for name in Cluster.model_fields}
        return Cluster(**(fields | {"links": tuple(known.values())}))

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        names = [node.name for node in self.nodes]
        check_names(names, self.links, source=self.source, sink=self.sink)
        for link in self.links:
            if link.source == link.target:
                raise ValueError(f"link {link.source} -> {link.target} leads nowhere: remove it")
        if len(self.link_models) < len(self.links):
            raise ValueError("a link is described twice for one direction: keep one of them")
        self._reaches_sink()
        return self

    def _reaches_sink(self) -> None:
        wires = nx.DiGraph((link.source, link.target) for link in self.links)
        wires.add_nodes_from(node.name for node in self.nodes)
        if not nx.has_path(wires, self.source, self.sink):
            raise ValueError(
                f"sink {self.sink!r} cannot be reached from source {self.source!r} over the links: "
                "add a link in that direction"
            )


def check_names(names: Sequence[str], links: Sequence[Link], *, source: str, sink: str) -> None:
    """Makes sure that node names differ, and that everything that names a node names one of them.

    Raises:
        ValueError: it does not.
    """
    known = f"the nodes are {', '.join(names)}"
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"node {name!r} is described twice: names must differ")
    for role, name in (("source", source), ("sink", sink)):
        if name not in names:
            raise ValueError(f"{role} {name!r} is no node: {known}")
    for link in links:
        for end in (link.source, link.target):
            if end not in names:
                raise ValueError(
                    f"link {link.source} -> {link.target} names {end!r}, which is no node: {known}"
                )
