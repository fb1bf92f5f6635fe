"""Prices, by hand."""

import math
from itertools import permutations, product

import numpy as np
import pytest

from planner.breakdown import Origin
from planner.costs.compute import block_compute_s
from planner.costs.evaluate import Evaluator, evaluate
from planner.costs.memory import StageMemory, farthest_stop, stage_bytes
from planner.costs.transfer import HopPrices, hop_s
from planner.errors import MismatchError
from planner.solvers.brute_force import feasible_plans
from profiler.profile_records import SharedWeight
from tests.planner.instances import (
    NAMED,
    limited,
    make_link,
    make_node,
    make_problem,
    mesh,
    model_too_large_for_each_node,
    one_way_street,
    random_problem,
    tied_first_and_last,
    two_phones_one_server,
)
from tests.planner.priced_instances import priced_problem


def test_compute_is_scaled_to_the_whole_and_divided_by_speed():
    node = make_node("n", (3.0, 6.0), speed=2.0, blocks_over_whole=1.5)
    assert block_compute_s(node).tolist() == [1.0, 2.0]


def test_a_hop_costs_latency_plus_bytes_over_bandwidth():
    problem = make_problem(
        [make_node("a", (1.0,)), make_node("b", (1.0,))],
        [make_link("a", "b", bytes_per_s=100.0, latency_s=0.5)],
        (1, 1),
    )
    assert hop_s(problem, "a", "b", np.array([0, 50])).tolist() == [0.5, 1.0]


def test_a_hop_within_a_node_is_free_and_one_without_a_link_never_ends():
    prices = HopPrices(one_way_street())
    sizes = np.array([0, 7])
    assert prices.hop_s("sensor", "sensor", sizes).tolist() == [0.0, 0.0]
    assert prices.hop_s("worker", "sensor", sizes).tolist() == [math.inf, math.inf]
    assert prices.is_linked("sensor", "worker")
    assert not prices.is_linked("worker", "sensor")


def test_memory_is_base_plus_weights_plus_peak_plus_the_received_message():
    problem = two_phones_one_server()
    phone, _, server = problem.nodes
    # base 10 + weights 10 + live 60 + received 40
    assert stage_bytes(problem, phone, 0, 1) == 120
    # base 20 + 1.5 · (20 + 30) + live 30 + received 20
    assert stage_bytes(problem, server, 1, 3) == 145
    # base 20 + 1.5 · 100 + live 60 + received 40
    assert stage_bytes(problem, server, 0, 4) == 270


def test_a_stage_takes_the_most_that_one_of_its_blocks_needs_to_load_or_to_run():
    problem = make_problem(
        [make_node("n", (1.0,) * 3, base_bytes=1000)],
        [],
        (1, 2, 4, 8),
        weight_bytes=(10, 20, 40),
        live_bytes=(100, 50, 60),
        workspace_bytes=(5, 0, 30),
        load_bytes=(0, 300, 90),
    )
    node = problem.nodes[0]
    expected = {
        (0, 1): 1000 + 10 + (100 + 5) + 1,  # runs
        (2, 3): 1000 + 40 + (60 + 30) + 4,  # both alike
        (0, 2): 1000 + 30 + 300 + 1,  # loads its second block
        (0, 3): 1000 + 70 + 300 + 1,
    }
    assert {key: stage_bytes(problem, node, *key) for key in expected} == expected


@pytest.mark.parametrize("seed", range(50))
def test_memory_never_falls_at_the_stages_end_nor_below_its_bound(seed):
    problem = random_problem(seed, most_blocks=8)
    memory = StageMemory(problem)
    for node in problem.nodes:
        opening, block = memory.additive_bound_bytes(node)
        for start in range(problem.n_blocks):
            used = [
                stage_bytes(problem, node, start, stop)
                for stop in range(start + 1, problem.n_blocks + 1)
            ]
            assert used == sorted(used)
            bounds = opening[start] + np.cumsum(block[start:])
            assert (bounds <= np.array(used) + 1e-6).all()


def test_a_fraction_of_a_weight_byte_is_rounded_up():
    problem = make_problem(
        [make_node("n", (1.0,), weight_factor=1.1)], [], (0, 0), weight_bytes=[11]
    )
    assert stage_bytes(problem, problem.nodes[0], 0, 1) == 13


def test_a_shared_weight_counts_once_per_stage_and_again_in_every_other_stage():
    problem = tied_first_and_last()
    node = problem.nodes[0]
    # 80 + 10 + 90 - 80 + received 4
    assert stage_bytes(problem, node, 0, 3) == 104
    assert stage_bytes(problem, node, 0, 2) == 94
    assert stage_bytes(problem, node, 2, 3) == 94


