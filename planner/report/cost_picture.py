"""What the blocks spend their time on, vector work or other, which needs the profile."""

from __future__ import annotations

from matplotlib.figure import Figure

from planner.level_sweep import levels_within
from planner.plotting.block_costs import block_costs, plot_block_costs
from planner.report.content import ReportContent
from planner.report.markup import Markup
from planner.report.pictures import picture
from profiler.profile_records import Profile

_MOST_BARS = 40
"""Of more, the picture would be longer than anyone looks: blocks are then taken together."""
_BAR_IN, _REST_IN = 0.24, 2.6


def cost_picture(content: ReportContent) -> Markup:
    """A bar per block in the program's order; nothing without a profile."""
    if content.profile is None:
        return Markup("")
    positions = _borders(content.profile)
    costs = block_costs(content.profile, positions)
    figure = Figure(figsize=(5, _BAR_IN * len(costs.bars) + _REST_IN), layout="constrained")
    plot_block_costs(costs, figure.subplots())
    caption = (
        "What the blocks spend their time on, on the machine of the profile. Plain: vector work. "
        "Hatched: other work."
    )
    return picture(figure, "costs", caption)


def _borders(profile: Profile) -> tuple[int, ...]:
    """Of the finest level that has few enough blocks; empty for the profile's own blocks."""
    if len(profile.blocks) <= _MOST_BARS:
        return ()
    coarser = levels_within(profile).values()
    return next((b for b in coarser if len(b) - 1 <= _MOST_BARS), ())
