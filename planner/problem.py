"""Problem: the numbers a solver works on, taken from profiles and a cluster."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from itertools import chain, pairwise
from typing import Self

from pydantic import (
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    ValidationError,
    model_validator,
)

from netmodel.cluster import Cluster, Link, Node, check_names
from planner.errors import MismatchError
from planner.limits import Limits
from planner.memory_terms import MemoryTerms, base_bytes, kept_factor, memory_terms
from planner.plan import Plan, Stage
from planner.spread import BlockSpread, block_spread
from profiler.profile_records import Profile, SharedWeight
from profiler.record import Record


class MeasuredStage(Record):
    """A run of blocks whose time together was measured, and is not the sum of its blocks' times."""

    start: NonNegativeInt
    stop: NonNegativeInt
    latency_s: NonNegativeFloat
    """Of the blocks [start, stop) as one stage on the profile's machine, beyond its start."""


class NodeCosts(Record):
    """One node as the planner sees it."""

    name: str
    memory_bytes: NonNegativeInt
    """The cap."""
    base_bytes: NonNegativeInt
    """A process of its runtime before any block, the margin of the prediction, and what single
    blocks keep beyond `weight_factor`."""
    weight_factor: PositiveFloat
    """What its runtime keeps of a block, relative to the problem's `weight_bytes`."""
    block_latency_s: tuple[NonNegativeFloat, ...]
    """Per block, as profiled on the profile's machine."""
    blocks_over_whole: PositiveFloat
    """Sum of the profiled blocks over the whole model in the same run, without its start."""
    stage_start_s: NonNegativeFloat = 0.0
    """What every stage takes beyond its blocks, on the profile's machine: it wakes up first."""
    speed: PositiveFloat
    """Of the node, relative to the profile's machine."""
    price_per_s: NonNegativeFloat = 0.0
    """Money per second of compute."""
    spread: NonNegativeInt | None = None
    """Place in the problem's spreads; none if blocks always take their `block_latency_s`."""
    cannot_run: tuple[NonNegativeInt, ...] = ()
    """Blocks that no stage on it may hold, whatever its memory."""
    measured_stages: tuple[MeasuredStage, ...] = ()
    """Stages with a time of their own; all others take the sum of their blocks' times."""

    @model_validator(mode="after")
    def _stages_are_measured_once(self) -> Self:
        spans = [(stage.start, stage.stop) for stage in self.measured_stages]
        for start, stop in spans:
            if not start < stop <= len(self.block_latency_s):
                raise ValueError(
                    f"measured stage [{start}, {stop}) of node {self.name!r} must begin before it "
                    f"ends, within the {len(self.block_latency_s)} blocks"
                )
        if len(set(spans)) < len(spans):
            raise ValueError(f"node {self.name!r} has two times for one measured stage: keep one")
        return self