def test_a_weight_that_three_blocks_read_is_counted_once():
    problem = make_problem(
        [make_node("n", (1.0,) * 4)],
        [],
        (0,) * 5,
        weight_bytes=(50, 50, 7, 50),
        shared=[SharedWeight(name="w", n_bytes=50, blocks=(0, 1, 3))],
    )
    node = problem.nodes[0]
    sizes = {(0, 2): 50, (0, 4): 57, (1, 3): 57, (1, 4): 57, (2, 4): 57, (3, 4): 50}
    assert {key: stage_bytes(problem, node, *key) for key in sizes} == sizes


def test_a_stage_may_use_its_cap_to_the_last_byte():
    problem = model_too_large_for_each_node()
    node = problem.nodes[0]
    assert stage_bytes(problem, node, 0, 2) == node.memory_bytes
    assert farthest_stop(problem, node).tolist() == [2, 3, 4, 4]


def test_farthest_stop_is_the_start_where_not_even_one_block_fits():
    problem = two_phones_one_server()
    assert farthest_stop(problem, problem.nodes[0]).tolist() == [0, 2, 3, 4]


@pytest.mark.parametrize("seed", range(150))
def test_farthest_stop_agrees_with_stage_bytes(seed):
    problem = random_problem(seed, most_blocks=12, most_nodes=2)
    n = problem.n_blocks
    for node in problem.nodes:
        fitting = [
            max(
                (
                    stop
                    for stop in range(start + 1, n + 1)
                    if stage_bytes(problem, node, start, stop) <= node.memory_bytes
                ),
                default=start,
            )
            for start in range(n)
        ]
        assert farthest_stop(problem, node).tolist() == fitting


@pytest.mark.parametrize("seed", range(50))
def test_memory_equals_the_formula_written_out_block_by_block(seed):
    problem = random_problem(seed, most_blocks=8)
    node = problem.nodes[0]
    workspace = problem.workspace_bytes or (0,) * problem.n_blocks
    load = problem.load_bytes or (0,) * problem.n_blocks
    needs = zip(problem.live_bytes, workspace, load, strict=True)
    work = [max(live + more, loading) for live, more, loading in needs]
    for start in range(problem.n_blocks):
        for stop in range(start + 1, problem.n_blocks + 1):
            weights = sum(problem.weight_bytes[start:stop])
            for weight in problem.shared:
                readers = sum(start <= block < stop for block in weight.blocks)
                weights -= weight.n_bytes * max(readers - 1, 0)
            expected = (
                node.base_bytes
                + math.ceil(node.weight_factor * weights)
                + max(work[start:stop])
                + problem.cut_bytes[start]
            )
            assert stage_bytes(problem, node, start, stop) == expected
            assert sum(StageMemory(problem).terms(node, start, stop)) == expected


def test_a_cap_beyond_64_bits_is_no_cap():
    problem = two_phones_one_server()
    assert StageMemory(problem).farthest_stops(problem.nodes[0], 10**30).tolist() == [4] * 4


def test_a_plan_is_priced_term_by_term():
    problem = two_phones_one_server()
    estimate = evaluate(problem, problem.plan((2,), ("phone-2", "server")))
    assert estimate.origin is Origin.PREDICTED
    assert [(t.node, t.compute_s, t.peak_bytes, t.cap_bytes) for t in estimate.stages] == [
        ("phone-2", 4.0, 140, 60),
        ("server", 1.0, 150, 1000),
    ]
    assert [(t.source, t.target, t.n_bytes, t.transfer_s) for t in estimate.hops] == [
        ("phone-1", "phone-2", 40, 4.5),
        ("phone-2", "server", 5, 1.0),
        ("server", "phone-1", 10, 1.5),
    ]
    assert estimate.latency_s == 12.0


def test_a_plan_that_breaks_a_cap_is_priced_and_said_not_to_fit():
    problem = two_phones_one_server()
    estimate = evaluate(problem, problem.plan((), ("phone-1",)))
    assert estimate.latency_s == 8.0
    assert not estimate.fits
    assert sum(estimate.missing_bytes.values()) == 110


def test_a_plan_over_a_missing_link_takes_infinite_time():
    problem = one_way_street()
    estimate = evaluate(problem, problem.plan((), ("sensor",)))
    assert estimate.latency_s == math.inf
    assert estimate.hops[-1].transfer_s == math.inf


def test_the_last_block_back_to_the_sink_costs_a_hop():
    problem = two_phones_one_server()
    estimate = evaluate(problem, problem.plan((), ("server",)))
    assert [hop.transfer_s for hop in estimate.hops] == [4.5, 1.5]


def test_transfer_is_never_free_between_two_nodes():
    """A tenth of the bandwidth makes the bytes take ten times as long, with no option set."""
    nodes = [make_node(name, (1.0, 1.0)) for name in ("a", "b")]
    slow, slower = (
        make_problem(nodes, mesh(["a", "b"], rate), (100, 100, 100)) for rate in (10.0, 1.0)
    )
    moved = [evaluate(p, p.plan((1,), ("a", "b"))).latency_s - 2.0 for p in (slow, slower)]
    assert moved == [20.0, 200.0]


