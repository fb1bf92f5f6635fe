from itertools import pairwise

import pytest

from profiler.blocks import (
    Granularity,
    blocks_between,
    check_positions,
    cut_positions,
    granularity_named,
    parse_cuts,
)
from profiler.errors import GranularityError
from tests.profiler.models import (
    CAPTURABLE,
    DenseConcat,
    ResidualMlp,
    SmallCnn,
    UNet,
    captured,
    captured_torchvision,
)

TORCHVISION = ("resnet18", "squeezenet1_1", "mobilenet_v2")


def blocks_of(graph, granularity):
    return blocks_between(graph, cut_positions(graph, granularity))


def modules_between(graph, start, stop):
    """Top-level modules of some operators, each once; operators of the model itself are `.`."""
    names = [op.module_path.split(".")[0] or "." for op in graph.ops[start:stop]]
    return list(dict.fromkeys(names))


def test_the_stages_of_resnet18_are_the_six_parts_that_people_cut_it_into():
    graph = captured_torchvision("resnet18").graph
    stages = blocks_of(graph, Granularity.STAGE)
    assert [modules_between(graph, stage.start, stage.stop) for stage in stages] == [
        ["conv1", "bn1", "relu", "maxpool"],
        ["layer1"],
        ["layer2"],
        ["layer3"],
        ["layer4"],
        ["avgpool", ".", "fc"],
    ]
    assert [stage.name for stage in stages] == [
        "conv1…maxpool", "layer1", "layer2", "layer3", "layer4", "avgpool…fc",
    ]  # fmt: skip


def test_the_last_stage_of_resnet18_flattens_what_it_pooled():
    """A chain of the model's children would lose this operator, which belongs to no child."""
    graph = captured_torchvision("resnet18").graph
    last = blocks_of(graph, Granularity.STAGE)[-1]
    assert [op.target for op in graph.ops[last.start : last.stop]] == [
        "aten.adaptive_avg_pool2d.default",
        "aten.view.default",
        "aten.linear.default",
    ]


def test_the_stages_of_squeezenet_leave_no_flattening_alone_behind_the_classifier():
    graph = captured_torchvision("squeezenet1_1").graph
    stages = blocks_of(graph, Granularity.STAGE)
    assert [modules_between(graph, stage.start, stage.stop) for stage in stages] == [
        ["features"],
        ["classifier", "."],
    ]
    assert graph.ops[-1].target == "aten.view.default"
    assert set(cut_positions(graph, Granularity.BLOCK)) > {stages[-1].start, len(graph.ops) - 1}


def test_the_blocks_of_resnet18_are_its_stem_eight_residual_blocks_and_its_head():
    graph = captured_torchvision("resnet18").graph
    names = [block.name for block in blocks_of(graph, Granularity.BLOCK)]
    residual = [f"layer{stage}.{block}" for stage in (1, 2, 3, 4) for block in (0, 1)]
    assert names == ["conv1…maxpool", *residual, "avgpool…fc"]


def test_the_blocks_of_mobilenet_are_its_inverted_residuals():
    graph = captured_torchvision("mobilenet_v2").graph
    names = [block.name for block in blocks_of(graph, Granularity.BLOCK)]
    assert set(names) >= {f"features.{i}" for i in range(1, 18)}


def test_the_blocks_of_squeezenet_are_its_fire_modules_and_what_is_between_them():
    graph = captured_torchvision("squeezenet1_1").graph
    names = [block.name for block in blocks_of(graph, Granularity.BLOCK)]
    fires = [3, 4, 6, 7, 9, 10, 11, 12]
    assert [name for name in names if name in {f"features.{i}" for i in fires}] == [
        f"features.{i}" for i in fires
    ]


def test_a_block_that_is_called_twice_is_two_blocks():
    names = [block.name for block in blocks_of(captured(ResidualMlp).graph, Granularity.BLOCK)]
    assert names == ["stem", "first", "middle", "middle", "head"]


def test_a_model_without_repeated_units_is_cut_before_its_layers_with_weights():
    graph = captured(UNet).graph
    blocks = blocks_of(graph, Granularity.BLOCK)
    firsts = [graph.ops[block.start].module_path for block in blocks]
    assert firsts == ["down1", "down2", "bottom", "up2", "join2", "up1", "join1"]


def test_a_layer_is_one_call_of_an_innermost_module():
    graph = captured(SmallCnn).graph
    names = [block.name for block in blocks_of(graph, Granularity.LAYER)]
    assert names == [
        "features.0", "features.1", "features.2", "features.3",
        "more.0", "more.1", "more.2", "view", "head",
    ]  # fmt: skip


def graph_named(name):
    own = {model.__name__: model for model in CAPTURABLE}
    return captured(own[name]).graph if name in own else captured_torchvision(name).graph


ALL = (*(model.__name__ for model in CAPTURABLE), *TORCHVISION)


@pytest.mark.parametrize("name", ALL)
def test_every_border_of_a_coarser_level_is_one_of_each_finer_level(name):
    graph = graph_named(name)
    levels = [set(cut_positions(graph, level)) for level in Granularity]
    assert all(coarse <= fine for fine, coarse in pairwise(levels))


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("level", list(Granularity))
def test_blocks_cover_every_operator_once_and_in_order(name, level):
    graph = graph_named(name)
    blocks = blocks_of(graph, level)
    assert [i for block in blocks for i in range(block.start, block.stop)] == list(
        range(len(graph.ops))
    )
    assert all(block.name for block in blocks)


def test_the_finest_and_the_coarsest_level():
    graph = captured(DenseConcat).graph
    n = len(graph.ops)
    assert cut_positions(graph, Granularity.OP) == tuple(range(n + 1))
    assert cut_positions(graph, Granularity.MODEL) == (0, n)


def test_explicit_cuts_get_the_ends_of_the_model():
    graph = captured(SmallCnn).graph
    assert check_positions(graph, (2, 5)) == (0, 2, 5, 9)
    assert check_positions(graph, ()) == (0, 9)


@pytest.mark.parametrize("cuts", [(0,), (9,), (10,), (-1,), (3, 3), (5, 2)])
def test_cuts_out_of_order_or_of_range_are_refused_with_the_range(cuts):
    with pytest.raises(
        GranularityError, match="must ascend strictly between 1 and 8: SmallCnn has 9 operators"
    ):
        check_positions(captured(SmallCnn).graph, cuts)


def test_cuts_are_read_from_text():
    assert parse_cuts("12,30, 45") == (12, 30, 45)
    for text in ("", "a", "1,", "1.5"):
        with pytest.raises(GranularityError, match="are not whole numbers such as 12,30,45"):
            parse_cuts(text)


def test_a_granularity_goes_by_its_name():
    assert [granularity_named(level.value) for level in Granularity] == list(Granularity)
    with pytest.raises(GranularityError, match="unknown granularity 'blocks': choose one of op, "):
        granularity_named("blocks")
