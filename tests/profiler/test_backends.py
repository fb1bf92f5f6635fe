import re
import subprocess
import sys
import zipfile
from functools import cache
from itertools import pairwise
from pathlib import Path

import ml_dtypes
import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper

from profiler.backends import NAMES, backend_named
from profiler.carve import carve
from profiler.errors import BackendError
from tests.profiler.models import SmallCnn, TiedWeights, captured

CUTS = {SmallCnn: (0, 4, 9), TiedWeights: (0, 2, 4)}

both = pytest.mark.parametrize("name", NAMES)
models = pytest.mark.parametrize("model", list(CUTS))


def parts_of(model):
    return [carve(captured(model), *ends) for ends in pairwise(CUTS[model])]


@cache
def built(name, model):
    """Exporting takes seconds; no test changes a program."""
    return backend_named(name).build(parts_of(model))


@pytest.fixture(scope="module")
def stage_files(tmp_path_factory):
    """Saved parts by backend and model."""

    @cache
    def save(name, model):
        backend = backend_named(name)
        folder = tmp_path_factory.mktemp("stages")
        paths = [folder / f"stage{i}{backend.suffix}" for i in range(len(CUTS[model]) - 1)]
        for program, path in zip(built(name, model), paths, strict=True):
            backend.save(program, path)
        return paths

    return save


def chain(name, model, executables):
    """The model's outputs as arrays."""
    backend, torch_backend = backend_named(name), backend_named("torch")
    values = {
        key: backend.to_value(torch_backend.to_array(tensor))
        for key, tensor in captured(model).inputs.items()
    }
    for part, executable in zip(parts_of(model), executables, strict=True):
        outputs = executable.run([values[key] for key in part.inputs])
        assert len(outputs) == len(part.outputs)
        values.update(zip(part.outputs, outputs, strict=True))
    return [backend.to_array(values[key]) for key in captured(model).graph.outputs]


@both
@models
def test_a_loaded_file_computes_what_the_program_in_memory_computes(name, model, stage_files):
    backend = backend_named(name)
    prepared = [backend.prepare(program, threads=1) for program in built(name, model)]
    loaded = [backend.load(path, threads=1) for path in stage_files(name, model)]
    for a, b in zip(chain(name, model, prepared), chain(name, model, loaded), strict=True):
        assert a.dtype == b.dtype
        assert np.array_equal(a, b)


@both
@models
def test_chained_files_are_within_the_backends_tolerance_of_the_original(name, model, stage_files):
    backend = backend_named(name)
    loaded = [backend.load(path, threads=1) for path in stage_files(name, model)]
    for actual, tensor in zip(chain(name, model, loaded), captured(model).expected, strict=True):
        expected = tensor.numpy()
        assert np.abs(actual - expected).max() <= backend.tolerance * np.abs(expected).max()


@both
def test_a_file_runs_again_with_other_values(name, stage_files):
    backend = backend_named(name)
    stage = backend.load(stage_files(name, SmallCnn)[0], threads=1)
    x = np.random.default_rng(0).standard_normal((1, 3, 32, 32), np.float32)
    first, other, again = (
        backend.to_array(stage.run([backend.to_value(value)])[0]).copy() for value in (x, 2 * x, x)
    )
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


@both
@pytest.mark.parametrize(
    "array",
    [
        np.array([[1.5, -2.0], [np.nan, np.inf]], np.float32),
        np.array([1.5, -0.1], ml_dtypes.bfloat16),
        np.array([1.5, -0.1], np.float16),
        np.array([2**62, -1], np.int64),
        np.array([True, False]),
        np.array(7, np.int32),
        np.zeros((0, 3), np.float32),
    ],
    ids=lambda array: f"{array.dtype}{list(array.shape)}",
)
def test_an_array_survives_the_way_to_the_backend_and_back(name, array):
    backend = backend_named(name)
    back = backend.to_array(backend.to_value(array))
    assert back.dtype == array.dtype
    assert back.tobytes() == array.tobytes()
    assert back.shape == array.shape


def test_the_torch_backend_keeps_strides_and_memory():
    backend = backend_named("torch")
    channels_last = np.arange(24.0, dtype=np.float32).reshape(1, 2, 3, 4).transpose(0, 3, 1, 2)
    value = backend.to_value(channels_last)
    assert value.is_contiguous(memory_format=torch.channels_last)
    assert torch.equal(value, torch.tensor(channels_last.copy()))
    back = backend.to_array(value)
    assert back.strides == channels_last.strides
    assert np.shares_memory(back, channels_last)


