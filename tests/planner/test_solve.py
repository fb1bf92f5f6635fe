"""The one entry point: which method it takes, and what every answer has."""

import pytest

from planner.errors import PlannerError
from planner.limits import Limits
from planner.objectives import LATENCY, NODES, PRICE, THROUGHPUT, makespan
from planner.solution import Status
from planner.solvers.brute_force import BruteForce
from planner.solvers.solve import SOLVERS, solve
from tests.planner.instances import (
    limited,
    model_too_large_for_each_node,
    random_problem,
    two_phones_one_server,
    with_caps,
)
from tests.planner.priced_instances import priced_problem

CLASSES = (
    {"order": "listed"},
    {"order": "free"},
    {"order": "free", "revisits": True},
    {"order": "free", "max_replicas": 2},
)
OBJECTIVES = (LATENCY, THROUGHPUT, PRICE, NODES, makespan(3))


def test_every_solver_has_a_name_of_its_own():
    assert len({solver.name for solver in SOLVERS}) == len(SOLVERS)


@pytest.mark.parametrize("limits", CLASSES, ids=lambda limits: " ".join(map(str, limits.values())))
@pytest.mark.parametrize("objective", OBJECTIVES, ids=lambda objective: objective.kind.value)
def test_every_class_and_objective_is_answered_as_by_pricing_all_plans(limits, objective):
    answered = 0
    for seed in range(25):
        problem = limited(priced_problem(seed, most_blocks=4, most_nodes=3), **limits)
        solution, oracle = solve(problem, objective), BruteForce().solve(problem, objective)
        assert solution.status is oracle.status
        assert solution.method
        assert solution.runtime_s > 0
        if oracle.value is not None:
            assert solution.value == pytest.approx(oracle.value, rel=1e-9, abs=1e-12)
            assert solution.lower_bound == solution.value
            answered += 1
        else:
            assert solution.reason
    assert answered > 5


@pytest.mark.parametrize("seed", range(12))
def test_equal_inputs_and_seed_give_the_same_bytes(seed):
    problem = limited(random_problem(seed, most_blocks=6, most_nodes=4), **CLASSES[seed % 4])
    first, second = (solve(problem, seed=5).model_dump_json() for _ in range(2))
    assert first == second
    assert "runtime" not in first


def test_a_method_by_name_is_taken_or_refused_with_the_reason():
    problem = limited(two_phones_one_server(), order="free")
    assert solve(problem, method="typed-dp").method.startswith("typed-dp")
    with pytest.raises(PlannerError, match="since it visits nodes in their listed order only"):
        solve(problem, method="chain-dp")
    with pytest.raises(PlannerError, match="'magic' is unknown: use auto, chain-dp"):
        solve(problem, method="magic")


@pytest.mark.parametrize("limit_s", [0.0, -1.0, float("nan"), float("inf")])
def test_a_search_without_time_is_refused(limit_s):
    with pytest.raises(PlannerError, match="time limit"):
        solve(two_phones_one_server(), time_limit_s=limit_s)


def test_where_nothing_has_a_price_the_quickest_plan_is_taken_for_nothing():
    problem = limited(two_phones_one_server(), order="free")
    free, quickest = solve(problem, PRICE), solve(problem, LATENCY)
    assert free.value == 0
    assert free.status is Status.OPTIMAL
    assert free.plan.stages == quickest.plan.stages
    assert "has a price" in free.method


def test_an_infeasible_price_without_prices_keeps_its_reason():
    problem = with_caps(model_too_large_for_each_node(), {"left": 1, "right": 1})
    solution = solve(problem, PRICE)
    assert (solution.status, solution.objective) == (Status.INFEASIBLE, PRICE)
    assert "lacks" in solution.reason


def test_limits_change_no_price_and_so_no_identity():
    problem = two_phones_one_server()
    other = problem.replaced(limits=Limits(revisits=True))
    assert other.digest == problem.digest
