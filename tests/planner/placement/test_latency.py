"""The solver for latency, against brute force, by hand, and on the published instances."""

import random

import numpy as np
import pytest
from latency_oracle import (
    HOST,
    PUBLISHED,
    finish_s,
    instance,
    is_allowed,
    least_s,
    operator,
    random_instance,
)

from planner.placement.instance_file import read_instance
from planner.placement.latency import solve_latency
from planner.placement.latency_clock import Deadline
from planner.placement.latency_contraction import contract
from planner.placement.latency_exact import solve_exactly
from planner.placement.latency_intervals import IntervalSearch
from planner.placement.latency_orders import UnitOrders
from planner.placement.latency_price import (
    device_numbers,
    device_of,
    latency_s,
    latency_violations,
    price_latency,
    violations,
)
from planner.placement.latency_search import Moves, OrderCutter, SearchLimits, improve, price
from planner.placement.latency_tables import LatencyTables
from planner.solution import Status

published = pytest.mark.skipif(
    not PUBLISHED.is_dir(), reason=f"the published instances are not at {PUBLISHED}"
)


def large_instance(n, *, seed, kind):
    """Synthetic graphs as wide or as long as they come, with colours and unsupported operators."""
    rng = random.Random(seed)
    edges = {
        "layered": lambda: {
            ((v // 20 - 1) * 20 + rng.randrange(20), v) for v in range(20, n) for _ in range(2)
        },
        "skips": lambda: (
            {
                (max(0, v - 1 - round(rng.expovariate(0.1))), v)
                for v in range(1, n)
                for _ in range(2)
            }
            | {(v - 1, v) for v in range(1, n)}
        ),
        "fan": lambda: {(v // 40 * 40 if v % 40 else max(0, v - 40), v) for v in range(1, n)},
        "heads": lambda: {
            edge
            for v in range(0, n - 9, 8)
            for edge in [(v, v + 1), (v, v + 2), (v, v + 3), (v, v + 7), (v + 7, v + 8)]
            + [(v + head, v + 4) for head in (1, 2, 3)]
            + [(v + 4, v + 5), (v + 5, v + 6), (v + 6, v + 7)]
        },
    }[kind]()
    operators = [
        operator(
            v,
            cpu_s=rng.choice([0.0, 1.0, 2.0, 20.0]),
            accelerator_s=rng.choice([0.0, 0.1, 1.0]),
            transfer_s=rng.choice([0.0, 1.0, 5.0]),
            size_bytes=rng.choice([0.0, 1.0, 5.0]),
            on_accelerator=rng.random() > 0.03,
            colour=v // 3 if rng.random() < 0.2 else None,
        )
        for v in range(n)
    ]
    return instance(operators, sorted(edges), k=6, cap_bytes=0.3 * n)


def assert_consistent(problem, solution):
    """What every answer must satisfy, whatever stopped it."""
    assert not latency_violations(problem, solution.placement)
    assert solution.value_s == price_latency(problem, solution.placement)
    assert solution.lower_bound_s <= solution.value_s
    if solution.status is Status.OPTIMAL:
        assert solution.gap <= 1e-9
    else:
        assert "stopped by the" in solution.method


def test_the_solver_is_exact_on_small_instances():
    for seed in range(600):
        problem = random_instance(seed, idle=0.4 if seed % 3 == 0 else 0.0)
        optimum_s = least_s(problem)
        solution = solve_latency(problem, time_limit_s=None, seed=seed)
        device = device_numbers(problem, solution.placement)
        assert is_allowed(problem, device), seed
        assert finish_s(problem, device) == pytest.approx(optimum_s), seed
        assert solution.lower_bound_s == pytest.approx(optimum_s), seed
        assert solution.status is Status.OPTIMAL
        assert_consistent(problem, solution)


def test_without_any_time_there_is_still_a_placement_and_a_bound():
    for seed in range(200):
        problem = random_instance(seed, most=6)
        solution = solve_latency(problem, time_limit_s=0.0, seed=0)
        assert_consistent(problem, solution)
        assert solution.lower_bound_s <= least_s(problem) + 1e-9


def test_the_exact_search_alone_is_exact_and_proves_that_nothing_is_better():
    for seed in range(300):
        problem = random_instance(seed, most=6)
        optimum_s = least_s(problem)
        tables = LatencyTables.of(problem)
        found = solve_exactly(tables, 1e9, max_steps=10**6, deadline=Deadline())
        assert found.is_complete
        device = device_of(tables.n, found.blocks)
        assert not violations(tables, device)
        assert latency_s(tables, device) == pytest.approx(optimum_s), seed
        none = solve_exactly(tables, optimum_s, max_steps=10**6, deadline=Deadline())
        assert none.is_complete
        assert none.blocks is None


def test_an_exact_search_that_is_cut_short_claims_nothing():
    problem = large_instance(60, seed=0, kind="layered")
    tables = LatencyTables.of(problem)
    answer = solve_exactly(tables, 1e9, max_steps=100, deadline=Deadline())
    assert not answer.is_complete
    assert answer.blocks is None


def test_contraction_keeps_the_least_latency():
    n_smaller = 0
    for seed in range(400):
        problem = random_instance(seed, most=6, idle=0.6)
        smaller = contract(problem)
        n_smaller += len(smaller.groups) < len(problem.operators)
        assert least_s(smaller.instance) == pytest.approx(least_s(problem)), seed
        assert sorted(sum(smaller.groups, ())) == list(range(len(problem.operators)))
    assert n_smaller > 50


def test_a_lifted_placement_is_allowed_and_costs_the_same():
    rng = random.Random(0)
    for seed in range(400):
        problem = random_instance(seed, idle=0.6)
        smaller = contract(problem)
        device = [rng.randint(HOST, 1) for _ in smaller.groups]
        if is_allowed(smaller.instance, device):
            lifted = smaller.lift(device)
            assert is_allowed(problem, lifted), seed
            assert finish_s(problem, lifted) == pytest.approx(finish_s(smaller.instance, device))


@pytest.mark.parametrize("kind", ["layered", "skips", "fan", "heads"])
def test_every_order_is_topological_and_its_cut_is_allowed(kind):
    problem = large_instance(120, seed=1, kind=kind)
    tables = LatencyTables.of(problem)
    orders, intervals = UnitOrders(tables), IntervalSearch(tables)
    rng = np.random.default_rng(0)
    blocks = intervals.packed_blocks(orders.depth_first())
    for order in (
        orders.depth_first(),
        orders.breadth_first(),
        orders.depth_first(rng=rng),
        orders.around(blocks, rng=rng),
    ):
        place = {v: index for index, v in enumerate(order)}
        assert all(place[a] < place[b] for a, b in problem.edges if {a, b} <= place.keys())
        for cut in (
            intervals.packed_blocks(order),
            intervals.best_blocks(order, float("inf"), Deadline()),
        ):
            assert not violations(tables, device_of(tables.n, cut))


@pytest.mark.parametrize("kind", ["layered", "skips", "fan", "heads"])
def test_local_search_only_improves_and_stays_allowed(kind):
    problem = large_instance(80, seed=2, kind=kind)
    tables = LatencyTables.of(problem)
    rng = np.random.default_rng(0)
    cutter = OrderCutter(tables, rng)
    start = price(tables, ())
    best = improve(cutter, Moves(tables, rng), start, SearchLimits(800, Deadline()))
    assert best.value_s <= start.value_s
    assert not violations(tables, device_of(tables.n, best.blocks))
    assert best.value_s == latency_s(tables, device_of(tables.n, best.blocks))


@pytest.mark.parametrize("kind", ["layered", "skips", "fan", "heads"])
def test_a_large_graph_is_answered_with_a_bound_or_the_limit_that_stopped_it(kind):
    problem = large_instance(2_000, seed=3, kind=kind)
    assert_consistent(problem, solve_latency(problem, time_limit_s=1.0, seed=0))


def test_equal_inputs_and_seed_give_equal_answers():
    problem = large_instance(40, seed=4, kind="heads")
    first, second = (solve_latency(problem, time_limit_s=None, seed=5) for _ in range(2))
    assert first.model_dump_json() == second.model_dump_json()


def test_without_accelerators_the_host_takes_all():
    problem = instance([operator(0), operator(1)], [(0, 1)], k=0)
    solution = solve_latency(problem, time_limit_s=None, seed=0)
    assert solution.placement.devices == ("cpu", "cpu")
    assert solution.status is Status.OPTIMAL
    assert solution.value_s == 20.0


def test_a_class_with_an_unsupported_operator_stays_on_the_host():
    operators = [operator(0, colour=1), operator(1, colour=1, on_accelerator=False), operator(2)]
    solution = solve_latency(instance(operators, [(0, 1), (1, 2)]), time_limit_s=None, seed=0)
    assert solution.placement.devices == ("cpu", "cpu", "accelerator-0")
    assert solution.value_s == 21.0


@published
@pytest.mark.parametrize(
    ("name", "least_ms"),
    [
        ("LayerGraphs/bert24", 100.2185),
        ("LayerGraphs/gnmt", 225.648),
        ("LayerGraphs/resnet50", 1156.8813),
    ],
)
def test_published_instances_are_solved_with_proof(name, least_ms):
    problem = read_instance(PUBLISHED / f"{name}_inference.json")
    solution = solve_latency(problem, time_limit_s=None, seed=0)
    assert_consistent(problem, solution)
    assert solution.value_s * 1e3 == pytest.approx(least_ms, abs=1e-3)
    assert solution.status is Status.OPTIMAL


@published
def test_the_published_operator_graph_is_cut_at_its_best_known_value_at_once():
    problem = read_instance(PUBLISHED / "OperatorGraphs" / "bert_l-3_inference.json")
    solution = solve_latency(problem, time_limit_s=4.0, seed=0)
    assert_consistent(problem, solution)
    assert solution.value_s * 1e3 <= 408.4745
    assert solution.lower_bound_s * 1e3 >= 400.0
