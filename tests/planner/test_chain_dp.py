"""The exact solver against the oracle."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.costs.evaluate import evaluate
from planner.problem import Problem
from planner.solution import Solution, Status
from planner.solvers import brute_force
from planner.solvers.brute_force import BruteForce, feasible_plans
from planner.solvers.chain_dp import ChainDp
from planner.solvers.interface import Solver
from planner.solvers.window_minimum import window_minimum
from tests.planner.instances import (
    NAMED,
    free_wires,
    large_problem,
    limited,
    make_node,
    make_problem,
    mesh,
    model_too_large_for_each_node,
    one_way_street,
    random_problem,
    tied_first_and_last,
    with_caps,
)

SOLVERS: tuple[Solver, ...] = (ChainDp(), BruteForce())
CLOSE = 1e-12


def parts(solution: Solution) -> list[tuple[int, int, str]]:
    assert solution.plan is not None
    return [(stage.start, stage.stop, stage.node) for stage in solution.plan.stages]


def answers_per_count(solver: Solver, problem: Problem) -> list[Solution]:
    return [
        solver.solve(limited(problem, min_stages=k, max_stages=k))
        for k in range(1, len(problem.nodes) + 1)
    ]


def assert_same_answer(found: Solution, oracle_s: float) -> None:
    if math.isinf(oracle_s):
        assert found.status is Status.INFEASIBLE
        assert found.plan is None
        assert found.reason
    else:
        assert found.status is Status.OPTIMAL
        assert found.value == pytest.approx(oracle_s, rel=CLOSE, abs=0.0)


def assert_equals_the_oracle(problem: Problem, *, each_count: bool) -> bool:
    """Returns whether the problem was feasible."""
    values = [math.inf] * len(problem.nodes)
    for plan, estimate in feasible_plans(problem):
        n_stages = len(plan.stages)
        values[n_stages - 1] = min(values[n_stages - 1], estimate.latency_s)
    found = ChainDp().solve(problem)
    assert_same_answer(found, min(values))
    if each_count:
        for answer, value in zip(answers_per_count(ChainDp(), problem), values, strict=True):
            assert_same_answer(answer, value)
        for most in range(1, len(values) + 1):
            assert_same_answer(
                ChainDp().solve(limited(problem, max_stages=most)), min(values[:most])
            )
    if found.plan is not None:
        estimate = evaluate(problem, found.plan)
        assert estimate.fits
        assert found.value == found.lower_bound == estimate.latency_s
    return found.plan is not None


def test_it_equals_the_oracle_on_5000_random_instances():
    feasible = []
    for seed in range(5000):
        larger = seed % 4 == 0
        problem = random_problem(seed, most_blocks=4 + larger, most_nodes=3 + larger)
        feasible.append(assert_equals_the_oracle(problem, each_count=seed % 10 == 0))
    # The generator is of use only while both kinds are common.
    assert 0.3 < np.mean(feasible) < 0.9


@given(st.integers(min_value=10**6, max_value=10**9))
@settings(max_examples=60, deadline=None, derandomize=True)
def test_it_equals_the_oracle_on_longer_chains(seed):
    assert_equals_the_oracle(random_problem(seed, most_blocks=8, most_nodes=3), each_count=True)


@pytest.mark.parametrize("build", NAMED)
def test_it_equals_the_oracle_on_the_named_instances(build):
    assert assert_equals_the_oracle(build(), each_count=True)


@pytest.mark.parametrize("solver", SOLVERS, ids=lambda solver: solver.name)
@pytest.mark.parametrize("build", NAMED)
def test_every_solver_prices_its_answers_with_the_evaluator(solver, build):
    problem = build()
    assert solver.skip_reason(problem) is None
    for answer in (solver.solve(problem), *answers_per_count(solver, problem)):
        if answer.plan is not None:
            assert answer.value == evaluate(problem, answer.plan).latency_s
        else:
            assert answer.status is Status.INFEASIBLE
            assert answer.reason


@pytest.mark.parametrize("solver", SOLVERS, ids=lambda solver: solver.name)
@pytest.mark.parametrize("build", NAMED)
def test_the_exact_count_is_exact_and_there_is_one_answer_per_node(solver, build):
    problem = build()
    answers = answers_per_count(solver, problem)
    assert len(answers) == len(problem.nodes)
    counts = [len(answer.plan.stages) if answer.plan else None for answer in answers]
    assert all(count in (None, wanted) for wanted, count in enumerate(counts, start=1))


@pytest.mark.parametrize("solver", SOLVERS, ids=lambda solver: solver.name)
def test_a_limit_on_the_stages_holds(solver):
    """Two nodes of 250 bytes hold two of four blocks each, so one stage is not enough."""
    problem = model_too_large_for_each_node()
    assert solver.solve(limited(problem, max_stages=1)).status is Status.INFEASIBLE
    assert parts(solver.solve(limited(problem, max_stages=2))) == [(0, 2, "left"), (2, 4, "right")]


def test_a_cap_that_binds_to_the_byte_still_fits():
    problem = model_too_large_for_each_node()
    estimate = evaluate(problem, ChainDp().solve(problem).plan)
    assert [stage.peak_bytes for stage in estimate.stages] == [250, 250]


def test_a_shared_weight_makes_the_whole_fit_where_its_sum_would_not():
    problem = tied_first_and_last()
    problem = with_caps(problem, {"one": 104, "two": 104})
    assert sum(problem.weight_bytes) > 104
    assert parts(ChainDp().solve(problem)) == [(0, 3, "one")]


def test_equal_values_give_the_fewest_stages():
    assert parts(ChainDp().solve(free_wires())) == [(0, 3, "a")]


def test_equal_values_give_the_fewest_stages_also_on_a_later_node():
    """Only the last node holds the heavy last block; cutting before it would cost nothing."""
    nodes = [make_node(name, (1.0,) * 3, 1 if name != "c" else 9) for name in "abc"]
    problem = make_problem(nodes, mesh("abc"), (0,) * 4, weight_bytes=(0, 0, 5))
    assert parts(ChainDp().solve(problem)) == [(0, 3, "c")]


def test_one_block_on_one_node_is_a_plan():
    problem = make_problem([make_node("only", (2.0,))], [], (3, 3))
    solution = ChainDp().solve(problem)
    assert parts(solution) == [(0, 1, "only")]
    assert solution.value == 2.0


def test_source_and_sink_may_be_in_the_middle_of_the_order():
    """The first node is never reached in order after the source, but may start the chain."""
    names = ["first", "middle", "last"]
    nodes = [make_node(n, (1.0, 1.0), speed=s) for n, s in zip(names, (1, 1, 10), strict=True)]
    problem = make_problem(nodes, mesh(names, 100.0), (1, 1, 1), source="middle", sink="middle")
    solution = ChainDp().solve(problem)
    assert parts(solution) == [(0, 2, "last")]
    assert solution.value == pytest.approx(0.2 + 0.02)


def test_of_two_nodes_of_one_type_the_roomier_one_is_used():
    """Indexing machines by their type would see the first one's memory twice."""
    times = (1.0, 1.0)
    nodes = [make_node("box-1", times, 5), make_node("box-2", times, 50)]
    problem = make_problem(nodes, mesh(["box-1", "box-2"]), (1, 1, 1), weight_bytes=(10, 10))
    assert parts(ChainDp().solve(problem)) == [(0, 2, "box-2")]


