"""The least period against the oracle, and against what can be worked out by hand."""

import math
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.costs.compute import block_compute_s
from planner.costs.evaluate import evaluate
from planner.limits import Limits
from planner.objectives import LATENCY, THROUGHPUT
from planner.problem import Problem
from planner.solution import Solution, Status
from planner.solvers.brute_force import BruteForce
from planner.solvers.budget import Budget
from planner.solvers.period.least_period import PeriodSearch
from planner.solvers.period.period_bound import fluid
from planner.solvers.period.period_orders import search_orders
from planner.solvers.period.teams import FreeUsage, ListedUsage
from planner.solvers.period.throughput import Throughput
from tests.planner.instances import (
    NAMED,
    large_problem,
    limited,
    make_link,
    make_node,
    make_problem,
    mesh,
    random_problem,
    with_caps,
)
from tests.planner.priced_instances import priced_problem

CLOSE = 1e-9
CLASSES = (
    {"order": "listed"},
    {"order": "listed", "max_stages": 2},
    {"order": "free"},
    {"order": "free", "min_stages": 2, "max_stages": 3},
    {"order": "listed", "max_replicas": 4},
    {"order": "listed", "min_stages": 2, "max_replicas": 2},
    {"order": "free", "max_replicas": 3},
    {"order": "free", "min_stages": 2, "max_stages": 2, "max_replicas": 2},
)


def assert_equals_the_oracle(problem: Problem) -> Solution:
    found = Throughput().solve(problem, THROUGHPUT)
    oracle = BruteForce().solve(problem, THROUGHPUT)
    assert (found.value is None) == (oracle.value is None), found.reason
    if found.value is None:
        assert found.status is Status.INFEASIBLE
        assert found.reason
    else:
        assert found.status is Status.OPTIMAL
        assert found.value == pytest.approx(oracle.value, rel=CLOSE, abs=0.0)
        assert found.value == evaluate(problem, found.plan).period_s
    return found


@pytest.mark.parametrize("limits", CLASSES, ids=str)
def test_it_equals_the_oracle_on_random_instances(limits):
    feasible = replicated = 0
    for seed in range(80):
        problem = limited(priced_problem(seed, most_blocks=4, most_nodes=4), **limits)
        found = assert_equals_the_oracle(problem)
        feasible += found.plan is not None
        replicated += found.plan is not None and any(s.replicas for s in found.plan.stages)
    assert 20 < feasible < 80
    assert replicated > 5 or "max_replicas" not in limits


@given(st.integers(min_value=0, max_value=10**9), st.sampled_from(CLASSES[:4]))
@settings(max_examples=80, deadline=None, derandomize=True)
def test_it_equals_the_oracle_on_unlike_nodes_with_missing_links(seed, limits):
    assert_equals_the_oracle(limited(random_problem(seed), **limits))


@pytest.mark.parametrize("build", NAMED)
def test_it_equals_the_oracle_on_the_named_instances(build):
    for limits in CLASSES:
        assert_equals_the_oracle(limited(build(), **limits))


@given(st.integers(min_value=0, max_value=10**9))
@settings(max_examples=40, deadline=None, derandomize=True)
def test_any_order_of_the_listing_is_never_better_than_a_free_order(seed):
    """Two methods for one value: the free order is the best of all listed ones."""
    problem = limited(priced_problem(seed, most_blocks=7, most_nodes=3), order="free")
    free = Throughput().solve(problem, THROUGHPUT)
    best: list[float] = []

    def improve(order: tuple[int, ...]) -> bool:
        found = PeriodSearch(problem, ListedUsage(problem, order)).least(Budget())
        if found.plan is not None:
            best.append(evaluate(problem, found.plan).period_s)
        return False

    search_orders(list(permutations(range(len(problem.nodes)))), improve, Budget(0.0))
    free_s = math.inf if free.value is None else free.value
    assert free_s == pytest.approx(min(best, default=math.inf), rel=CLOSE)


def test_the_wire_from_source_to_sink_carries_inputs_and_outputs_of_a_plan_between_them():
    """Start on the sink, end on the source: 10 bytes in and 30 out share one direction."""
    nodes = [make_node("sink", (1.0, 1.0), 60), make_node("source", (1.0, 1.0), 60)]
    links = [make_link("source", "sink", 10.0), make_link("sink", "source", 10.0)]
    problem = make_problem(
        nodes, links, (10, 5, 30), weight_bytes=(40, 40), source="source", sink="sink"
    )
    found = Throughput().solve(problem, THROUGHPUT)
    assert [stage.node for stage in found.plan.stages] == ["sink", "source"]
    assert found.value == pytest.approx(4.0)
    free = assert_equals_the_oracle(limited(problem, order="free"))
    assert free.value == pytest.approx(3.0 if free.plan.stages[0].node == "sink" else 1.0)


def test_equal_nodes_all_run_the_whole_where_wires_are_slow():
    """Data-parallel: one stage of 6 s on three nodes gives a result every 2 s."""
    nodes = [make_node(f"n{i}", (3.0, 3.0)) for i in range(3)]
    outer = [make_node("door", (100.0, 100.0))]
    links = mesh(["door", "n0", "n1", "n2"], bytes_per_s=10.0)
    problem = make_problem([*outer, *nodes], links, (10, 100, 10), limits=Limits(max_replicas=3))
    found = Throughput().solve(problem, THROUGHPUT)
    assert [len(stage.nodes) for stage in found.plan.stages] == [3]
    assert found.value == pytest.approx(2.0)
    alone = Throughput().solve(limited(problem, max_replicas=1), THROUGHPUT)
    assert alone.value == pytest.approx(6.0)


