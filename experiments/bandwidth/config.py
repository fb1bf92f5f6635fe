"""Models, links, and which plans are worth their time; written beside the rows as resolved."""

from __future__ import annotations

from experiments.linked_runs import LinkedConfig

RATES_MBIT_PER_S = (1, 3, 10, 30, 100, 300, 1000)
DELAYS_MS = (0, 20)
"""One way; 0 adds none to what the testbed itself takes."""


class BandwidthConfig(LinkedConfig):
    """The cells of the grid: every model over every link setting."""

    models: tuple[str, ...] = ("resnet18", "mobilenet_v2", "alexnet")
    """Of torchvision."""
    backend: str = "onnx"
    links: tuple[str, ...] = tuple(
        f"{rate}Mbit/s+{delay}ms" for delay in DELAYS_MS for rate in RATES_MBIT_PER_S
    )
    probe_deadline_s: float = 12.0
    visits: int = 2
    """How often every plan is measured, in opposite orders."""
    close_visits: int = 8
    """The same of our plan and of those that are not clearly slower, over such links."""
    close_within: float = 0.1
    """Another plan is clearly slower if it takes so much longer than ours, relative to ours."""
    most_over_ours: float = 2.0
    """Plans that are predicted to take so many times as long as ours are not measured …"""
    cheap_s: float = 0.3
    """… unless a request takes no longer than this."""


SMOKE = {
    "models": ("squeezenet1_1",),
    "links": ("100Mbit/s+0ms",),
    "probe_deadline_s": 2.0,
    "profile_budget_s": 1.0,
    "visits": 1,
    "close_visits": 2,
    "most_over_ours": 1.2,
    "cheap_s": 0.0,
}
"""Settings of a run that only shows that everything works."""
