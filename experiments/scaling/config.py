"""Which sizes one run of the experiment covers; written beside its rows as it was resolved."""

from __future__ import annotations

from collections.abc import Iterator

from experiments.scaling.problems import STYLES
from planner.limits import Order
from profiler.record import Record

FIXED_NODES, FIXED_BLOCKS = 16, 200
"""On so many nodes blocks grow; with so many blocks nodes do."""


class Size(Record):
    """What one row measures."""

    order: Order
    style: str
    blocks: int
    nodes: int


def _sizes() -> Iterator[Size]:
    """Blocks on 16 nodes, nodes for 200 blocks, the corners, then the styles."""
    for order, most in ((Order.LISTED, 5_000), (Order.FREE, 1_000)):
        for blocks in (50, 100, 200, 500, 1_000, 2_000, 5_000):
            if blocks <= most:
                yield Size(order=order, style="plain", blocks=blocks, nodes=FIXED_NODES)
        for nodes in (4, 8, 12, 24, 32, 48, 64):
            yield Size(order=order, style="plain", blocks=FIXED_BLOCKS, nodes=nodes)
    for blocks in (1_000, 5_000):
        yield Size(order=Order.LISTED, style="plain", blocks=blocks, nodes=64)
    for style in [*STYLES][1:]:
        for nodes in (16, 64):
            yield Size(order=Order.FREE, style=style, blocks=FIXED_BLOCKS, nodes=nodes)


class ScalingConfig(Record):
    """Sizes, and how many random problems of each."""

    sizes: tuple[Size, ...] = tuple(_sizes())
    problems: int = 2
    """Of each size, from the seeds 0, 1, …"""


SMOKE = {
    "sizes": (
        *(Size(order=Order.LISTED, style="plain", blocks=n, nodes=FIXED_NODES) for n in (20, 50)),
        *(Size(order=Order.FREE, style=style, blocks=20, nodes=5) for style in STYLES),
    ),
    "problems": 1,
}
"""Settings of a run that only shows that everything works: tiny sizes of every kind."""
