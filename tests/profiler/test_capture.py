import inspect
import re

import pytest
import torch
from torch import fx, nn

from profiler.capture import capture, run_original
from profiler.errors import CaptureError, SourceError
from profiler.graph import ModelGraph
from profiler.graph_reading import read_graph
from profiler.sources import ModelSource, load_source, parse_shapes, vary_constants
from tests.profiler.models import (
    CAPTURABLE,
    DataDependentIf,
    DataDependentShape,
    DictOutput,
    InPlace,
    KeywordOnly,
    NothingToDo,
    PositionBias,
    RandomNoise,
    Recurrent,
    ResidualMlp,
    ReturnsWeight,
    SmallCnn,
    TiedWeights,
    TupleOutput,
    TwoInputs,
    UpdatesBuffer,
    captured,
    chained_outputs,
    eager_outputs,
    noise,
    source_of,
)


def line_of(model: type[nn.Module], code: str) -> str:
    """File and line of a piece of a model's code, as an error should name it."""
    lines, first = inspect.getsourcelines(model)
    (number,) = [first + i for i, line in enumerate(lines) if code in line]
    return f"models.py:{number} `{code}`"


@pytest.mark.parametrize("model", CAPTURABLE)
def test_the_captured_graph_computes_what_the_model_computes_bit_for_bit(model):
    expected = eager_outputs(model)
    actual = chained_outputs(captured(model))
    assert len(actual) == len(expected)
    assert all(torch.equal(a, b) for a, b in zip(actual, expected, strict=True))


@pytest.mark.parametrize("model", CAPTURABLE)
def test_the_capture_holds_what_the_model_returned(model):
    expected = eager_outputs(model)
    assert all(torch.equal(a, b) for a, b in zip(captured(model).expected, expected, strict=True))


@pytest.mark.parametrize("model", CAPTURABLE)
def test_the_description_fits_the_graph(model):
    whole = captured(model)
    graph = whole.graph
    known = set(graph.inputs)
    for op, group in zip(graph.ops, whole.nodes, strict=True):
        assert set(op.inputs) <= known, "an operator reads something that nothing produced"
        assert op.parameters or op.inputs, "an operator depends on nothing"
        assert set(op.parameters) <= set(graph.parameter)
        assert op.name == group[0].name
        known |= set(op.outputs)
    assert set(graph.outputs) <= known
    assert len(graph.outputs) == len(whole.expected) == len(whole.output_labels)
    assert list(whole.inputs) == list(graph.inputs)
    for name, value in whole.inputs.items():
        assert graph.tensor[name].n_bytes == value.nbytes
        assert graph.tensor[name].shape == tuple(value.shape)


@pytest.mark.parametrize("model", CAPTURABLE)
def test_no_operator_is_in_place_and_none_depends_on_weights_alone(model):
    whole = captured(model)
    for op in whole.graph.ops:
        assert not re.fullmatch(r"aten\.[a-z0-9_]*[a-z0-9]_(\..*)?", op.target), op.target
    reached = set(whole.graph.inputs)
    for op in whole.graph.ops:
        assert reached & set(op.inputs), f"{op.name} depends on no input"
        reached |= set(op.outputs)


@pytest.mark.parametrize("model", CAPTURABLE)
def test_a_graph_is_read_back_as_it_was_written(model):
    graph = captured(model).graph
    again = ModelGraph.model_validate_json(graph.model_dump_json())
    assert again == graph
    assert again.digest == graph.digest


def test_tied_weights_are_listed_once_and_read_twice():
    graph = captured(TiedWeights).graph
    names = {"embedding.weight", "output.weight"}
    (tied,) = [spec for spec in graph.parameters if spec.name in names]
    readers = [op.target for op in graph.ops if tied.name in op.parameters]
    assert readers == ["aten.embedding.default", "aten.linear.default"]
    assert graph.weight_bytes == 4 * (50 * 16 + 16 * 16 + 16)


def test_two_names_of_one_memory_are_one_weight_with_an_alias():
    root = nn.Module()
    root.first = nn.Parameter(torch.randn(4, 4))
    root.second = root.first
    graph = fx.Graph()
    x = graph.placeholder("x")
    x.meta["val"] = torch.empty(2, 4)
    hidden = graph.call_function(torch.ops.aten.linear.default, (x, graph.get_attr("first")))
    graph.output(
        graph.call_function(torch.ops.aten.linear.default, (hidden, graph.get_attr("second")))
    )
    described = read_graph(fx.GraphModule(root, graph), "by hand").graph
    assert [(spec.name, spec.aliases) for spec in described.parameters] == [("first", ("second",))]
    assert [op.parameters for op in described.ops] == [("first",), ("first",)]
    assert described.weight_bytes == 64


