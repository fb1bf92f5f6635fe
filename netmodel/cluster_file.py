"""The cluster file as a person writes it: YAML with units, read strictly into a Cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

import yaml
from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from netmodel.cluster import Cluster, Link, Node
from netmodel.errors import ClusterError
from netmodel.file_kind import wrong_kind
from netmodel.links.affine import AffineLink
from netmodel.links.any_link import AnyLink
from netmodel.links.piecewise import Knot, PiecewiseLink
from netmodel.links.spread import Ratio, TransferSpread, parse_level
from netmodel.record import Record
from netmodel.units import parse_bandwidth_bytes_per_s, parse_duration_s, parse_size_bytes

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

_NEXT = "a cluster file starts with `schema: partway.cluster/1`, as the example in the README does"
_Size = Annotated[int, BeforeValidator(parse_size_bytes), AfterValidator(int)]
_Duration = Annotated[float, BeforeValidator(parse_duration_s)]
_Bandwidth = Annotated[float, BeforeValidator(parse_bandwidth_bytes_per_s)]


def _no_truth_value(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError(f"{str(value).lower()} is no number")
    return value


_Price = Annotated[float, BeforeValidator(_no_truth_value), Field(ge=0, le=1e12)]
_Ratio = Annotated[Ratio, BeforeValidator(_no_truth_value)]


class _NodeEntry(Record):
    name: str = Field(min_length=1)
    memory: _Size = Field(gt=0)
    speed: Annotated[float, BeforeValidator(_no_truth_value), Field(ge=1e-6, le=1e6)] | None = None
    profile: str | None = None
    price_per_s: _Price = 0.0


class _LinkEntry(Record):
    between: tuple[str, str] | None = None
    origin: str | None = Field(default=None, alias="from")
    target: str | None = Field(default=None, alias="to")
    bandwidth: _Bandwidth | None = None
    latency: _Duration
    overhead: _Duration = 0.0
    knots: Annotated[dict[str, _Duration], Field(min_length=2)] | None = None
    """Instead of bandwidth and overhead: times of messages by their sizes, such as 64KiB."""
    cold_start: Annotated[_Size, Field(gt=0)] | None = None
    """What a fresh connection sends before the first acknowledgement."""
    medium: Annotated[str, Field(min_length=1)] | None = None
    """What it shares with all links of this medium."""
    price_per_byte: _Price = 0.0
    samples: Annotated[tuple[_Ratio, ...], Field(min_length=2)] | None = None
    """Measured transfer times over those that bandwidth, latency and overhead say."""
    quantiles: Annotated[dict[str, _Ratio], Field(min_length=2)] | None = None
    """Of the same ratios, by names such as p50 and p99.9."""

    @model_validator(mode="after")
    def _has_one_spread(self) -> Self:
        if self.samples is not None and self.quantiles is not None:
            raise ValueError("a link has either `samples` or `quantiles`: keep one of them")
        self._spread()
        return self

    @model_validator(mode="after")
    def _has_one_speed(self) -> Self:
        if (self.bandwidth is None) == (self.knots is None):
            raise ValueError("a link needs either `bandwidth` or `knots`")
        if self.knots is not None and "overhead" in self.model_fields_set:
            raise ValueError("the first of a link's `knots` says its overhead: leave it out")
        self._model()
        return self

    @model_validator(mode="after")
    def _has_ends(self) -> Self:
        directed = self.origin is not None and self.target is not None
        if (self.between is None) != directed or (self.origin is None) != (self.target is None):
            raise ValueError("a link needs either `between: [a, b]` or `from: a` and `to: b`")
        return self

    def link(self, source: str, target: str) -> Link:
        """One direction of it."""
        return Link(
            source=source,
            target=target,
            model=self._model(),
            medium=self.medium,
            price_per_byte=self.price_per_byte,
            spread=self._spread(),
        )

    def _model(self) -> AnyLink:
        if self.bandwidth is not None:
            return AffineLink(
                bandwidth_bytes_per_s=self.bandwidth,
                latency_s=self.latency,
                overhead_s=self.overhead,
                initial_window_bytes=self.cold_start,
            )
        knots = sorted((parse_size_bytes(size), s) for size, s in (self.knots or {}).items())
        return PiecewiseLink(
            latency_s=self.latency,
            knots=tuple(Knot(n_bytes=n_bytes, seconds=seconds) for n_bytes, seconds in knots),
            initial_window_bytes=self.cold_start,
        )

    def _spread(self) -> TransferSpread | None:
        if self.samples is not None:
            return TransferSpread(ratios=self.samples)
        if self.quantiles is None:
            return None
        pairs = sorted((parse_level(name), ratio) for name, ratio in self.quantiles.items())
        levels, ratios = zip(*pairs, strict=True)
        return TransferSpread(levels=levels, ratios=ratios)


class _ClusterEntry(Record):
    schema_: Literal["partway.cluster/1"] = Field(alias="schema")
    source: str
    sink: str
    nodes: tuple[_NodeEntry, ...] = Field(min_length=1)
    links: tuple[_LinkEntry, ...] = ()

    @field_validator("links", mode="before")
    @classmethod
    def _empty_list(cls, value: object) -> object:
        return () if value is None else value


class _UniqueKeys(yaml.SafeLoader):
    """Refuses a key that stands twice in one mapping: YAML would silently take the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        pairs = node.value if isinstance(node, yaml.MappingNode) else ()
        keys = [key.value for key, _ in pairs]
        for key in keys:
            if keys.count(key) > 1:
                line = node.start_mark.line + 1
                raise ClusterError(f"{key!r} stands twice in the mapping at line {line}")
        return super().construct_mapping(node, deep=deep)


