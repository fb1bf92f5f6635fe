"""Placement: which device runs each operator, and a solver's answer. No prices.

Devices go by label: `accelerator-0`, `accelerator-1`, … and `cpu-0`, `cpu-1`, …; `cpu` alone is
the host's processors taken together, for objectives in which they are one device without limit.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, NonNegativeFloat, model_validator

from planner.solution import Status
from profiler.record import Record

CPU = "cpu"
"""The host's processors as one device."""
_LABEL = re.compile(r"cpu|(?:accelerator|cpu)-(?:0|[1-9][0-9]*)")


def accelerator(index: int) -> str:
    """Label of an accelerator, counted from 0."""
    return f"accelerator-{index}"


def cpu(index: int) -> str:
    """Label of one of the host's processors, counted from 0."""
    return f"cpu-{index}"


def is_accelerator(device: str) -> bool:
    """Whether a label is that of an accelerator."""
    return device.startswith("accelerator-")


def _checked_label(device: str) -> str:
    if _LABEL.fullmatch(device) is None:
        raise ValueError(
            f"{device!r} is no device: expected accelerator-0, accelerator-1, … or cpu, cpu-0, …"
        )
    return device


class Placement(Record):
    """The device of every operator of an instance, by the operator's place in it."""

    schema_: Literal["partway.placement/1"] = Field(alias="schema", default="partway.placement/1")
    devices: tuple[Annotated[str, AfterValidator(_checked_label)], ...] = Field(min_length=1)
    """Label of the device of each operator, in the order of the instance's operators."""

    def used_devices(self) -> tuple[str, ...]:
        """Labels of the devices that run something: accelerators first, each by its number."""
        return tuple(sorted(set(self.devices), key=_rank))

    def members(self, device: str) -> tuple[int, ...]:
        """Places of the operators on one device, ascending."""
        return tuple(place for place, label in enumerate(self.devices) if label == device)


class PlacementSolution(Record):
    """A placement with its value and proof, or the reason why there is none.

    Equal inputs give byte-identical files: the runtime is no part of them.
    """

    schema_: Literal["partway.placement-solution/1"] = Field(
        alias="schema", default="partway.placement-solution/1"
    )
    instance: str = ""
    """Name of the instance."""
    operator_ids: tuple[int, ...] = ()
    """What the instance's file calls its operators, in the order of the placement's devices."""
    objective: Literal["throughput", "latency"]
    status: Status
    method: str
    """The solver, the class of placements it searched, and the limit that stopped it, if any."""
    placement: Placement | None = None
    value_s: NonNegativeFloat | None = None
    """Objective value of the placement, as the objective's pricing says."""
    lower_bound_s: NonNegativeFloat | None = None
    """No placement of the class has a smaller value."""
    reason: str = ""
    """Why nothing fits and the least change that helps, or what the bound does not cover."""
    runtime_s: NonNegativeFloat = Field(default=0.0, exclude=True, repr=False)
    """Time that the solver took; in memory only."""

    @property
    def gap(self) -> float | None:
        """How far the value may be above the optimum, relative to the value; none if unknown."""
        if self.value_s is None or self.lower_bound_s is None:
            return None
        return 0.0 if self.value_s == 0 else max(0.0, 1 - self.lower_bound_s / self.value_s)

    @model_validator(mode="after")
    def _parts_agree(self) -> Self:
        placed = self.placement is not None
        if placed != (self.value_s is not None):
            raise ValueError("a placement and its value come together or not at all")
        if placed != self.status.has_plan:
            raise ValueError(f"status {self.status} does not go with placement {self.placement}")
        if not placed and not self.reason:
            raise ValueError("an answer without a placement needs its reason")
        return self


def _rank(device: str) -> tuple[bool, int]:
    kind, _, number = device.partition("-")
    return kind == CPU, int(number or -1)
