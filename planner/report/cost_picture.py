"""What the blocks spend their time on, vector work or other, which needs the profile."""

from __future__ import annotations

from matplotlib.figure import Figure

from planner.plotting.block_costs import block_costs, plot_block_costs
from planner.report.content import ReportContent
from planner.report.few_blocks import borders_of_few
from planner.report.markup import Markup
from planner.report.pictures import picture

_MOST_BARS = 40
"""Of more, some are taken together."""
_BAR_IN, _REST_IN = 0.24, 2.6


def cost_picture(content: ReportContent) -> Markup:
    """A bar per block in the program's order; nothing without a profile."""
    if content.profile is None:
        return Markup("")
    costs = block_costs(content.profile, borders_of_few(content.profile, _MOST_BARS))
    figure = Figure(figsize=(5, _BAR_IN * len(costs.bars) + _REST_IN), layout="constrained")
    plot_block_costs(costs, figure.subplots())
    caption = (
        "What the blocks spend their time on, on the machine of the profile. Plain: vector work. "
        "Hatched: other work."
    )
    return picture(figure, "costs", caption)