def test_a_bfloat16_array_keeps_its_strides():
    backend = backend_named("torch")
    turned = np.arange(6).astype(ml_dtypes.bfloat16).reshape(2, 3).T
    back = backend.to_array(backend.to_value(turned))
    assert back.strides == turned.strides
    assert np.array_equal(back, turned)


def test_the_onnx_backend_hands_over_c_order():
    value = backend_named("onnx").to_value(np.zeros((2, 3, 4)).transpose(0, 2, 1))
    assert value.flags.c_contiguous


@both
@pytest.mark.parametrize("content", [b"", b"not a model", None])
def test_a_file_that_is_no_stage_is_refused_by_name(name, content, tmp_path):
    backend = backend_named(name)
    path = tmp_path / f"broken{backend.suffix}"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BackendError, match=rf"cannot load .*broken\{backend.suffix}"):
        backend.load(path, threads=1)


@both
def test_a_truncated_file_is_refused_by_name(name, stage_files, tmp_path):
    backend = backend_named(name)
    path = tmp_path / f"half{backend.suffix}"
    whole = stage_files(name, SmallCnn)[1].read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(BackendError, match=rf"cannot load .*half\{backend.suffix}"):
        backend.load(path, threads=1)


@both
def test_a_stage_without_weights_is_stored_and_runs(name, tmp_path):
    backend, path = backend_named(name), tmp_path / "stage"
    backend.save(backend.weightless(), path)
    stage = backend.load(path, threads=1)
    for given, expected in ((-3.0, 0.0), (2.0, 2.0)):
        (found,) = stage.run([backend.to_value(np.array([given], np.float32))])
        assert backend.to_array(found).tolist() == [expected]


def test_a_stage_without_weights_is_of_the_version_that_exported_ones_are():
    exported, weightless = (
        onnx.load_from_string(program)
        for program in (built("onnx", SmallCnn)[0], backend_named("onnx").weightless())
    )
    assert weightless.ir_version == exported.ir_version
    assert weightless.opset_import == exported.opset_import
    assert not weightless.graph.initializer


def test_an_unknown_backend_is_refused_with_those_there_are():
    with pytest.raises(BackendError, match="unknown backend 'tvm': choose one of torch, onnx"):
        backend_named("tvm")


def test_a_device_that_onnxruntime_lacks_is_refused(stage_files):
    with pytest.raises(BackendError, match="no provider for the device 'tpu'"):
        backend_named("onnx").load(stage_files("onnx", SmallCnn)[0], threads=1, device="tpu")


def own_weight_bytes(model, index):
    part, graph = parts_of(model)[index], captured(model).graph
    names = {name for op in graph.ops[part.start : part.stop] for name in op.parameters}
    return sum(graph.parameter[name].n_bytes for name in names)


@both
def test_a_file_tells_nothing_of_the_machine_it_was_made_on(name, stage_files):
    telling = [str(Path.cwd()), Path(__file__).parent.name + "/models.py", "site-packages"]
    for path in stage_files(name, SmallCnn):
        contents = [path.read_bytes()]
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                contents += [archive.read(member) for member in archive.namelist()]
        for content in contents:
            assert not [text for text in telling if text.encode() in content]


def test_a_pt2_file_holds_its_own_weights_and_no_sample_input(stage_files):
    for index, path in enumerate(stage_files("torch", SmallCnn)):
        with zipfile.ZipFile(path) as archive:
            sizes = {member.filename: member.file_size for member in archive.infolist()}
        weights = sum(n for name, n in sizes.items() if "/data/weights/weight_" in name)
        assert weights == own_weight_bytes(SmallCnn, index)
        assert sum(n for name, n in sizes.items() if "sample_inputs" in name) == 0
        assert path.stat().st_size < own_weight_bytes(SmallCnn, index) + 30_000


def test_a_tied_weight_is_stored_in_both_files_that_need_it(stage_files):
    for name in NAMES:
        for path in stage_files(name, TiedWeights):
            assert path.stat().st_size > 50 * 16 * 4


@models
def test_an_onnx_file_holds_its_own_weights_only(model, stage_files):
    for index, path in enumerate(stage_files("onnx", model)):
        graph = onnx.load(path).graph
        stored = sum(len(onnx.numpy_helper.to_array(t).tobytes()) for t in graph.initializer)
        constants = 64  # shapes and axes
        own = own_weight_bytes(model, index)
        assert own <= stored <= own + constants
        assert [port.name for port in graph.input] == list(parts_of(model)[index].inputs)
        assert [port.name for port in graph.output] == list(parts_of(model)[index].outputs)


