from itertools import pairwise

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, fx

from profiler.graph import ModelGraph, Op, TensorSpec
from profiler.liveness import crossing_tensors, live_bytes
from tests.profiler.models import (
    Attention,
    DenseConcat,
    InPlace,
    PositionBias,
    ResidualMlp,
    SmallCnn,
    TupleOutput,
    TwoInputs,
    UNet,
    captured,
    captured_torchvision,
)


def tensor(name, n_bytes, storage=None, storage_bytes=None):
    return TensorSpec(
        name=name,
        shape=(n_bytes,),
        dtype="int8",
        n_bytes=n_bytes,
        storage=storage or name,
        storage_bytes=n_bytes if storage_bytes is None else storage_bytes,
    )


def op(inputs, outputs):
    return Op(
        name="_".join(outputs),
        target="op",
        modules=(),
        inputs=tuple(inputs),
        outputs=tuple(outputs),
        parameters=(),
        arguments="",
    )


def graph_of(tensors, ops, outputs):
    """A graph whose inputs are the tensors that no operator makes."""
    made = {name for operator in ops for name in operator.outputs}
    return ModelGraph(
        model="by hand",
        ops=tuple(ops),
        tensors=tuple(tensors),
        parameters=(),
        inputs=tuple(spec.name for spec in tensors if spec.name not in made),
        outputs=tuple(outputs),
    )


def chain():
    """x(1) ─> a(10) ─> b(100) ─> c(1000)."""
    tensors = [tensor("x", 1), tensor("a", 10), tensor("b", 100), tensor("c", 1000)]
    return graph_of(tensors, [op("x", "a"), op("a", "b"), op("b", "c")], ["c"])


def residual():
    """x(1) ─> a(10) ─> b(100) ─> c(1000), and c reads a too."""
    tensors = [tensor("x", 1), tensor("a", 10), tensor("b", 100), tensor("c", 1000)]
    return graph_of(tensors, [op("x", "a"), op("a", "b"), op("ba", "c")], ["c"])


def late_input_and_early_output():
    """y is read by the last operator only; a is returned beside c."""
    tensors = [tensor("x", 1), tensor("y", 5), tensor("a", 10), tensor("b", 100), tensor("c", 1000)]
    return graph_of(tensors, [op("x", "a"), op("a", "b"), op("by", "c")], ["c", "a"])


def test_in_a_chain_one_tensor_crosses_and_two_are_live():
    assert crossing_tensors(chain()) == [("x",), ("a",), ("b",), ("c",)]
    assert live_bytes(chain()) == [11, 110, 1100]


def test_a_skipped_over_tensor_crosses_until_its_last_reader():
    assert crossing_tensors(residual()) == [("x",), ("a",), ("a", "b"), ("c",)]
    assert live_bytes(residual()) == [11, 110, 1110]


def test_passing_inputs_and_early_outputs_cross_to_where_they_are_needed():
    graph = late_input_and_early_output()
    assert crossing_tensors(graph) == [
        ("x", "y"), ("y", "a"), ("y", "a", "b"), ("a", "c"),
    ]  # fmt: skip
    assert live_bytes(graph) == [16, 115, 1115]


def test_a_tensor_with_several_readers_crosses_once():
    tensors = [tensor("x", 1), tensor("a", 10), tensor("b", 2), tensor("c", 3), tensor("d", 4)]
    graph = graph_of(tensors, [op("x", "a"), op("a", "b"), op("a", "c"), op("abc", "d")], ["d"])
    assert crossing_tensors(graph)[1:4] == [("a",), ("a", "b"), ("a", "b", "c")]
    assert live_bytes(graph) == [11, 12, 15, 19]


def test_a_view_costs_nothing_and_keeps_what_it_views():
    """v views a quarter of a, and is needed after a's own last reader."""
    tensors = [tensor("x", 1), tensor("a", 40), tensor("v", 10, "a", 40), tensor("b", 7)]
    tensors.append(tensor("c", 100))
    graph = graph_of(tensors, [op("x", "a"), op("a", "v"), op("x", "b"), op("vb", "c")], ["c"])
    assert crossing_tensors(graph) == [("x",), ("x", "a"), ("x", "v"), ("v", "b"), ("c",)]
    assert live_bytes(graph) == [41, 41, 48, 147]


def test_an_input_that_is_returned_as_it_came_crosses_everything():
    tensors = [tensor("x", 1), tensor("a", 10), tensor("b", 100)]
    graph = graph_of(tensors, [op("x", "a"), op("a", "b")], ["b", "x", "x"])
    assert crossing_tensors(graph) == [("x",), ("x", "a"), ("x", "b")]
    assert live_bytes(graph) == [11, 111]


