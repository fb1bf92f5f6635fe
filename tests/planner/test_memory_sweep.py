"""The best plan under every memory cap."""

import pytest

from planner.errors import MismatchError, PlannerError
from planner.memory_sweep import sweep_memory
from planner.solvers.brute_force import BruteForce
from tests.planner.instances import model_too_large_for_each_node, two_phones_one_server, with_caps


def test_every_row_is_the_best_under_its_cap():
    problem = two_phones_one_server()
    names = [node.name for node in problem.nodes]
    rows = sweep_memory(problem, (50, 120, 1000))
    for row, cap in zip(rows, (50, 120, 1000), strict=True):
        best = BruteForce().solve(with_caps(problem, dict.fromkeys(names, cap)))
        assert row.cap_bytes == cap
        assert row.feasible is (best.plan is not None)
        if row.feasible:
            assert row.latency_s == pytest.approx(best.value, rel=1e-12)
            assert row.peak_bytes <= cap


def test_two_halves_fit_at_250_bytes_and_the_whole_at_450():
    # A half needs base 30 + weights 200 + live 10 + received 10; the whole has weights of 400.
    rows = sweep_memory(model_too_large_for_each_node(), (249, 250, 449, 450))
    assert [len(row.nodes) for row in rows] == [0, 2, 2, 1]


def test_only_the_named_nodes_are_capped():
    problem = model_too_large_for_each_node()
    small, large = sweep_memory(problem, (249, 450), nodes=["left"])
    assert not small.feasible  # the right one still holds a half only
    assert large.nodes == ("left",)
    with pytest.raises(MismatchError, match="'middle' is no node: choose from left, right"):
        sweep_memory(problem, (450,), nodes=["middle"])


def test_no_cap_is_an_error():
    with pytest.raises(PlannerError, match="at least one cap"):
        sweep_memory(two_phones_one_server(), ())
