import pytest

from experiments.scaling import solve_times
from experiments.scaling.config import SMOKE, ScalingConfig, Size
from experiments.scaling.growth import growth, series
from experiments.scaling.plot import draw
from experiments.scaling.problems import synthetic_problem
from experiments.scaling.solve_times import ScalingRow, measure
from experiments.scaling.summary import summarise
from planner.limits import Order
from planner.solution import Solution, Status
from planner.solvers.solve import solve


def row(blocks, nodes, median_cpu_s, **changes):
    fields = {
        "order": Order.LISTED,
        "style": "plain",
        "blocks": blocks,
        "nodes": nodes,
        "problems": 2,
        "median_cpu_s": median_cpu_s,
        "slowest_cpu_s": 2 * median_cpu_s,
        "proved": 2,
        "largest_gap": 0.0,
        "method": "chain-dp",
    }
    return ScalingRow(**(fields | changes))


def test_times_with_the_square_of_the_blocks_have_slope_two():
    rows = [row(n, 16, 3e-6 * n**2) for n in (1000, 100, 200)]
    found = growth(rows, Order.LISTED, "blocks")
    assert found.slope == pytest.approx(2)
    assert found.worst_factor == pytest.approx(1)
    assert found.sizes == (100, 200, 1000)
    assert found.slope_of_largest is None


def test_a_row_off_the_line_shows_in_the_worst_factor():
    # Logarithms to base 2: times 0, 3, 0 at sizes 1, 2, 3 lie 1, 2 and 1 off the level line at 1.
    rows = [row(200, nodes, seconds) for nodes, seconds in ((2, 1.0), (4, 8.0), (8, 1.0))]
    found = growth(rows, Order.LISTED, "nodes")
    assert found.slope == pytest.approx(0)
    assert found.worst_factor == pytest.approx(4)


def test_the_four_largest_sizes_show_growth_behind_a_constant():
    sizes = (4, 8, 16, 32, 64)
    rows = [row(200, n, 1.0 if n == 4 else n / 8) for n in sizes]
    found = growth(rows, Order.LISTED, "nodes")
    assert found.slope_of_largest == pytest.approx(1)
    assert 0 < found.slope < 1


def test_only_plain_rows_of_one_order_and_one_fixed_size_count():
    wanted = [row(100, 16, 1.0), row(200, 16, 2.0)]
    others = [
        row(300, 8, 1.0),
        row(400, 16, 1.0, style="slow links"),
        row(500, 16, 1.0, order=Order.FREE),
    ]
    assert series([*others, *wanted], Order.LISTED, "blocks") == wanted
    assert growth(others, Order.LISTED, "blocks") is None


def test_the_summary_has_both_orders_along_both_axes_and_counts_proofs():
    rows = [
        row(blocks, nodes, 1.0, order=order, proved=1, largest_gap=0.02)
        for order in Order
        for blocks, nodes in ((100, 16), (200, 16), (200, 32))
    ]
    found = summarise(rows)
    along = [(each.order, each.along) for each in found.growths]
    assert along == [(o, a) for o in (Order.LISTED, Order.FREE) for a in ("blocks", "nodes")]
    assert (found.problems, found.proved, found.largest_gap) == (12, 6, 0.02)
    with pytest.raises(SystemExit, match="no rows"):
        summarise([])


def test_orders_differ_in_markers_and_dashes_and_what_kept_a_gap_is_hollow():
    rows = [
        row(blocks, nodes, 1.0, order=order, proved=1 if nodes == 64 else 2)
        for order in Order
        for blocks, nodes in ((100, 16), (200, 16), (200, 64))
    ]
    for ax in draw(rows).axes:
        listed, free = (line for line in ax.lines if line.get_linestyle() != "None")
        assert listed.get_label().startswith("listed")
        for name in ("color", "marker", "linestyle"):
            assert getattr(listed, f"get_{name}")() != getattr(free, f"get_{name}")()
        hollow = [
            (line.get_marker(), line.get_xdata())
            for line in ax.lines
            if line.get_markerfacecolor() == "white" and len(line.get_xdata())
        ]
        markers = (listed.get_marker(), free.get_marker())
        expected = [(marker, [64]) for marker in markers] if ax.get_xlabel() == "nodes" else []
        assert hollow == expected


def test_a_size_is_measured_on_problems_that_are_solved():
    found = measure(Size(order=Order.LISTED, style="plain", blocks=12, nodes=3), 2)
    assert (found.problems, found.proved, found.largest_gap) == (2, 2, 0.0)
    assert 0 < found.median_cpu_s <= found.slowest_cpu_s
    assert found.method == "chain-dp"


@pytest.mark.parametrize(
    ("solution", "gap", "proved"),
    [
        (Solution(status=Status.UNKNOWN, method="m", reason="out of time"), 1.0, 0),
        (Solution(status=Status.INFEASIBLE, method="m", reason="nothing fits"), 0.0, 1),
    ],
)
def test_no_plan_without_a_proof_is_a_whole_gap(monkeypatch, solution, gap, proved):
    monkeypatch.setattr(solve_times, "solve", lambda problem: solution)
    found = measure(Size(order=Order.LISTED, style="plain", blocks=12, nodes=3), 1)
    assert (found.largest_gap, found.proved) == (gap, proved)


def test_a_plan_without_a_bound_is_a_whole_gap_and_another_one_has_its_own(monkeypatch):
    size = Size(order=Order.LISTED, style="plain", blocks=12, nodes=3)
    plan = solve(synthetic_problem(12, 3, seed=0, order=Order.LISTED)).plan
    for bound, gap in ((None, 1.0), (3.0, 0.25)):
        solution = Solution(
            status=Status.FEASIBLE, method="m", plan=plan, value=4.0, lower_bound=bound
        )
        monkeypatch.setattr(solve_times, "solve", lambda problem, found=solution: found)
        assert measure(size, 1).largest_gap == gap


def test_every_size_is_there_once():
    sizes = ScalingConfig().sizes
    assert len(set(sizes)) == len(sizes) == 38
    assert len(set(SMOKE["sizes"])) == len(SMOKE["sizes"])
