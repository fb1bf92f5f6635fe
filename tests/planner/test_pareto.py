"""Fronts of two objectives against all plans, and against the single objectives' optima."""

from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.costs.evaluate import evaluate
from planner.errors import PlannerError
from planner.objectives import LATENCY, NODES, PRICE, THROUGHPUT, Objective, makespan
from planner.problem import Problem
from planner.solvers.brute_force import feasible_plans
from planner.solvers.budget import Budget
from planner.solvers.chain_dp import ChainDp
from planner.solvers.labelling.dominance import front, nondominated
from planner.solvers.pareto import ParetoFront, pareto, skip_reason
from planner.solvers.period.throughput import Throughput
from tests.planner.instances import large_problem, limited, make_node, make_problem, mesh
from tests.planner.priced_instances import priced_problem

CLOSE = 1e-9
PAIRS = tuple(combinations((LATENCY, THROUGHPUT, PRICE, NODES), 2))
CLASSES = (
    {"order": "listed"},
    {"order": "listed", "min_stages": 2, "max_stages": 3},
    {"order": "listed", "max_replicas": 2},
    {"order": "free"},
    {"order": "free", "max_replicas": 3},
    {"order": "free", "revisits": True},
)


def values_of(found: ParetoFront) -> np.ndarray:
    return np.array([(point.first, point.second) for point in found.points]).reshape(-1, 2)


def all_values(problem: Problem, pair: tuple[Objective, Objective]) -> np.ndarray:
    estimates = [estimate for _, estimate in feasible_plans(problem)]
    values = [[objective.value(estimate) for objective in pair] for estimate in estimates]
    return np.array(values).reshape(-1, 2)


def assert_is_the_front(problem: Problem, pair: tuple[Objective, Objective]) -> ParetoFront:
    found = pareto(problem, *pair)
    assert found.is_complete
    every = all_values(problem, pair)
    wanted = every[front(every, CLOSE)]
    got = values_of(found)
    assert got.shape == wanted.shape
    assert np.allclose(got, wanted, rtol=CLOSE, atol=0.0)
    for point in found.points:
        estimate = evaluate(problem, point.plan)
        assert estimate.fits
        assert [objective.value(estimate) for objective in pair] == [point.first, point.second]
    assert bool(found.reason) == (not found.points)
    return found


@pytest.mark.parametrize("limits", CLASSES, ids=str)
def test_it_is_the_front_of_all_plans(limits):
    with_trade = 0
    most_nodes = 3 if "revisits" in limits else 4
    for seed in range(42):
        problem = limited(
            priced_problem(seed, most_blocks=4, most_nodes=most_nodes, most_kinds=3), **limits
        )
        found = assert_is_the_front(problem, PAIRS[seed % len(PAIRS)])
        with_trade += len(found.points) > 1
    assert with_trade > 3


@given(st.integers(min_value=0, max_value=10**9), st.sampled_from(PAIRS))
@settings(max_examples=50, deadline=None, derandomize=True)
def test_it_is_the_front_of_longer_chains(seed, pair):
    assert_is_the_front(priced_problem(seed, most_blocks=9, most_nodes=4, most_kinds=4), pair)


@given(st.integers(min_value=0, max_value=10**9))
@settings(max_examples=40, deadline=None, derandomize=True)
def test_limits_hold_for_every_point(seed):
    problem = priced_problem(seed, most_kinds=3)
    every = all_values(problem, (PRICE, NODES))
    if len(every) and np.median(every[:, 0]) > 0:
        price = float(np.median(every[:, 0])) * 1.01
        assert_is_the_front(limited(problem, max_price=price), (LATENCY, THROUGHPUT))


@given(st.integers(min_value=0, max_value=10**9))
@settings(max_examples=40, deadline=None, derandomize=True)
def test_its_ends_are_the_optima_of_the_single_objectives(seed):
    problem = priced_problem(seed, most_blocks=12, most_nodes=5, most_kinds=5)
    found = pareto(problem, LATENCY, THROUGHPUT)
    latency, period = ChainDp().solve(problem), Throughput().solve(problem, THROUGHPUT)
    if latency.value is None:
        assert not found.points
    else:
        assert found.points[0].first == pytest.approx(latency.value, rel=CLOSE)
        assert found.points[-1].second == pytest.approx(period.value, rel=CLOSE)
        money = pareto(problem, PRICE, LATENCY)
        price = ChainDp().solve(problem, PRICE).value
        assert money.points[0].first == pytest.approx(price, rel=CLOSE)
        assert money.points[-1].second == pytest.approx(latency.value, rel=CLOSE)