def parse_cluster(text: str) -> Cluster:
    """Reads a cluster file's text.

    Links `between` two nodes hold for both directions; a link `from` … `to` overrides one of them.

    Raises:
        ClusterError: malformed YAML, an unknown field, a quantity without a unit, or a cluster
            that contradicts itself. The message names the place in the file.
    """
    try:
        raw: Any = yaml.load(text, _UniqueKeys)
    except ClusterError:
        raise
    except (
        yaml.YAMLError,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        RecursionError,
    ) as error:
        raise ClusterError(f"not valid YAML: {' '.join(str(error).split())}") from error
    if not isinstance(raw, dict):
        raise ClusterError(f"not a mapping: {_NEXT}")
    try:
        return _cluster(_ClusterEntry.model_validate(raw))
    except ValidationError as error:
        raise ClusterError(_first_problem(error)) from error


def _cluster(entry: _ClusterEntry) -> Cluster:
    both: list[Link] = []
    single: list[Link] = []
    for link in entry.links:
        if link.between is not None:
            first, second = link.between
            both += [link.link(first, second), link.link(second, first)]
        elif link.origin is not None and link.target is not None:
            single.append(link.link(link.origin, link.target))
    overridden = {(link.source, link.target) for link in single}
    kept = [link for link in both if (link.source, link.target) not in overridden]
    nodes = tuple(
        Node(
            name=node.name,
            memory_bytes=node.memory,
            speed=node.speed,
            profile=node.profile,
            price_per_s=node.price_per_s,
        )
        for node in entry.nodes
    )
    return Cluster(source=entry.source, sink=entry.sink, nodes=nodes, links=tuple(kept + single))


def _first_problem(error: ValidationError) -> str:
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"])
    message = first["msg"].removeprefix("Value error, ")
    if place == "schema":
        return f"{place}: {_schema_problem(first)}; {_NEXT}"
    return f"{place}: {message}" if place else message


def _schema_problem(problem: ErrorDetails) -> str:
    if problem["type"] == "missing":
        return "is missing"
    return wrong_kind(problem["input"], problem["ctx"]["expected"].strip("'"))
