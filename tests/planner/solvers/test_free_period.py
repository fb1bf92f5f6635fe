"""The period of nodes in free order by walks, against the oracle and the exact search."""

import numpy as np
import pytest

from planner.costs.evaluate import evaluate
from planner.objectives import THROUGHPUT
from planner.problem import Problem
from planner.solution import Status
from planner.solvers.brute_force import BruteForce
from planner.solvers.budget import Budget
from planner.solvers.period.any_plan import any_plan, is_without_plan
from planner.solvers.period.free_period import search_free_period
from planner.solvers.period.least_period import LeastPeriod, PeriodSearch
from planner.solvers.period.period_bound import fluid
from planner.solvers.period.period_walks import PeriodWalks, WalkEffort
from planner.solvers.period.team_tables import TeamTables
from planner.solvers.period.teams import FreeUsage
from planner.solvers.period.throughput import Throughput
from tests.planner.instances import (
    large_problem,
    limited,
    make_link,
    make_node,
    make_problem,
    random_problem,
)
from tests.planner.priced_instances import priced_problem

CLASSES = (
    {"order": "free"},
    {"order": "free", "max_stages": 2},
    {"order": "free", "min_stages": 2, "max_stages": 3},
    {"order": "free", "max_replicas": 3},
    {"order": "free", "min_stages": 2, "max_stages": 2, "max_replicas": 2},
)
CLOSE = 1e-9


def searched(problem: Problem, budget: Budget | None = None) -> LeastPeriod:
    return search_free_period(problem, FreeUsage(problem), fluid(problem, 9.0), budget or Budget())


def phones_and_servers(n_nodes: int, n_blocks: int, seed: int) -> Problem:
    """Unequal machines behind slow links: messages take longer than any block."""
    rng = np.random.default_rng(seed)
    times_s = rng.uniform(1e-3, 4e-3, n_blocks)
    speeds = rng.choice([0.3, 0.5, 1.0, 4.0], n_nodes) * rng.uniform(0.9, 1.1, n_nodes)
    nodes = [
        make_node(f"n{i}", times_s, 10**7, speed=float(speed), base_bytes=10**6)
        for i, speed in enumerate(speeds)
    ]
    links = [
        make_link(a.name, b.name, float(rng.uniform(1e5, 2e6)), 5e-3)
        for a in nodes
        for b in nodes
        if a != b
    ]
    return make_problem(
        nodes,
        links,
        [int(n) for n in rng.integers(10**4, 2 * 10**5, n_blocks + 1)],
        weight_bytes=[int(n) for n in rng.integers(10**5, 3 * 10**6, n_blocks)],
        live_bytes=[10**5] * n_blocks,
    )


@pytest.mark.parametrize("limits", CLASSES, ids=str)
@pytest.mark.parametrize("build", [random_problem, priced_problem])
def test_its_bound_is_below_the_oracle_and_its_plan_meets_it(build, limits):
    feasible = 0
    for seed in range(40):
        problem = limited(build(seed), **limits)
        oracle, found = BruteForce().solve(problem, THROUGHPUT), searched(problem)
        if oracle.value is None:
            assert found.plan is None
            assert found.is_complete
            continue
        feasible += 1
        assert not found.is_complete
        assert found.lower_bound_s <= oracle.value * (1 + 1e-12)
        value_s = evaluate(problem, found.plan).period_s
        assert value_s == pytest.approx(oracle.value, rel=CLOSE, abs=0.0)
        assert found.lower_bound_s >= value_s * (1 - CLOSE)
    assert feasible > 10


@pytest.mark.parametrize("limits", CLASSES[:3], ids=str)
def test_what_it_says_of_a_period_is_true_of_the_oracles(limits):
    asked = refuted = shown = 0
    for seed in range(60):
        problem = limited(random_problem(seed), **limits)
        oracle = BruteForce().solve(problem, THROUGHPUT)
        if not oracle.value:
            continue
        usage = FreeUsage(problem)
        walks = PeriodWalks(TeamTables(problem, usage.groups), usage)
        for factor in (0.5, 0.999999, 1.000001, 3.0):
            for effort in (WalkEffort(0), WalkEffort(20), WalkEffort(20, 1000, 10**6)):
                found = walks.judge(oracle.value * factor, effort, Budget())
                assert not (found.is_impossible and factor > 1)
                assert found.path is None or factor > 1
                asked, refuted = asked + 1, refuted + found.is_impossible
                shown += found.path is not None
    assert refuted > asked / 4
    assert shown > asked / 4