@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux for its memory")
def test_later_requests_to_an_onnx_stage_take_no_more_memory_than_the_first(tmp_path):
    """Eight tensors of 4 MiB, of which two are alive at a time."""
    path, shape = tmp_path / "chain.onnx", (1024, 1024)
    names = [f"t{number}" for number in range(9)]
    ports = [helper.make_tensor_value_info(n, TensorProto.FLOAT, shape) for n in names]
    nodes = [helper.make_node("Sin", [a], [b]) for a, b in pairwise(names)]
    graph = helper.make_graph(nodes, "g", ports[:1], ports[-1:])
    onnx.save(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path
    )
    program = """
import sys, pathlib
import numpy as np
from profiler.backends import backend_named
from profiler.process import anonymous_bytes, pin_allocator
stage = backend_named("onnx").load(pathlib.Path(sys.argv[1]), threads=1)
pin_allocator()
array = np.ones((1024, 1024), dtype=np.float32)
for _ in range(3):
    stage.run([array])
    print(anonymous_bytes() >> 20)
"""
    done = subprocess.run(
        [sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=True
    )
    first, *later = map(int, done.stdout.split())
    assert max(later) <= first + 1


@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux for its memory")
def test_no_weight_that_a_loaded_onnx_file_runs_with_is_left_to_the_disk(tmp_path):
    """A kernel short of memory drops what is only mapped, and reads it again at each request."""
    path, shape = tmp_path / "add.onnx", (256, 1024)
    port = [helper.make_tensor_value_info(n, TensorProto.FLOAT, shape) for n in ("x", "y")]
    weight = onnx.numpy_helper.from_array(np.ones(shape, dtype=np.float32), "w")
    graph = helper.make_graph(
        [helper.make_node("Add", ["x", "w"], ["y"])], "g", port[:1], port[1:], [weight]
    )
    opsets = [helper.make_opsetid("", 17)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=8)
    backend = backend_named("onnx")
    backend.save(model.SerializeToString(), path)
    stage = backend.load(path, threads=1)
    own, mapped = own_and_mapped_kib(path)
    assert own == mapped >= 1024
    (result,) = stage.run([np.ones(shape, dtype=np.float32)])
    assert (result == 2).all()


def own_and_mapped_kib(path):
    """Of a file in this process: written pages, which are its own, and all pages."""
    text = Path("/proc/self/smaps").read_text()
    regions = re.findall(rf"{re.escape(str(path))}\n((?:\w+: .*\n)+)", text)
    fields = [dict(re.findall(r"(\w+): +(\d+) kB", region)) for region in regions]
    return tuple(sum(int(field[key]) for field in fields) for key in ("Anonymous", "Size"))


def test_running_an_onnx_file_imports_neither_torch_nor_pydantic(tmp_path):
    """That is what lowers the memory that a node needs."""
    path = tmp_path / "relu.onnx"
    port = [helper.make_tensor_value_info(n, TensorProto.FLOAT, [2]) for n in ("x", "y")]
    graph = helper.make_graph([helper.make_node("Relu", ["x"], ["y"])], "g", port[:1], port[1:])
    onnx.save(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path
    )
    program = """
import sys, pathlib
import numpy as np
from profiler.backends.onnx_runtime import OnnxBackend
backend = OnnxBackend()
stage = backend.load(pathlib.Path(sys.argv[1]), threads=1)
(out,) = stage.run([backend.to_value(np.array([-1, 2], np.float32))])
heavy = {"torch", "torchvision", "pydantic", "onnx", "fvcore"} & set(sys.modules)
print(backend.to_array(out).tolist(), sorted(heavy))
"""
    done = subprocess.run(
        [sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[0.0, 2.0] []"


@both
def test_a_tracer_tells_every_block_in_every_run_and_misses_nothing_of_a_run(name):
    """SmallCnn's whole and its two parts; a backend whose parts run as by themselves has none."""
    backend = backend_named(name)
    graph = captured(SmallCnn).graph
    whole, *blocks = backend.build(
        [carve(captured(SmallCnn), 0, len(graph.ops)), *parts_of(SmallCnn)]
    )
    tracer = backend.tracer(whole, blocks, threads=1)
    if name == "torch":
        assert tracer is None
        return
    to_array = backend_named("torch").to_array
    inputs = [backend.to_value(to_array(captured(SmallCnn).inputs[key])) for key in graph.inputs]
    for _ in range(3):
        tracer.run(inputs)
    trace = tracer.finish()
    assert trace.times_s.shape == (3, 2)
    assert (trace.times_s > 0).all()
    assert trace.named_share > 0.5
