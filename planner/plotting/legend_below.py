"""A legend below the axes, where it hides nothing and stays on the page."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import fill

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.legend import Legend
from matplotlib.transforms import ScaledTranslation

_MOST_COLUMNS = 2
_SHRINK, _LEAST_CHARACTERS = 0.85, 10
"""Of a line that is too wide: some characters are wider than others, and the key has its width."""
_GAP_IN = 0.5
"""Below one of several axes: room for tick labels and the axis label."""


def legend_below(ax: Axes, handles: Sequence[Artist]) -> None:
    """Adds it below the axes, for which the constrained layout makes room.

    It has as many columns as the figure is wide enough for, and breaks words that are too long for
    one. Axes that are alone in their figure leave it the whole width. Several need a legend each.

    Args:
        ax: axes without a legend.
        handles: what it lists, with their labels.
    """
    figure = ax.get_figure()
    assert figure is not None  # axes that are drawn on have one
    room = figure.bbox.width / len(figure.axes)
    words, width = [str(handle.get_label()) for handle in handles], 0.0
    for columns in range(_MOST_COLUMNS, 0, -1):
        legend = _legend(ax, handles, words, columns)
        width = legend.get_window_extent().width
        if width <= room:
            return
        legend.remove()
    characters = int(max(map(len, words)) * _SHRINK * room / width)
    _legend(ax, handles, [fill(label, max(characters, _LEAST_CHARACTERS)) for label in words], 1)


def _legend(ax: Axes, handles: Sequence[Artist], words: Sequence[str], columns: int) -> Legend:
    figure = ax.get_figure()
    assert figure is not None
    if len(figure.axes) == 1:
        return figure.legend(
            handles, words, loc="outside lower center", ncols=columns, fontsize="small"
        )
    below = ScaledTranslation(0, -_GAP_IN, figure.get_figure(root=True).dpi_scale_trans)
    return ax.legend(
        handles, words, loc="upper center", bbox_to_anchor=(0.5, 0.0), borderaxespad=0,
        bbox_transform=ax.transAxes + below, ncols=columns, fontsize="small",
    )  # fmt: skip
