"""What one run of the experiment covers; written beside its rows as it was resolved."""

from __future__ import annotations

from typing import Annotated

from experiments.configs import Kind
from experiments.linked_runs import LinkedConfig

MODELS = (
    "torchvision:resnet18",
    "torchvision:resnet50",
    "torchvision:resnet34",
    "torchvision:resnet101",
    "torchvision:resnet152",
)
"""Those that are measured come first."""


class GranularityConfig(LinkedConfig):
    """Models and links, and which of their plans are measured beside the prediction."""

    models: tuple[str, ...] = MODELS
    backend: str = "onnx"
    links: tuple[str, ...] = ("100Mbit/s+0.3ms", "10Mbit/s+20ms")
    levels: Annotated[tuple[str, ...], Kind.SETTING] = ("op", "layer", "block", "stage", "model")
    """From fine to coarse; the first one is profiled, and prices all of them."""
    measured_models: Annotated[tuple[str, ...], Kind.SETTING] = (
        "torchvision:resnet18",
        "torchvision:resnet50",
    )
    measured_parts: Annotated[tuple[int, ...], Kind.SETTING] = (1, 2, 3, 4, 6, 10)
    """Numbers of parts whose best plan is measured; the split by hand is measured, too."""
    on_testbed: bool = True
    """Whether links and memory caps are real, not paced and unchecked."""


SMOKE = {
    "models": ("torchvision:squeezenet1_1",),
    "links": ("100Mbit/s+0.3ms",),
    "levels": ("block", "stage", "model"),
    "measured_models": ("torchvision:squeezenet1_1",),
    "measured_parts": (2,),
    "probe_deadline_s": 2.0,
    "profile_budget_s": 1.0,
}
"""Settings of a run that only shows that everything works."""
