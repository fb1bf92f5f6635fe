"""The picture of what crosses every boundary."""

from itertools import pairwise

import numpy as np
import pytest

from planner.errors import MismatchError
from planner.plan import Plan, Stage
from planner.plotting.cut_bytes import Boundary, cut_profile, plot_cut_profile
from tests.planner.plotting.drawing import drawn, legend_words
from tests.profiler.branching import diamond, straight


def cut_after(profile, *cuts):
    """A plan that cuts at operators, which are blocks here."""
    bounds = [0, *cuts, len(profile.graph.ops)]
    stages = [
        Stage(start=a, stop=b, op_start=a, op_stop=b, node=f"n{a}") for a, b in pairwise(bounds)
    ]
    return Plan(
        problem_digest="p", graph_digest=profile.graph.digest, stages=stages,
        hops=[()] * (len(stages) + 1),
    )  # fmt: skip


def test_a_boundary_carries_all_that_is_read_behind_it():
    profile = diamond()
    table = cut_profile(profile, cut_after(profile, 3))
    # x; t; l1 and t; l2 and t; l2 and r; y. A person would cut at the operators 1, 3 and 4.
    assert table.boundaries == (
        Boundary("inputs", 4 / 1024, 1, is_cut=False, is_by_hand=False),
        Boundary("block0", 8 / 1024, 1, is_cut=False, is_by_hand=True),
        Boundary("block1", 38 / 1024, 2, is_cut=False, is_by_hand=False),
        Boundary("block2", 18 / 1024, 2, is_cut=True, is_by_hand=True),
        Boundary("block3", 30 / 1024, 2, is_cut=False, is_by_hand=True),
        Boundary("block4", 2 / 1024, 1, is_cut=False, is_by_hand=False),
    )


def test_the_cuts_of_the_plan_and_of_a_person_are_marked():
    profile = diamond()
    ax = drawn(plot_cut_profile, cut_profile(profile, cut_after(profile, 3)))
    assert legend_words(ax) == [
        "inputs and outputs",
        "possible cut",
        "cut of the plan",
        "where a person would cut by hand",
    ]
    marks = {line.get_label(): line for line in ax.lines}
    assert list(marks["where a person would cut by hand"].get_xdata()) == [1, 3, 4]
    np.testing.assert_allclose(marks["cut of the plan"].get_xydata(), [[3, 18 / 1024]])
    np.testing.assert_allclose(marks["inputs and outputs"].get_ydata(), [4 / 1024, 2 / 1024])
    np.testing.assert_allclose(
        marks["possible cut"].get_xydata(), [[1, 8 / 1024], [2, 38 / 1024], [4, 30 / 1024]]
    )
    assert ax.get_ylabel() == "Carried over the boundary (KiB)"
    names = [label.get_text() for label in ax.get_xticklabels()]
    assert names[:2] == ["inputs", "block0"]


def test_no_length_starts_from_an_arbitrary_foot():
    ax = drawn(plot_cut_profile, cut_profile(diamond()))
    assert ax.get_yscale() == "log"
    assert not ax.patches


def test_without_a_plan_no_cut_is_marked():
    ax = drawn(plot_cut_profile, cut_profile(straight()))
    assert legend_words(ax) == ["inputs and outputs", "possible cut"]


def test_many_boundaries_go_by_number():
    ax = drawn(plot_cut_profile, cut_profile(straight(60)))
    assert ax.get_xlabel() == "Boundary before block number"


def test_a_plan_of_another_model_is_an_error():
    with pytest.raises(MismatchError, match="another graph"):
        cut_profile(diamond(), cut_after(straight(), 2))