def test_an_input_that_nobody_reads_is_not_sent_and_a_result_that_nobody_reads_dies_at_once():
    tensors = [tensor("x", 1), tensor("unused", 5), tensor("a", 10), tensor("extra", 50)]
    tensors += [tensor("b", 100), tensor("c", 1000)]
    graph = graph_of(tensors, [op("x", ["a", "extra"]), op("a", "b"), op("b", "c")], ["c"])
    assert crossing_tensors(graph) == [("x",), ("a",), ("b",), ("c",)]
    assert live_bytes(graph) == [66, 110, 1100]


@st.composite
def graphs(draw):
    """Any graph in which every operator makes one or two tensors, some of them views."""
    tensors = [tensor(f"x{i}", draw(st.integers(0, 9))) for i in range(draw(st.integers(1, 3)))]
    ops = []
    for index in range(draw(st.integers(1, 8))):
        known = st.sampled_from(list(tensors))
        read = draw(st.lists(known, min_size=1, max_size=3, unique_by=lambda spec: spec.name))
        made = []
        for number in range(draw(st.integers(1, 2))):
            name, size = f"t{index}_{number}", draw(st.integers(0, 9))
            viewed = draw(st.none() | st.sampled_from(read))
            if viewed is None:
                made.append(tensor(name, size))
            else:
                made.append(tensor(name, size, viewed.storage, viewed.storage_bytes))
        tensors += made
        ops.append(op([spec.name for spec in read], [spec.name for spec in made]))
    names = st.sampled_from([spec.name for spec in tensors])
    return graph_of(tensors, ops, draw(st.lists(names, min_size=1, max_size=3)))


def exists_before(graph, name, position):
    return name in graph.inputs or any(name in o.outputs for o in graph.ops[:position])


def needed_from(graph, name, position):
    return name in graph.outputs or any(name in o.inputs for o in graph.ops[position:])


@settings(deadline=None, max_examples=60)
@given(graphs())
def test_what_crosses_a_position_exists_before_it_and_is_needed_after_it(graph):
    for position, names in enumerate(crossing_tensors(graph)):
        assert names == tuple(
            spec.name
            for spec in graph.tensors
            if exists_before(graph, spec.name, position) and needed_from(graph, spec.name, position)
        )


@settings(deadline=None, max_examples=60)
@given(graphs())
def test_live_bytes_are_those_of_all_storages_that_an_operator_or_a_later_one_needs(graph):
    for index, live in enumerate(live_bytes(graph)):
        held = {
            spec.storage: spec.storage_bytes
            for spec in graph.tensors
            if spec.name in graph.ops[index].outputs
            or (index == 0 and spec.name in graph.inputs)
            or (exists_before(graph, spec.name, index) and needed_from(graph, spec.name, index))
        }
        assert live == sum(held.values())


@settings(deadline=None, max_examples=60)
@given(graphs())
def test_what_crosses_a_cut_is_live_in_the_operators_beside_it(graph):
    live = live_bytes(graph)
    for position, (before, after) in enumerate(pairwise((0, *live))):
        crossing = {graph.tensor[name].storage for name in crossing_tensors(graph)[position]}
        sizes = {spec.storage: spec.storage_bytes for spec in graph.tensors}
        held = sum(sizes[storage] for storage in crossing)
        assert held <= after
        assert position == 0 or held <= before


class StorageTracker(fx.Interpreter):
    """Runs a graph on real tensors; notes the memory behind all that is alive at each call."""

    def __init__(self, module):
        super().__init__(module)
        self.live = {}

    def run_node(self, n):
        result = super().run_node(n)
        if n.op == "call_function":
            alive = [v for node, v in self.env.items() if node.op != "get_attr"]
            leaves = [t for v in (*alive, result) for t in torch.utils._pytree.tree_leaves(v)]
            storages = {
                t.untyped_storage().data_ptr(): t.untyped_storage().nbytes()
                for t in leaves
                if isinstance(t, Tensor)
            }
            self.live[n.name] = sum(storages.values())
        return result


MODELS = (
    SmallCnn, UNet, DenseConcat, ResidualMlp, PositionBias, TupleOutput, TwoInputs, Attention,
    InPlace,
)  # fmt: skip


def assert_as_in_real_execution(whole):
    tracker = StorageTracker(whole.module)
    with torch.inference_mode():
        tracker.run(*(value.clone() for value in whole.inputs.values()))
    real = [tracker.live[operator.name] for operator in whole.graph.ops]
    assert live_bytes(whole.graph) == real


@pytest.mark.parametrize("model", MODELS)
def test_live_bytes_equal_those_of_a_real_execution(model):
    assert_as_in_real_execution(captured(model))


def test_live_bytes_of_resnet18_equal_those_of_a_real_execution():
    assert_as_in_real_execution(captured_torchvision("resnet18"))
