"""What a reader sees of a picture: labels, legend words and texts."""

from __future__ import annotations

from collections.abc import Iterator

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.legend import Legend


def drawn(plot, table, size_in=(7, 5)) -> Axes:
    """The axes after a picture was laid out in full."""
    figure = Figure(figsize=size_in, layout="constrained")
    ax = figure.subplots()
    plot(table, ax)
    figure.draw_without_rendering()
    return ax


def legend_of(ax: Axes) -> Legend:
    """The axes' own, or that of the figure which they have for themselves."""
    (legend,) = ax.get_figure().legends or [ax.get_legend()]
    return legend


def legend_words(ax: Axes) -> list[str]:
    """Of the axes' legend."""
    return [text.get_text() for text in legend_of(ax).get_texts()]


def texts(ax: Axes) -> list[str]:
    """Of labels inside of the axes."""
    return [text.get_text() for text in ax.texts]


def assert_on_the_page(figure: Figure) -> None:
    """Nothing that is drawn runs off the figure's edges."""
    page = figure.bbox
    for artist in _drawn(figure):
        box = artist.get_tightbbox()
        if box is not None and box.width:
            assert page.x0 - 1 <= box.x0 <= box.x1 <= page.x1 + 1, artist
            assert page.y0 - 1 <= box.y0 <= box.y1 <= page.y1 + 1, artist


def _drawn(figure: Figure) -> Iterator[Artist]:
    yield from figure.legends
    for ax in figure.axes:
        yield from (text for text in (ax.title, *ax.texts) if text.get_text())
        yield from filter(None, [ax.get_legend()])
        if ax.axison:
            yield from (ax.xaxis, ax.yaxis)
