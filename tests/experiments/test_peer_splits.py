"""Units of tools are told at operators, and what is no chain of parts is refused."""

import pytest
import torch

from experiments.peers.layers import layers_of, sequential_of, units_between
from experiments.peers.split import SplitError, split_at
from profiler.capture import capture
from profiler.sources import ModelSource
from tests.experiments.tiny_models import Forked, Tiny


@pytest.fixture(scope="module")
def tiny():
    torch.manual_seed(0)
    return ModelSource("tiny", Tiny().eval(), (torch.randn(2, 4),))


@pytest.fixture(scope="module")
def graph(tiny):
    # Each block: linear, relu, linear, add, relu: operators 0-4 and 5-9; sigmoid 10, head 11.
    found = capture(tiny).graph
    assert [op.module_path for op in found.ops[3:7]] == [
        "body.0", "body.0.relu", "body.1.first", "body.1.relu",
    ]  # fmt: skip
    assert len(found.ops) == 12
    return found


def test_a_part_begins_at_the_first_operator_of_its_first_module(graph):
    split = split_at(graph, [("body.0", 0), ("body.1", 1), ("head", 2)])
    # The function before the head is in no module with a part: it stays with the one before it.
    assert (split.positions, split.places) == ((5, 11), (0, 1, 2))


def test_runs_of_one_module_may_be_in_different_parts(graph):
    units = [("body.0.first", 0), ("body.0.relu", 0), ("body.0.second", 1), ("body.0", 1),
             ("body.0.relu", 1), ("body.1", 1), ("head", 1)]  # fmt: skip
    assert split_at(graph, units).positions == (2,)


def test_a_nodes_place_is_the_tools_part_not_a_running_number(graph):
    split = split_at(graph, [("body", 1), ("head", 2)])
    assert (split.positions, split.places) == ((11,), (1, 2))


def test_a_part_that_is_left_and_entered_again_is_refused(graph):
    with pytest.raises(SplitError, match="left and entered again, at operators 5, 11"):
        split_at(graph, [("body.0", 0), ("body.1", 1), ("head", 0)])


def test_runs_that_cannot_be_matched_with_operators_are_refused(graph):
    with pytest.raises(SplitError, match=r"body\.0 runs 2 times .* has 5 operators"):
        split_at(graph, [("body.0", 0), ("body.0", 1), ("head", 1)])


def test_a_split_of_other_modules_is_refused(graph):
    with pytest.raises(SplitError, match="no operator"):
        split_at(graph, [("elsewhere", 0)])


def test_layers_are_blocks_functions_and_what_is_between_them(tiny):
    layers = layers_of(tiny.module)
    assert [layer.path for layer in layers] == ["body.0", "body.1", "", "head"]
    assert [layer.is_function for layer in layers] == [False, False, True, False]


def test_the_chain_of_layers_is_the_model_and_overwrites_nothing(tiny):
    sequential = sequential_of(layers_of(tiny.module))
    (x,) = tiny.args
    with torch.no_grad():
        assert torch.equal(sequential(x), tiny.module(x))
    assert not any(getattr(module, "inplace", False) for module in sequential.modules())
    assert tiny.module.body[0].relu.inplace


def test_bounds_between_layers_are_parts_at_operators(tiny, graph):
    layers = layers_of(tiny.module)
    split = split_at(graph, units_between(layers, [0, 1, 2, 4]))
    # The third part begins with the function.
    assert (split.positions, split.places) == ((5, 10), (0, 1, 2))
    empty_in_the_middle = split_at(graph, units_between(layers, [0, 2, 2, 4]))
    assert (empty_in_the_middle.positions, empty_in_the_middle.places) == ((10,), (0, 2))


def test_a_model_that_is_no_chain_of_layers_is_refused():
    with pytest.raises(SplitError, match="does not take just the result"):
        layers_of(Forked())
