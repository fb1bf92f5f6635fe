"""What a reason names is applied: the plan it promises is there."""

import re
from random import Random

import pytest

from planner.problem import Problem
from planner.solution import Solution, Status
from planner.solvers.shortfall import find_shortfall
from planner.solvers.solve import solve
from planner.solvers.stage_counts import stage_counts
from tests.planner.instances import (
    has_a_plan,
    limited,
    make_link,
    make_node,
    make_problem,
    mesh,
    random_problem,
    with_caps,
    with_links,
)
from tests.planner.revisit_instances import AGAIN

CLASSES = (
    {"order": "listed"},
    {"order": "free"},
    {"order": "free", "revisits": True},
    {"order": "free", "revisits": True, "max_stages": 2},
    {"order": "listed", "min_stages": 2},
)


def lacking(solution: Solution) -> dict[str, int]:
    found = re.findall(r"node '(\w+)' lacks ([\d,]+) bytes", solution.reason)
    return {name: int(amount.replace(",", "")) for name, amount in found}


def named_links(solution: Solution) -> list[tuple[str, str]]:
    return re.findall(r"(n\d) -> (n\d)", solution.reason)


def with_what_is_named(problem: Problem, solution: Solution, *, memory: bool) -> Problem:
    linked = with_links(problem, [make_link(*pair) for pair in named_links(solution)])
    more = lacking(solution) if memory else {}
    return with_caps(
        linked, {node.name: node.memory_bytes + more.get(node.name, 0) for node in problem.nodes}
    )


def without_some_blocks(problem: Problem, seed: int) -> Problem:
    random = Random(seed)
    nodes = [
        node.model_copy(
            update={
                "cannot_run": tuple(b for b in range(problem.n_blocks) if random.random() < 0.35)
            }
        )
        for node in problem.nodes
    ]
    return problem.replaced(nodes=tuple(nodes))


def infeasible_ones(n: int, *, some_cannot: bool) -> list[tuple[Problem, Solution]]:
    found = []
    for seed in range(n):
        problem = random_problem(seed, most_blocks=4, most_nodes=3)
        problem = without_some_blocks(problem, seed) if some_cannot else problem
        solution = solve(limited(problem, **CLASSES[seed % len(CLASSES)]))
        if solution.status is Status.INFEASIBLE:
            found.append((limited(problem, **CLASSES[seed % len(CLASSES)]), solution))
    return found


@pytest.mark.parametrize("some_cannot", [False, True], ids=["all-run", "some-cannot"])
def test_links_and_memory_that_are_named_make_a_plan_possible(some_cannot):
    kinds = set()
    for problem, solution in infeasible_ones(250, some_cannot=some_cannot):
        links = named_links(solution)
        assert len(links) == len(set(links)), solution.reason
        is_promise = "would fit" in solution.reason or "one would with" in solution.reason
        if not is_promise or "every node lacks" in solution.reason:
            continue
        if "so would" in solution.reason or "one would" in solution.reason:
            kinds.add("links")
            assert has_a_plan(with_what_is_named(problem, solution, memory=False)), solution.reason
        if lacking(solution):
            kinds.add("memory")
            cure = with_what_is_named(problem, solution, memory=True)
            alone = "so would" in solution.reason
            cure = cure.replaced(links=problem.links) if alone else cure
            assert has_a_plan(cure), solution.reason
    assert kinds == {"links", "memory"}


def test_no_reason_names_more_bytes_than_any_node_has():
    for problem, solution in infeasible_ones(250, some_cannot=True):
        amounts = [int(a.replace(",", "")) for a in re.findall(r"([\d,]+) bytes", solution.reason)]
        assert all(amount < 2**50 for amount in amounts), (problem.limits, solution.reason)


@pytest.mark.parametrize("changes", CLASSES[:3])
def test_a_block_that_no_node_can_run_is_named(changes):
    nodes = [
        make_node(name, (1.0,) * 3).model_copy(update={"cannot_run": blocks})
        for name, blocks in (("a", (1,)), ("b", (0, 1)))
    ]
    problem = limited(make_problem(nodes, mesh("ab"), (0,) * 4), **changes)
    assert solve(problem).reason == "no node can run block 1"


def test_with_revisits_links_that_the_caps_forbid_are_not_promised():
    """a holds no block, and has no way to the sink b, which holds one block of two."""
    nodes = [make_node("a", (1.0, 1.0), 1), make_node("b", (1.0, 1.0), 15)]
    problem = make_problem(
        nodes, [], (0,) * 3, weight_bytes=(10, 10), source="a", sink="b", limits=AGAIN
    )
    solution = solve(problem)
    assert solution.status is Status.INFEASIBLE
    assert "the memory caps forbid each even if all nodes were linked" in solution.reason
    assert "node 'b' lacks 5 bytes" in solution.reason
    assert "with a -> b" in solution.reason
    linked = with_links(problem, [make_link("a", "b")])
    assert not has_a_plan(linked)
    assert has_a_plan(with_caps(linked, {"a": 1, "b": 20}))
    assert not has_a_plan(with_caps(linked, {"a": 1, "b": 19}))


def test_a_link_that_serves_twice_is_named_once():
    """The way from source b to sink a leads over a, then b; the listed order has a before b."""
    nodes = [make_node(name, (1.0, 1.0), 10) for name in "ab"]
    problem = make_problem(nodes, [], (0,) * 3, weight_bytes=(10, 10), source="b", sink="a")
    for changes in ({"order": "listed"}, {"order": "free"}):
        limits = limited(problem, **changes)
        links = find_shortfall(limits, stage_counts(limits)).links
        assert len(links) == len(set(links))
        assert has_a_plan(with_links(limits, [make_link(*pair) for pair in links]))


def test_the_number_of_stages_that_needs_fewest_links_is_chosen():
    seen = 0
    for seed in range(500):
        problem = limited(random_problem(seed, most_blocks=4, most_nodes=4), min_stages=2)
        if len(problem.nodes) < 2 or problem.n_blocks < 2 or has_a_plan(problem):
            continue
        links = find_shortfall(problem, stage_counts(problem)).links
        if len(links) > 1:
            seen += 1
            linked = {(link.source, link.target) for link in problem.links}
            names = [node.name for node in problem.nodes]
            pairs = [(a, b) for a in names for b in names if a != b and (a, b) not in linked]
            assert not any(has_a_plan(with_links(problem, [make_link(*pair)])) for pair in pairs)
    assert seen
