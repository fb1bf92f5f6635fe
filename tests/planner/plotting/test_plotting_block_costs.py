"""The picture of every block's cost by kind of work."""

import pytest

from netmodel.cluster import Cluster, Node
from planner.costs.compute import block_compute_s
from planner.errors import MismatchError
from planner.plotting.block_costs import BOTH, SEVERAL_REST, Work, block_costs, plot_block_costs
from planner.problem import build_problem
from profiler.graph import ModelGraph
from profiler.profile_records import Provenance, Whole
from tests.planner.plotting.drawing import assert_on_the_page, drawn, legend_of, legend_words
from tests.profiler.branching import make_op, make_profile, make_tensor, timing

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
    profile = make_profile(graph, borders, times_s)
    whole = profile.whole.model_copy(update={"blocks_over_whole": 1.0})
    return profile.model_copy(update={"whole": whole})


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
    assert ax.get_xlabel() == (
        "Time, measured, as plans scale it (ms):\nalone, blocks sum to 100% of the whole's 8 ms"
    )


def test_vector_work_is_plain_and_other_work_hatched():
    ax = drawn(plot_block_costs, block_costs(BY_OP))
    assert legend_words(ax) == [
        "vector work: convolution",
        "other work: pooling",
        "other work: activation",
    ]
    hatches = [patch.get_hatch() for patch in legend_of(ax).get_patches()]
    assert [bool(hatch) for hatch in hatches] == [False, True, True]


def test_carried_times_are_called_estimated():
    carried = BY_OP.model_copy(update={"provenance": {"latency": Provenance.ESTIMATED}})
    ax = drawn(plot_block_costs, block_costs(carried))
    assert ax.get_xlabel().startswith("Time, estimated, as plans scale it (ms)")


def test_times_are_those_that_plans_are_priced_with():
    """Blocks of 2 and 4 ms that are 1.5 times the whole's 5 ms without its start of 1 ms."""
    profile = chain((0, 2, 5), (0.002, 0.004))
    whole = Whole(latency=timing(0.005), blocks_over_whole=1.2, stage_start_s=0.001, noise=0.0)
    profile = profile.model_copy(update={"whole": whole})
    table = block_costs(profile)
    assert [bar.total_ms for bar in table.bars] == pytest.approx([2 / 1.5, 4 / 1.5])
    assert sum(bar.total_ms for bar in table.bars) + table.start_ms == pytest.approx(5.0)
    alone = Cluster(
        source="a", sink="a", nodes=[Node(name="a", memory_bytes=2**30, speed=1.0)], links=[]
    )
    priced_s = block_compute_s(build_problem(profile, alone).nodes[0])
    assert [bar.total_ms for bar in table.bars] == pytest.approx(list(priced_s * 1e3))
    ax = drawn(plot_block_costs, table)
    words = "alone, blocks sum to 150% of the whole's 5 ms less its start"
    assert ax.get_xlabel().endswith(words)


@pytest.mark.parametrize(
    ("granularity", "words"),
    [("block", "(profile with --granularity layer to tell apart)"),
     ("layer", "(profile with --granularity op to tell apart)"),
     ("op", "not told apart 50%")],
)  # fmt: skip
def test_blocks_of_both_kinds_say_how_to_see_more(granularity, words):
    profile = chain((0, 2, 3, 5), (0.003, 0.002, 0.001))
    table = block_costs(profile.model_copy(update={"granularity": granularity}))
    assert drawn(plot_block_costs, table).get_title().splitlines()[-1].endswith(words)


def test_long_words_stay_on_the_page():
    for width_in in (5, 7):
        table = block_costs(chain((0, 2, 3, 5), (0.003, 0.002, 0.001)))
        assert_on_the_page(drawn(plot_block_costs, table, (width_in, 4)).figure)


WHOLES = (
    Whole(latency=timing(0.008), blocks_over_whole=1.0, noise=0.0),
    Whole(latency=timing(0.01), blocks_over_whole=1.2, stage_start_s=0.00123, noise=0.0),
    Whole(latency=timing(123.456), blocks_over_whole=1.07, stage_start_s=98.7, noise=0.0),
)


@pytest.mark.parametrize("width_in", [3, 5, 7])
@pytest.mark.parametrize("whole", WHOLES)
@pytest.mark.parametrize("granularity", ["block", "op"])
def test_words_and_legend_do_not_overlap(whole, granularity, width_in):
    profile = chain((0, 2, 3, 5), (0.003, 0.002, 0.001))
    changes = {"whole": whole, "granularity": granularity}
    ax = drawn(plot_block_costs, block_costs(profile.model_copy(update=changes)), (width_in, 4))
    legend, label = legend_of(ax).get_window_extent(), ax.xaxis.label.get_window_extent()
    assert legend.y1 <= label.y0
    assert label.y1 <= ax.bbox.y0 <= ax.bbox.y1 <= ax.title.get_window_extent().y0
    assert_on_the_page(ax.figure)
    # What wraps does so when it is drawn, which extents do not know.
    assert not any(text.get_wrap() for text in (ax.title, ax.xaxis.label))
    assert ax.get_xlabel().endswith("start" if whole.stage_start_s else "ms")
