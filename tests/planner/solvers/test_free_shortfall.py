"""The smallest change that helps a problem in any order, against trying every change."""

import re

import pytest

from planner.limits import Order
from planner.problem import Problem
from planner.solution import Status
from planner.solvers.any_order.enough_memory import enough_memory, promising_orders
from planner.solvers.any_order.free_order import FreeOrder
from planner.solvers.any_order.free_search import Effort
from planner.solvers.any_order.free_shortfall import (
    bytes_per_node,
    find_free_shortfall,
    free_infeasible_reason,
)
from planner.solvers.any_order.typed_dp import TypedDp
from planner.solvers.budget import Budget
from planner.solvers.chain_dp import ChainDp
from planner.solvers.stage_counts import StageCounts, stage_counts
from tests.planner.instances import (
    large_problem,
    limited,
    make_link,
    make_node,
    make_problem,
    mesh,
    two_small_relays,
    with_caps,
    with_links,
)
from tests.planner.solvers.free_instances import any_order, random_free_problem, unequal_problem

QUICK = Effort(orders=None)


def fits(problem: Problem) -> bool:
    return TypedDp().solve(problem).plan is not None


def grown(problem: Problem, extra: dict[str, int]) -> Problem:
    caps = {n.name: n.memory_bytes + extra.get(n.name, 0) for n in problem.nodes}
    return with_caps(problem, caps)


def infeasible_ones(n: int) -> list[Problem]:
    problems = (random_free_problem(seed) for seed in range(10_000))
    found = []
    for problem in problems:
        if not fits(problem):
            found.append(problem)
        if len(found) == n:
            break
    return found


def test_the_bytes_each_node_lacks_are_the_least_to_the_byte():
    for problem in infeasible_ones(60):
        needed = bytes_per_node(problem, stage_counts(problem))
        for index, node in enumerate(problem.nodes):
            if index in needed:
                assert fits(grown(problem, {node.name: needed[index]}))
                assert not fits(grown(problem, {node.name: needed[index] - 1}))
            else:
                assert not fits(grown(problem, {node.name: 10**9}))


def test_what_every_node_lacks_is_the_least_to_the_byte():
    seen = 0
    for problem in (any_order(two_small_relays()), *infeasible_ones(150)):
        memory = find_free_shortfall(problem, stage_counts(problem)).memory
        if memory is not None and memory.every_node:
            seen += 1
            names = [node.name for node in problem.nodes]
            assert fits(grown(problem, dict.fromkeys(names, memory.extra_bytes)))
            assert not fits(grown(problem, dict.fromkeys(names, memory.extra_bytes - 1)))
    assert seen


def test_the_missing_links_are_enough():
    seen = 0
    for problem in infeasible_ones(80):
        links = find_free_shortfall(problem, stage_counts(problem)).links
        if links:
            seen += 1
            assert fits(with_links(problem, [make_link(a, b) for a, b in links]))
            assert not fits(with_links(problem, [make_link(a, b) for a, b in links[1:]]))
    assert seen


def test_the_reason_names_the_node_and_its_bytes():
    nodes = [make_node("a", (1.0, 1.0), 10), make_node("b", (1.0, 1.0), 8)]
    problem = any_order(make_problem(nodes, mesh("ab"), (0, 0, 0), weight_bytes=(10, 10)))
    found = FreeOrder().solve(problem)
    assert found.status is Status.INFEASIBLE
    assert found.reason == (
        "no plan fits the memory caps: node 'b' lacks 2 bytes (2 B); with that a plan would fit"
    )


def test_links_that_lead_nowhere_are_named():
    nodes = [make_node(name, (1.0,)) for name in "abc"]
    problem = any_order(make_problem(nodes, [make_link("b", "a")], (0, 0), source="a", sink="c"))
    assert FreeOrder().solve(problem).reason == (
        "no plan can be carried over the links: one would fit with a link a -> c"
    )


@pytest.mark.parametrize("memory", [0.5, 0.9])
def test_a_large_problem_says_what_is_necessary_at_least(memory):
    problem = unequal_problem(60, 30, 0, memory=memory)
    found = FreeOrder().solve(problem)
    assert found.status in (Status.INFEASIBLE, Status.UNKNOWN)
    assert found.reason


def test_a_large_problem_without_links_is_told_from_one_without_memory():
    nodes = [make_node(f"n{i}", (float(i + 1),) * 40, 10) for i in range(30)]
    names = [node.name for node in nodes]
    unlinked = make_problem(nodes, mesh(names[:20]), (1,) * 41, sink="n25")
    cramped = make_problem(nodes, mesh(names), (1,) * 41, weight_bytes=(20,) * 40)
    for problem, words in ((unlinked, "the links lead none"), (cramped, "every node would lack")):
        found = FreeOrder().solve(any_order(problem))
        assert found.status is Status.INFEASIBLE
        assert words in found.reason


@pytest.mark.parametrize(("n_blocks", "n_nodes", "cap"), [(200, 16, 9), (200, 64, 2)])
def test_a_large_problem_names_memory_that_is_enough(n_blocks, n_nodes, cap):
    problem = any_order(large_problem(n_blocks, n_nodes, cap_bytes=cap * 10**6, seed=2))
    found = FreeOrder(QUICK).solve(problem)
    assert found.status is Status.INFEASIBLE
    named = re.search(r"with ([\d,]+) more bytes \([^)]*\) on node '(\w+)'", found.reason)
    assert named is not None, found.reason
    extra = int(named[1].replace(",", ""))
    enough = grown(problem, {named[2]: extra})
    orders = ([enough.nodes[n] for n in order] for order in promising_orders(problem))
    listed = (limited(enough.replaced(nodes=tuple(nodes)), order="listed") for nodes in orders)
    assert any(ChainDp().solve(one).plan is not None for one in listed)


def test_what_every_node_needs_in_some_order_is_enough():
    seen = 0
    for problem in (any_order(two_small_relays()), *infeasible_ones(80)):
        memory = enough_memory(problem, stage_counts(problem), Budget())
        if memory is not None:
            names = [n.name for n in problem.nodes] if memory.every_node else [memory.node]
            seen += memory.every_node
            assert fits(grown(problem, dict.fromkeys(names, memory.extra_bytes)))
    assert seen


def test_more_stages_than_nodes_or_blocks_are_impossible():
    problem = any_order(unequal_problem(5, 3, 0), min_stages=4)
    assert "as many nodes" in free_infeasible_reason(problem, StageCounts(4, 4), Budget())
    assert FreeOrder().solve(problem).status is Status.INFEASIBLE
    assert problem.limits.order is Order.FREE


def test_too_few_stages_for_the_memory_of_a_large_problem_are_told_from_too_little_memory():
    problem = any_order(unequal_problem(60, 30, 0, memory=3.0), max_stages=5)
    found = FreeOrder().solve(problem)
    assert found.status is Status.INFEASIBLE
    assert "they need at least" in found.reason
