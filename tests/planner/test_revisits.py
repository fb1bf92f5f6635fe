"""Several stages on a node: every tier against the oracle, and bounds that are bounds."""

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest

from planner.costs.evaluate import evaluate
from planner.objectives import LATENCY, PRICE, THROUGHPUT, Objective
from planner.problem import Problem
from planner.solution import Solution, Status
from planner.solvers.brute_force import BruteForce
from planner.solvers.budget import Budget
from planner.solvers.revisit.revisits import Revisits, RevisitTier
from planner.solvers.solve import solve
from tests.planner.instances import (
    has_a_plan,
    large_problem,
    limited,
    make_node,
    make_problem,
    mesh,
    with_caps,
)
from tests.planner.revisit_instances import AGAIN, device_cloud_device, random_revisit_problem

CLOSE = 2e-9
TIERS = ("viterbi", "lagrangian", "labels", "segment-milp")


def parts(solution: Solution) -> list[tuple[int, int, str]]:
    assert solution.plan is not None
    return [(stage.start, stage.stop, stage.node) for stage in solution.plan.stages]


def assert_is_an_answer(problem: Problem, objective: Objective, found: Solution) -> Solution:
    """What holds of every answer, proved or not: the evaluator's value, caps, and a true bound.

    Returns what the oracle says.
    """
    if found.plan is not None:
        estimate = evaluate(problem, found.plan)
        assert estimate.fits
        assert found.value == objective.value(estimate)
        nodes = [stage.node for stage in found.plan.stages]
        assert all(a != b for a, b in pairwise(nodes))
    oracle = BruteForce().solve(problem, objective)
    if oracle.value is None:
        assert found.plan is None
        assert found.status in (Status.INFEASIBLE, Status.UNKNOWN)
    else:
        assert found.status is not Status.INFEASIBLE
        assert found.lower_bound is not None
        assert found.lower_bound <= oracle.value * (1 + 1e-12)
        assert found.value is None or found.value >= oracle.value * (1 - 1e-12)
    return oracle


def assert_equals_the_oracle(problem: Problem, objective: Objective) -> Solution:
    found = Revisits().solve(problem, objective)
    oracle = assert_is_an_answer(problem, objective, found)
    assert found.status is oracle.status
    if oracle.value is not None:
        assert found.value == pytest.approx(oracle.value, rel=CLOSE, abs=1e-15)
    else:
        assert found.reason
    return found


def test_it_equals_the_oracle_on_1000_random_instances():
    tiers: Counter[str] = Counter()
    feasible, back_again = 0, 0
    for seed in range(1000):
        problem = random_revisit_problem(seed)
        objective = PRICE if seed % 11 == 0 else LATENCY
        found = assert_equals_the_oracle(problem, objective)
        tiers[found.method.split(" ")[2]] += 1
        if found.plan is not None:
            feasible += 1
            nodes = [stage.node for stage in found.plan.stages]
            back_again += len(set(nodes)) < len(nodes)
    # The generator is of use only while all of these are common.
    assert 300 < feasible < 850
    assert back_again > 60
    assert all(tiers[tier] > 25 for tier in ("viterbi", "lagrangian", "labels"))


@pytest.mark.parametrize("name", TIERS)
def test_every_tier_alone_gives_true_bounds_and_plans_that_fit(name):
    proved = 0
    for seed in range(60):
        problem = random_revisit_problem(seed)
        solver = RevisitTier(name)
        if solver.skip_reason(problem) is None:
            found = solver.solve(problem)
            assert_is_an_answer(problem, LATENCY, found)
            proved += found.gap is not None and found.gap < 3e-6
    assert proved > 5


@pytest.mark.parametrize("name", ["labels", "segment-milp"])
def test_the_exact_tiers_agree_with_the_oracle_when_alone(name):
    for seed in range(300, 360):
        problem = random_revisit_problem(seed)
        found, oracle = RevisitTier(name).solve(problem), BruteForce().solve(problem)
        if oracle.value is None:
            assert found.status is Status.INFEASIBLE
        else:
            assert found.value == pytest.approx(oracle.value, rel=CLOSE, abs=1e-15)
            assert found.gap == pytest.approx(0.0, abs=3e-6)


def test_there_and_back_again_by_hand():
    solution = Revisits().solve(device_cloud_device())
    assert parts(solution) == [(0, 1, "device"), (1, 2, "cloud"), (2, 3, "device")]
    assert solution.value == pytest.approx(4.2)
    assert "viterbi" in solution.method


def test_the_cap_holds_for_all_stages_of_a_node_together():
    """Each end fits the device alone, with 10 + 20 + 100 + 100 and 10 + 30 + 100 + 5 bytes."""
    together = Revisits().solve(device_cloud_device(device_cap=375))
    assert parts(together)[-1] == (2, 3, "device")
    one_byte_less = Revisits().solve(device_cloud_device(device_cap=374))
    assert len(parts(one_byte_less)) == 2
    assert one_byte_less.status is Status.OPTIMAL


def test_neighbouring_stages_are_on_different_nodes():
    """Two stages on one machine are one stage, so a single machine cannot make up two."""
    problem = make_problem([make_node("only", (1.0, 1.0))], [], (0, 0, 0), limits=AGAIN)
    solution = Revisits().solve(limited(problem, min_stages=2))
    assert solution.status is Status.INFEASIBLE
    assert "two nodes" in solution.reason


