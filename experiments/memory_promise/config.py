"""What one run of the experiment covers; written beside its rows as it was resolved."""

from __future__ import annotations

from typing import Annotated

from experiments.configs import Kind
from experiments.model_names import SMALL_CNN
from profiler.record import Record

MODELS = (
    "torchvision:resnet18",
    "torchvision:resnet50",
    "torchvision:mobilenet_v2",
    "torchvision:mobilenet_v3_small",
    "torchvision:squeezenet1_1",
    "torchvision:shufflenet_v2_x1_0",
    "torchvision:mnasnet1_0",
    "torchvision:efficientnet_b0",
    "torchvision:googlenet",
    "torchvision:densenet121",
    "torchvision:regnet_y_400mf",
    "experiments.model_coverage.unet:make",
)
BACKENDS = ("onnx", "torch")


class PromiseConfig(Record):
    """Models, backends, and how many runs of each."""

    models: tuple[str, ...] = MODELS
    backends: tuple[str, ...] = BACKENDS
    shares: Annotated[tuple[float, ...], Kind.SETTING] = (
        0.0,
        0.125,
        0.25,
        0.375,
        0.5,
        0.625,
        0.75,
        1.0,
    )
    """Declared caps, between the smallest one under which a plan exists and the whole's need."""
    below_shares: Annotated[tuple[float, ...], Kind.SETTING] = (0.0, 0.5, 1.0)
    """Declared caps whose plans also run with too little memory, so that the check can fail."""


SMOKE = {
    "models": (SMALL_CNN,),
    "backends": ("onnx",),
    "shares": (0.0, 1.0),
    "below_shares": (1.0,),
}
"""Settings of a run that only shows that everything works."""
