"""Makespans, and one value beside a longest period, against the oracle and each other."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.costs.evaluate import evaluate
from planner.objectives import LATENCY, NODES, PRICE, THROUGHPUT, makespan
from planner.solution import Status
from planner.solvers.brute_force import BruteForce
from planner.solvers.budget import Budget
from planner.solvers.chain_dp import ChainDp
from planner.solvers.labelling.labels import Labels
from planner.solvers.period.least_makespan import MakespanSearch
from planner.solvers.period.makespan import CappedChain
from planner.solvers.period.throughput import Throughput
from planner.solvers.replicas import without_useless_replicas
from planner.solvers.solve import solve
from tests.planner.instances import (
    NAMED,
    large_problem,
    limited,
    make_node,
    make_problem,
    mesh,
    random_problem,
)
from tests.planner.priced_instances import priced_problem

CLOSE = 1e-9
MICRO_BATCHES = (1, 2, 7, 100)


def assert_equal(found, oracle):
    assert (found.value is None) == (oracle.value is None), found.reason
    if found.value is None:
        assert found.status is Status.INFEASIBLE
        assert found.reason
    else:
        assert found.status is Status.OPTIMAL
        assert found.value == pytest.approx(oracle.value, rel=CLOSE, abs=0.0)


@pytest.mark.parametrize("limits", [{}, {"max_stages": 2}, {"min_stages": 2}], ids=str)
def test_makespans_in_listed_order_equal_the_oracle(limits):
    feasible = 0
    for seed in range(60):
        build = priced_problem if seed % 2 else random_problem
        problem = limited(build(seed), **limits)
        for micro_batches in MICRO_BATCHES[seed % 2 :: 2]:
            found = CappedChain().solve(problem, makespan(micro_batches))
            assert_equal(found, BruteForce().solve(problem, makespan(micro_batches)))
            feasible += found.plan is not None
    assert feasible > 30


@pytest.mark.parametrize(
    "limits",
    [
        {"order": "free"},
        {"order": "free", "max_replicas": 3},
        {"order": "listed", "max_replicas": 2},
        {"order": "free", "revisits": True},
    ],
    ids=str,
)
def test_makespans_in_the_other_classes_equal_the_oracle(limits):
    for seed in range(30):
        problem = limited(priced_problem(seed, most_blocks=4, most_nodes=3), **limits)
        found = Labels().solve(problem, makespan(4))
        assert_equal(found, BruteForce().solve(problem, makespan(4)))


@given(st.integers(min_value=0, max_value=10**9), st.sampled_from(MICRO_BATCHES))
@settings(max_examples=40, deadline=None, derandomize=True)
def test_two_methods_agree_on_longer_chains(seed, micro_batches):
    problem = priced_problem(seed, most_blocks=12, most_nodes=5)
    by_ranges = CappedChain().solve(problem, makespan(micro_batches))
    assert_equal(by_ranges, Labels().solve(problem, makespan(micro_batches)))


@pytest.mark.parametrize("build", NAMED)
def test_one_micro_batch_takes_the_latency(build):
    problem = build()
    found = CappedChain().solve(problem, makespan(1))
    assert found.value == pytest.approx(ChainDp().solve(problem).value, rel=CLOSE)


@given(st.integers(min_value=0, max_value=10**9))
@settings(max_examples=40, deadline=None, derandomize=True)
def test_many_micro_batches_take_the_least_period_each(seed):
    problem, many = priced_problem(seed, most_blocks=8), 10**7
    least = Throughput().solve(problem, THROUGHPUT)
    found = CappedChain().solve(problem, makespan(many))
    if least.value is None:
        assert found.status is Status.INFEASIBLE
    else:
        period_s = evaluate(problem, found.plan).period_s
        assert period_s == pytest.approx(least.value, rel=1e-4, abs=1e-4)
        assert found.value >= (many - 1) * least.value * (1 - CLOSE)


def test_fill_and_drain_by_hand():
    """Two equal halves of 2 s on two nodes: 4 s for the first, 2 s for each of nine more."""
    nodes = [make_node(name, (2.0, 2.0)) for name in ("a", "b")]
    problem = make_problem(nodes, mesh(["a", "b"], bytes_per_s=1000.0), (0, 0, 0), sink="b")
    found = CappedChain().solve(problem, makespan(10))
    assert len(found.plan.stages) == 2
    assert found.value == pytest.approx(4.0 + 9 * 2.0)
    assert CappedChain().solve(problem, makespan(1)).value == pytest.approx(4.0)


@pytest.mark.parametrize("objective", [LATENCY, PRICE, NODES], ids=lambda o: str(o.kind))
def test_one_value_within_a_longest_period_equals_the_oracle(objective):
    bound = 0
    for seed in range(60):
        problem = priced_problem(seed)
        least = BruteForce().solve(problem, THROUGHPUT)
        if least.value:
            limited_problem = limited(problem, max_period_s=least.value * (1 + seed % 5 / 4))
            found = CappedChain().solve(limited_problem, objective)
            assert_equal(found, BruteForce().solve(limited_problem, objective))
            free = CappedChain().solve(problem, objective)
            bound += found.value > free.value * (1 + CLOSE)
    assert bound > 3


def test_a_longest_period_that_no_plan_keeps_is_named():
    problem = priced_problem(2)
    least_s = Throughput().solve(problem, THROUGHPUT).value
    assert least_s
    found = CappedChain().solve(limited(problem, max_period_s=least_s / 2), LATENCY)
    assert found.status is Status.INFEASIBLE
    assert f"the least period of any plan is {least_s:.6g} s" in found.reason


def test_running_out_of_time_leaves_a_plan_and_a_bound():
    problem = large_problem(300, 8, cap_bytes=10**9)
    found = CappedChain().solve(problem, makespan(50), Budget(1e-6))
    best = CappedChain().solve(problem, makespan(50))
    assert found.plan is not None
    assert found.lower_bound <= best.value * (1 + CLOSE)
    assert best.status is Status.OPTIMAL
    assert best.value <= found.value * (1 + CLOSE)


def test_the_search_over_ranges_asks_a_function_and_walks_its_steps():
    """Latencies 3, 4, 9 for periods 5, 2, 1: five micro-batches take 12 s with the second."""
    asked = []

    class Priced:
        def __init__(self, latency_s, period_s):
            self.latency_s, self.period_s = latency_s, period_s

        def makespan_s(self, micro_batches):
            return self.latency_s + (micro_batches - 1) * self.period_s

    def least_latency(period_s):
        asked.append(period_s)
        steps = ((3.0, 5.0), (4.0, 2.0), (9.0, 1.0))
        fits = [("plan", Priced(*step)) for step in steps if step[1] <= period_s]
        return fits[0] if fits else None

    least = MakespanSearch(least_latency, 5, lower_bound_s=0.0).run(100.0, Budget())
    assert least.is_complete
    assert least.best[1].latency_s == 4.0
    assert len(asked) < 100
    assert MakespanSearch(least_latency, 5, lower_bound_s=0.0).run(0.5, Budget()).best is None


def test_replicas_are_left_out_where_they_cannot_help():
    for seed in range(15):
        problem = limited(priced_problem(seed, most_nodes=3), order="free", max_replicas=3)
        for objective in (LATENCY, PRICE, NODES, makespan(1)):
            narrower = without_useless_replicas(problem, [objective])
            assert narrower.limits.max_replicas == 1
            assert narrower.digest == problem.digest
            assert_equal(solve(problem, objective), BruteForce().solve(problem, objective))
    assert without_useless_replicas(problem, [THROUGHPUT]) is problem
    assert without_useless_replicas(problem, [makespan(2)]) is problem
    capped = limited(problem, max_period_s=1.0)
    assert without_useless_replicas(capped, [LATENCY]) is capped


def test_what_it_is_not_for_has_a_reason():
    problem = priced_problem(3, most_nodes=4)
    assert CappedChain().skip_reason(problem, makespan(2)) is None
    assert CappedChain().skip_reason(problem, THROUGHPUT)
    assert CappedChain().skip_reason(limited(problem, max_replicas=2), makespan(2))
    assert CappedChain().skip_reason(limited(problem, max_price=2.0), makespan(2))
    assert CappedChain().skip_reason(limited(problem, max_latency_s=2.0), PRICE)
    several = large_problem(4, 3, cap_bytes=10**9)
    assert CappedChain().skip_reason(limited(several, order="free"), makespan(2))
