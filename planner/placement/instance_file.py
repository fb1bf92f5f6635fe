"""The published instance format: JSON with latencies and edge costs in milliseconds."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from planner.errors import FileFormatError
from planner.placement.instance import Operator, PlacementInstance

_COST_TOLERANCE_MS = 1e-6
_Number = Annotated[float, Field(ge=0, allow_inf_nan=False)]
_Count = Annotated[int, Field(ge=0, le=10**6)]


class _Entry(BaseModel):
    """Files carry more fields than the format names, for people: those are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


class _NodeEntry(_Entry):
    id: int
    supported: bool = Field(alias="supportedOnFpga")
    cpu_ms: _Number = Field(alias="cpuLatency")
    accelerator_ms: _Number = Field(alias="fpgaLatency")
    size_bytes: _Number = Field(alias="size", default=0.0)
    colour: int | None = Field(alias="colorClass", default=None)
    backward: bool = Field(alias="isBackwardNode", default=False)


class _EdgeEntry(_Entry):
    source: int = Field(alias="sourceId")
    target: int = Field(alias="destId")
    cost_ms: _Number = Field(alias="cost")


class _File(_Entry):
    cap_bytes: _Number = Field(alias="maxSizePerFPGA")
    n_accelerators: _Count = Field(alias="maxFPGAs")
    n_cpus: _Count = Field(alias="maxCPUs")
    nodes: tuple[_NodeEntry, ...] = Field(min_length=1)
    edges: tuple[_EdgeEntry, ...]


def read_instance(path: Path) -> PlacementInstance:
    """The instance in a file.

    Raises:
        FileFormatError: the file is missing, is no JSON of the format, or contradicts itself; the
            message names the file and the place.
    """
    try:
        content = _File.model_validate_json(path.read_bytes())
        return _instance(path.stem, content)
    except OSError as error:
        raise FileFormatError(f"{path}: cannot be read: {error.strerror}") from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        message = first["msg"].removeprefix("Value error, ")
        raise FileFormatError(
            f"{path}: {where}: {message}" if where else f"{path}: {message}"
        ) from error
    except ValueError as error:
        raise FileFormatError(f"{path}: {error}") from error


def _instance(name: str, content: _File) -> PlacementInstance:
    place = {node.id: index for index, node in enumerate(content.nodes)}
    for edge in content.edges:
        for end in (edge.source, edge.target):
            if end not in place:
                raise ValueError(
                    f"edge {edge.source} -> {edge.target} names the unknown node {end}"
                )
    transfer_ms = _transfer_ms(content.edges)
    operators = tuple(
        Operator(
            id=node.id,
            cpu_s=node.cpu_ms / 1e3,
            accelerator_s=node.accelerator_ms / 1e3,
            transfer_s=transfer_ms.get(node.id, 0.0) / 1e3,
            size_bytes=node.size_bytes,
            on_accelerator=node.supported,
            colour=node.colour,
            backward=node.backward,
        )
        for node in content.nodes
    )
    edges = dict.fromkeys((place[edge.source], place[edge.target]) for edge in content.edges)
    return PlacementInstance(
        name=name,
        operators=operators,
        edges=tuple(edges),
        n_accelerators=content.n_accelerators,
        n_cpus=content.n_cpus,
        cap_bytes=content.cap_bytes,
    )


def _transfer_ms(edges: tuple[_EdgeEntry, ...]) -> dict[int, float]:
    """Cost of moving each node's output, which all edges out of it must agree on."""
    costs: dict[int, float] = {}
    for edge in edges:
        known = costs.setdefault(edge.source, edge.cost_ms)
        if abs(known - edge.cost_ms) > _COST_TOLERANCE_MS:
            raise ValueError(
                f"node {edge.source} has outgoing edges of cost {known:g} and {edge.cost_ms:g} ms: "
                "one output takes one time, whoever reads it"
            )
    return costs
