"""Why nothing fits, and the smallest change that helps."""

from itertools import pairwise

from planner.costs.memory import stage_bytes
from planner.problem import Problem
from planner.solution import Status
from planner.solvers.chain_dp import ChainDp
from planner.solvers.shortfall import MoreMemory, find_shortfall, infeasible_reason
from planner.solvers.stage_counts import StageCounts, stage_counts
from tests.planner.instances import (
    large_problem,
    limited,
    make_link,
    make_node,
    make_problem,
    mesh,
    model_too_large_for_each_node,
    one_way_street,
    random_problem,
    two_small_relays,
    with_caps,
    with_links,
)


def is_feasible(problem: Problem, counts: StageCounts) -> bool:
    counted = limited(problem, min_stages=counts.least, max_stages=counts.most)
    return ChainDp().solve(counted).plan is not None


def with_more(problem: Problem, names: list[str], extra_bytes: int) -> Problem:
    caps = {node.name: node.memory_bytes + extra_bytes for node in problem.nodes}
    return with_caps(problem, {name: caps[name] for name in names})


def assert_is_least(problem: Problem, memory: MoreMemory, counts: StageCounts) -> None:
    names = [node.name for node in problem.nodes]
    if memory.every_node:
        assert is_feasible(with_more(problem, names, memory.extra_bytes), counts)
        assert not is_feasible(with_more(problem, names, memory.extra_bytes - 1), counts)
        for name in names:
            assert not is_feasible(with_more(problem, [name], 10**9), counts)
    else:
        assert is_feasible(with_more(problem, [memory.node], memory.extra_bytes), counts)
        for name in names:
            assert not is_feasible(with_more(problem, [name], memory.extra_bytes - 1), counts)


def infeasible_instances(*, most: int) -> list[tuple[Problem, StageCounts]]:
    """Random problems with any number of stages, at most two, or exactly two, that fit nothing."""
    found = []
    for seed in range(300):
        problem = random_problem(seed)
        n_nodes = min(len(problem.nodes), problem.n_blocks)
        counts = (
            stage_counts(problem),
            stage_counts(limited(problem, max_stages=2)),
            StageCounts(2, 2),
        )[seed % 3]
        if counts.most <= n_nodes and not is_feasible(problem, counts):
            found.append((problem, counts))
    return found[:most]


def test_the_bytes_named_are_enough_and_one_byte_less_is_not():
    kinds = set()
    for problem, counts in infeasible_instances(most=50):
        memory = find_shortfall(problem, counts).memory
        if memory is not None:
            kinds.add(memory.every_node)
            assert_is_least(problem, memory, counts)
    assert False in kinds


def test_the_links_named_are_enough():
    seen = 0
    for problem, counts in infeasible_instances(most=100):
        links = find_shortfall(problem, counts).links
        if links:
            seen += 1
            added = [make_link(source, target) for source, target in links]
            assert is_feasible(with_links(problem, added), counts)
    assert seen > 5


def test_a_single_short_node_is_named_with_its_bytes():
    problem = with_caps(model_too_large_for_each_node(), {"left": 249, "right": 249})
    solution = ChainDp().solve(problem)
    assert solution.status is Status.INFEASIBLE
    whole = find_shortfall(problem, stage_counts(problem)).memory
    # Left takes one block (150 bytes), right the other three (base 30 + 300 + 10 + 10 = 350).
    assert whole == MoreMemory("left", 101, every_node=False)
    assert solution.reason == (
        "no plan fits the memory caps: node 'left' lacks 101 bytes (101 B); "
        "with that a plan would fit"
    )
    assert stage_bytes(problem, problem.nodes[0], 0, 3) == 249 + 101


def test_when_one_node_is_not_enough_every_node_grows_and_the_tightest_is_named():
    problem = two_small_relays()
    shortfall = find_shortfall(problem, stage_counts(problem))
    # relay-1 holds 14 + 2 bytes, relay-2 10 + 2: six bytes more for all, and relay-1 needs them.
    assert shortfall.memory == MoreMemory("relay-1", 6, every_node=True)
    assert_is_least(problem, shortfall.memory, stage_counts(problem))
    assert ChainDp().solve(problem).reason == (
        "no plan fits the memory caps: more memory on one node alone does not help; every node "
        "lacks 6 bytes (6 B), and 'relay-1' is the tightest"
    )


def test_a_missing_link_is_named_if_memory_would_suffice():
    """Everything fits the worker, but nothing leads there."""
    problem = make_problem(
        [make_node("sensor", (1.0, 1.0), 1), make_node("worker", (1.0, 1.0), 100)],
        [make_link("worker", "sensor")],
        (1, 1, 1),
        weight_bytes=(10, 10),
    )
    shortfall = find_shortfall(problem, stage_counts(problem))
    assert shortfall.links == (("sensor", "worker"),)
    reason = ChainDp().solve(problem).reason
    assert "node 'sensor' lacks 20 bytes" in reason
    assert reason.endswith("so would a link sensor -> worker")


