"""A legend below the axes."""

import pytest
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from planner.plotting.legend_below import legend_below
from tests.planner.plotting.drawing import assert_on_the_page

WORDS = ("part 1 on a server", "part 2 on " + " or ".join(["another server"] * 9))


def beside(n_axes, words, width_in=7.0):
    figure = Figure(figsize=(width_in, 4), layout="constrained")
    axes = figure.subplots(1, n_axes, squeeze=False)[0]
    for ax in axes:
        legend_below(ax, [Patch(label=label) for label in words])
    figure.draw_without_rendering()
    return figure, axes


@pytest.mark.parametrize("width_in", [2.5, 7.0])
@pytest.mark.parametrize("words", [WORDS, ("a", "b", "c"), ("unbroken" * 20,)])
def test_it_stays_on_the_page(words, width_in):
    figure, _ = beside(1, words, width_in)
    assert_on_the_page(figure)
    shown = [text.get_text() for text in figure.legends[0].get_texts()]
    assert "".join("".join(shown).split()) == "".join("".join(words).split())  # none left out


def test_short_words_stand_in_two_columns_and_long_ones_in_one():
    columns = []
    for words in (("a", "b"), ("a" * 60, "b" * 60)):
        figure, _ = beside(1, words)
        first, second = (text.get_window_extent() for text in figure.legends[0].get_texts())
        columns.append(1 if first.y0 > second.y1 else 2)
    assert columns == [2, 1]


def test_it_hides_nothing_of_the_axes():
    figure, (ax,) = beside(1, WORDS)
    assert figure.legends[0].get_window_extent().y1 <= ax.get_tightbbox().y0


def test_several_axes_have_one_each():
    figure, axes = beside(2, ("a", "b"))
    assert not figure.legends
    assert all(ax.get_legend().get_window_extent().y1 < ax.bbox.y0 for ax in axes)
