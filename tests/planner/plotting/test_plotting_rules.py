"""The picture of other rules' plans over several models."""

from math import inf

import pytest

from planner.compare import OURS, Row, compare
from planner.errors import PlannerError
from planner.plotting.rules import RulePoint, plot_rules_against_models, rules_against_models
from planner.solvers.chain_dp import ChainDp
from tests.planner.instances import two_phones_one_server
from tests.planner.plotting.drawing import drawn, legend_words


def row(name, ratio=None, *, fits=True):
    return Row(name=name, note="", relative_value=ratio, fits=fits)


TWO_MODELS = {
    "small": (row(OURS, 1.0), row("even", 1.5), row("greedy", 0.5, fits=False)),
    "large": (row(OURS, 1.0), row("even", inf, fits=False), row("greedy")),
}


def test_a_point_is_a_plan_that_can_be_run_over_the_links():
    table = rules_against_models(TWO_MODELS)
    assert table.rules == ("even", "greedy")
    assert table.models == ("small", "large")
    assert table.points == (
        RulePoint("even", "small", 1.5, fits=True),
        RulePoint("greedy", "small", 0.5, fits=False),
    )
    assert table.n_without == {"even": 1, "greedy": 1}


def test_the_comparison_of_a_problem_gives_the_ratios():
    """The server alone takes 8 s; phone-2 takes 14 s."""
    problem = two_phones_one_server()
    table = rules_against_models({"model": compare(problem, ChainDp().solve(problem))})
    (point,) = (point for point in table.points if point.rule == "all on phone-2")
    assert point.ratio == pytest.approx(14 / 8)
    assert OURS not in table.rules


def test_no_models_are_an_error():
    with pytest.raises(PlannerError, match="no model"):
        rules_against_models({})


def test_what_does_not_fit_is_hollow():
    ax = drawn(plot_rules_against_models, rules_against_models(TWO_MODELS))
    faces = {
        x: line.get_markerfacecolor() for line in ax.lines for x in line.get_xdata() if x != 1.0
    }
    assert faces[0.5] == "white"
    assert faces[1.5] != "white"


@pytest.mark.parametrize(("ratio", "tick"), [(0.98, 0.7), (0.7, 0.7), (0.69, 0.5), (0.08, 0.07)])
def test_marks_left_of_ours_have_a_labelled_tick_on_their_left(ratio, tick):
    rows = (row(OURS, 1.0), row("even", 1.5), row("greedy", ratio, fits=False))
    ax = drawn(plot_rules_against_models, rules_against_models({"model": rows}))
    low, high = ax.get_xlim()
    words = {
        label.get_text(): place
        for place, label in zip(ax.get_xticks(), ax.get_xticklabels(), strict=True)
        if low <= place <= high
    }
    assert words[f"{tick:g}"] == pytest.approx(tick)
    assert low < tick <= ratio


def test_where_no_mark_is_left_of_ours_the_picture_begins_near_it():
    rows = (row(OURS, 1.0), row("even", 1.5), row("greedy", 2.0))
    ax = drawn(plot_rules_against_models, rules_against_models({"model": rows}))
    assert 0.9 < ax.get_xlim()[0] < 1


def test_rules_without_a_plan_say_for_how_many_models():
    ax = drawn(plot_rules_against_models, rules_against_models(TWO_MODELS))
    assert [label.get_text() for label in ax.get_yticklabels()] == [
        "even\n(no plan for 1 of 2)",
        "greedy\n(no plan for 1 of 2)",
    ]
    assert legend_words(ax) == ["small", "large", "does not fit (hollow)", "our plan"]