@pytest.mark.parametrize("seed", range(8))
def test_it_equals_the_exact_search_on_nine_unequal_nodes(seed):
    build = (
        phones_and_servers(9, 9, seed)
        if seed % 2
        else large_problem(16, 9, cap_bytes=4 * 10**6, seed=seed)
    )
    limits = {"max_stages": 5} if seed % 4 == 1 else {}
    problem = limited(build, order="free", **limits)
    exact = PeriodSearch(problem, FreeUsage(problem)).least(Budget())
    found = searched(problem)
    assert (exact.plan is None) == (found.plan is None)
    if exact.plan is None:
        assert found.is_complete
    else:
        exact_s = evaluate(problem, exact.plan).period_s
        assert found.lower_bound_s <= exact_s * (1 + 1e-12)
        assert evaluate(problem, found.plan).period_s == pytest.approx(exact_s, rel=CLOSE)
        assert found.lower_bound_s == pytest.approx(exact_s, rel=CLOSE)


@pytest.mark.parametrize("n_nodes", [14, 16])
def test_slow_links_between_many_unequal_nodes_are_counted_in_the_bound(n_nodes):
    problem = limited(phones_and_servers(n_nodes, 10, n_nodes), order="free")
    found = Throughput().solve(problem, THROUGHPUT)
    assert found.status is Status.OPTIMAL
    assert fluid(problem, 9.0).bound_s < found.value / 2


def test_a_first_hop_alone_bounds_the_period():
    """Nothing fits the source; each node is 3 s away from it, and computes in no time."""
    far = [make_node(f"n{i}", (1e-3, 1e-3), 100 + i, speed=1.0 + i) for i in range(14)]
    nodes = [make_node("door", (1e-3, 1e-3), 0), *far]
    names = [node.name for node in nodes]
    links = [make_link(a, b, 10.0 if "door" in (a, b) else 1e6) for a in names for b in names]
    links = [link for link in links if link.source != link.target]
    problem = make_problem(
        nodes,
        links,
        (30, 5, 20),
        weight_bytes=(40, 40),
        limits=limited(random_problem(0), order="free").limits,
    )
    found = Throughput().solve(problem, THROUGHPUT)
    assert found.status is Status.OPTIMAL
    assert found.value == pytest.approx(3.0)


def test_without_any_time_it_has_the_fluid_bound():
    problem = limited(large_problem(40, 14, cap_bytes=10**7), order="free")
    found = searched(problem, Budget(1e-9))
    assert found.lower_bound_s == fluid(problem, 9.0).bound_s
    assert not found.is_complete


def test_too_little_memory_on_many_nodes_is_proved_and_not_only_not_found():
    short = limited(large_problem(60, 16, cap_bytes=3 * 10**6), order="free")
    assert is_without_plan(short, Budget())
    found = Throughput().solve(short, THROUGHPUT)
    assert found.status is Status.INFEASIBLE
    assert "memory caps" in found.reason
    enough = limited(large_problem(60, 16, cap_bytes=8 * 10**6), order="free")
    verdict, plan = any_plan(enough, WalkEffort(60, 400, 10**6), Budget())
    assert not verdict.is_impossible
    assert evaluate(enough, plan).fits


def test_more_stages_than_nodes_are_impossible_however_many_there_are():
    problem = limited(large_problem(40, 14, cap_bytes=10**7), order="free", min_stages=15)
    found = Throughput().solve(problem, THROUGHPUT)
    assert found.status is Status.INFEASIBLE
    assert found.reason == "15 stages need as many nodes; there are 14"


def test_the_same_search_gives_the_same_plan():
    problem = limited(large_problem(40, 14, cap_bytes=5 * 10**6), order="free")
    first, second = searched(problem), searched(problem)
    assert first == second