def test_a_missing_link_is_named():
    nodes = [make_node("a", (1.0, 1.0), 9), make_node("b", (1.0, 1.0))]
    problem = make_problem(nodes, [], (5, 5, 5), source="a", sink="b", limits=AGAIN)
    solution = Revisits().solve(problem)
    assert solution.status is Status.INFEASIBLE
    assert "a -> b" in solution.reason


def test_the_caps_that_bind_are_named_with_the_least_they_lack():
    """Blocks of 100 bytes; each node has room for one and they need to hold three in all."""
    nodes = [make_node(name, (1.0,) * 3, 110) for name in ("a", "b")]
    problem = make_problem(nodes, mesh("ab"), (0,) * 4, weight_bytes=(100,) * 3, limits=AGAIN)
    solution = Revisits().solve(problem)
    assert solution.status is Status.INFEASIBLE
    assert "lacks 90 bytes" in solution.reason
    grown = {node: 200 for node in ("a", "b") if f"{node!r} lacks" in solution.reason}
    assert len(grown) == 1
    assert Revisits().solve(with_caps(problem, grown)).status is Status.OPTIMAL


@pytest.mark.parametrize("seed", range(40))
def test_the_named_memory_is_enough_and_no_single_byte_less(seed):
    problem = random_revisit_problem(2 * seed)
    solution = Revisits().solve(problem)
    if "lacks" not in solution.reason:
        return
    lacking = {
        node.name: int(
            solution.reason.split(f"{node.name!r} lacks ")[1].split(" ")[0].replace(",", "")
        )
        for node in problem.nodes
        if f"{node.name!r} lacks" in solution.reason
    }
    caps = {node.name: node.memory_bytes + lacking.get(node.name, 0) for node in problem.nodes}
    assert has_a_plan(with_caps(problem, caps))
    for name in lacking:
        less = with_caps(problem, caps | {name: caps[name] - 1})
        assert not has_a_plan(less)


def test_a_limit_on_the_objective_itself_is_checked_at_the_end():
    problem = device_cloud_device()
    assert Revisits().solve(limited(problem, max_latency_s=4.3)).status is Status.OPTIMAL
    tight = Revisits().solve(limited(problem, max_latency_s=4.1))
    assert tight.status is Status.INFEASIBLE
    assert "4.2" in tight.reason


@pytest.mark.parametrize(
    ("changes", "objective", "word"),
    [
        ({"revisits": False}, LATENCY, "several stages"),
        ({}, THROUGHPUT, "no sum"),
        ({"max_price": 1.0}, LATENCY, "beside its objective"),
    ],
)
def test_it_skips_what_it_is_not_for_with_a_reason(changes, objective, word):
    reason = Revisits().skip_reason(limited(device_cloud_device(), **changes), objective)
    assert word in reason


def test_the_entry_point_finds_it_and_its_tiers_by_name():
    problem = device_cloud_device()
    assert solve(problem).method.startswith("revisits by viterbi")
    for name in TIERS:
        solution = solve(problem, method=name)
        assert solution.method.startswith(name)
        assert solution.value == pytest.approx(4.2)


def tight(n_blocks: int, n_nodes: int) -> Problem:
    """Room for the weights once and a half, over all nodes."""
    problem = large_problem(n_blocks, n_nodes, cap_bytes=10**12)
    room = 3 * 10**6 + int(1.5 * sum(problem.weight_bytes) / n_nodes)
    problem = with_caps(problem, {node.name: room for node in problem.nodes})
    return limited(problem, order="free", revisits=True)


def test_what_is_cut_short_has_a_plan_or_none_and_a_bound_below_the_best():
    problem = tight(60, 4)
    best = Revisits().solve(problem)
    assert best.status is Status.OPTIMAL
    for limit_s in (0.01, 0.05, 0.2):
        found = Revisits().solve(problem, budget=Budget(limit_s))
        assert found.lower_bound <= best.value * (1 + 1e-12)
        assert found.value is None or found.value >= best.value * (1 - 1e-12)
        assert found.reason or found.status is Status.OPTIMAL


def test_a_chain_too_long_for_explicit_segments_gets_a_plan_and_a_bound(monkeypatch):
    """The block-by-block form against the explicit one on a chain that both can do."""
    problem = tight(120, 3)
    exact = Revisits().solve(problem)
    assert exact.status is Status.OPTIMAL
    monkeypatch.setattr("planner.solvers.revisit.revisit_tiers.MOST_CELLS", 1000)
    coarse = Revisits().solve(problem)
    assert coarse.lower_bound <= exact.value * (1 + 1e-12)
    assert coarse.value >= exact.value * (1 - 1e-12)
    assert coarse.gap < 0.2


@pytest.mark.parametrize("seed", range(0, 60, 3))
def test_the_same_problem_gets_the_same_answer(seed):
    answers = [Revisits().solve(random_revisit_problem(seed)).model_dump_json() for _ in range(2)]
    assert answers[0] == answers[1]


def test_more_memory_never_hurts():
    values = []
    for cap in range(100, 500, 40):
        solution = Revisits().solve(device_cloud_device(device_cap=cap))
        values.append(np.inf if solution.value is None else solution.value)
    assert values == sorted(values, reverse=True)
    assert len(set(values)) > 2