def test_data_and_model_parallel_stages_stand_beside_each_other():
    """A block of 6 s on three nodes beside one of 2 s on one: 2 s."""
    nodes = [make_node(f"n{i}", (6.0, 2.0)) for i in range(4)]
    links = mesh(["door", *(node.name for node in nodes)], bytes_per_s=1000.0)
    problem = make_problem(
        [make_node("door", (100.0, 100.0)), *nodes],
        links,
        (1, 1, 1),
        limits=Limits(max_replicas=4),
    )
    found = Throughput().solve(problem, THROUGHPUT)
    assert found.value == pytest.approx(2.0)
    assert len(found.plan.stages[0].nodes) in (3, 4)


def test_a_limit_below_the_least_period_is_named():
    problem = limited(priced_problem(2), order="free")
    least = Throughput().solve(problem, THROUGHPUT)
    assert least.value is not None
    at_least = Throughput().solve(limited(problem, max_period_s=least.value), THROUGHPUT)
    assert at_least.value == least.value
    below = Throughput().solve(limited(problem, max_period_s=least.value * 0.99), THROUGHPUT)
    assert below.status is Status.INFEASIBLE
    assert "the least period of any plan is" in below.reason


def test_that_nothing_fits_is_an_answer_with_a_reason():
    problem = with_caps(NAMED[1](), {"left": 40, "right": 40})
    for limits in ({"order": "listed"}, {"order": "free"}):
        found = Throughput().solve(limited(problem, **limits), THROUGHPUT)
        assert found.status is Status.INFEASIBLE
        assert found.reason


@given(st.integers(min_value=0, max_value=10**9))
@settings(max_examples=60, deadline=None, derandomize=True)
def test_the_fluid_bound_is_never_above_the_least_period(seed):
    problem = limited(priced_problem(seed), order="free", max_replicas=1 + seed % 3)
    oracle = BruteForce().solve(problem, THROUGHPUT)
    if oracle.value is not None:
        assert fluid(problem, 10.0).bound_s <= oracle.value


def test_the_fluid_bound_of_unrelated_nodes_is_a_linear_programs():
    """One node is quick at the first block, the other at the second: 1 s each."""
    nodes = [make_node("a", (1.0, 9.0)), make_node("b", (9.0, 1.0))]
    problem = make_problem(nodes, mesh(["a", "b"]), (1, 1, 1), limits=Limits())
    assert fluid(problem, 10.0).bound_s == pytest.approx(1.0)


def test_it_gives_plan_and_bound_where_orders_are_too_many():
    problem = limited(large_problem(40, 18, cap_bytes=10**7), order="free")
    found = Throughput().solve(problem, THROUGHPUT, Budget(2.0))
    assert found.status in (Status.FEASIBLE, Status.OPTIMAL)
    assert found.lower_bound <= found.value == evaluate(problem, found.plan).period_s
    assert found.reason or found.status is Status.OPTIMAL


def test_no_time_at_all_gives_a_simple_plan_and_a_bound():
    problem = limited(large_problem(40, 6, cap_bytes=10**9), order="free")
    found = Throughput().solve(problem, THROUGHPUT, Budget(1e-9))
    assert found.status is Status.FEASIBLE
    total_s = sum(block_compute_s(problem.nodes[0])) / sum(n.speed for n in problem.nodes)
    assert 0 < found.lower_bound <= total_s * problem.nodes[0].speed + 1e-12


def test_the_same_problem_gets_the_same_plan():
    problem = limited(large_problem(30, 8, cap_bytes=10**7), order="free", max_replicas=2)
    first, second = (Throughput().solve(problem, THROUGHPUT) for _ in range(2))
    assert first.model_dump_json() == second.model_dump_json()


def test_what_it_is_not_for_has_a_reason():
    problem = priced_problem(1)
    assert Throughput().skip_reason(problem, LATENCY)
    assert Throughput().skip_reason(limited(problem, max_price=3.0), THROUGHPUT)
    assert Throughput().skip_reason(limited(problem, order="free", revisits=True), THROUGHPUT)


def test_a_usage_leaves_the_earliest_nodes_to_choose_from():
    nodes = [make_node(name, (1.0,)) for name in ("a", "b", "c", "d")]
    problem = make_problem(
        nodes, mesh(["a", "b", "c", "d"]), (1, 1), limits=Limits(max_replicas=2), sink="a"
    )
    listed, free = ListedUsage(problem), FreeUsage(problem)
    pair = next(t for t, team in enumerate(listed.teams) if team.size == 2)
    key = listed.after(listed.start, pair)
    assert key == (3,)
    assert listed.named([pair]) == [(1, 2)]
    assert listed.after(key, pair) is None
    assert sum(free.left(free.start)) == len(problem.nodes)
    assert np.prod([len(group) for group in free.groups]) == 3


def test_the_oracle_counts_teams_without_listing_them():
    nodes = [make_node(f"n{i}", (1.0,)) for i in range(60)]
    links = mesh([node.name for node in nodes])
    problem = make_problem(nodes, links, (1, 1), limits=Limits(max_replicas=60))
    assert "too many" in (BruteForce().skip_reason(problem, THROUGHPUT) or "")
