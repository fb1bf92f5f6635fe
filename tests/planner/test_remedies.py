"""Further nodes that make a problem feasible."""

import pytest

from planner.remedies import MoreNodes, more_nodes, with_more
from planner.solvers.brute_force import BruteForce
from tests.planner.instances import limited, make_node, make_problem, mesh


def four_blocks_on(caps, **limits):
    """Four blocks of 100 bytes each."""
    names = [f"n{i}" for i in range(len(caps))]
    nodes = [make_node(n, (1.0,) * 4, cap) for n, cap in zip(names, caps, strict=True)]
    problem = make_problem(nodes, mesh(names), (0,) * 5, weight_bytes=(100,) * 4)
    return limited(problem, **limits)


def found(problem):
    return more_nodes(problem, solve=BruteForce().solve)


def test_one_more_node_is_named_by_the_kind_that_helps():
    """Three blocks fit already; the small node's kind holds one more, so does the large one's."""
    assert found(four_blocks_on((200, 100))) == MoreNodes(like="n0", count=1)
    assert found(four_blocks_on((200, 100))).text == "1 more node like 'n0'"


def test_as_few_as_possible_are_asked_for():
    assert found(four_blocks_on((100, 50))) == MoreNodes(like="n0", count=3)


def test_a_node_without_any_link_has_no_like_that_could_be_reached():
    assert found(four_blocks_on((100,))) is None


def test_the_kind_that_helps_need_not_be_the_first():
    assert found(four_blocks_on((50, 200))) == MoreNodes(like="n1", count=1)


def test_nodes_too_small_for_a_single_block_do_not_help():
    assert found(four_blocks_on((50, 60))) is None


def test_more_nodes_help_also_in_free_order():
    assert found(four_blocks_on((200, 100), order="free")) == MoreNodes(like="n0", count=1)


def test_without_time_nothing_is_tried():
    problem = four_blocks_on((200, 100))
    assert more_nodes(problem, solve=BruteForce().solve, out_of_time=lambda: True) is None


@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_further_node_has_the_links_of_the_one_it_is_like(count):
    problem = with_more(four_blocks_on((200, 100)), 1, count)
    names = [node.name for node in problem.nodes]
    assert len(names) == 2 + count
    assert names[:2] == ["n0", "n1"]
    ends = {(link.source, link.target) for link in problem.links}
    assert ends == {(a, b) for a in names for b in names if a != b}
