from functools import cache

import numpy as np
import pytest

from netmodel.cluster import Cluster, Link, Node
from netmodel.links.affine import AffineLink
from planner import api
from planner.costs.evaluate import evaluate
from planner.limits import Limits, Order
from planner.objectives import LATENCY, NODES, PRICE, THROUGHPUT, latency_quantile, makespan
from planner.plan_options import PlanOptions
from planner.problem import build_problem
from planner.solution import Status
from planner.solvers.branching import graph_orders
from planner.solvers.branching.graph_orders import solve_graph
from planner.solvers.brute_force import BruteForce
from planner.solvers.chain_dp import ChainDp
from planner.solvers.solve import solve
from profiler.block_order import block_dag, op_order_of, reordered
from tests.planner.branching_problems import (
    FREE,
    LISTED,
    REVISITS,
    best_of_all_orders,
    random_instance,
)
from tests.profiler.branching import (
    diamond,
    every_order,
    interleaved,
    make_op,
    make_profile,
    make_tensor,
    random_branching,
    straight,
)
from tests.profiler.models import captured_torchvision


def exactly(problem, options):
    """Each order is solved by trying everything."""
    return BruteForce().solve(problem, options.objective)


def by_chain(problem, options):
    """Each order is solved by the chain's recurrence."""
    return ChainDp().solve(problem, options.objective)


def by_any_solver(problem, options):
    """Each order is solved by the entry point of the planner."""
    return solve(problem, options.objective, time_limit_s=options.time_limit_s)


def solved(profile, cluster, limits=LISTED, objective=LATENCY, *, solve=exactly, **more):
    return solve_graph(
        profile,
        cluster,
        solve=solve,
        options=PlanOptions(objective=objective, limits=limits, **more),
    )


def without_runtime(found):
    """What goes into a plan file."""
    return found.solution.model_copy(update={"runtime_s": 0.0})


@cache
def wide():
    """Six branches of three blocks each that only meet at the end: 4^6 + 2 downsets."""
    names = [(branch, depth) for branch in range(6) for depth in range(3)]
    tensors = [make_tensor("x", 50)]
    ops = [make_op("top", ["x"], ["t"])]
    tensors.append(make_tensor("t", 40))
    for branch, depth in names:
        source = f"b{branch}d{depth - 1}" if depth else "t"
        ops.append(make_op(f"op{branch}{depth}", [source], [f"b{branch}d{depth}"]))
        tensors.append(make_tensor(f"b{branch}d{depth}", 10 + 30 * (depth == 1) + branch))
    ops.append(make_op("join", [f"b{branch}d2" for branch in range(6)], ["y"]))
    tensors.append(make_tensor("y", 5))
    graph = diamond().graph.model_copy(
        update={
            "ops": tuple(ops), "tensors": tuple(tensors), "inputs": ("x",), "outputs": ("y",),
            "parameters": (), "model": "wide",
        }
    )  # fmt: skip
    graph = type(graph).model_validate_json(graph.model_dump_json())
    times_s = [0.1 + 0.01 * (i % 5) for i in range(len(ops))]
    return make_profile(graph, range(len(ops) + 1), times_s)


def two_boxes(memory_bytes=10**6, bytes_per_s=100.0):
    """A slow sensor where requests start and end, and a fast box."""
    wire = AffineLink(bandwidth_bytes_per_s=bytes_per_s, latency_s=0.01)
    nodes = (
        Node(name="sensor", memory_bytes=memory_bytes, speed=1.0),
        Node(name="box", memory_bytes=memory_bytes, speed=3.0),
    )
    links = tuple(
        Link(source=a, target=b, model=wire) for a, b in (("sensor", "box"), ("box", "sensor"))
    )
    return Cluster(source="sensor", sink="sensor", nodes=nodes, links=links)


@pytest.mark.parametrize("limits", [LISTED, FREE], ids=["listed", "free"])
@pytest.mark.parametrize("part", range(3))
def test_small_models_get_the_best_plan_of_all_orders_with_its_proof(limits, part):
    for seed in range(part * 12, part * 12 + 12):
        profile, cluster = random_instance(seed)
        best = best_of_all_orders(profile, cluster, limits)
        found = solved(profile, cluster, limits)
        if np.isfinite(best):
            assert found.solution.status is Status.OPTIMAL, seed
            assert found.solution.value == pytest.approx(best, rel=1e-9), seed
        else:
            assert found.solution.status is Status.INFEASIBLE, seed
            assert found.solution.reason


