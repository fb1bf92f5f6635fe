"""A legend below the axes, where it hides nothing."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.transforms import ScaledTranslation


def legend_below(
    ax: Axes, handles: Sequence[Artist], *, gap_inches: float = 0.5, columns: int = 2
) -> None:
    """Adds it so far below the axes' lower edge, for which the constrained layout makes room.

    Args:
        ax: axes without a legend.
        handles: what it lists, with their labels.
        gap_inches: room for tick labels and the axis label.
        columns: of the legend.
    """
    figure = ax.get_figure(root=True)
    assert figure is not None  # axes that are drawn on have one
    below = ScaledTranslation(0, -gap_inches, figure.dpi_scale_trans)
    ax.legend(
        handles=handles, loc="upper center", bbox_to_anchor=(0.5, 0.0), borderaxespad=0,
        bbox_transform=ax.transAxes + below, ncols=columns, fontsize="small",
    )  # fmt: skip
