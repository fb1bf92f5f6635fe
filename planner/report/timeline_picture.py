"""When which node or link is busy with one request: predicted above measured."""

from __future__ import annotations

from math import isfinite

from matplotlib.figure import Figure

from planner.breakdown import Breakdown
from planner.plotting.stage_timeline import plot_stage_timeline, stage_timeline
from planner.report.markup import Markup
from planner.report.pictures import picture

_LANE_IN, _REST_IN = 0.45, 2.4


def timeline_picture(estimate: Breakdown, measured: Breakdown | None) -> Markup:
    """A lane per node and per direction of a link; nothing where a link is missing."""
    if not isfinite(estimate.latency_s):
        return Markup("")
    lanes = stage_timeline(estimate, measured)
    figure = Figure(figsize=(5, _LANE_IN * len(lanes.lanes) + _REST_IN), layout="constrained")
    plot_stage_timeline(lanes, figure.subplots())
    medians = (
        ""
        if measured is None
        else " Measured bars are medians laid end to end: no single request need have had them."
    )
    return picture(figure, "timeline", f"When each node and link is busy with it.{medians}")