def test_inputs_are_listed_in_the_order_of_the_call_whatever_is_read_first():
    assert captured(TwoInputs).graph.inputs == ("picture", "question")
    assert captured(KeywordOnly).graph.inputs == ("x", "scale")


def test_outputs_are_labelled_by_where_they_stand_in_what_the_model_returns():
    assert captured(DictOutput).output_labels == ("['out']", "['aux']")
    assert captured(TupleOutput).output_labels == ("[0]", "[1][0]", "[1][1]", "[2]", "[3]")
    assert captured(SmallCnn).output_labels == ("output",)


def test_a_tensor_that_is_returned_twice_is_one_tensor():
    graph = captured(TupleOutput).graph
    assert graph.outputs[1] == graph.outputs[4]
    assert graph.outputs[3] == graph.inputs[0]


def test_the_input_that_a_model_overwrites_stays_as_the_caller_gave_it():
    source = source_of(InPlace)
    (before,) = source.args
    kept = before.clone()
    whole = capture(source)
    assert torch.equal(before, kept)
    assert torch.equal(next(iter(whole.inputs.values())), kept)
    given = kept.clone()
    whole.module(given)
    assert torch.equal(given, kept)


def test_what_no_input_influences_becomes_a_constant():
    graph = captured(PositionBias).graph
    folded = [spec for spec in graph.parameters if spec.name.startswith("folded_constant")]
    assert sorted(spec.n_bytes for spec in folded) == [5 * 5, 4 * 2 * 5 * 5]  # the mask, the bias
    assert "table" not in graph.parameter
    assert not [op for op in graph.ops if "arange" in op.target or "index" in op.target]


def test_the_first_state_of_an_lstm_is_a_constant():
    graph = captured(Recurrent).graph
    (lstm,) = [op for op in graph.ops if "lstm" in op.target]
    assert lstm.inputs == graph.inputs
    assert len(lstm.outputs) == 2, "its unused last cell state is no tensor of the graph"


def test_a_module_that_is_called_twice_has_two_calls_of_one_path():
    graph = captured(ResidualMlp).graph
    calls = {m.call: m.path for op in graph.ops for m in op.modules if m.path == "middle"}
    assert len(calls) == 2


def test_two_captures_of_one_architecture_have_one_digest_whatever_their_weights_and_names():
    torch.manual_seed(7)
    other = capture(ModelSource("other name", SmallCnn().eval(), (noise(1, 3, 32, 32, seed=5),)))
    assert other.graph.digest == captured(SmallCnn).graph.digest


def test_another_input_shape_width_or_argument_has_another_digest():
    class Scaled(nn.Module):
        def __init__(self, factor):
            super().__init__()
            self.factor = factor

        def forward(self, x):
            return x * self.factor

    sources = [
        ModelSource("two", Scaled(2.0), (noise(2, 4),)),
        ModelSource("three", Scaled(3.0), (noise(2, 4),)),
        ModelSource("wide", Scaled(2.0), (noise(2, 5),)),
        ModelSource("batch", Scaled(2.0), (noise(3, 4),)),
        ModelSource("double", Scaled(2.0), (noise(2, 4).double(),)),
    ]
    digests = {capture(source).graph.digest for source in sources}
    assert len(digests) == len(sources)


def test_control_flow_by_value_is_refused_by_its_line_with_a_way_out():
    where = re.escape(line_of(DataDependentIf, "if x.sum() > 0:"))
    with pytest.raises(CaptureError, match=f"DataDependentIf .*{where} stops it: .*torch.where"):
        captured(DataDependentIf)


def test_a_shape_by_value_is_refused_by_its_line_with_a_way_out():
    where = re.escape(line_of(DataDependentShape, "return torch.nonzero(x > 0).float() * 2"))
    with pytest.raises(
        CaptureError, match=f"nonzero.* in {where} has a shape that .*split the model there"
    ):
        captured(DataDependentShape)


def test_noise_is_refused_by_its_line_with_a_way_out():
    where = re.escape(line_of(RandomNoise, "return x + torch.randn(4)"))
    with pytest.raises(CaptureError, match=f"randn.* in {where} draws .*an input of the model"):
        captured(RandomNoise)


