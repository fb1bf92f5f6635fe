"""Quantiles of a plan against distributions that are enumerated in full."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from scipy.stats import binom

from netmodel.cluster import Link
from netmodel.links.affine import AffineLink
from netmodel.links.spread import TransferSpread
from planner import api
from planner.costs.evaluate import evaluate
from planner.costs.spread_prices import lower_mean_problem
from planner.costs.spread_table import SpreadTable
from planner.costs.tails import TailSimulator, _ranks, simulate_tail
from planner.errors import MismatchError, PlannerError
from planner.files import read_record, write_record
from planner.objectives import mean_variance
from planner.problem import build_problem
from planner.solution import PlanDocument
from planner.solvers.brute_force import BruteForce, feasible_plans
from planner.solvers.chain_dp import ChainDp
from planner.spread import BlockSpread, block_spread
from planner.wording import tail_summary
from tests.planner.instances import (
    NAMED,
    make_link,
    make_node,
    make_problem,
    mesh,
    one_way_street,
    random_problem,
    two_phones_one_server,
)
from tests.planner.spreads import exact_quantile_s, outcomes_s, randomly_varied, varied
from tests.planner.test_records import phone_and_server, two_block_profile


def relay_race(n_nodes=4, n_rounds=40, sigma=0.6):
    """One block on each of some machines, each now and then slow, over wires that take no time."""
    rng = np.random.default_rng(5)
    names = [f"n{i}" for i in range(n_nodes)]
    problem = make_problem(
        [make_node(name, (1.0,) * n_nodes) for name in names],
        mesh(names, bytes_per_s=1e12),
        (0,) * (n_nodes + 1),
        source=names[0],
        sink=names[-1],
    )
    rows = {name: rng.lognormal(0, sigma, (n_rounds, n_nodes)).round(6).tolist() for name in names}
    problem = varied(problem, rows)
    return problem, problem.plan(tuple(range(1, n_nodes)), tuple(names))


def two_machines_and_a_wire():
    """Three rounds, four rounds and three ratios: 36 outcomes of a plan in two stages."""
    problem = make_problem(
        [
            make_node("left", (1.0, 2.0, 3.0), speed=2.0, blocks_over_whole=1.25),
            make_node("right", (1.0, 2.0, 3.0)),
        ],
        [make_link("left", "right", bytes_per_s=10.0, latency_s=0.5), make_link("right", "left")],
        (1, 5, 20, 0),
    )
    problem = varied(
        problem,
        {
            "left": [(1, 2, 3), (1.5, 2.5, 9), (0.9, 2.1, 2.7)],
            "right": [(1, 1, 1), (2, 3, 4), (1, 2, 4), (5, 5, 5)],
        },
        {("left", "right"): (0.9, 1.0, 2.5)},
    )
    return problem, problem.plan((2,), ("left", "right"))


def test_a_quantile_by_simulation_is_that_of_the_enumerated_distribution():
    problem, plan = two_machines_and_a_wire()
    outcomes = outcomes_s(problem, plan)
    assert len(outcomes) == 36
    # Away from a jump of the distribution function, enough draws find the very outcome.
    for level in (0.1, 0.3, 0.6, 0.8, 0.95):
        tail = simulate_tail(problem, plan, level, seed=3, n_draws=200_000)
        exact = exact_quantile_s(outcomes, level)
        assert tail.low_s <= exact + 1e-9
        assert exact <= tail.high_s + 1e-9
        assert tail.latency_s == pytest.approx(exact, rel=1e-9)


def test_the_draws_have_the_mean_and_the_variance_of_the_enumerated_distribution():
    problem, plan = two_machines_and_a_wire()
    outcomes = outcomes_s(problem, plan)
    drawn = TailSimulator(problem, n_draws=400_000).latencies_s(plan)
    assert drawn.mean() == pytest.approx(outcomes.mean(), rel=2e-3)
    assert drawn.var() == pytest.approx(outcomes.var(), rel=1e-2)
    assert set(np.unique(drawn.round(9))) == set(np.unique(outcomes.round(9)))


def test_the_interval_holds_the_exact_quantile_as_often_as_it_says():
    problem, plan = relay_race(2, n_rounds=30)
    exact = exact_quantile_s(outcomes_s(problem, plan), 0.9)
    tails = [simulate_tail(problem, plan, 0.9, seed=s, n_draws=1000) for s in range(400)]
    covered = np.mean([tail.low_s <= exact <= tail.high_s for tail in tails])
    # Binomial with 400 trials: four standard deviations below 95 %.
    assert covered > 0.95 - 4 * math.sqrt(0.95 * 0.05 / 400)
    assert any(not tail.low_s <= exact <= tail.high_s for tail in tails)


def test_the_interval_ends_at_the_nearest_ranks_that_hold_its_confidence():
    for n, p in ((200, 0.5), (1000, 0.95), (20_000, 0.55), (20_000, 0.95), (20_000, 0.999)):
        low, rank, high = _ranks(n, p)
        assert rank == math.ceil(p * n - 1e-9)
        assert binom.cdf(low - 1, n, p) <= 0.025 < binom.cdf(low, n, p)
        assert binom.sf(high - 1, n, p) <= 0.025 < binom.sf(high - 2, n, p)


def test_more_draws_narrow_the_interval():
    problem, plan = relay_race()
    few, many = (simulate_tail(problem, plan, 0.95, n_draws=n) for n in (1000, 100_000))
    assert 0 < many.high_s - many.low_s < (few.high_s - few.low_s) / 5


def test_sums_of_stage_quantiles_overstate_the_quantile_of_the_sum():
    problem, plan = relay_race()
    tail = simulate_tail(problem, plan, 0.95)
    alone = [
        exact_quantile_s(np.sort([row[k] for row in problem.spreads[k].rows_s]), 0.95)
        for k in range(4)
    ]
    assert tail.sum_of_quantiles_s == pytest.approx(sum(alone), rel=1e-12)
    assert tail.sum_of_quantiles_s > 1.25 * tail.latency_s
    assert tail.latency_s > evaluate(problem, plan).latency_s


def test_blocks_of_one_stage_keep_what_they_had_in_one_round():
    """Two blocks that take turns to be slow: together they always take three seconds."""
    node = make_node("only", (1.5, 1.5))
    problem = varied(make_problem([node], [], (0, 0, 0)), {"only": [(1, 2), (2, 1)]})
    tail = simulate_tail(problem, problem.plan((), ("only",)), 0.99)
    assert (tail.low_s, tail.latency_s, tail.high_s) == (3, 3, 3)


def test_with_quantiles_only_the_blocks_are_at_one_level_together():
    node = make_node("only", (1.0, 2.0)).model_copy(update={"spread": 0})
    spread = BlockSpread(rows_s=((1, 1), (1, 2), (2, 4)), levels=(0.1, 0.5, 0.9))
    problem = make_problem([node.model_copy(update={"spread": None})], [], (0, 0, 0))
    problem = problem.replaced(nodes=(node,), spreads=(spread,))
    plan = problem.plan((), ("only",))
    assert simulate_tail(problem, plan, 0.7).latency_s == pytest.approx(4.5, rel=0.01)
    # Beyond the highest level nothing is known, and nothing is made up.
    assert simulate_tail(problem, plan, 0.99).latency_s == 6.0


@pytest.mark.parametrize("build", NAMED)
def test_without_spread_every_quantile_is_the_latency(build):
    problem = build()
    for plan, estimate in feasible_plans(problem):
        tail = simulate_tail(problem, plan, 0.95, n_draws=500)
        assert tail.latency_s == pytest.approx(estimate.latency_s, rel=1e-12)
        assert tail.low_s == tail.latency_s == tail.high_s
        assert tail.sum_of_quantiles_s == pytest.approx(tail.latency_s)
        assert estimate.mean_s == pytest.approx(estimate.latency_s)
        assert estimate.variance_s2 == 0


def test_equal_rounds_are_no_spread_at_all():
    problem = two_phones_one_server()
    steady = varied(problem, {n.name: [n.block_latency_s] * 3 for n in problem.nodes})
    for plan, estimate in feasible_plans(steady):
        tail = simulate_tail(steady, plan, 0.95, n_draws=500)
        assert tail.high_s == pytest.approx(tail.low_s, rel=1e-12)
        assert tail.latency_s == pytest.approx(estimate.latency_s, rel=1e-12)


def test_equal_seeds_give_equal_tails_and_others_do_not():
    problem, plan = relay_race()
    assert simulate_tail(problem, plan, 0.9, seed=4) == simulate_tail(problem, plan, 0.9, seed=4)
    assert (
        simulate_tail(problem, plan, 0.9, seed=4).latency_s
        != simulate_tail(problem, plan, 0.9, seed=5).latency_s
    )


def test_a_node_has_the_same_luck_in_every_plan():
    problem, _ = two_machines_and_a_wire()
    simulator = TailSimulator(problem, seed=1)
    whole = simulator.latencies_s(problem.plan((), ("left",)))
    again = TailSimulator(problem, seed=1)
    again.latencies_s(problem.plan((1,), ("left", "right")))
    assert np.array_equal(again.latencies_s(problem.plan((), ("left",))), whole)


def test_a_node_visited_twice_is_in_one_round_for_both_of_its_stages():
    problem, _ = two_machines_and_a_wire()
    wires = mesh(["left", "right"], bytes_per_s=1e9)
    problem = varied(problem.replaced(links=tuple(wires)), {"left": [(1, 0, 1), (5, 0, 5)]})
    plan = problem.plan((1, 2), ("left", "right", "left"))
    drawn = TailSimulator(problem).latencies_s(plan)
    assert len(np.unique(drawn.round(9))) == 2


def test_with_replicas_the_slowest_of_them_counts_as_in_the_price():
    problem = make_problem(
        [make_node("slow", (2.0,)), make_node("fast", (1.0,))], mesh(["slow", "fast"]), (0, 0)
    )
    problem = varied(problem, {"slow": [(2.0,), (4.0,)], "fast": [(1.0,), (9.0,)]})
    plan = problem.plan((), ("fast",), (("slow",),))
    assert set(TailSimulator(problem).latencies_s(plan)) == {2.0, 4.0}
    estimate = evaluate(problem, plan)
    assert (estimate.latency_s, estimate.mean_s, estimate.variance_s2) == (2.0, 3.0, 1.0)


def test_the_start_of_a_stage_decides_too_which_replica_is_the_slowest():
    nodes = [make_node("a", (5.0,), stage_start_s=10.0), make_node("b", (12.0,))]
    problem = make_problem(nodes, mesh(["a", "b"]), (0, 0))
    problem = varied(problem, {"a": [(5.0,), (7.0,)], "b": [(12.0,), (12.0,)]})
    plan = problem.plan((), ("a",), (("b",),))
    assert set(TailSimulator(problem).latencies_s(plan)) == {15.0, 17.0}


def test_a_quantile_that_the_draws_cannot_bound_is_refused():
    problem, plan = relay_race()
    with pytest.raises(PlannerError, match=r"1,000 draws cannot bound the p99\.99"):
        simulate_tail(problem, plan, 0.9999, n_draws=1000)


def test_a_plan_over_a_missing_link_has_no_quantiles():
    problem = one_way_street()
    with pytest.raises(PlannerError, match="a link that does not exist"):
        simulate_tail(problem, problem.plan((1,), ("worker", "sensor")), 0.9)


def test_a_plan_of_another_problem_is_refused():
    problem, plan = relay_race()
    other = varied(problem, {"n0": [(1,) * 4, (2,) * 4]})
    with pytest.raises(MismatchError, match="answers problem"):
        simulate_tail(other, plan, 0.9)


def test_mean_and_variance_of_a_price_are_those_of_the_enumerated_distribution():
    """Exact for a whole model on one node, however its blocks depend on each other."""
    problem, _ = two_machines_and_a_wire()
    for node in ("left", "right"):
        plan = problem.plan((), (node,))
        estimate, outcomes = evaluate(problem, plan), outcomes_s(problem, plan)
        assert estimate.mean_s == pytest.approx(outcomes.mean(), rel=1e-12)
        assert estimate.variance_s2 == pytest.approx(outcomes.var(), rel=1e-12)


def test_the_variance_of_independent_blocks_is_exact_in_every_plan():
    rows = [(a, b) for a in (1.0, 3.0) for b in (2.0, 2.5, 6.0)]
    nodes = [make_node(name, (1.0, 1.0)) for name in ("one", "two")]
    problem = make_problem(nodes, mesh(["one", "two"]), (0, 0, 0))
    problem = varied(problem, {"one": rows, "two": rows})
    for plan, estimate in feasible_plans(problem):
        outcomes = outcomes_s(problem, plan)
        assert estimate.mean_s == pytest.approx(outcomes.mean(), rel=1e-12)
        assert estimate.variance_s2 == pytest.approx(outcomes.var(), rel=1e-12)


def test_the_variance_of_part_of_a_model_is_overstated_if_its_blocks_are_slow_together():
    problem, plan = two_machines_and_a_wire()
    estimate, outcomes = evaluate(problem, plan), outcomes_s(problem, plan)
    assert estimate.mean_s == pytest.approx(outcomes.mean(), rel=1e-12)
    assert outcomes.var() < estimate.variance_s2 < 3 * outcomes.var()


def test_solvers_for_sums_weigh_mean_and_variance_as_the_evaluator_does():
    feasible = 0
    for seed in range(200):
        problem = randomly_varied(random_problem(seed), seed)
        for weights in ((1.0, 0.0), (1.0, 3.0), (0.0, 1.0)):
            objective = mean_variance(*weights)
            found, oracle = (s.solve(problem, objective) for s in (ChainDp(), BruteForce()))
            assert found.status is oracle.status
            if found.plan is not None:
                feasible += 1
                assert found.value == pytest.approx(oracle.value, rel=1e-9, abs=1e-12)
                assert found.value == objective.value(evaluate(problem, found.plan))
    assert feasible > 200


LEVELS = (0.1, 0.4, 0.5, 0.95)


def sorted_table(seed, n_columns=3):
    rng = np.random.default_rng(seed)
    return np.sort(rng.lognormal(0, 1, (len(LEVELS), n_columns)), axis=0)


def test_moments_of_quantile_functions_are_those_of_a_fine_grid():
    rows = sorted_table(0)
    table = SpreadTable(rows, LEVELS)
    grid = (np.arange(2_000_000) + 0.5) / 2_000_000
    columns = [np.interp(grid, LEVELS, rows[:, k]) for k in range(3)]
    assert table.mean == pytest.approx([c.mean() for c in columns], rel=1e-6)
    total = np.sum(columns, axis=0)
    shares = [np.mean((c - c.mean()) * (total - total.mean())) for c in columns]
    assert table.variance_shares == pytest.approx(shares, rel=1e-5)
    for level in (0.05, 0.1, 0.45, 0.7, 0.95, 0.99):
        below = grid < level
        assert table.lower_mean(level) == pytest.approx(
            [c[below].mean() for c in columns], rel=1e-5
        )


@pytest.mark.parametrize(("level", "mean"), [(0.25, 1), (0.5, 1.5), (0.625, 1.8), (1.0, 4.0)])
def test_a_lower_mean_of_outcomes_is_the_mean_of_the_smallest(level, mean):
    table = SpreadTable([(3.0,), (10.0,), (1.0,), (2.0,)])
    assert table.lower_mean(level) == pytest.approx([mean])


def test_a_block_that_is_fast_when_the_others_are_slow_has_no_negative_variance():
    table = SpreadTable([(1.0, 9.0), (2.0, 1.0)])
    assert table.variance_shares[0] == 0
    assert table.variance_shares[1] > 0


@given(st.integers(0, 10**9), st.floats(0.5, 0.99), st.integers(1, 12), st.integers(1, 5))
@settings(max_examples=200, deadline=None, derandomize=True)
def test_lower_means_never_add_up_to_more_than_the_quantile_of_the_sum(seed, level, n, columns):
    rng = np.random.default_rng(seed)
    rows = rng.lognormal(0, rng.choice([0.1, 1, 3]), (n, columns))
    quantile = exact_quantile_s(np.sort(rows.sum(axis=1)), level)
    assert SpreadTable(rows).lower_mean(level).sum() <= quantile * (1 + 1e-12)


def test_no_quantile_is_below_the_latency_at_lower_means():
    n_plans = 0
    for seed in range(60):
        problem = randomly_varied(random_problem(seed, most_blocks=4, most_nodes=3), seed)
        bound = lower_mean_problem(problem, 0.9)
        assert not bound.has_spread
        for plan, _ in feasible_plans(problem):
            cuts = tuple(stage.stop for stage in plan.stages[:-1])
            at_lower = bound.plan(cuts, tuple(stage.node for stage in plan.stages))
            tail = simulate_tail(problem, plan, 0.9, n_draws=2000)
            assert evaluate(bound, at_lower).latency_s <= tail.high_s * (1 + 1e-9)
            n_plans += 1
    assert n_plans > 100


def test_a_profile_with_rounds_gives_its_rounds_and_one_without_its_quantiles():
    old = two_block_profile()
    spread = block_spread(old)
    assert spread.levels == (0.1, 0.5, 0.9)
    assert spread.rows_s == ((0.002, 0.004),) * 3
    spread = block_spread(with_rounds(old, (0.001, 0.002, 0.009), (0.004, 0.003, 0.005)))
    assert spread.levels == ()
    assert spread.rows_s == ((0.001, 0.004), (0.002, 0.003), (0.009, 0.005))


def with_rounds(profile, *samples_s):
    blocks = [
        block.model_copy(
            update={"latency": block.latency.model_copy(update={"samples_s": tuple(samples)})}
        )
        for block, samples in zip(profile.blocks, samples_s, strict=True)
    ]
    return profile.model_copy(update={"blocks": tuple(blocks)})


def test_nodes_vary_as_their_own_profiles_do_and_share_what_they_share():
    reference = with_rounds(two_block_profile(), (0.001, 0.002, 0.009), (0.004, 0.003, 0.005))
    own = two_block_profile()
    problem = build_problem(reference, phone_and_server(), {"server.json": own})
    assert [node.spread for node in problem.nodes] == [0, 1]
    assert problem.spreads == (block_spread(reference), block_spread(own))
    problem = build_problem(reference, phone_and_server(speed=2.0))
    assert [node.spread for node in problem.nodes] == [0, 0]
    assert problem.spreads == (block_spread(reference),)


def test_another_spread_is_another_problem():
    problem, _ = two_machines_and_a_wire()
    first = problem.spreads[0]
    changed = first.model_copy(update={"rows_s": (*first.rows_s, first.rows_s[0])})
    assert problem.replaced(spreads=(changed, problem.spreads[1])).digest != problem.digest


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"spreads": ()}, "nodes.left.spread is 0, but there are 0"),
        ({"spreads": (BlockSpread(rows_s=((1.0,),)),) * 2}, "spreads.0 has 1 entries, expected 3"),
    ],
)
def test_a_problem_whose_spreads_do_not_match_is_refused(change, message):
    problem, _ = two_machines_and_a_wire()
    with pytest.raises(ValidationError, match=message):
        problem.replaced(**change)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"rows_s": ((1.0, 2.0), (1.0,))}, "every row needs an entry per block"),
        ({"rows_s": ((1.0,), (2.0,)), "levels": (0.5,)}, "1 of them for 2 rows"),
        ({"rows_s": ((1.0,), (2.0,)), "levels": (0.5, 0.5)}, "must ascend strictly"),
        ({"rows_s": ((2.0,), (1.0,)), "levels": (0.1, 0.5)}, "a quantile of block 0 falls to 1 s"),
        ({"rows_s": ()}, "at least 1"),
    ],
)
def test_a_spread_that_contradicts_itself_is_refused(content, message):
    with pytest.raises(ValidationError, match=message):
        BlockSpread.model_validate(content)


def test_a_profile_whose_median_is_beyond_its_p90_is_told_to_be_measured_again():
    profile = two_block_profile()
    latency = profile.blocks[0].latency.model_copy(update={"median_s": 1.0})
    first = profile.blocks[0].model_copy(update={"latency": latency})
    broken = profile.model_copy(update={"blocks": (first, profile.blocks[1])})
    with pytest.raises(MismatchError, match=r"a quantile of block 0 falls.*profile again"):
        build_problem(broken, phone_and_server(speed=2.0))


def document(**link):
    profile = with_rounds(two_block_profile(), (0.001, 0.002, 0.009), (0.004, 0.003, 0.005))
    cluster = phone_and_server(speed=2.0)
    wire = AffineLink(bandwidth_bytes_per_s=1e6, latency_s=0.0001)
    links = [Link(source=k.source, target=k.target, model=wire, **link) for k in cluster.links]
    cluster = cluster.model_copy(update={"links": tuple(links)})
    return api.plan(profile, cluster), build_problem(profile, cluster)


def test_a_plan_file_has_the_p95_of_its_plan(tmp_path):
    found, problem = document(spread=TransferSpread(ratios=(1.0, 3.0)))
    assert found.tail is not None
    assert found.tail.quantile == 0.95
    assert found.tail == simulate_tail(
        problem.replaced(limits=api.PlanOptions().limits), found.solution.plan, 0.95
    )
    write_record(tmp_path / "plan.json", found)
    again = read_record(tmp_path / "plan.json", PlanDocument)
    assert again.tail == found.tail
    assert again.model_dump_json() == found.model_dump_json()


def test_a_summary_of_a_tail_says_how_it_was_found_and_what_from():
    found, _ = document(spread=TransferSpread(ratios=(1.0, 3.0)))
    text = tail_summary(found.tail)
    assert text.startswith(f"p95 {found.tail.latency_s * 1e3:.2f} ms by simulation, between ")
    assert "with 95% confidence (20,000 draws)" in text
    assert f"add up to {found.tail.sum_of_quantiles_s * 1e3:.2f} ms" in text
    assert "samples of 3 measured rounds: stage on server" in text
    assert "2 ratios of the cluster file, times the link model's time: hop phone" in text
    found, _ = document(spread=TransferSpread(ratios=(1.0, 3.0), levels=(0.5, 0.95)))
    assert "quantiles p50, p95 of the cluster file, constant beyond" in tail_summary(found.tail)
    found, _ = document()
    assert "no spread known, as priced: hop phone -> server" in tail_summary(found.tail)
