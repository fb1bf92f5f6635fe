"""The picture of the model's blocks by part."""

import pytest
from matplotlib.patches import FancyArrowPatch, Rectangle

from planner.errors import MismatchError
from planner.plan import Stage
from planner.plotting.model_graph import GraphBlock, GraphEdge, model_graph, plot_model_graph
from tests.planner.plotting.drawing import assert_on_the_page, drawn, legend_of, legend_words, texts
from tests.planner.plotting.test_plotting_cut_bytes import cut_after
from tests.profiler.branching import diamond, straight


def split_diamond():
    """Cut between the left branch and the right one: t and l2 are carried."""
    profile = diamond()
    return model_graph(profile, cut_after(profile, 3))


def test_edges_are_what_blocks_read_from_each_other():
    table = split_diamond()
    assert table.edges == (
        GraphEdge(-1, 0, 4, crosses_cut=False),
        GraphEdge(0, 1, 8, crosses_cut=False),
        GraphEdge(0, 3, 8, crosses_cut=True),
        GraphEdge(1, 2, 30, crosses_cut=False),
        GraphEdge(2, 4, 10, crosses_cut=True),
        GraphEdge(3, 4, 20, crosses_cut=False),
    )
    assert table.blocks[2:4] == (GraphBlock("block2", 0), GraphBlock("block3", 1))
    assert (table.stages, table.cut_bytes) == ((("n0",), ("n3",)), (18,))


def test_what_crosses_the_cut_is_thick_and_the_cut_says_its_bytes():
    ax = drawn(plot_model_graph, split_diamond())
    arrows = [patch for patch in ax.patches if isinstance(patch, FancyArrowPatch)]
    assert [arrow.get_linewidth() > 2 for arrow in arrows] == [
        False, False, True, False, True, False,
    ]  # fmt: skip
    assert texts(ax) == [*(f"block{i}" for i in range(5)), "cut: 18 B"]
    assert list(ax.lines[0].get_ydata()) == [2.5, 2.5]


def test_the_legend_names_parts_with_nodes_and_parts_differ_in_grey_too():
    ax = drawn(plot_model_graph, split_diamond())
    assert legend_words(ax) == ["stage 0 on n0: 3 blocks", "stage 1 on n3: 2 blocks"]
    first, second = legend_of(ax).get_patches()
    assert first.get_hatch() != second.get_hatch()
    assert first.get_edgecolor() != second.get_edgecolor()


def test_every_block_is_drawn_in_the_style_of_its_part():
    ax = drawn(plot_model_graph, split_diamond())
    first, second = legend_of(ax).get_patches()
    boxes = [patch for patch in ax.patches if isinstance(patch, Rectangle)]
    looks = [(box.get_hatch(), box.get_facecolor(), box.get_edgecolor()) for box in boxes]
    one, two = (
        (key.get_hatch(), key.get_facecolor(), key.get_edgecolor()) for key in (first, second)
    )
    assert looks == [one, one, one, two, two]
    assert [box.get_y() + box.get_height() / 2 for box in boxes] == [0, 1, 2, 3, 4]


def test_twelve_long_names_stay_on_the_page():
    profile = straight(12)
    plan = cut_after(profile, *range(1, 12))
    names = [f"inference-box-number-{n:02}.frankfurt.example.org" for n in range(12)]
    stages = [
        stage.model_copy(update={"node": name})
        for stage, name in zip(plan.stages, names, strict=True)
    ]
    table = model_graph(profile, plan.model_copy(update={"stages": tuple(stages)}))
    ax = drawn(plot_model_graph, table, (6, 5))
    assert_on_the_page(ax.figure)
    assert len(set(legend_words(ax))) == 12


def test_a_plan_of_another_model_or_of_other_blocks_is_an_error():
    profile = diamond()
    with pytest.raises(MismatchError, match="not of the blocks in the profile of diamond"):
        model_graph(profile, cut_after(straight(), 2))
    coarse = Stage(start=0, stop=2, op_start=0, op_stop=5, node="a")
    plan = cut_after(profile).model_copy(update={"stages": (coarse,)})
    with pytest.raises(MismatchError, match="not of the blocks"):
        model_graph(profile, plan)


def test_coarser_blocks_keep_the_cuts_and_what_crosses_them():
    """Both of the left branch in one block, the rest as profiled; a part counts the plan's."""
    profile = diamond()
    table = model_graph(profile, cut_after(profile, 3), (0, 1, 3, 4, 5))
    assert [block.stage for block in table.blocks] == [0, 0, 1, 1]
    assert table.edges == (
        GraphEdge(-1, 0, 4, crosses_cut=False),
        GraphEdge(0, 1, 8, crosses_cut=False),
        GraphEdge(0, 2, 8, crosses_cut=True),
        GraphEdge(1, 3, 10, crosses_cut=True),
        GraphEdge(2, 3, 20, crosses_cut=False),
    )
    assert (table.n_blocks, table.cut_bytes) == ((3, 2), (18,))
    words = legend_words(drawn(plot_model_graph, table))
    assert words == ["stage 0 on n0: 3 blocks", "stage 1 on n3: 2 blocks"]


@pytest.mark.parametrize("positions", [(0, 1, 5), (0, 3, 6)])
def test_coarser_blocks_over_a_cut_or_of_another_model_are_an_error(positions):
    profile = diamond()
    with pytest.raises(MismatchError, match="give borders of a level of the profile"):
        model_graph(profile, cut_after(profile, 3), positions)