def test_links_alone_are_named_if_no_memory_helps():
    """The answer has to end on a desk that no node can send to."""
    problem = make_problem(
        [make_node("sensor", (1.0,)), make_node("desk", (1.0,), 1)],
        [],
        (1, 1),
        weight_bytes=(10,),
        sink="desk",
    )
    assert ChainDp().solve(problem).reason == (
        "no plan can be carried over the links: one would fit with a link sensor -> desk"
    )


def test_links_and_memory_can_both_be_short():
    problem = make_problem(
        [make_node("sensor", (1.0,), 1), make_node("desk", (1.0,), 1)],
        [],
        (1, 1),
        weight_bytes=(10,),
        sink="desk",
    )
    reason = ChainDp().solve(problem).reason
    assert reason.startswith("no plan is possible: the links lead none from 'sensor' to 'desk'")
    assert reason.endswith("a link sensor -> desk and more memory on 'sensor' do")


def test_the_number_of_stages_is_part_of_the_reason():
    problem = one_way_street()
    four = ChainDp().solve(limited(problem, min_stages=4, max_stages=4))
    assert four.reason == "4 stages need as many blocks; there are 3"
    reason = ChainDp().solve(limited(two_small_relays(), max_stages=1)).reason
    assert reason.startswith("no plan with exactly 1 stage is possible: the links lead none")
    problem = with_caps(model_too_large_for_each_node(), {"left": 1})
    assert ChainDp().solve(limited(problem, min_stages=2, max_stages=2)).reason == (
        "no plan with exactly 2 stages fits the memory caps: "
        "node 'left' lacks 249 bytes (249 B); with that a plan would fit"
    )
    blocks = make_problem([make_node("a", (1.0,) * 3)], [], (0,) * 4)
    assert infeasible_reason(blocks, StageCounts(2, 2)) == (
        "2 stages need as many nodes; there are 1"
    )


def test_a_hundred_blocks_on_eight_nodes_are_explained():
    """Also where all caps have to grow: a one-way line of nodes, none of which holds a block."""
    line = [make_link(f"n{a}", f"n{b}") for a, b in pairwise(range(8))]
    content = large_problem(100, 8, cap_bytes=10**6 + 1).model_dump()
    content |= {"links": [link.model_dump() for link in line], "sink": "n7"}
    meshed, lined = large_problem(100, 8, cap_bytes=8 * 10**6), Problem.model_validate(content)
    for problem, words in ((meshed, "lacks"), (lined, "every node lacks")):
        solution = ChainDp().solve(problem)
        assert solution.status is Status.INFEASIBLE
        assert words in solution.reason


def test_a_very_large_problem_is_explained_to_within_a_mebibyte():
    nodes = [make_node(name, (1e-3,) * 14_000, 5_000) for name in ("start", "one", "two", "end")]
    links = [make_link("start", "one"), make_link("one", "two"), make_link("two", "end")]
    problem = make_problem(
        nodes,
        links,
        (1,) * 14_001,
        weight_bytes=(10_000,) * 14_000,
        source="start",
        sink="end",
    )
    # Four equal nodes share 14,000 blocks, and each receives one byte.
    memory = find_shortfall(problem, stage_counts(problem)).memory
    assert memory is not None
    assert memory.every_node
    assert not memory.is_least
    least = 3_500 * 10_000 + 1 - 5_000
    assert least <= memory.extra_bytes <= least + 2**20


def test_a_given_number_of_stages_is_not_searched_in_a_huge_problem():
    nodes = [make_node(f"n{i}", (1.0,) * 1500, 1) for i in range(60)]
    problem = make_problem(nodes, mesh(["n0", "n1"]), (1,) * 1501, weight_bytes=(9,) * 1500)
    reason = infeasible_reason(problem, StageCounts(59, 59))
    assert reason == (
        "no plan with exactly 59 stages fits; "
        "the smallest change that helps is not searched at this size"
    )


def test_a_part_that_receives_more_than_the_whole_needs_more_memory_than_it():
    """The whole takes 100 bytes; its second half, which receives 40 instead of 5, takes 105."""
    nodes = [make_node(name, (1.0, 1.0), 60) for name in ("left", "right")]
    problem = make_problem(
        nodes, mesh(["left", "right"]), (5, 40, 0), weight_bytes=(30, 40), live_bytes=(25, 25)
    )
    twice = StageCounts(2, 2)
    shortfall = find_shortfall(problem, twice)
    assert shortfall.memory == MoreMemory("right", 45, every_node=False)
    small = with_caps(problem, {"left": 59, "right": 60})
    assert find_shortfall(small, twice).memory == MoreMemory("right", 45, every_node=True)
