"""The best plan of every granularity level."""

import pytest

from planner.errors import MismatchError, PlannerError
from planner.level_sweep import borders_of_levels, levels_within, sweep_levels
from planner.solvers.brute_force import BruteForce
from tests.planner.instances import model_too_large_for_each_node, two_phones_one_server
from tests.planner.test_records import two_block_profile

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


def test_no_level_is_an_error():
    with pytest.raises(PlannerError, match="at least one level"):
        sweep_levels(two_phones_one_server(), {})


def test_a_profile_has_the_levels_that_its_blocks_are_fine_enough_for():
    profile = two_block_profile()
    whole = profile.blocks[0].model_copy(update={"op_stop": profile.blocks[-1].op_stop})
    coarse = profile.model_copy(update={"blocks": (whole,)})
    assert borders_of_levels(coarse) == borders_of_levels(profile)
    assert levels_within(profile) == borders_of_levels(profile)
    assert set(levels_within(coarse)) < set(levels_within(profile))
    assert "model" in levels_within(coarse)
    assert "op" not in levels_within(coarse)
