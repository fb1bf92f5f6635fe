"""Which models are run under which caps and over which links; written beside the rows."""

from __future__ import annotations

from experiments.linked_runs import LinkedConfig

MIB = 2**20


class FamiliesConfig(LinkedConfig):
    """Models, caps and links."""

    models: tuple[str, ...] = (
        "torchvision:resnet50",
        "torchvision:resnext50_32x4d",
        "torchvision:mobilenet_v3_large",
        "torchvision:efficientnet_b0",
        "torchvision:resnet18",
        "torchvision:squeezenet1_1",
    )
    familiar: str = "torchvision:resnet50"
    """The model that one has; the others are what one might switch to."""
    backend: str = "onnx"
    caps_bytes: tuple[int, ...] = (45 * MIB, 60 * MIB, 72 * MIB, 112 * MIB, 176 * MIB)
    """On every node, ascending: from one that lets only the smallest model run whole to one that
    lets all of them."""
    links: tuple[str, ...] = ("1000Mbit/s+0.3ms", "100Mbit/s+0.3ms")
    probe_deadline_s: float = 20.0
    visits: int = 2
    """How often every plan is measured, models in opposite orders."""


SMOKE = {
    "models": ("torchvision:squeezenet1_1",),
    "familiar": "torchvision:squeezenet1_1",
    "caps_bytes": (40 * MIB, 64 * MIB),
    "links": ("1000Mbit/s+0.3ms",),
    "probe_deadline_s": 2.0,
    "profile_budget_s": 1.0,
}
"""Settings of a run that only shows that everything works."""


def case_of(model: str) -> str:
    """What rows and pictures call a model."""
    return model.removeprefix("torchvision:")
