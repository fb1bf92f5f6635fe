import numpy as np
import onnx
import onnxruntime
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from profiler.backends.onnx_runtime import OnnxBackend
from profiler.backends.onnx_wire import aligned, without_weights
from profiler.errors import BackendError

LARGE = 4096


def model_of(*weights):
    """A sum of an input and all weights, which are vectors of one length."""
    length = len(weights[0])
    names = [f"w{index}" for index in range(len(weights))]
    ports = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [length]) for name in ("x", "y")
    ]
    return helper.make_model(
        helper.make_graph(
            [helper.make_node("Sum", ["x", *names], ["y"])],
            "sum",
            ports[:1],
            ports[1:],
            [numpy_helper.from_array(w, n) for n, w in zip(names, weights, strict=True)],
        ),
        opset_imports=[helper.make_opsetid("", 18)],
        ir_version=9,
    ).SerializeToString()


def weight(length, start=0):
    return np.arange(start, start + length, dtype=np.float32)


@settings(max_examples=30, deadline=None)
@given(length=st.integers(1, 3000), n_weights=st.integers(1, 4))
def test_an_aligned_model_is_the_same_model_with_every_large_weight_on_its_place(length, n_weights):
    model = model_of(*(weight(length, start) for start in range(n_weights)))
    result = aligned(model)
    parsed, original = onnx.load_from_string(result), onnx.load_from_string(model)
    for tensor, old in zip(parsed.graph.initializer, original.graph.initializer, strict=True):
        assert tensor.raw_data == old.raw_data
        if len(old.raw_data) >= LARGE:
            assert result.index(old.raw_data) % 64 == 0
            tensor.ClearField("doc_string")
    assert parsed == original


def test_a_model_read_without_its_weights_refers_to_the_file_they_are_in(tmp_path):
    model = model_of(weight(LARGE), weight(LARGE, 7))
    path = tmp_path / "stage.onnx"
    path.write_bytes(aligned(model))
    stripped = without_weights(path)
    assert len(stripped) < 1000
    content = path.read_bytes()
    for index, tensor in enumerate(onnx.load_from_string(stripped).graph.initializer):
        place = {entry.key: entry.value for entry in tensor.external_data}
        assert tensor.data_location == TensorProto.EXTERNAL
        assert place["location"] == "stage.onnx"
        begin = int(place["offset"])
        stored = content[begin : begin + int(place["length"])]
        assert stored == weight(LARGE, 7 * index).tobytes()


def test_small_weights_and_those_of_other_writers_stay_in_the_model(tmp_path):
    small = aligned(model_of(weight(10)))
    padded = b"\x12\x01p" + model_of(weight(LARGE))  # a producer name shifts all that follows
    for content in (small, padded):
        path = tmp_path / "stage.onnx"
        path.write_bytes(content)
        (tensor,) = onnx.load_from_string(without_weights(path)).graph.initializer
        assert tensor.data_location == TensorProto.DEFAULT
        assert tensor.raw_data


def test_a_renamed_file_reached_by_a_link_still_computes_the_same(tmp_path):
    model = model_of(weight(LARGE), weight(LARGE, 7))
    backend = OnnxBackend()
    first, second = tmp_path / "first.onnx", tmp_path / "second.onnx"
    backend.save(model, first)
    first.rename(second)
    link = tmp_path / "elsewhere" / "third.onnx"
    link.parent.mkdir()
    link.symlink_to(second)
    x = weight(LARGE)
    (result,) = backend.load(link, threads=1).run([x])
    (expected,) = onnxruntime.InferenceSession(model).run(None, {"x": x})
    assert np.array_equal(result, expected)


@pytest.mark.parametrize(
    "content", [b"", b"\xff", b"\x3a\xff\xff\xff\xff\x0f", b"\x3b", b"\x3a\x02\x2a\x7f"]
)
def test_bytes_that_are_no_message_are_refused_with_the_file(content, tmp_path):
    path = tmp_path / "stage.onnx"
    path.write_bytes(content)
    with pytest.raises(BackendError, match=r"stage\.onnx: no ONNX model.*emit again"):
        without_weights(path)