def test_values_fall_from_point_to_point_and_swap_with_the_objectives():
    problem = priced_problem(13, most_blocks=12, most_nodes=6, most_kinds=6)
    one, other = pareto(problem, LATENCY, PRICE), pareto(problem, PRICE, LATENCY)
    assert len(one.points) > 1
    for a, b in pairwise(one.points):
        assert a.first < b.first
        assert a.second > b.second
    assert np.allclose(values_of(one), values_of(other)[::-1, ::-1], rtol=CLOSE, atol=0.0)


def test_a_dear_fast_machine_and_a_cheap_slow_one_are_both_on_the_front():
    fast = make_node("fast", (2.0, 2.0), speed=2.0).model_copy(update={"price_per_s": 10.0})
    slow = make_node("slow", (2.0, 2.0)).model_copy(update={"price_per_s": 1.0})
    problem = make_problem([fast, slow], mesh(["fast", "slow"]), (0, 0, 0), sink="slow")
    found = pareto(problem, LATENCY, PRICE)
    assert values_of(found).tolist() == [[2.0, 20.0], [3.0, 12.0], [4.0, 4.0]]


def test_an_infeasible_problem_has_an_empty_front_with_a_reason():
    nodes = [make_node("a", (1.0,), 10)]
    problem = make_problem(nodes, [], (1, 1), weight_bytes=(20,))
    found = pareto(problem, LATENCY, PRICE)
    assert found.points == ()
    assert found.is_complete
    assert "lacks" in found.reason


def test_running_out_of_time_is_said():
    problem = large_problem(60, 6, cap_bytes=10**9)
    found = pareto(problem, LATENCY, THROUGHPUT, Budget(1e-9))
    assert not found.is_complete
    assert "time" in found.reason


def test_the_same_front_every_time():
    problem = limited(priced_problem(9, most_blocks=8, most_nodes=5), order="free")
    first, second = (pareto(problem, LATENCY, PRICE) for _ in range(2))
    assert first.model_dump_json() == second.model_dump_json()


def test_what_has_no_front_is_refused_with_a_reason():
    problem = priced_problem(1)
    with pytest.raises(PlannerError, match="one point"):
        pareto(problem, LATENCY, LATENCY)
    assert skip_reason(problem, LATENCY, makespan(3))
    many = limited(large_problem(10, 20, cap_bytes=10**9), order="free")
    assert "fewer kinds" in (skip_reason(many, LATENCY, PRICE) or "")
    assert skip_reason(limited(many, order="listed"), LATENCY, PRICE) is None


@pytest.mark.parametrize("width", [1, 2, 3, 4])
def test_rows_that_none_dominates_are_those_that_comparing_all_pairs_leaves(width):
    rng = np.random.default_rng(width)
    for _ in range(200):
        values = rng.integers(0, 4, (int(rng.integers(1, 30)), width)).astype(float)
        kept = nondominated(values, lambda: None)
        distinct = np.unique(values, axis=0)
        best = [
            row.tolist()
            for row in distinct
            if not any((other <= row).all() and (other < row).any() for other in distinct)
        ]
        if width > 1:
            assert values[kept].tolist() == best
        else:
            assert values[kept, 0].tolist() == [values.min()]


@pytest.mark.parametrize("seed", range(20))
def test_a_limit_at_the_least_latency_leaves_a_point_on_the_front(seed):
    """The last bit of a sum must not throw it out."""
    problem = limited(priced_problem(seed, most_blocks=4, most_nodes=3), order="free")
    latencies = [estimate.latency_s for _, estimate in feasible_plans(problem)]
    if not latencies or min(latencies) == 0:
        return
    found = pareto(limited(problem, max_latency_s=min(latencies)), LATENCY, PRICE)
    assert found.points[0].first == pytest.approx(min(latencies), rel=1e-9)