class Problem(Record):
    """A chain of blocks, nodes, the links between them, source and sink, and which plans count."""

    graph_digest: str
    positions: tuple[NonNegativeInt, ...]
    """Operator position of each block boundary, one more than blocks."""
    cut_tensors: tuple[tuple[str, ...], ...]
    """Tensors that cross each boundary."""
    cut_bytes: tuple[NonNegativeInt, ...]
    """Bytes that cross each boundary; first the inputs, last the outputs."""
    weight_bytes: tuple[NonNegativeInt, ...]
    """Per block: what a process keeps for it, weights and all, by the reference profile."""
    live_bytes: tuple[NonNegativeInt, ...]
    """Per block: most activation bytes alive at any of its operators."""
    workspace_bytes: tuple[NonNegativeInt, ...] = ()
    """Per block: what its kernels need beside them, most of the nodes; empty if nothing."""
    load_bytes: tuple[NonNegativeInt, ...] = ()
    """Per block: what loading it needs for a while beside what is kept; empty if nothing."""
    shared: tuple[SharedWeight, ...] = ()
    nodes: tuple[NodeCosts, ...] = Field(min_length=1)
    """As the cluster lists them."""
    links: tuple[Link, ...]
    source: str
    sink: str
    limits: Limits = Limits()
    stage_positions: tuple[NonNegativeInt, ...] = ()
    """Operator positions where a person would cut by hand."""
    spreads: tuple[BlockSpread, ...] = ()
    """How the blocks' times vary, once per profile; nodes refer to them."""

    @model_validator(mode="after")
    def _lengths_agree(self) -> Self:
        n = self.n_blocks
        per_block: dict[str, Sequence[float]] = {
            "weight_bytes": self.weight_bytes,
            "live_bytes": self.live_bytes,
        }
        per_block |= {
            name: values
            for name in ("workspace_bytes", "load_bytes")
            if (values := getattr(self, name))
        }
        per_block |= {f"nodes.{c.name}.block_latency_s": c.block_latency_s for c in self.nodes}
        per_boundary: dict[str, Sequence[object]] = {
            "cut_bytes": self.cut_bytes,
            "cut_tensors": self.cut_tensors,
        }
        for expected, sequences in ((n, per_block), (n + 1, per_boundary)):
            for name, values in sequences.items():
                if len(values) != expected:
                    raise ValueError(f"{name} has {len(values)} entries, expected {expected}")
        return self

    @model_validator(mode="after")
    def _names_are_nodes(self) -> Self:
        names = [node.name for node in self.nodes]
        check_names(names, self.links, source=self.source, sink=self.sink)
        return self

    @model_validator(mode="after")
    def _shared_weights_name_blocks(self) -> Self:
        for weight in self.shared:
            if (
                any(a >= b for a, b in pairwise(weight.blocks))
                or weight.blocks[-1] >= self.n_blocks
            ):
                raise ValueError(
                    f"shared weight {weight.name!r} names the blocks {weight.blocks}: they must "
                    f"ascend strictly below {self.n_blocks}"
                )
        return self

    @model_validator(mode="after")
    def _spreads_match_blocks(self) -> Self:
        for index, spread in enumerate(self.spreads):
            if len(spread.rows_s[0]) != self.n_blocks:
                raise ValueError(
                    f"spreads.{index} has {len(spread.rows_s[0])} entries, expected {self.n_blocks}"
                )
        for node in self.nodes:
            if node.spread is not None and node.spread >= len(self.spreads):
                raise ValueError(
                    f"nodes.{node.name}.spread is {node.spread}, but there are {len(self.spreads)}"
                )
        return self

    @property
    def n_blocks(self) -> int:
        """Number of blocks."""
        return len(self.positions) - 1

    @cached_property
    def digest(self) -> str:
        """SHA-256 of all that a plan's price follows from: everything but the limits."""
        text = self.model_dump_json(exclude={"limits", "spreads"})
        parts = (text, *(spread.digest for spread in self.spreads))
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    @property
    def has_spread(self) -> bool:
        """Whether the time of any block or transfer is known to vary."""
        return any(node.spread is not None for node in self.nodes) or any(
            link.spread is not None for link in self.links
        )

    @cached_property
    def node_index(self) -> dict[str, int]:
        """Place of each node in the order."""
        return {node.name: index for index, node in enumerate(self.nodes)}

    def replaced(self, **fields: object) -> Problem:
        """The problem with other values of some fields, checked like a new one."""
        return Problem(**({name: getattr(self, name) for name in Problem.model_fields} | fields))

    def plan(
        self,
        cuts: tuple[int, ...],
        nodes: tuple[str, ...],
        replicas: tuple[tuple[str, ...], ...] = (),
    ) -> Plan:
        """The plan that cuts at the given block boundaries and runs the parts on the given nodes.

        Args:
            cuts: inner boundaries in ascending order, one fewer than nodes.
            nodes: node of each stage, in order.
            replicas: more nodes for each stage, in order; empty if no stage has any.

        Raises:
            MismatchError: an unknown node, or cuts out of order or range.
        """
        bounds = (0, *cuts, self.n_blocks)
        if any(a >= b for a, b in pairwise(bounds)):
            raise MismatchError(f"cuts {cuts} must ascend strictly within 1 … {self.n_blocks - 1}")
        if len(nodes) != len(bounds) - 1:
            raise MismatchError(f"{len(cuts)} cuts make {len(cuts) + 1} stages, not {len(nodes)}")
        more = replicas or ((),) * len(nodes)
        if len(more) != len(nodes):
            raise MismatchError(f"replicas are given for {len(more)} of {len(nodes)} stages")
        for name in (*nodes, *chain.from_iterable(more)):
            if name not in self.node_index:
                raise MismatchError(
                    f"{name!r} is no node: choose from {', '.join(self.node_index)}"
                )
        return self.plan_of(
            self.stage(start, stop, (node, *others))
            for (start, stop), node, others in zip(pairwise(bounds), nodes, more, strict=True)
        )

    def stage(self, start: int, stop: int, nodes: tuple[str, ...]) -> Stage:
        """The blocks [start, stop) on a node, or on several in turn."""
        return Stage(
            start=start,
            stop=stop,
            op_start=self.positions[start],
            op_stop=self.positions[stop],
            node=nodes[0],
            replicas=nodes[1:],
        )

    def plan_of(self, stages: Iterable[Stage]) -> Plan:
        """The plan that consists of the given stages, which follow each other."""
        stages = tuple(stages)
        bounds = (0, *(stage.stop for stage in stages))
        return Plan(
            problem_digest=self.digest,
            graph_digest=self.graph_digest,
            stages=stages,
            hops=tuple(self.cut_tensors[bound] for bound in bounds),
        )


