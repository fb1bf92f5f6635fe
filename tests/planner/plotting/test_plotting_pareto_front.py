"""The picture of a Pareto front."""

import pytest

from planner.objectives import LATENCY, NODES, PRICE, THROUGHPUT, latency_quantile, mean_variance
from planner.plotting.pareto_front import FrontPoint, front_table, plot_front
from planner.solvers.pareto import ParetoFront, ParetoPoint
from tests.planner.instances import make_node, make_problem, mesh
from tests.planner.plotting.drawing import drawn, legend_words, texts


def front(first=LATENCY, second=PRICE, *, is_complete=True, values=((0.5, 9.0), (0.8, 2.0))):
    problem = make_problem([make_node(n, (1.0, 1.0)) for n in "ab"], mesh("ab"), (1, 1, 1))
    plans = (problem.plan((1,), ("a", "b")), problem.plan((), ("a",)))
    points = [
        ParetoPoint(plan=plan, first=x, second=y)
        for plan, (x, y) in zip(plans[: len(values)], values, strict=True)
    ]
    return ParetoFront(
        first=first, second=second, points=points, is_complete=is_complete, method="by hand"
    )


def test_times_are_in_milliseconds_and_money_is_not():
    table = front_table(front())
    assert table.points == (
        FrontPoint(500.0, 9.0, ("a", "b")),
        FrontPoint(800.0, 2.0, ("a",)),
    )


@pytest.mark.parametrize(
    ("objective", "label", "value"),
    [
        (LATENCY, "Latency (ms)", 500.0),
        (latency_quantile(0.95), "P95 of the latency (ms)", 500.0),
        (THROUGHPUT, "Time between two answers (ms)", 500.0),
        (NODES, "Number of nodes", 0.5),
        (mean_variance(1.0, 2.0), "Mean-variance (s)", 0.5),
    ],
)
def test_the_axis_names_the_objective_with_its_unit(objective, label, value):
    table = front_table(front(first=objective))
    assert table.first_label == label
    assert table.points[0].first == value


def test_the_staircase_goes_on_with_a_value_until_the_next_plan():
    ax = drawn(plot_front, front_table(front()))
    assert ax.lines[0].get_drawstyle() == "steps-post"
    assert legend_words(ax) == ["1 part", "2 parts"]
    assert ax.get_title() == "Pareto front: no other plan is better in both"
    assert ax.get_ylabel() == "Price of a request (currency of the cluster file)"


def test_a_front_that_may_miss_plans_or_is_empty_says_so():
    ax = drawn(plot_front, front_table(front(is_complete=False)))
    assert ax.get_title() == "Pareto front: not proved complete"
    assert texts(drawn(plot_front, front_table(front(values=())))) == ["no plan fits"]
