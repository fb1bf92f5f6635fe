"""Shares of the block count by memory."""

import pytest

from planner.baselines.ram_proportional import RamProportional
from planner.costs.evaluate import evaluate
from tests.planner.instances import make_node, make_problem, mesh, random_problem


def shares(caps_bytes, n_blocks):
    nodes = [make_node(f"n{i}", (1.0,) * n_blocks, cap) for i, cap in enumerate(caps_bytes)]
    problem = make_problem(nodes, mesh([node.name for node in nodes]), (1,) * (n_blocks + 1))
    return [(s.start, s.stop, s.node) for s in RamProportional().propose(problem).stages]


def test_the_largest_node_comes_first_with_the_largest_share():
    """10 of 20 blocks by 50 of 100 bytes, then 6 by 30, then 4 by 20."""
    assert shares((20, 50, 30), 20) == [(0, 10, "n1"), (10, 16, "n2"), (16, 20, "n0")]


def test_shares_end_at_a_whole_block_below_and_the_last_node_takes_the_rest():
    """3/7 of 32 is 13.7 and 5/7 is 22.9, as in exo's own example of these fractions."""
    assert shares((3, 2, 2), 32) == [(0, 13, "n0"), (13, 22, "n2"), (22, 32, "n1")]


def test_of_equal_nodes_the_later_name_comes_first():
    assert shares((5, 5), 4) == [(0, 2, "n1"), (2, 4, "n0")]


def test_a_node_with_less_than_a_blocks_share_stays_empty():
    assert shares((96, 2, 2), 4) == [(0, 3, "n0"), (3, 4, "n1")]


def test_one_block_goes_to_the_first_whose_share_reaches_it():
    assert shares((5, 5), 1) == [(0, 1, "n0")]


@pytest.mark.parametrize("seed", range(100))
def test_shares_are_within_one_block_of_the_exact_ones(seed):
    problem = random_problem(seed, most_blocks=12)
    total = sum(node.memory_bytes for node in problem.nodes)
    cap = {node.name: node.memory_bytes for node in problem.nodes}
    blocks = dict.fromkeys(cap, 0)
    for stage in RamProportional().propose(problem).stages:
        blocks[stage.node] += stage.stop - stage.start
    assert all(
        abs(count - cap[name] / total * problem.n_blocks) < 1.001 for name, count in blocks.items()
    )


def test_one_heavy_block_overflows_the_small_node_that_gets_it():
    """Counting blocks as if they weighed the same breaks the cap."""
    nodes = [make_node("big", (1.0,) * 4, 300), make_node("small", (1.0,) * 4, 100)]
    weights = (10, 10, 10, 200)
    problem = make_problem(nodes, mesh(["big", "small"]), (1,) * 5, weight_bytes=weights)
    assert not evaluate(problem, RamProportional().propose(problem)).fits


def test_without_any_memory_there_are_no_shares():
    problem = make_problem([make_node("n", (1.0,), 0)], [], (0, 0))
    assert "no node has any memory" in (RamProportional().skip_reason(problem) or "")
