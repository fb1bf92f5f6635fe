from itertools import pairwise

import numpy as np
import pytest

from planner.costs.evaluate import evaluate
from planner.limits import Limits, Order
from planner.objectives import LATENCY, PRICE
from planner.problem import build_problem
from planner.solvers.branching.downset_dp import best_downset_stages
from planner.solvers.branching.downset_order import block_order_of
from planner.solvers.branching.downset_prices import DownsetPrices
from planner.solvers.branching.downsets import all_downsets, downsets_of
from planner.solvers.branching.itineraries import itineraries
from planner.solvers.budget import Budget
from profiler.block_order import BlockDag, block_dag, reordered
from profiler.block_tensors import BlockTensors
from tests.planner.branching_problems import (
    FREE,
    LISTED,
    REVISITS,
    best_of_all_orders,
    random_instance,
)
from tests.profiler.branching import diamond, every_order, random_branching

TWO_OR_THREE = Limits(order=Order.LISTED, min_stages=2, max_stages=3)
EXACTLY_TWO = Limits(order=Order.FREE, min_stages=2, max_stages=2)
AT_LEAST_TWO = Limits(order=Order.FREE, min_stages=2)
CLASSES = (LISTED, FREE, TWO_OR_THREE, EXACTLY_TWO, AT_LEAST_TWO)


def searched(profile, cluster, limits, objective=LATENCY, *, ceiling=float("inf"), downsets=None):
    """The stages found, and the prices they were found with."""
    problem = build_problem(profile, cluster, limits=limits)
    downsets = downsets or all_downsets(block_dag(profile), 10_000)
    prices = DownsetPrices(problem, objective, BlockTensors(profile), downsets)
    is_free = limits.order is Order.FREE and not limits.revisits
    watched = frozenset(range(len(problem.nodes))) if is_free else frozenset()
    states = itineraries(limits, len(problem.nodes), watched, most=10_000)
    return best_downset_stages(prices, states, ceiling=ceiling, budget=Budget()), prices


def evaluated(profile, cluster, limits, found, prices):
    """The evaluator's price of the stages, in the order that they stand for."""
    order = block_order_of(prices, found.stages)
    problem = build_problem(reordered(profile, order), cluster, limits=limits)
    stops = [int(prices.downsets.inside[stage.stop].sum()) for stage in found.stages]
    names = tuple(problem.nodes[stage.node].name for stage in found.stages)
    return evaluate(problem, problem.plan(tuple(stops[:-1]), names))


def test_downsets_of_a_diamond_by_hand():
    """Blocks: top 1, left1 2, left2 4, right 8, join 16."""
    downsets = all_downsets(block_dag(diamond()), 100)
    assert downsets.masks == (0, 1, 3, 9, 7, 11, 15, 31)
    assert downsets.levels == [(0, 1), (1, 2), (2, 4), (4, 6), (6, 7), (7, 8)]
    assert [step for step in downsets.steps.tolist() if step[0] == 5] == [[5, 1, 3], [5, 3, 2]]
    assert downsets.inside[5].tolist() == [True, True, False, True, False]


def test_counting_stops_at_the_limit():
    dag = block_dag(diamond())
    assert len(all_downsets(dag, 8).masks) == 8
    assert all_downsets(dag, 7) is None
    wide = BlockDag(((),) * 60)
    assert all_downsets(wide, 5_000) is None


@pytest.mark.parametrize("seed", range(60))
def test_downsets_are_those_that_some_order_passes(seed):
    dag = block_dag(random_branching(seed, most_blocks=6))
    assert all_downsets(dag, 1000) == downsets_of(dag, every_order(dag))


@pytest.mark.parametrize(
    ("limits", "watched", "n_states"),
    [
        (LISTED, frozenset(), 4),
        (REVISITS, frozenset(), 4),
        (FREE, frozenset(range(4)), 4 * 8),  # a node, and which of the others were used
        (FREE, frozenset({0}), 1 + 2 * 3),
        (Limits(order=Order.LISTED, max_stages=2), frozenset(), 4 + 3),
    ],
)
def test_the_states_of_a_class_are_as_many_as_counted_by_hand(limits, watched, n_states):
    assert len(itineraries(limits, 4, watched, most=n_states).node) == n_states


