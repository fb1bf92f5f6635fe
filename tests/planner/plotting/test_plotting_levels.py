"""The picture of a sweep over granularity levels."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from planner.errors import MismatchError, PlannerError
from planner.level_sweep import LevelRow
from planner.objectives import THROUGHPUT
from planner.plotting.levels import LevelPoint, plans_against_level, plot_plans_against_level


def row(level, n_blocks, latency_s=None, nodes=("a", "b")):
    if latency_s is None:
        return LevelRow(level=level, n_blocks=n_blocks, status="infeasible", reason="too large")
    return LevelRow(
        level=level, n_blocks=n_blocks, status="optimal", latency_s=latency_s, nodes=nodes,
        peak_bytes=3 * 2**20, moved_bytes=2**19,
    )  # fmt: skip


ROWS = [row("model", 1), row("block", 4, 0.2), row("op", 9, 0.2, ("a", "b", "c"))]


def test_levels_go_from_fine_to_coarse_and_the_coarsest_of_equals_is_best():
    table = plans_against_level(ROWS)
    assert table.levels == (("op", 9), ("block", 4), ("model", 1))
    assert table.points == (
        LevelPoint("op", 9, 3, 200.0, 3.0, 0.5, 200.0),
        LevelPoint("block", 4, 2, 200.0, 3.0, 0.5, 200.0),
        None,
    )
    assert table.best == 1


def test_the_axis_names_levels_with_their_blocks_and_the_line_stops_where_nothing_fits():
    figure = Figure(layout="constrained")
    panels = plot_plans_against_level(plans_against_level(ROWS), figure)
    figure.draw_without_rendering()
    names = [label.get_text() for label in panels[-1].get_xticklabels()]
    assert names == ["op\n9 blocks", "block\n4 blocks", "model\n1 block"]
    np.testing.assert_allclose(panels[0].lines[0].get_ydata(), [200, 200, np.nan])
    assert [axes.get_ylabel().split("(")[-1] for axes in panels] == ["ms)", "MiB)", "MiB)"]
    words = [text.get_text() for text in figure.legends[0].get_texts()]
    assert words == ["best plan that fits", "does not fit", "least latency: 200 ms in 2 parts"]


def test_no_level_fits_or_there_is_none():
    assert plans_against_level([row("model", 1)]).best is None
    with pytest.raises(PlannerError, match="no rows"):
        plans_against_level([])


def test_the_best_level_is_that_of_the_objective_also_where_it_is_not_the_fastest():
    rows = [
        row(level, n, latency_s).model_copy(update={"objective": "period", "value": period_s})
        for level, n, latency_s, period_s in (("block", 4, 0.2, 0.1), ("op", 9, 0.3, 0.05))
    ]
    table = plans_against_level(rows, THROUGHPUT)
    assert table.best == 0
    figure = Figure(layout="constrained")
    panels = plot_plans_against_level(table, figure)
    np.testing.assert_allclose(panels[0].lines[0].get_ydata(), [50, 100])
    words = [text.get_text() for text in figure.legends[0].get_texts()]
    assert words[-1] == "least period: 50 ms in 2 parts"
    with pytest.raises(MismatchError, match="searched by period"):
        plans_against_level(rows)


def test_levels_without_an_answer_are_told_from_those_that_do_not_fit():
    lost = LevelRow(level="layer", n_blocks=9, status="unknown", reason="the time ran out")
    misfit = LevelRow(level="model", n_blocks=1, status="infeasible", reason="too large")
    table = plans_against_level([misfit, lost])
    assert (table.points, table.not_found) == ((None, None), (0,))
    figure = Figure(layout="constrained")
    panels = plot_plans_against_level(table, figure)
    words = [text.get_text() for text in figure.legends[0].get_texts()]
    assert words == ["best plan that fits", "does not fit", "no plan found in time"]
    assert [patch.get_x() for patch in panels[0].patches] == [0.5, -0.5]
