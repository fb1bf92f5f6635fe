"""What the grid of one run covers; written beside its rows as it was resolved."""

from __future__ import annotations

from experiments.linked_runs import LinkedConfig
from experiments.model_names import SMALL_CNN

MODELS = (
    "torchvision:resnet18",
    "torchvision:mobilenet_v2",
    "torchvision:squeezenet1_1",
    "torchvision:resnet50",
    "torchvision:shufflenet_v2_x1_0",
    "torchvision:googlenet",
    "torchvision:efficientnet_b0",
    "torchvision:mnasnet1_0",
    "torchvision:mobilenet_v3_small",
    "experiments.model_coverage.unet:make",
)
"""Residual, inverted residual, fire, shuffled, inception, U-shaped: each with its input size."""
CLUSTERS = ("phone_server", "boxes", "camera")
LINKS = tuple(
    f"{rate}Mbit/s+{delay}ms" for rate in ("1000", "100", "10") for delay in ("0.3", "20")
)
BACKENDS = ("onnx", "torch")


class FidelityConfig(LinkedConfig):
    """The cells of the grid: every combination of the first four, with two plans each."""

    models: tuple[str, ...] = MODELS
    clusters: tuple[str, ...] = CLUSTERS
    links: tuple[str, ...] = LINKS
    backends: tuple[str, ...] = BACKENDS
    repeat_every: int = 4
    """Every so manieth ring of workers is measured a second time, minutes later: A against A."""
    seed: int = 0
    """Of the odd plans."""
    on_testbed: bool = True
    """Whether links and memory caps are real, not paced and unchecked."""


SMOKE = {
    "models": (SMALL_CNN,),
    "clusters": ("phone_server",),
    "links": ("100Mbit/s+0.3ms",),
    "backends": ("onnx",),
    "repeat_every": 2,
    "probe_deadline_s": 2.0,
    "profile_budget_s": 1.0,
}
"""Settings of a run that only shows that everything works."""