def test_two_nodes_of_one_type_keep_their_own_speed_and_memory():
    """A planner that looks nodes up by type would read the first phone's numbers twice."""
    problem = two_phones_one_server()
    terms = evaluate(problem, problem.plan((2,), ("phone-1", "phone-2"))).stages
    assert [term.cap_bytes for term in terms] == [100, 60]


def test_a_tensor_with_several_readers_in_one_stage_is_sent_once():
    """The boundary's bytes, which count every crossing tensor once, are all that a hop carries."""
    problem = two_phones_one_server()
    plan = problem.plan((2,), ("phone-1", "server"))
    assert plan.hops[1] == problem.cut_tensors[2]
    assert evaluate(problem, plan).hops[1].n_bytes == problem.cut_bytes[2]


def test_a_plan_of_another_problem_is_refused():
    plan = two_phones_one_server().plan((), ("server",))
    with pytest.raises(MismatchError, match="plan again"):
        evaluate(one_way_street(), plan)


def test_a_plan_that_covers_too_few_blocks_is_refused():
    problem = two_phones_one_server()
    plan = problem.plan((2,), ("phone-1", "server"))
    short = plan.model_copy(update={"stages": plan.stages[:1], "hops": plan.hops[:2]})
    with pytest.raises(MismatchError, match="covers 2 blocks, the problem has 4"):
        evaluate(problem, short)


def test_a_plan_on_an_unknown_node_is_refused():
    problem = two_phones_one_server()
    plan = problem.plan((), ("server",))
    stage = plan.stages[0].model_copy(update={"node": "toaster"})
    with pytest.raises(MismatchError, match="toaster"):
        evaluate(problem, plan.model_copy(update={"stages": (stage,)}))


@pytest.mark.parametrize("build", NAMED)
def test_the_terms_add_up_to_the_latency(build):
    problem = build()
    plan = problem.plan((1,), (problem.nodes[0].name, problem.nodes[1].name))
    estimate = evaluate(problem, plan)
    terms = [s.compute_s for s in estimate.stages] + [h.transfer_s for h in estimate.hops]
    assert estimate.latency_s == pytest.approx(sum(terms), rel=1e-12)


def test_every_stage_starts_once_and_a_busy_one_never_again():
    nodes = [make_node("a", (1.0, 2.0), speed=0.5, stage_start_s=0.25),
             make_node("b", (1.0, 2.0), stage_start_s=0.125)]  # fmt: skip
    problem = make_problem(
        nodes, mesh(["a", "b"], bytes_per_s=1e9), (0, 0, 0), source="a", sink="a"
    )
    whole = evaluate(problem, problem.plan((), ("a",)))
    cut = evaluate(problem, problem.plan((1,), ("a", "b")))
    assert (whole.latency_s, whole.period_s) == (6.5, 6.0)
    assert [stage.compute_s for stage in cut.stages] == [2.5, 2.125]
    assert (cut.latency_s, cut.period_s) == (4.625, 2.0)


def test_the_busiest_of_unequal_replicas_bounds_the_period_and_the_slowest_the_latency():
    nodes = [make_node("a", (5.0,), stage_start_s=10.0), make_node("b", (12.0,))]
    problem = make_problem(nodes, mesh(["a", "b"], bytes_per_s=1e9), (0, 0))
    estimate = evaluate(problem, problem.plan((), ("a",), (("b",),)))
    assert (estimate.latency_s, estimate.period_s) == (15.0, 6.0)


@pytest.mark.parametrize(
    "limits", [{"order": "free", "max_replicas": 2}, {"order": "free", "revisits": True}], ids=str
)
def test_an_evaluator_of_many_plans_prices_each_like_a_new_one(limits):
    n_plans = 0
    for seed in range(40):
        problem = limited(priced_problem(seed, most_blocks=4, most_nodes=3), **limits)
        for plan, estimate in feasible_plans(problem):
            assert estimate == evaluate(problem, plan)
            n_plans += 1
    assert n_plans > 200


def test_an_evaluator_tells_hops_apart_by_every_node_that_sends_or_receives():
    """Links are unequal: b is behind a slow one, which a stage on a and b in turn waits for."""
    names = ("a", "b", "c")
    rates = {("a", "c"): 1000.0, ("c", "a"): 500.0, ("b", "c"): 100.0, ("c", "b"): 50.0}
    links = [make_link(*ends, rates.get(ends, 10.0)) for ends in permutations(names, 2)]
    nodes = [make_node(name, (1.0, 1.0)) for name in names]
    problem = make_problem(nodes, links, (100, 100, 100), source="c", sink="c")
    evaluator = Evaluator(problem)
    ends = [("a", ()), ("a", ("b",)), ("b", ())]
    for (first, more), (second, others) in product(ends, [("c", ()), *ends]):
        plan = problem.plan((1,), (first, second), (more, others))
        assert evaluator.evaluate(plan) == evaluate(problem, plan)