def test_too_many_states_are_given_up():
    assert itineraries(FREE, 4, frozenset(range(4)), most=31) is None


@pytest.mark.parametrize("limits", CLASSES, ids=lambda limits: limits.describe())
@pytest.mark.parametrize("block", range(5))
def test_the_value_is_that_of_all_plans_in_all_orders(limits, block):
    for seed in range(block * 10, block * 10 + 10):
        profile, cluster = random_instance(seed)
        expected = best_of_all_orders(profile, cluster, limits)
        found, prices = searched(profile, cluster, limits)
        assert found.value == pytest.approx(expected, rel=1e-9), seed
        if found.stages:
            estimate = evaluated(profile, cluster, limits, found, prices)
            assert estimate.fits
            assert estimate.latency_s == pytest.approx(expected, rel=1e-9), seed


def test_with_revisits_every_stage_holds_the_cap_alone_so_the_value_is_a_bound():
    """It is the value itself where the plan also fits with all stages of a node together."""
    n_equal = 0
    for seed in range(30):
        profile, cluster = random_instance(seed, most_blocks=4)
        expected = best_of_all_orders(profile, cluster, REVISITS)
        found, prices = searched(profile, cluster, REVISITS)
        assert found.value <= expected * (1 + 1e-9)
        if found.stages and evaluated(profile, cluster, REVISITS, found, prices).fits:
            assert found.value == pytest.approx(expected, rel=1e-9)
            n_equal += 1
    assert n_equal > 10


@pytest.mark.parametrize("limits", [LISTED, FREE], ids=["listed", "free"])
def test_price_is_made_least_too(limits):
    for seed in range(20):
        profile, cluster = random_instance(seed)
        expected = best_of_all_orders(profile, cluster, limits, PRICE)
        found, _ = searched(profile, cluster, limits, PRICE)
        assert found.value == pytest.approx(expected, rel=1e-9, abs=1e-12), seed


def test_only_plans_within_the_ceiling_are_found():
    for seed in range(60):
        profile, cluster = random_instance(seed)
        best = searched(profile, cluster, FREE)[0].value
        if not np.isfinite(best) or best == 0:
            continue
        assert searched(profile, cluster, FREE, ceiling=best)[0].value == best
        assert searched(profile, cluster, FREE, ceiling=best * 0.999)[0].stages == ()


def test_downsets_of_a_few_orders_give_a_plan_between_theirs_and_the_best():
    for seed in range(60):
        profile, cluster = random_instance(seed, most_blocks=6)
        orders = list(every_order(block_dag(profile)))
        some = downsets_of(block_dag(profile), [orders[0], orders[-1]])
        found, prices = searched(profile, cluster, LISTED, downsets=some)
        assert found.value >= searched(profile, cluster, LISTED)[0].value * (1 - 1e-9)
        for order in (orders[0], orders[-1]):
            alone = downsets_of(block_dag(profile), [order])
            single = searched(profile, cluster, LISTED, downsets=alone)[0].value
            assert found.value <= single * (1 + 1e-9)
        if found.stages:
            estimate = evaluated(profile, cluster, LISTED, found, prices)
            assert estimate.fits
            assert estimate.latency_s == pytest.approx(found.value, rel=1e-9)


def test_no_time_gives_no_answer():
    profile, cluster = random_instance(0)
    problem = build_problem(profile, cluster, limits=LISTED)
    downsets = all_downsets(block_dag(profile), 100)
    prices = DownsetPrices(problem, LATENCY, BlockTensors(profile), downsets)
    states = itineraries(LISTED, len(problem.nodes), frozenset(), most=100)
    spent = Budget(time_limit_s=0.0)
    assert best_downset_stages(prices, states, ceiling=float("inf"), budget=spent) is None


def test_stages_follow_each_other_and_an_order_can_run():
    for seed in range(40):
        profile, cluster = random_instance(seed)
        found, prices = searched(profile, cluster, FREE)
        assert all(a.stop == b.start for a, b in pairwise(found.stages))
        if found.stages:
            assert block_order_of(prices, found.stages) in set(every_order(block_dag(profile)))
