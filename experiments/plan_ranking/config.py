"""The small cases whose plans are all measured; written beside the rows as it was resolved."""

from __future__ import annotations

from experiments.linked_runs import LinkedConfig
from experiments.model_names import SMALL_CNN
from profiler.record import Record


class Case(Record):
    """One model, cut into few blocks, on the first so many nodes of the cluster."""

    name: str
    model: str
    backend: str
    n_nodes: int
    n_blocks: int
    """Neighbouring blocks of a usual profile are joined until so many are left."""


class RankingConfig(LinkedConfig):
    """Cases and links."""

    cases: tuple[Case, ...] = (
        Case(name="resnet18 onnx, 2 nodes", model="torchvision:resnet18", backend="onnx",
             n_nodes=2, n_blocks=6),
        Case(name="resnet18 torch, 2 nodes", model="torchvision:resnet18", backend="torch",
             n_nodes=2, n_blocks=6),
        Case(name="squeezenet1_1 onnx, 3 nodes", model="torchvision:squeezenet1_1", backend="onnx",
             n_nodes=3, n_blocks=4),
    )  # fmt: skip
    links: tuple[str, ...] = ("100Mbit/s+0.3ms", "10Mbit/s+20ms")
    visits: int = 2
    """How often every plan is measured, in opposite orders."""


SMOKE = {
    "cases": (
        Case(name="small cnn onnx, 2 nodes", model=SMALL_CNN,
             backend="onnx", n_nodes=2, n_blocks=2),
    ),
    "links": ("100Mbit/s+0.3ms",),
    "probe_deadline_s": 2.0,
    "profile_budget_s": 1.0,
    "visits": 1,
}  # fmt: skip
"""Settings of a run that only shows that everything works."""


def even_cuts(borders: tuple[int, ...], n_blocks: int) -> tuple[int, ...]:
    """Inner borders that leave so many blocks of as equal numbers of operators as there are.

    Args:
        borders: operator positions where cuts are allowed, with both ends.
        n_blocks: how many blocks to leave, no more than there are.
    """
    inner, n_ops = borders[1:-1], borders[-1]
    wanted = [n_ops * k / n_blocks for k in range(1, n_blocks)]
    return tuple(sorted({min(inner, key=lambda border: abs(border - at)) for at in wanted}))