@pytest.mark.parametrize("objective", [LATENCY, PRICE, THROUGHPUT, NODES, makespan(3)])
def test_the_answer_belongs_to_its_own_order_and_is_what_the_evaluator_says(objective):
    for seed in range(25):
        profile, cluster = random_instance(seed)
        found = solved(profile, cluster, FREE, objective)
        assert found.profile == reordered(profile, found.order)
        assert found.op_order == op_order_of(profile, found.order)
        assert found.problem == build_problem(found.profile, cluster, limits=FREE)
        solution = found.solution
        if solution.plan is not None:
            estimate = evaluate(found.problem, solution.plan)
            assert solution.value == objective.value(estimate)
            assert solution.lower_bound <= solution.value
            assert estimate.fits


@pytest.mark.parametrize("objective", [THROUGHPUT, NODES, makespan(3)])
def test_for_other_objectives_the_bound_holds_over_all_orders(objective):
    for seed in range(20):
        profile, cluster = random_instance(seed, most_blocks=4)
        best = best_of_all_orders(profile, cluster, FREE, objective)
        solution = solved(profile, cluster, FREE, objective).solution
        if solution.lower_bound is not None:
            assert solution.lower_bound <= best * (1 + 1e-9)
        if solution.status is Status.OPTIMAL:
            assert solution.value == pytest.approx(best, rel=1e-9)


def test_a_quantile_of_the_latency_has_a_bound_over_all_orders():
    objective = latency_quantile(0.95)
    n_gaps = 0
    for seed in range(8):
        profile, cluster = random_instance(seed, most_blocks=4)
        profile = profile.model_copy(
            update={"blocks": tuple(varying(b, 1 + i) for i, b in enumerate(profile.blocks))}
        )
        values = []
        for order in every_order(block_dag(profile)):
            problem = build_problem(reordered(profile, order), cluster, limits=LISTED)
            found = solve(problem, objective)
            values.extend([] if found.value is None else [found.value])
        answer = solved(profile, cluster, LISTED, objective, solve=by_any_solver).solution
        if answer.value is None:
            continue
        assert answer.lower_bound <= min(values) * (1 + 1e-9)
        assert min(values) <= answer.value * (1 + 1e-9)
        n_gaps += answer.status is Status.FEASIBLE
    assert n_gaps > 0


def varying(block, spread):
    """The block with quantiles of its latency on both sides of the median."""
    seconds = block.latency.median_s
    wide = block.latency.model_copy(
        update={"p10_s": seconds * 0.9, "p90_s": seconds * (1 + 0.2 * spread)}
    )
    return block.model_copy(update={"latency": wide})


def test_with_revisits_the_bound_holds_and_optimal_is_true():
    n_optimal = 0
    for seed in range(20):
        profile, cluster = random_instance(seed, most_blocks=4)
        best = best_of_all_orders(profile, cluster, REVISITS)
        solution = solved(profile, cluster, REVISITS).solution
        if solution.status is Status.OPTIMAL:
            assert solution.value == pytest.approx(best, rel=1e-9)
            n_optimal += 1
        elif solution.lower_bound is not None:
            assert solution.lower_bound <= best * (1 + 1e-9)
    assert n_optimal > 8


def test_a_limit_on_another_value_is_kept():
    for seed in range(20):
        profile, cluster = random_instance(seed, most_blocks=4)
        free = solved(profile, cluster, FREE)
        if free.solution.plan is None:
            continue
        price = evaluate(free.problem, free.solution.plan).price
        limits = Limits(max_price=price * 0.9)
        best = best_of_all_orders(profile, cluster, limits)
        solution = solved(profile, cluster, limits).solution
        if solution.plan is not None:
            assert solution.value >= best * (1 - 1e-9)
            assert solution.lower_bound <= best * (1 + 1e-9)
        elif solution.status is Status.INFEASIBLE:
            assert not np.isfinite(best)


def test_an_order_other_than_the_programs_wins_by_hand():
    """Each box holds three blocks. In the program's order the cut after b1 carries a1 and b1, 200
    bytes; with one branch after the other it carries t and a2, 61 bytes."""
    cluster = two_boxes(memory_bytes=3900)
    own = by_chain(build_problem(interleaved(), cluster, limits=LISTED), PlanOptions(limits=LISTED))
    found = solved(interleaved(), cluster, solve=by_chain)
    assert found.order == (0, 1, 3, 2, 4, 5)
    assert found.op_order == (0, 1, 3, 2, 4, 5)
    assert found.solution.status is Status.OPTIMAL
    assert own.plan.hops[1] == ("a1", "b1")
    assert found.solution.plan.hops[1] == ("t", "a2")
    assert own.value - found.solution.value == pytest.approx((200 - 61) / 100)


