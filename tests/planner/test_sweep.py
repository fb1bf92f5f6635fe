"""The best plan for every number of parts."""

import pytest

from planner.costs.evaluate import evaluate
from planner.errors import PlannerError
from planner.objectives import THROUGHPUT
from planner.solution import Status
from planner.solvers.brute_force import BruteForce
from planner.solvers.solve import solve
from planner.sweep import priced_hand_split, sweep_parts
from tests.planner.instances import (
    NAMED,
    limited,
    make_node,
    make_problem,
    mesh,
    model_too_large_for_each_node,
    two_phones_one_server,
)


@pytest.mark.parametrize("build", NAMED)
def test_every_row_is_the_best_of_its_number_of_parts(build):
    problem = build()
    rows = sweep_parts(problem)
    counts = range(1, len(problem.nodes) + 1)
    oracle = [BruteForce().solve(limited(problem, min_stages=k, max_stages=k)) for k in counts]
    assert [row.parts for row in rows] == list(range(1, len(problem.nodes) + 1))
    for row, answer in zip(rows, oracle, strict=True):
        assert row.feasible is (answer.plan is not None)
        if row.feasible:
            estimate = evaluate(problem, problem.plan(row.cuts, row.nodes))
            assert row.latency_s == pytest.approx(answer.value, rel=1e-12)
            assert row.latency_s == estimate.latency_s
            assert row.peak_bytes == estimate.peak_bytes
            assert row.moved_bytes == estimate.moved_bytes
            assert len(row.nodes) == len(row.cuts) + 1 == row.parts


def test_a_number_of_parts_that_does_not_fit_keeps_its_row_and_the_reason():
    one, two = sweep_parts(model_too_large_for_each_node())
    # The whole needs base 30 + weights 400 + live 10 + received 10 of 250 bytes.
    assert not one.feasible
    assert one.latency_s is one.peak_bytes is one.moved_bytes is None
    assert "node 'left' lacks 200 bytes" in one.reason
    # Half of the model moves over and the outputs move back, 10 bytes each.
    assert (two.feasible, two.peak_bytes, two.moved_bytes) == (True, 250, 20)


def test_a_row_tells_whether_its_answer_is_proved():
    problem = model_too_large_for_each_node()
    assert [row.is_proved for row in sweep_parts(problem)] == [True, True]

    def unfinished(limited):
        found = BruteForce().solve(limited)
        if found.plan is None:
            return found.model_copy(update={"status": Status.UNKNOWN})
        return found.model_copy(update={"status": Status.FEASIBLE, "lower_bound": None})

    one, two = sweep_parts(problem, unfinished)
    assert (one.status, one.is_proved, one.feasible) == (Status.UNKNOWN, False, False)
    assert (two.status, two.is_proved, two.feasible) == (Status.FEASIBLE, False, True)


def test_a_row_without_a_plan_says_what_was_searched_for():
    one, two = sweep_parts(
        model_too_large_for_each_node(), lambda problem: solve(problem, THROUGHPUT)
    )
    assert (one.feasible, two.feasible) == (False, True)
    assert one.objective == two.objective == "period"


def test_more_parts_than_blocks_are_rows_too():
    nodes = [make_node(name, (1.0, 1.0)) for name in "abc"]
    rows = sweep_parts(make_problem(nodes, mesh("abc"), (1, 1, 1)))
    assert [row.feasible for row in rows] == [True, True, False]
    assert rows[2].reason == "3 stages need as many blocks; there are 2"


def test_one_part_at_home_moves_nothing():
    problem = make_problem([make_node("home", (1.0,))], [], (8, 8))
    assert sweep_parts(problem)[0].moved_bytes == 0


def test_the_split_by_hand_is_priced_as_it_is():
    problem = two_phones_one_server()
    # Cuts at the operators 2 and 4, the blocks 1 and 2, on all nodes in order.
    by_hand = priced_hand_split(problem)
    assert by_hand == evaluate(problem, problem.plan((1, 2), ("phone-1", "phone-2", "server")))
    assert priced_hand_split(problem.replaced(stage_positions=())) is None


def test_only_the_given_numbers_of_parts_are_tried():
    problem = two_phones_one_server()
    every = sweep_parts(problem)
    assert sweep_parts(problem, counts=[3, 1]) == (every[2], every[0])


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ([], "at least one"),
        ([0], "0 parts"),
        ([2, 4], "4 parts cannot be tried: choose from 1 to 3"),
    ],
)
def test_no_number_of_parts_or_one_beyond_the_nodes_is_an_error(counts, words):
    with pytest.raises(PlannerError, match=words):
        sweep_parts(two_phones_one_server(), counts=counts)
