"""The parts of the search with revisits, each against something slower and simpler."""

from itertools import product

import numpy as np
import pytest

from planner.costs.evaluate import Evaluator
from planner.costs.memory import StageMemory
from planner.objectives import LATENCY, PRICE
from planner.solvers.boundary_choice import chosen_boundaries
from planner.solvers.brute_force import BruteForce, feasible_plans
from planner.solvers.budget import Budget
from planner.solvers.chain_recurrence import Chain
from planner.solvers.revisit.dominance import undominated
from planner.solvers.revisit.incumbent import Incumbent
from planner.solvers.revisit.memory_prices import PriceSearch, extra_prices, safe_bound
from planner.solvers.revisit.node_orders import offer_ordered_plans
from planner.solvers.revisit.priced_walks import BlockWalks, SegmentWalks
from planner.solvers.revisit.segment_fixing import completions, without_the_hopeless
from planner.solvers.revisit.segment_recurrence import backward, forward
from planner.solvers.revisit.segment_tables import segment_tables
from planner.solvers.revisit.shared_limits import SharedLimits
from planner.solvers.revisit.viterbi import CountLayers, cheapest_walk
from planner.solvers.revisit.walk_prices import dearest_value, walk_prices, within_windows
from tests.planner.instances import ROOMY, large_problem, limited, random_problem, with_caps
from tests.planner.revisit_instances import random_device_cloud, random_revisit_problem

SEEDS = range(40)


def without_caps(problem):
    return with_caps(problem, {node.name: ROOMY for node in problem.nodes})


def chain_of(problem, plan):
    cuts = tuple(stage.start for stage in plan.stages[1:])
    return Chain(cuts, tuple(problem.node_index[stage.node] for stage in plan.stages))


@pytest.mark.parametrize("seed", SEEDS)
def test_the_walk_without_caps_is_the_best_for_every_range_of_counts(seed):
    problem = without_caps(random_device_cloud(seed))
    prices = walk_prices(problem, LATENCY)
    for least, most in ((1, None), (1, 1), (1, 2), (2, 2), (2, None), (3, 4)):
        oracle = BruteForce().solve(limited(problem, min_stages=least, max_stages=most))
        walk = cheapest_walk(prices, CountLayers(least, most))
        if oracle.value is None:
            assert walk.chain is None
        else:
            assert walk.value == pytest.approx(oracle.value, rel=1e-12)
            assert least <= len(walk.chain.nodes) <= (most or len(walk.chain.nodes))


@pytest.mark.parametrize("seed", SEEDS)
def test_windows_leave_out_no_plan_that_fits(seed):
    problem = limited(random_problem(seed, most_nodes=3), order="free", revisits=True)
    memory = StageMemory(problem)
    stops = np.array([memory.farthest_stops(node) for node in problem.nodes])
    walk = cheapest_walk(within_windows(walk_prices(problem, LATENCY), stops))
    best = BruteForce().solve(problem)
    assert best.value is None or walk.value <= best.value * (1 + 1e-12)


def test_a_walk_ends_when_the_time_is_up():
    problem = limited(large_problem(200, 3, cap_bytes=10**12), order="free", revisits=True)
    assert cheapest_walk(walk_prices(problem, LATENCY), budget=Budget(1e-9)) is None


@pytest.mark.parametrize("seed", range(200))
def test_no_stage_takes_less_than_its_opening_and_its_blocks(seed):
    problem = random_problem(seed, most_blocks=8)
    memory = StageMemory(problem)
    start, stop = np.triu_indices(problem.n_blocks + 1, k=1)
    for node in problem.nodes:
        opening, block = memory.additive_bound_bytes(node)
        before = np.concatenate(([0.0], np.cumsum(block)))
        bound = opening[start] + before[stop] - before[start]
        assert (bound <= memory.stage_bytes(node, start, stop) + 1e-9).all()


@pytest.mark.parametrize("seed", range(60))
def test_the_undominated_are_those_that_no_other_equals_or_beats(seed):
    rng = np.random.default_rng(seed)
    count, rows = int(rng.integers(1, 200)), int(rng.integers(0, 5))
    value = rng.integers(0, 12, count).astype(float)
    use = rng.integers(0, 12, (count, rows)).astype(float)
    kept = undominated(value, use)
    points = np.column_stack((value, use))
    chosen = {tuple(point) for point in points[kept]}
    expected = {
        tuple(point)
        for point in points
        if not any((other <= point).all() and (other != point).any() for other in points)
    }
    assert chosen == expected
    assert len(kept) == len(chosen)
    assert (np.diff(value[kept]) >= 0).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_both_directions_find_the_same_total_and_the_price_of_their_walk(seed):
    problem = random_device_cloud(seed)
    limits = SharedLimits(problem)
    tables = segment_tables(problem, LATENCY, walk_prices(problem, LATENCY))
    prices = np.random.default_rng(seed).random(len(limits.limit))
    extra = extra_prices(limits, prices)
    there, chain = forward(tables, extra)
    assert backward(tables, extra).total == pytest.approx(there.total, rel=1e-12)
    if chain is not None:
        priced = Incumbent(without_caps(problem), LATENCY)
        priced.offer(chain)
        paid = float(prices @ (limits.use(chain) / limits.scale))
        assert there.total == pytest.approx(priced.value + paid, rel=1e-12)