def test_a_plan_that_no_order_of_the_program_allows_is_found():
    """Downsets alone find it: no candidate order is given but the program's own."""
    cluster = two_boxes(memory_bytes=3900)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(graph_orders, "candidate_orders", lambda profile, seed: ((0, 1, 2, 3, 4, 5),))
        found = solved(interleaved(), cluster, solve=by_chain)
    assert found.orders_tried == 1
    assert found.solution.plan.hops[1] == ("t", "a2")
    assert found.solution.status is Status.OPTIMAL
    assert "between all 11 downsets" in found.solution.method


def test_no_order_is_worse_than_the_programs():
    for seed in range(60):
        profile, cluster = random_instance(seed, most_blocks=6)
        own = by_chain(build_problem(profile, cluster, limits=LISTED), PlanOptions(limits=LISTED))
        found = solved(profile, cluster, solve=by_chain)
        if own.plan is not None:
            assert found.solution.value <= own.value * (1 + 1e-9)


def test_a_chain_is_solved_once_and_left_as_it_is():
    calls = []

    def counting(problem, options):
        calls.append(problem)
        return by_chain(problem, options)

    profile = straight(4)
    found = solved(profile, two_boxes(), solve=counting)
    assert len(calls) == 1
    assert (found.order, found.op_order, found.orders_tried) == ((0, 1, 2, 3), (), 1)
    assert found.profile is profile
    assert without_runtime(found) == by_chain(calls[0], PlanOptions())
    assert found.n_downsets == 5


def test_the_programs_order_wins_among_equals():
    found = solved(diamond(0, 0), two_boxes(bytes_per_s=1e9))
    assert found.order == (0, 1, 2, 3, 4)
    assert found.op_order == ()


def test_the_same_input_and_seed_give_the_same_answer():
    for seed in range(10):
        profile, cluster = random_instance(seed, most_blocks=7)
        first, second = (solved(profile, cluster, seed=4) for _ in range(2))
        assert without_runtime(first) == without_runtime(second)


def test_the_method_tells_what_was_searched():
    found = solved(wide(), two_boxes(), solve=by_chain)
    assert found.n_downsets == 4**6 + 2
    method = found.solution.method
    assert method.startswith("chain-dp (nodes in listed order, one stage each); best of ")
    assert method.endswith("orders of the blocks; optimal over all orders")
    assert found.solution.status is Status.OPTIMAL


def test_above_the_limit_of_downsets_a_plan_has_a_bound_over_all_orders(monkeypatch):
    best = solved(wide(), two_boxes(), solve=by_chain).solution.value
    monkeypatch.setattr(graph_orders, "MOST_DOWNSETS", 1000)
    found = solved(wide(), two_boxes(), solve=by_chain)
    assert found.n_downsets is None
    assert found.solution.lower_bound <= best <= found.solution.value
    assert "more than 1,000 downsets" in found.solution.method
    if found.solution.status is Status.FEASIBLE:
        assert "over all orders within" in found.solution.method
        assert found.solution.reason


def test_downsets_of_the_tried_orders_are_never_worse_than_the_orders(monkeypatch):
    monkeypatch.setattr(graph_orders, "MOST_DOWNSETS", 1)
    for seed in range(60):
        profile, cluster = random_instance(seed, most_blocks=7)
        tried = []

        def noting(problem, options, tried=tried):
            solution = by_chain(problem, options)
            tried.append(float("inf") if solution.value is None else solution.value)
            return solution

        found = solved(profile, cluster, solve=noting)
        value = found.solution.value
        if value is not None:
            assert value <= min(tried) * (1 + 1e-9)
        assert len(tried) == found.orders_tried


def test_without_time_there_is_a_plan_of_the_programs_order_with_a_bound():
    profile, cluster = wide(), two_boxes()
    found = solved(profile, cluster, solve=by_chain, time_limit_s=1e-4)
    assert found.orders_tried == 1
    assert found.solution.plan is not None
    assert found.solution.lower_bound <= found.solution.value


