"""Borders of blocks that are few enough for a picture."""

import pytest

from planner.report.few_blocks import borders_of_few
from profiler.graph import ModuleCall
from tests.planner.plotting.test_plotting_block_costs import chain


def in_modules(*names):
    """A profile by operator whose five operators are layers of these children of the model."""
    profile = chain(range(6), (1.0,) * 5)
    calls = [
        tuple(
            ModuleCall(call=path, path=path, type_name="Module")
            for path in ("", name, f"{name}.{i}")
        )
        for i, name in enumerate(names)
    ]
    ops = tuple(
        op.model_copy(update={"modules": modules})
        for op, modules in zip(profile.graph.ops, calls, strict=True)
    )
    return profile.model_copy(update={"graph": profile.graph.model_copy(update={"ops": ops})})


PROFILE = in_modules("a", "a", "b", "b", "b")


@pytest.mark.parametrize(
    ("most", "kept", "expected"),
    [
        (5, (), ()),  # as it is
        (5, (1,), ()),
        (4, (), (0, 2, 5)),
        (4, (1,), (0, 1, 2, 5)),
        (2, (1,), (0, 1, 5)),  # the stages and the cut would be three
        (2, (), (0, 2, 5)),
        (1, (), (0, 5)),
    ],
)
def test_the_finest_level_is_taken_that_is_coarse_enough_and_cuts_stay(most, kept, expected):
    assert borders_of_few(PROFILE, most, kept) == expected
