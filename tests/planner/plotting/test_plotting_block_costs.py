"""The picture of every block's cost by kind of work."""

import pytest

from planner.errors import MismatchError
from planner.plotting.block_costs import BOTH, SEVERAL_REST, Work, block_costs, plot_block_costs
from profiler.graph import ModelGraph
from profiler.profile_records import Provenance
from tests.planner.plotting.drawing import drawn, legend_words
from tests.profiler.branching import make_op, make_profile, make_tensor

CONVOLUTION = Work("convolution", "vector work")
ACTIVATION = Work("activation", "other work")
POOLING = Work("pooling", "other work")
TARGETS = ("conv2d", "relu", "conv2d", "max_pool2d", "relu")


def chain(borders, times_s):
    """Convolution, activation, convolution, pooling, activation."""
    ops = tuple(
        make_op(f"op{i}", [f"t{i}"], [f"t{i + 1}"]).model_copy(update={"target": f"aten.{t}.x"})
        for i, t in enumerate(TARGETS)
    )
    graph = ModelGraph(
        model="chain", ops=ops, tensors=tuple(make_tensor(f"t{i}", 1) for i in range(6)),
        parameters=(), inputs=("t0",), outputs=("t5",),
    )  # fmt: skip
    return make_profile(graph, borders, times_s)


BY_OP = chain(range(6), (0.004, 0.001, 0.002, 0.0005, 0.0005))


def test_blocks_of_one_kind_tell_their_kind():
    table = block_costs(BY_OP)
    assert [bar.parts for bar in table.bars[:2]] == [((CONVOLUTION, 4.0),), ((ACTIVATION, 1.0),)]
    assert table.total_ms == ((CONVOLUTION, 6.0), (POOLING, 0.5), (ACTIVATION, 1.5))
    assert table.shares == (("vector work", 0.75), ("other work", 0.25), ("not told apart", 0.0))


def test_coarser_blocks_are_made_of_what_was_measured_inside():
    table = block_costs(BY_OP, (0, 2, 5))
    assert [bar.parts for bar in table.bars] == [
        ((CONVOLUTION, 4.0), (ACTIVATION, 1.0)),
        ((CONVOLUTION, 2.0), (POOLING, 0.5), (ACTIVATION, 0.5)),
    ]
    assert [bar.total_ms for bar in table.bars] == [5.0, 3.0]


def test_a_block_with_several_kinds_is_not_split():
    table = block_costs(chain((0, 2, 3, 5), (0.003, 0.002, 0.001)))
    assert [bar.parts for bar in table.bars] == [
        ((BOTH, 3.0),),
        ((CONVOLUTION, 2.0),),
        ((SEVERAL_REST, 1.0),),
    ]
    assert dict(table.shares) == pytest.approx(
        {"vector work": 2 / 6, "other work": 1 / 6, "not told apart": 3 / 6}
    )


def test_a_border_inside_of_what_was_measured_as_one_is_an_error():
    with pytest.raises(MismatchError, match="operator 1 is inside of a block"):
        block_costs(chain((0, 2, 5), (1.0, 1.0)), (0, 1, 5))


def test_bars_are_stacked_and_the_title_tells_the_shares():
    ax = drawn(plot_block_costs, block_costs(BY_OP, (0, 2, 5)))
    assert [(bar.get_x(), bar.get_width()) for bar in ax.patches] == [
        (0.0, 4.0), (4.0, 1.0), (0.0, 2.0), (2.0, 0.5), (2.5, 0.5),
    ]  # fmt: skip
    assert ax.get_title() == "Where the time goes:\nvector work 75%, other work 25%"
    assert ax.get_xlabel() == "Time of the block, measured, median (ms)"


def test_vector_work_is_plain_and_other_work_hatched():
    ax = drawn(plot_block_costs, block_costs(BY_OP))
    assert legend_words(ax) == [
        "vector work: convolution",
        "other work: pooling",
        "other work: activation",
    ]
    hatches = [patch.get_hatch() for patch in ax.get_legend().get_patches()]
    assert [bool(hatch) for hatch in hatches] == [False, True, True]


def test_carried_times_are_called_estimated():
    carried = BY_OP.model_copy(update={"provenance": {"latency": Provenance.ESTIMATED}})
    ax = drawn(plot_block_costs, block_costs(carried))
    assert ax.get_xlabel() == "Time of the block, estimated, median (ms)"
