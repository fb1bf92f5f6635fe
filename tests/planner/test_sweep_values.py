"""The values that a sweep tries where none are given."""

import pytest

from planner.memory_sweep import sweep_memory
from planner.solution import Solution, Status
from planner.solvers.brute_force import BruteForce
from planner.solvers.solve import solve
from planner.sweep_values import default_bandwidths_bytes_per_s, default_caps_bytes
from tests.planner.instances import make_node, make_problem, mesh

KIB = 1024


def halves_of_250_kib():
    """Four blocks of 100 KiB; a half needs 30 + 200 + 10 + 10 KiB, the whole 200 KiB more."""
    times = (1.0,) * 4
    nodes = [make_node(name, times, 250 * KIB, base_bytes=30 * KIB) for name in ("left", "right")]
    return make_problem(
        nodes,
        mesh(["left", "right"]),
        cut_bytes=(10 * KIB,) * 5,
        weight_bytes=(100 * KIB,) * 4,
        live_bytes=(10 * KIB,) * 4,
    )


def test_bandwidths_go_from_1_to_1000_mbit_per_s_in_steps_of_about_2():
    mbit_per_s = [bandwidth * 8 / 1e6 for bandwidth in default_bandwidths_bytes_per_s()]
    assert mbit_per_s == pytest.approx([1, 2, 5, 10, 20, 50, 100, 200, 500, 1000])


def test_caps_go_from_the_least_with_a_plan_to_what_the_whole_model_needs():
    problem = halves_of_250_kib()
    caps = default_caps_bytes(problem, BruteForce().solve)
    assert (caps[0], caps[-1], len(caps)) == (250 * KIB, 450 * KIB, 12)
    assert list(caps) == sorted(set(caps))
    less, *rows = sweep_memory(problem, (caps[0] - KIB, *caps))
    assert not less.feasible
    assert all(row.feasible for row in rows)
    assert [len(row.nodes) for row in (rows[0], rows[-2], rows[-1])] == [2, 2, 1]


def hungry_right(**changes):
    """As above, but any process needs 300 KiB more on the right node, which is much faster."""
    problem = halves_of_250_kib()
    left, right = problem.nodes
    nodes = (
        left.model_copy(update={"speed": 0.01, **changes}),
        right.model_copy(update={"speed": 10.0, "base_bytes": 330 * KIB}),
    )
    return problem.replaced(nodes=nodes)


def test_caps_go_up_to_what_the_whole_model_needs_on_the_node_where_it_needs_most():
    problem = hungry_right()
    caps = default_caps_bytes(problem, BruteForce().solve)
    # On the right one block needs 450 KiB, and the whole model 750 KiB.
    assert (caps[0], caps[-1], len(caps)) == (450 * KIB, 750 * KIB, 12)
    rows = sweep_memory(problem, caps)
    assert (rows[0].nodes, rows[0].cuts) == (("left", "right"), (3,))
    assert rows[-1].nodes == ("right",)


def test_the_need_of_a_node_that_cannot_run_the_model_is_no_end():
    problem = hungry_right(cannot_run=(0, 1, 2, 3))
    caps = default_caps_bytes(problem, BruteForce().solve)
    assert caps == (750 * KIB,)
    assert sweep_memory(problem, caps)[0].nodes == ("right",)


def test_where_the_search_ends_too_early_to_know_the_cap_below_comes_first():
    def impatient(problem):
        if problem.nodes[0].memory_bytes < 300 * KIB:
            return Solution(status=Status.UNKNOWN, method="none", reason="the time ran out")
        return BruteForce().solve(problem)

    caps = default_caps_bytes(halves_of_250_kib(), impatient)
    assert (caps[:2], caps[-1], len(caps)) == ((299 * KIB, 300 * KIB), 450 * KIB, 13)


def test_a_model_that_no_cut_helps_has_one_cap_to_try():
    alone = make_node("home", (1.0, 1.0), 5, base_bytes=7 * KIB)
    caps = default_caps_bytes(make_problem([alone], [], (1, 1, 1)), solve)
    assert caps == (7 * KIB + 1,)  # base and the received input