def build_problem(
    profile: Profile,
    cluster: Cluster,
    node_profiles: Mapping[str, Profile] | None = None,
    *,
    limits: Limits | None = None,
) -> Problem:
    """Joins what a model costs with the machines it may run on.

    Args:
        profile: the reference that node speeds are relative to.
        cluster: nodes and links.
        node_profiles: the profiles that nodes name as their own, by that name.
        limits: which plans count; any order of nodes, one stage each, if not given.

    Raises:
        MismatchError: a profile of another model, other blocks or another backend than the
            reference, or a node's profile that is not given.
    """
    profiles = dict(node_profiles or {})
    for name, other in profiles.items():
        _check_same(profile, other, name)
    try:
        problem = _joined(profile, cluster, profiles)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise MismatchError(
            f"the profile of {profile.graph.model} and the cluster do not fit together: "
            f"{place} {first['msg']}: profile again"
        ) from error
    return problem if limits is None else problem.replaced(limits=limits)


def _joined(profile: Profile, cluster: Cluster, profiles: Mapping[str, Profile]) -> Problem:
    for node in cluster.nodes:
        if node.profile is not None and node.profile not in profiles:
            raise MismatchError(
                f"node {node.name!r} names the profile {node.profile!r}, which was not given"
            )
    used = list(dict.fromkeys(node.profile for node in cluster.nodes))
    terms = memory_terms(profile, [profile if name is None else profiles[name] for name in used])
    nodes = tuple(
        _node_costs(
            node, profile if node.profile is None else profiles[node.profile], terms
        ).model_copy(update={"spread": used.index(node.profile)})
        for node in cluster.nodes
    )
    spreads = tuple(block_spread(profile if name is None else profiles[name]) for name in used)
    return Problem(
        graph_digest=profile.graph.digest,
        positions=tuple(cut.position for cut in profile.cuts),
        cut_tensors=tuple(cut.tensors for cut in profile.cuts),
        cut_bytes=tuple(cut.n_bytes for cut in profile.cuts),
        weight_bytes=terms.kept,
        live_bytes=tuple(block.peak_live_bytes for block in profile.blocks),
        workspace_bytes=terms.workspace,
        load_bytes=terms.load,
        shared=profile.shared,
        nodes=nodes,
        spreads=spreads,
        links=cluster.links,
        source=cluster.source,
        sink=cluster.sink,
        stage_positions=profile.stage_positions,
    )


def _node_costs(node: Node, own: Profile, terms: MemoryTerms) -> NodeCosts:
    return NodeCosts(
        name=node.name,
        memory_bytes=node.memory_bytes,
        base_bytes=base_bytes(own, terms),
        weight_factor=kept_factor(own, terms),
        block_latency_s=tuple(block.latency.median_s for block in own.blocks),
        blocks_over_whole=own.whole.blocks_over_rest,
        stage_start_s=own.whole.stage_start_s,
        speed=1.0 if node.speed is None else node.speed,
        price_per_s=node.price_per_s,
    )


def _check_same(reference: Profile, other: Profile, name: str) -> None:
    if other.graph.digest != reference.graph.digest:
        raise MismatchError(
            f"profile {name!r} is of {other.graph.model} (graph {other.graph.digest[:12]}), but "
            f"the reference is of {reference.graph.model} (graph {reference.graph.digest[:12]}): "
            "profile the same model with the same input on both machines"
        )
    if other.backend != reference.backend:
        raise MismatchError(
            f"profile {name!r} is for the backend {other.backend!r}, but the reference is for "
            f"{reference.backend!r}: all parts of one model run on one backend"
        )
    if other.environment.threads != reference.environment.threads:
        raise MismatchError(
            f"profile {name!r} was measured with {other.environment.threads} threads, but the "
            f"reference with {reference.environment.threads}: profile both with one number"
        )
    if [cut.position for cut in other.cuts] != [cut.position for cut in reference.cuts]:
        raise MismatchError(
            f"profile {name!r} has other blocks ({other.granularity}) than the reference "
            f"({reference.granularity}): profile both at one granularity"
        )
