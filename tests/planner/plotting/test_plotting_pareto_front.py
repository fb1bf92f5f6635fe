"""The picture of a Pareto front."""

from planner.objectives import LATENCY, PRICE, THROUGHPUT
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


def test_the_axes_name_the_objectives_with_their_units():
    table = front_table(front(first=THROUGHPUT))
    assert table.first_label == "Time between two answers (ms)"
    assert table.second_label == "Price of a request (currency of the cluster file)"


def test_the_staircase_goes_on_with_a_value_until_the_next_plan():
    ax = drawn(plot_front, front_table(front()))
    assert ax.lines[0].get_drawstyle() == "steps-post"
    assert legend_words(ax) == ["1 part", "2 parts"]
    assert list(ax.lines[0].get_xdata()) == [500.0, 800.0]
    assert list(ax.lines[0].get_ydata()) == [9.0, 2.0]
    assert [line.get_xydata().tolist() for line in ax.lines[1:]] == [[[800.0, 2.0]], [[500.0, 9.0]]]
    no_other = "no other plan is as good in one and better in the other"
    assert ax.get_title() == f"Pareto front: {no_other}"
    assert ax.get_xlabel() == "Latency (ms)"
    assert ax.get_ylabel() == "Price of a request (currency of the cluster file)"


def test_a_front_that_may_miss_plans_or_is_empty_says_so():
    ax = drawn(plot_front, front_table(front(is_complete=False)))
    assert ax.get_title() == "Pareto front: not proved complete"
    assert texts(drawn(plot_front, front_table(front(values=())))) == ["no plan fits"]
