import random

import pytest
import torch

from profiler.carve import carve, graph_module, sample_like
from profiler.liveness import crossing_tensors
from tests.profiler.models import (
    CAPTURABLE,
    PositionBias,
    ResidualMlp,
    SmallCnn,
    TiedWeights,
    TwoInputs,
    UNet,
    captured,
    captured_torchvision,
    chained_outputs,
    eager_outputs,
)


def assert_same_bits(actual, expected):
    assert len(actual) == len(expected)
    assert all(torch.equal(a, b) for a, b in zip(actual, expected, strict=True))


@pytest.mark.parametrize("model", CAPTURABLE)
def test_two_parts_compute_the_original_wherever_the_cut_is(model):
    whole, expected = captured(model), eager_outputs(model)
    for position in range(1, len(whole.graph.ops)):
        assert_same_bits(chained_outputs(whole, (position,)), expected)


@pytest.mark.parametrize("model", CAPTURABLE)
def test_one_part_per_operator_computes_the_original(model):
    whole = captured(model)
    cuts = tuple(range(1, len(whole.graph.ops)))
    assert_same_bits(chained_outputs(whole, cuts), eager_outputs(model))


def test_resnet18_cut_in_random_places_computes_the_original():
    whole = captured_torchvision("resnet18")
    draw = random.Random(0)
    for n_cuts in (1, 3, 6):
        cuts = sorted(draw.sample(range(1, len(whole.graph.ops)), n_cuts))
        assert_same_bits(chained_outputs(whole, cuts), whole.expected)


@pytest.mark.parametrize("model", CAPTURABLE)
def test_a_part_holds_the_weights_that_its_operators_read_and_no_others(model):
    whole = captured(model)
    graph, n = whole.graph, len(whole.graph.ops)
    ranges = {(i, i + 1) for i in range(n)} | {(0, n // 2), (n // 2, n), (n // 3, 2 * n // 3)}
    for start, stop in ranges:
        own = {name for op in graph.ops[start:stop] for name in op.parameters}
        held = graph_module(carve(whole, start, stop)).state_dict()
        assert set(held) == own
        assert sum(t.nbytes for t in held.values()) == sum(
            graph.parameter[name].n_bytes for name in own
        )


@pytest.mark.parametrize("model", CAPTURABLE)
def test_what_crosses_a_border_is_all_that_the_other_side_needs(model):
    whole = captured(model)
    crossing, n = crossing_tensors(whole.graph), len(whole.graph.ops)
    for start in range(n):
        for stop in range(start + 1, n + 1):
            part = carve(whole, start, stop)
            assert set(part.inputs) <= set(crossing[start])
            assert set(part.outputs) <= set(crossing[stop])
            assert set(crossing[stop]) - set(part.outputs) <= set(crossing[start])


def test_a_tensor_that_only_passes_through_is_no_input_and_no_output():
    whole = captured(UNet)
    targets = [op.target for op in whole.graph.ops]
    bottom = targets.index("aten.max_pool2d.default", 3)
    part = carve(whole, bottom, bottom + 3)
    assert part.inputs == ("relu_1",)
    assert part.outputs == ("relu_2",)
    assert {"relu", "relu_1"} <= set(crossing_tensors(whole.graph)[bottom + 3])


def test_an_input_that_is_read_late_is_no_input_of_the_first_part():
    whole = captured(TwoInputs)
    assert carve(whole, 0, 2).inputs == ("picture",)
    assert set(carve(whole, 2, 5).inputs) == {"question", "relu"}


def test_a_weight_that_both_parts_read_is_in_both():
    whole = captured(TiedWeights)
    first, second = (graph_module(carve(whole, *ends)).state_dict() for ends in ((0, 1), (1, 4)))
    assert len(set(first) & set(second)) == 1


def test_a_module_that_is_called_twice_can_be_cut_between_the_calls():
    whole = captured(ResidualMlp)
    first, second = (graph_module(carve(whole, *ends)).state_dict() for ends in ((5, 9), (9, 13)))
    assert set(first) == set(second)
    assert all(name.startswith("middle.") for name in first)


def test_a_folded_constant_stays_with_its_reader():
    whole = captured(PositionBias)
    for index, op in enumerate(whole.graph.ops):
        part = carve(whole, index, index + 1)
        assert not [name for name in part.inputs if name.startswith("folded")]
        assert set(graph_module(part).state_dict()) == set(op.parameters)


def test_a_part_tells_nothing_about_the_source_code_it_comes_from():
    part = graph_module(carve(captured(SmallCnn), 0, 4))
    assert all(not node.meta for node in part.graph.nodes)


def test_a_part_shares_the_weights_memory_with_the_model():
    whole = captured(SmallCnn)
    part = graph_module(carve(whole, 8, 9))
    assert part.head.weight.data_ptr() == whole.module.head.weight.data_ptr()


@pytest.mark.parametrize("model", [PositionBias, TiedWeights])
def test_a_sample_has_the_shape_strides_and_type_of_its_tensor(model):
    whole = captured(model)
    for spec in whole.graph.tensors:
        sample = sample_like(whole, spec.name)
        assert tuple(sample.shape) == spec.shape
        assert str(sample.dtype) == f"torch.{spec.dtype}"
        assert not sample.any()
    for name, value in whole.inputs.items():
        assert sample_like(whole, name).stride() == value.stride()
