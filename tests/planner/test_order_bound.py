from itertools import chain, combinations

import numpy as np
import pytest

from planner.limits import Limits, Order
from planner.objectives import LATENCY, PRICE, THROUGHPUT
from planner.problem import build_problem
from planner.solvers.branching.block_paths import longest_path, reachable
from planner.solvers.branching.downsets import all_downsets
from planner.solvers.branching.graph_bound import graph_bound
from planner.solvers.branching.least_crossing import LeastCrossing
from planner.solvers.branching.order_bound import order_bound, order_period_bound
from planner.solvers.budget import Budget
from profiler.block_order import block_dag
from profiler.block_tensors import BlockTensors
from tests.planner.branching_problems import (
    FREE,
    LISTED,
    REVISITS,
    best_of_all_orders,
    random_instance,
)
from tests.profiler.branching import diamond, random_branching

TWO = Limits(order=Order.LISTED, min_stages=2, max_stages=2)


def bound_of(profile, cluster, limits, objective=LATENCY, budget=None):
    problem = build_problem(profile, cluster, limits=limits)
    tensors = BlockTensors(profile)
    return order_bound(problem, objective, block_dag(profile), tensors, budget or Budget())


@pytest.mark.parametrize(
    ("inside", "outside", "n_bytes"),
    [
        (None, 0, 4),  # before top: the input of 4
        (0, 1, 8),  # after top, before left1: t alone
        (1, 2, 38),  # l1 of 30, and t: r instead of t would add 20
        (2, 4, 18),  # l2 of 10, and t: r instead of t would add 20
        (3, 4, 28),  # r of 20, and t: l1 or l2 with r is more
        (4, None, 2),  # the output
        (None, None, 2),
    ],
)
def test_the_fewest_bytes_in_each_gap_of_a_diamond_by_hand(inside, outside, n_bytes):
    crossing = LeastCrossing(block_dag(diamond()), BlockTensors(diamond()))
    assert crossing.least_bytes(inside, outside) == n_bytes


def test_the_fewest_bytes_are_those_of_the_best_downset():
    for seed in range(40):
        profile = random_branching(seed, most_blocks=6)
        dag, tensors = block_dag(profile), BlockTensors(profile)
        done = all_downsets(dag, 1000).inside
        n_bytes = tensors.crossing_bytes(done)
        crossing = LeastCrossing(dag, tensors)
        for a, b in combinations(range(dag.n_blocks), 2):
            allowed = done[:, a] & ~done[:, b]
            if allowed.any():
                assert crossing.least_bytes(a, b) == n_bytes[allowed].min()
        assert crossing.least_bytes(None, None) == n_bytes.min()


def test_huge_tensors_are_rounded_down():
    profile = diamond(left_bytes=10**12, right_bytes=3 * 10**11)
    dag, tensors = block_dag(profile), BlockTensors(profile)
    exact = 13 * 10**11
    found = LeastCrossing(dag, tensors).least_bytes(2, 4)
    assert 10**12 * 0.999 < found <= exact
    assert found == LeastCrossing(dag, tensors).least_bytes(2, 3)


def test_the_longest_path_by_hand():
    dag = block_dag(diamond())
    assert longest_path(dag, np.array([1.0, 1.0, 1.0, 1.0, 1.0])) == (0, 1, 2, 4)
    assert longest_path(dag, np.array([1.0, 1.0, 1.0, 3.0, 1.0])) == (0, 3, 4)
    assert longest_path(dag, np.ones(5), through=3) == (0, 3, 4)
    assert reachable(dag)[1].tolist() == [False, True, True, False, True]


def test_the_longest_path_is_the_heaviest_of_all():
    rng = np.random.default_rng(0)
    for seed in range(40):
        dag = block_dag(random_branching(seed, most_blocks=7))
        weight = rng.random(dag.n_blocks)
        best = max(weight[list(path)].sum() for path in every_path(dag))
        assert weight[list(longest_path(dag, weight))].sum() == pytest.approx(best)


def every_path(dag):
    """All paths from a block without makers to one without readers."""

    def onward(path):
        if not dag.after[path[-1]]:
            yield path
        for reader in dag.after[path[-1]]:
            yield from onward((*path, reader))

    sources = [block for block, makers in enumerate(dag.before) if not makers]
    return chain.from_iterable(onward((source,)) for source in sources)


@pytest.mark.parametrize(
    "limits", [LISTED, FREE, REVISITS, TWO], ids=lambda limits: limits.describe()
)
@pytest.mark.parametrize("part", range(4))
def test_the_bound_is_never_above_the_best_plan_of_all_orders(limits, part):
    n_tight = n_feasible = 0
    for seed in range(part * 16, part * 16 + 16):
        profile, cluster = random_instance(seed, most_blocks=5 if limits is not REVISITS else 4)
        best = best_of_all_orders(profile, cluster, limits)
        bound = bound_of(profile, cluster, limits)
        assert bound <= best * (1 + 1e-9), seed
        if np.isfinite(best):
            n_feasible += 1
            n_tight += bound >= best * (1 - 1e-9)
    assert n_feasible >= 4
    if limits is not TWO:  # it does not count stages
        assert n_tight * 3 >= n_feasible


def test_it_holds_for_prices_too():
    for seed in range(30):
        profile, cluster = random_instance(seed)
        best = best_of_all_orders(profile, cluster, LISTED, PRICE)
        assert bound_of(profile, cluster, LISTED, PRICE) <= best * (1 + 1e-9)


def test_without_time_it_is_still_a_bound():
    for seed in range(20):
        profile, cluster = random_instance(seed)
        best = best_of_all_orders(profile, cluster, LISTED)
        assert bound_of(profile, cluster, LISTED, budget=Budget(0.0)) <= best * (1 + 1e-9)


SHARED = Limits(order=Order.FREE, max_replicas=3)


@pytest.mark.parametrize(
    "limits", [LISTED, FREE, TWO, SHARED], ids=lambda limits: limits.describe()
)
def test_the_bound_on_the_period_is_never_above_the_best_plan_of_all_orders(limits):
    n_tight = n_feasible = 0
    for seed in range(40):
        profile, cluster = random_instance(seed, most_blocks=5)
        best = best_of_all_orders(profile, cluster, limits, THROUGHPUT)
        problem, tensors = build_problem(profile, cluster, limits=limits), BlockTensors(profile)
        path = order_period_bound(problem, block_dag(profile), tensors, Budget())
        every = graph_bound(problem, THROUGHPUT, block_dag(profile), tensors, Budget())
        assert path <= every <= best * (1 + 1e-9), seed
        if np.isfinite(best):
            n_feasible += 1
            n_tight += every >= best * (1 - 1e-9)
    assert n_feasible >= 8
    if limits is not SHARED:  # it takes every stage for one on as many nodes as there can be
        assert n_tight * 4 >= n_feasible


def test_without_time_the_bound_on_the_period_is_that_of_the_work():
    for seed in range(10):
        profile, cluster = random_instance(seed)
        problem, tensors = build_problem(profile, cluster, limits=FREE), BlockTensors(profile)
        best = best_of_all_orders(profile, cluster, FREE, THROUGHPUT)
        found = graph_bound(problem, THROUGHPUT, block_dag(profile), tensors, Budget(0.0))
        assert found <= best * (1 + 1e-9)