def test_where_no_order_fits_it_is_infeasible_with_the_reason():
    found = solved(wide(), two_boxes(memory_bytes=20), solve=by_chain)
    assert found.solution.status is Status.INFEASIBLE
    assert "none fits in any order" in found.solution.method
    assert found.solution.reason


@pytest.mark.parametrize(
    "limits",
    [LISTED, FREE, Limits(order=Order.FREE, min_stages=2)],
    ids=["listed", "free", "two-or-more"],
)
@pytest.mark.parametrize("objective", [NODES, THROUGHPUT, makespan(3)])
def test_a_model_that_fits_in_no_order_is_infeasible_for_every_objective(objective, limits):
    seen = set()
    for seed in (11, 53, 54, 56, 75, *range(12)):
        profile, cluster = random_instance(seed)
        solution = solved(profile, cluster, limits, objective, solve=by_any_solver).solution
        if np.isinf(best_of_all_orders(profile, cluster, limits, objective)):
            assert solution.status is Status.INFEASIBLE, seed
            assert solution.reason
        else:
            assert solution.plan is not None, seed
        seen.add(solution.status)
    assert Status.INFEASIBLE in seen


@pytest.mark.parametrize("seed", [349, 433, 436, *range(8)])
def test_the_fewest_nodes_are_those_of_all_orders(seed):
    profile, cluster = random_instance(seed)
    for limits in (LISTED, FREE):
        found = solved(profile, cluster, limits, NODES, solve=by_any_solver).solution
        best = best_of_all_orders(profile, cluster, limits, NODES)
        assert found.value == (best if np.isfinite(best) else None)
        if np.isfinite(best):
            assert found.status is Status.OPTIMAL


def test_among_orders_of_equally_many_nodes_the_quickest_is_taken():
    for seed in range(25):
        profile, cluster = random_instance(seed)
        found = solved(profile, cluster, FREE, NODES, solve=by_any_solver)
        plan = found.solution.plan
        own = build_problem(profile, cluster, limits=FREE)
        first = solve(own, NODES)
        if plan is not None and first.value == found.solution.value:
            quickest = evaluate(own, first.plan).latency_s
            assert evaluate(found.problem, plan).latency_s <= quickest * (1 + 1e-9)


def test_node_profiles_follow_the_order():
    for seed in range(30):
        profile = random_branching(seed)
        other = profile.model_copy(
            update={
                "blocks": tuple(
                    block.model_copy(update={"latency": profile.blocks[-1 - i].latency})
                    for i, block in enumerate(profile.blocks)
                )
            }
        )
        wire = AffineLink(bandwidth_bytes_per_s=100.0, latency_s=0.0)
        nodes = (
            Node(name="a", memory_bytes=150, speed=1.0),
            Node(name="b", memory_bytes=150, profile="b.json"),
        )
        links = tuple(Link(source=s, target=t, model=wire) for s, t in ("ab", "ba"))
        cluster = Cluster(source="a", sink="a", nodes=nodes, links=links)
        found = solve_graph(
            profile, cluster, {"b.json": other}, solve=exactly, options=PlanOptions(limits=LISTED)
        )
        assert found.node_profiles == {"b.json": reordered(other, found.order)}
        assert found.problem == build_problem(
            found.profile, cluster, found.node_profiles, limits=LISTED
        )


def test_googlenets_operators_have_an_exact_plan_over_all_orders():
    graph = captured_torchvision("googlenet").graph
    n_ops = len(graph.ops)
    profile = make_profile(graph, range(n_ops + 1), [0.001 * (1 + i % 7) for i in range(n_ops)])
    cluster = two_boxes(memory_bytes=2**40, bytes_per_s=1e7)
    found = solved(profile, cluster, solve=by_chain)
    assert found.n_downsets == 8837
    assert found.solution.status is Status.OPTIMAL
    own = by_chain(build_problem(profile, cluster, limits=LISTED), PlanOptions())
    assert found.solution.value <= own.value * (1 + 1e-9)


def test_a_plan_in_another_order_goes_into_a_plan_file():
    cluster = two_boxes(memory_bytes=3900)
    found = solved(interleaved(), cluster, solve=by_chain)
    document = api.describe(found.profile, cluster, found.problem, found.solution)
    document = document.model_copy(update={"op_order": found.op_order})
    assert document.solution.plan.graph_digest == found.profile.graph.digest
    assert document.estimate.latency_s == found.solution.value
    text = document.model_dump_json(by_alias=True)
    assert type(document).model_validate_json(text).model_dump_json(by_alias=True) == text
