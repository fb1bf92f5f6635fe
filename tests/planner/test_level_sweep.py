"""The best plan of every granularity level."""

import pytest

from planner.errors import MismatchError
from planner.level_sweep import sweep_levels
from planner.solvers.brute_force import BruteForce
from tests.planner.instances import model_too_large_for_each_node, two_phones_one_server

# Blocks of the named problems begin at the operators 0, 2, 4 and 6.
LEVELS = {"fine": (0, 2, 4, 6, 8), "halves": (0, 4, 8), "model": (0, 8)}


def test_a_coarser_level_has_fewer_blocks_and_is_never_better():
    problem = two_phones_one_server()
    fine, halves, model = sweep_levels(problem, LEVELS)
    assert [fine.n_blocks, halves.n_blocks, model.n_blocks] == [4, 2, 1]
    assert fine.latency_s == pytest.approx(BruteForce().solve(problem).value, rel=1e-12)
    assert fine.latency_s <= halves.latency_s <= model.latency_s


def test_cuts_count_the_blocks_of_their_level():
    # Each node holds two of the four blocks: the only cut is in the middle.
    fine, halves, model = sweep_levels(model_too_large_for_each_node(), LEVELS)
    assert (fine.cuts, halves.cuts) == ((2,), (1,))
    assert fine.latency_s == pytest.approx(halves.latency_s, rel=1e-12)
    assert not model.feasible
    assert "lacks 200 bytes" in model.reason


def test_a_border_inside_of_a_block_is_an_error():
    with pytest.raises(MismatchError, match="'odd' has a border at operator 3"):
        sweep_levels(two_phones_one_server(), {"odd": (0, 3, 8)})