@pytest.mark.parametrize("objective", [LATENCY, PRICE], ids=lambda objective: objective.kind)
@pytest.mark.parametrize("seed", range(20))
def test_the_incumbents_value_is_the_evaluators(seed, objective):
    problem = random_revisit_problem(seed)
    for plan, estimate in list(feasible_plans(problem))[:30]:
        incumbent = Incumbent(problem, objective)
        incumbent.offer(chain_of(problem, plan))
        assert incumbent.plan == plan
        assert incumbent.value == pytest.approx(objective.value(estimate), rel=1e-12, abs=1e-15)


@pytest.mark.parametrize("seed", SEEDS)
def test_shared_limits_hold_exactly_where_the_evaluator_says_so(seed):
    problem = random_revisit_problem(seed)
    limits, evaluator = SharedLimits(problem), Evaluator(problem)
    n_blocks, nodes = problem.n_blocks, range(len(problem.nodes))
    for cut, pair in product(range(1, n_blocks), product(nodes, nodes)):
        chain = Chain((cut,), pair)
        plan = problem.plan(chain.cuts, tuple(problem.nodes[n].name for n in pair))
        most = problem.limits.max_stages or 2
        counted = problem.limits.min_stages <= 2 <= most
        assert limits.holds(chain) == (evaluator.evaluate(plan).fits and counted)


@pytest.mark.parametrize("form", ["segments", "blocks"])
@pytest.mark.parametrize("seed", range(60))
def test_any_prices_give_a_bound_and_the_search_gives_a_good_one(seed, form):
    problem = random_device_cloud(seed)
    walk, limits = walk_prices(problem, LATENCY), SharedLimits(problem)
    segments = SegmentWalks(segment_tables(problem, LATENCY, walk), limits)
    walks = segments if form == "segments" else BlockWalks(problem, walk)
    best = BruteForce().solve(problem).value
    best = np.inf if best is None else best
    rng = np.random.default_rng(seed)
    bounds = []
    for _ in range(5):
        prices = rng.random(len(limits.limit)) * rng.choice([0.0, 0.1, 1.0])
        found = walks.cheapest(extra_prices(limits, prices), Budget())
        bounds.append(safe_bound(limits, prices, found.value))
    search = PriceSearch(
        walks,
        limits,
        Incumbent(problem, LATENCY),
        dearest=dearest_value(problem, LATENCY, walk),
    )
    search.climb(15, Budget())
    ascent = search.converge(60, Budget())
    assert max(bounds) <= best * (1 + 1e-9)
    assert ascent.bound <= best * (1 + 1e-12)
    assert ascent.bound >= max(bounds) * (1 - 1e-5)


@pytest.mark.parametrize("seed", range(60))
def test_fixing_keeps_every_plan_below_the_ceiling(seed):
    problem = random_device_cloud(seed)
    walk, limits = walk_prices(problem, LATENCY), SharedLimits(problem)
    tables = segment_tables(problem, LATENCY, walk)
    plans = sorted(feasible_plans(problem), key=lambda pair: pair[1].latency_s)
    if not plans:
        return
    ceiling = plans[len(plans) // 3][1].latency_s
    prices = np.random.default_rng(seed).random(len(limits.limit)) / 2
    left = without_the_hopeless(tables, completions(tables, limits, prices), ceiling)
    places = {int(bound): place for place, bound in enumerate(left.bounds)}
    for plan, estimate in plans:
        if estimate.latency_s < ceiling * (1 - 1e-9):
            for stage in plan.stages:
                n = problem.node_index[stage.node]
                assert np.isfinite(left.value[places[stage.stop], n, places[stage.start]])


@pytest.mark.parametrize("seed", SEEDS)
def test_plans_in_some_order_hold_the_caps_and_are_no_better_than_the_best(seed):
    problem = random_device_cloud(seed)
    incumbent = Incumbent(problem, LATENCY)
    offer_ordered_plans(problem, LATENCY, [], incumbent, Budget())
    best = BruteForce().solve(problem).value
    if incumbent.plan is not None:
        assert Evaluator(problem).evaluate(incumbent.plan).fits
        assert incumbent.value >= best * (1 - 1e-12)


@pytest.mark.parametrize("around", [(), (7, 150), tuple(range(1, 300, 2))])
def test_chosen_boundaries_ascend_from_end_to_end_and_stay_within_their_number(around):
    problem = large_problem(300, 2, cap_bytes=10**9)
    bounds = chosen_boundaries(problem, range(3, 200, 5), 60, around=around)
    assert bounds[0] == 0
    assert bounds[-1] == 300
    assert (np.diff(bounds) > 0).all()
    assert 40 <= len(bounds) <= 66


def test_a_sketch_of_all_boundaries_leaves_none_out():
    problem = large_problem(20, 2, cap_bytes=10**9)
    assert chosen_boundaries(problem, (), 100).tolist() == list(range(21))
