"""Stages with a measured time of their own, from the prices to the exact solver."""

import math

import numpy as np
import pytest
from pydantic import ValidationError

from planner.costs.additive import AdditivePrices
from planner.costs.compute import StageCompute, has_measured_stages
from planner.costs.evaluate import evaluate
from planner.errors import PlannerError
from planner.objectives import LATENCY, PRICE, latency_quantile
from planner.problem import MeasuredStage
from planner.solution import Status
from planner.solvers.brute_force import BruteForce
from planner.solvers.chain_dp import ChainDp
from planner.solvers.solve import solve
from tests.planner.instances import free_wires, limited, make_node, make_problem, mesh
from tests.planner.measured import random_measured_problem


def fused(start, stop, latency_s, *, speed=1.0, name="a"):
    node = make_node(name, (1.0, 2.0, 4.0), speed=speed, blocks_over_whole=2.0)
    stage = MeasuredStage(start=start, stop=stop, latency_s=latency_s)
    return node.model_copy(update={"measured_stages": (stage,)})


def test_a_measured_stage_takes_its_own_time_over_the_speed_only():
    compute = StageCompute(fused(1, 3, 5.0, speed=4.0))
    assert compute.stage_s(1, 3) == 5.0 / 4.0
    assert compute.stage_s(0, 3) == 7.0 / 2.0 / 4.0
    found = compute.stages_s(np.array([1, 0, 1]), np.array([3, 3, 2]))
    assert found.tolist() == [1.25, 0.875, 0.25]


def test_the_evaluator_and_the_additive_prices_agree_with_it():
    node = fused(0, 3, 1.0, speed=2.0).model_copy(update={"price_per_s": 3.0})
    problem = make_problem([node], [], (0, 0, 0, 0))
    estimate = evaluate(problem, problem.plan((), ("a",)))
    assert estimate.latency_s == 0.5
    assert estimate.price == 1.5
    span = np.array([0]), np.array([3])
    assert AdditivePrices(problem, LATENCY).stages(node, *span).tolist() == [0.5]
    assert AdditivePrices(problem, PRICE).stages(node, *span).tolist() == [1.5]


def test_only_problems_with_measured_stages_say_so():
    assert not has_measured_stages(free_wires())
    assert has_measured_stages(make_problem([fused(0, 2, 1.0)], [], (0, 0, 0, 0)))


@pytest.mark.parametrize(("start", "stop"), [(2, 2), (2, 1), (0, 4)])
def test_a_measured_stage_outside_the_blocks_is_an_error(start, stop):
    content = fused(start, stop, 1.0).model_dump()
    with pytest.raises(ValidationError, match=rf"measured stage \[{start}, {stop}\)"):
        make_node("a", (1.0,)).__class__.model_validate(content)


def test_two_times_for_one_stage_are_an_error():
    content = fused(0, 2, 1.0).model_dump()
    content["measured_stages"] = content["measured_stages"] * 2
    with pytest.raises(ValidationError, match="two times"):
        make_node("a", (1.0,)).__class__.model_validate(content)


def test_a_fused_stage_is_chosen_for_its_own_time():
    """Blocks 1 and 2 together take 0.25 s on b instead of 3 s; cutting between them loses it."""
    nodes = [make_node("a", (1.0, 2.0, 4.0)), fused(1, 3, 0.25, name="b")]
    problem = make_problem(nodes, mesh("ab"), (0, 0, 0, 0))
    solution = ChainDp().solve(problem)
    assert [(s.start, s.stop, s.node) for s in solution.plan.stages] == [(0, 1, "a"), (1, 3, "b")]
    assert solution.value == 1.25


def assert_chain_dp_equals_the_oracle(problem, objective):
    oracle, found = (solver.solve(problem, objective) for solver in (BruteForce(), ChainDp()))
    assert found.status is oracle.status
    if oracle.value is not None:
        assert found.value == pytest.approx(oracle.value, rel=1e-12, abs=1e-15)
    return found


def test_the_exact_solver_equals_the_oracle_on_1000_random_instances():
    feasible, measured_pays = 0, 0
    for seed in range(1000):
        problem = random_measured_problem(seed)
        found = assert_chain_dp_equals_the_oracle(problem, LATENCY)
        if found.status is Status.OPTIMAL:
            feasible += 1
            bare = [node.model_copy(update={"measured_stages": ()}) for node in problem.nodes]
            plain = ChainDp().solve(problem.replaced(nodes=tuple(bare)))
            measured_pays += not math.isclose(plain.value, found.value)
        if seed % 5 == 0:
            for k in range(1, len(problem.nodes) + 1):
                exact = limited(problem, min_stages=k, max_stages=k)
                assert_chain_dp_equals_the_oracle(exact, LATENCY)
    assert feasible > 300
    assert measured_pays > 100


def test_a_quantile_of_stages_that_were_measured_as_a_whole_is_refused():
    """Their time is one number: a spread of their blocks would say something else."""
    problem = make_problem([fused(0, 2, 1.0)], [], (0, 0, 0, 0))
    with pytest.raises(PlannerError, match="measured as a whole"):
        solve(problem, latency_quantile(0.95))
