"""The cases; written beside the rows as they were resolved."""

from __future__ import annotations

from typing import Annotated

from pydantic import PositiveInt

from experiments.configs import Kind
from experiments.linked_runs import LinkedConfig
from profiler.record import Record

_MIB = 2**20


class Case(Record):
    """One model over the nodes of the cluster, with memory caps of their own."""

    name: str
    model: str
    backend: str
    cap_bytes: tuple[PositiveInt, ...]
    """Of the nodes, as the cluster lists them."""


class PeersConfig(LinkedConfig):
    """Cases and links."""

    cases: tuple[Case, ...] = (
        Case(name="resnet50", model="torchvision:resnet50", backend="onnx",
             cap_bytes=(125 * _MIB, 125 * _MIB, 125 * _MIB)),
        Case(name="resnet50 tight", model="torchvision:resnet50", backend="onnx",
             cap_bytes=(52 * _MIB, 80 * _MIB, 105 * _MIB)),
        Case(name="mobilenet_v2", model="torchvision:mobilenet_v2", backend="onnx",
             cap_bytes=(54 * _MIB, 54 * _MIB, 54 * _MIB)),
    )  # fmt: skip
    whole: Annotated[tuple[str, ...], Kind.SETTING] = ("Bottleneck", "Fire", "InvertedResidual")
    """Module classes that read their input twice, which tools that can be told must not split."""
    links: tuple[str, ...] = ("1000Mbit/s+0.3ms", "100Mbit/s+0.3ms", "10Mbit/s+20ms")
    visits: int = 2
    """How often every plan is measured, in opposite orders."""


SMOKE = {
    "cases": (
        Case(name="squeezenet1_1", model="torchvision:squeezenet1_1", backend="onnx",
             cap_bytes=(40 * _MIB, 40 * _MIB, 40 * _MIB)),
    ),
    "links": ("100Mbit/s+0.3ms",),
    "probe_deadline_s": 2.0,
    "profile_budget_s": 1.0,
    "visits": 1,
}  # fmt: skip
"""Settings of a run that only shows that everything works."""