def test_infeasible_is_a_status_with_a_reason_and_not_an_error():
    """A planner that returned a four-way plan under a cap of one byte is why this test exists."""
    nodes = [make_node(name, (1.0,) * 4, 1) for name in "abcd"]
    problem = make_problem(nodes, mesh("abcd"), (1,) * 5, weight_bytes=(10,) * 4)
    solution = ChainDp().solve(problem)
    assert solution.status is Status.INFEASIBLE
    assert solution.plan is None
    assert "lacks" in solution.reason


def test_a_dear_wire_keeps_the_model_in_one_piece():
    """With transfers left out of the recurrence the faster second node would win."""
    nodes = [make_node("here", (1.0, 1.0)), make_node("there", (1.0, 1.0), speed=2.0)]
    slow = make_problem(nodes, mesh(["here", "there"], 1.0), (10, 10, 10))
    fast = make_problem(nodes, mesh(["here", "there"], 1e6), (10, 10, 10))
    assert parts(ChainDp().solve(slow)) == [(0, 2, "here")]
    assert parts(ChainDp().solve(fast)) == [(0, 2, "there")]


def test_missing_links_are_gone_around():
    assert [node for *_, node in parts(ChainDp().solve(one_way_street()))] == ["sensor", "worker"]


@pytest.mark.parametrize("seed", range(20))
def test_the_same_problem_gets_the_same_answer(seed):
    first, second = (ChainDp().solve(random_problem(seed)) for _ in range(2))
    assert first.model_dump_json() == second.model_dump_json()


def test_a_long_chain_is_not_spoiled_by_rounding():
    """Prefix sums reach 1e9 s while blocks take about 1 s: differences keep nine digits or more."""
    rng = np.random.default_rng(0)
    times = (1e9, *rng.random(40))
    nodes = [make_node(name, times, 10**9) for name in ("a", "b")]
    problem = make_problem(nodes, mesh(["a", "b"]), (5,) * 42)
    solution = ChainDp().solve(problem)
    assert solution.value == pytest.approx(math.fsum(times), rel=1e-15)


def test_one_thousand_blocks_on_sixteen_nodes_beat_a_sample():
    problem = large_problem(1000, 16, cap_bytes=100_000_000)
    solution = ChainDp().solve(problem)
    assert solution.value is not None
    names = [node.name for node in problem.nodes]
    rng = np.random.default_rng(0)
    for _ in range(20):
        cuts = tuple(sorted(int(c) for c in rng.choice(np.arange(1, 1000), 7, replace=False)))
        chosen = tuple(names[i] for i in sorted(rng.choice(16, 8, replace=False)))
        estimate = evaluate(problem, problem.plan(cuts, chosen))
        assert not estimate.fits or estimate.latency_s >= solution.value


def test_the_oracle_skips_what_it_cannot_enumerate():
    reason = BruteForce().skip_reason(large_problem(50, 8, cap_bytes=10**9))
    assert reason is not None
    assert "too many" in reason


@pytest.mark.parametrize("seed", range(30))
def test_the_window_minimum_is_what_a_loop_finds(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 20))
    keys = rng.permutation(n)
    stops = np.array([rng.integers(i, n + 1) for i in range(n)])
    expected = [
        min((keys[i] for i in range(n) if i < j <= stops[i]), default=n) for j in range(n + 1)
    ]
    assert window_minimum(keys, stops).tolist() == expected


def test_the_oracle_prices_every_plan_of_the_class():
    """Two cuts to choose from on three nodes: 3 plans of one stage, 2 · 3 of two, 1 of three."""
    plans = [plan.model_dump_json() for plan, _ in brute_force.feasible_plans(free_wires())]
    assert len(plans) == len(set(plans)) == 3 + 6 + 1
