"""What a reader sees of a picture: labels, legend words and texts."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure


def drawn(plot, table) -> Axes:
    """The axes after a picture was laid out in full."""
    figure = Figure(figsize=(7, 5), layout="constrained")
    ax = figure.subplots()
    plot(table, ax)
    figure.draw_without_rendering()
    return ax


def legend_words(ax: Axes) -> list[str]:
    """Of the axes' own legend."""
    return [text.get_text() for text in ax.get_legend().get_texts()]


def texts(ax: Axes) -> list[str]:
    """Of labels inside of the axes."""
    return [text.get_text() for text in ax.texts]
