"""The second best plan against all plans."""

from functools import partial

import pytest

from planner.next_best import next_best
from planner.objectives import LATENCY, PRICE, THROUGHPUT
from planner.solvers.brute_force import BruteForce, feasible_plans
from planner.solvers.node_types import node_types
from tests.planner.instances import (
    NAMED,
    free_wires,
    limited,
    make_node,
    make_problem,
    random_problem,
)


def in_kinds(problem, plan):
    """Cuts, and the kind of each stage's node."""
    kind = {n: k for k, group in enumerate(node_types(problem)) for n in group}
    return [(stage.start, kind[problem.node_index[stage.node]]) for stage in plan.stages]


def second_best(problem, objective, best):
    """Value of the best plan with other cuts or kinds of nodes, by looking at all."""
    values = [
        objective.value(estimate)
        for plan, estimate in feasible_plans(problem)
        if in_kinds(problem, plan) != in_kinds(problem, best)
    ]
    return min(values, default=float("inf"))


def assert_is_second_best(problem, objective):
    solution = BruteForce().solve(problem, objective)
    if solution.plan is None:
        return
    solve = partial(BruteForce().solve, objective=objective)
    found = next_best(problem, objective, solution.plan, solve=solve)
    second = second_best(problem, objective, solution.plan)
    if second == float("inf"):
        assert found is None
        return
    assert found is not None
    assert found.proved
    assert in_kinds(problem, found.plan) != in_kinds(problem, solution.plan)
    assert found.value == pytest.approx(second, rel=1e-12, abs=1e-12)
    assert found.distance == pytest.approx(second - solution.value, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("seed", range(80))
@pytest.mark.parametrize("objective", [LATENCY, THROUGHPUT, PRICE], ids=lambda o: o.kind)
def test_it_is_the_second_best_of_all_plans(seed, objective):
    problem = random_problem(seed, most_blocks=4, most_nodes=3)
    order = {"order": "free"} if seed % 2 else {}
    assert_is_second_best(limited(problem, **order), objective)


@pytest.mark.parametrize("seed", range(20))
def test_it_is_the_second_best_with_several_stages_on_a_node(seed):
    problem = random_problem(seed, most_blocks=4, most_nodes=2)
    assert_is_second_best(limited(problem, order="free", revisits=True), LATENCY)


@pytest.mark.parametrize("build", NAMED)
def test_it_is_the_second_best_of_the_named_instances(build):
    assert_is_second_best(build(), LATENCY)


def test_a_plan_that_is_as_good_is_at_distance_0():
    problem = free_wires()
    best = BruteForce().solve(problem).plan
    found = next_best(problem, LATENCY, best, solve=BruteForce().solve)
    assert found.proved
    assert found.distance == 0


def test_a_problem_with_one_plan_has_no_second_best():
    problem = make_problem([make_node("only", (2.0,))], [], (3, 3))
    assert (
        next_best(problem, LATENCY, problem.plan((), ("only",)), solve=BruteForce().solve) is None
    )