def test_a_model_that_keeps_state_is_refused_by_the_buffers_name():
    with pytest.raises(CaptureError, match=r"own buffers \(requests\).*return the new state"):
        captured(UpdatesBuffer)


def test_a_model_without_operators_is_refused():
    with pytest.raises(CaptureError, match="runs no operator: there is nothing to plan"):
        captured(NothingToDo)


def test_a_model_that_returns_a_weight_is_refused_by_its_name():
    with pytest.raises(CaptureError, match="returns the weight scale as it is: leave it out"):
        captured(ReturnsWeight)


def test_an_input_of_a_wrong_shape_is_refused_with_the_shape_and_the_reason():
    with pytest.raises(
        SourceError, match=r"does not accept an input of shape 1x4x32x32: .*channels.*--input"
    ):
        capture(source_of(SmallCnn, noise(1, 4, 32, 32)))


def test_an_unknown_torchvision_model_is_refused_with_the_list_to_choose_from():
    with pytest.raises(SourceError, match=r"has no 'resnet17'; `torchvision.models.list_models"):
        load_source("torchvision:resnet17")


def test_unknown_weights_are_refused_with_those_there_are():
    with pytest.raises(SourceError, match=r"resnet18 has no weights 'BEST': .*IMAGENET1K_V1"):
        load_source("torchvision:resnet18@BEST")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("resnet18", "write torchvision:NAME, a .pt2 file or package.module:factory"),
        ("missing.pt2", "'missing.pt2' does not exist"),
        (
            "no_such_module_here:make",
            "model 'no_such_module_here:make' cannot be made: ModuleNotFoundError",
        ),
        (
            "tests.profiler.models:Nothing",
            "cannot be made: AttributeError: .*has no attribute 'Nothing'",
        ),
        ("tests.profiler.models:noise", "returned Tensor, not an nn.Module"),
        ("tests.profiler.models:SmallCnn", "brings no example input: give its shape with --input"),
    ],
)
def test_a_source_that_is_no_model_is_refused(name, message):
    with pytest.raises(SourceError, match=message):
        load_source(name)


def test_a_broken_pt2_file_is_refused_by_name(tmp_path):
    path = tmp_path / "broken.pt2"
    path.write_bytes(b"not a zip")
    with pytest.raises(SourceError, match=r"broken\.pt2' is no readable torch.export file"):
        load_source(str(path))


def test_a_pt2_file_with_its_example_input_is_a_source(tmp_path):
    path = tmp_path / "model.pt2"
    source = source_of(TwoInputs)
    torch.export.save(torch.export.export(source.module, source.args), path)
    loaded = capture(load_source(str(path)))
    expected = captured(TwoInputs).expected
    assert all(torch.equal(a, b) for a, b in zip(loaded.expected, expected, strict=True))


def test_a_factory_with_given_shapes_is_a_source_with_the_same_weights_every_time():
    first, again = (
        load_source("tests.profiler.models:SmallCnn", ((1, 3, 32, 32),)) for _ in range(2)
    )
    assert first.args[0].shape == (1, 3, 32, 32)
    assert torch.equal(first.args[0], again.args[0])
    assert torch.equal(first.module.head.weight, again.module.head.weight)
    assert not first.module.training


@pytest.mark.parametrize(
    ("text", "shapes"),
    [("1x3x224x224", ((1, 3, 224, 224),)), ("2x8, 2x4", ((2, 8), (2, 4))), ("7", ((7,),))],
)
def test_shapes_are_read_from_text(text, shapes):
    assert parse_shapes(text) == shapes


@pytest.mark.parametrize("text", ["", "1x", "3x-1", "axb", "1x0", "1X3", "2x3,"])
def test_text_that_is_no_shape_is_refused(text):
    with pytest.raises(SourceError, match="input shape"):
        parse_shapes(text)


def test_constant_weights_are_redrawn_and_others_are_left_alone():
    module = nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4))
    nn.init.zeros_(module[0].bias)
    kept = module[0].weight.clone()
    vary_constants(module)
    assert torch.equal(module[0].weight, kept)
    for tensor in (module[0].bias, module[1].weight, module[1].bias, module[1].running_var):
        assert len(set(tensor.tolist())) == 4
    assert bool((module[1].running_var > 0).all())


def test_the_original_runs_on_one_thread_whatever_torch_uses():
    class Threads(torch.nn.Module):
        def forward(self, x):
            seen.append(torch.get_num_threads())
            return x + 1

    seen = []
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        run_original(ModelSource("threads", Threads(), (torch.zeros(1),)))
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
    assert seen == [1]
