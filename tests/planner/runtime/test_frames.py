import io
import json
import struct

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from planner.runtime import frames
from planner.runtime.errors import EndOfStream, FrameError
from planner.runtime.frames import Frame

INTEGERS = [f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)]
DTYPES = ["bool", *INTEGERS, "float16", "float32", "float64", "complex64", "complex128"]


@st.composite
def dense_arrays(draw):
    """Arrays of any carried type that fill their memory in any order of axes."""
    shape = draw(hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4))
    dtype = draw(st.sampled_from([*map(np.dtype, DTYPES), np.dtype(ml_dtypes.bfloat16)]))
    n_elements = int(np.prod(shape))
    raw = draw(st.binary(min_size=n_elements, max_size=n_elements))
    array = np.frombuffer(raw, np.uint8).astype(dtype).reshape(shape)
    return array.transpose(draw(st.permutations(range(len(shape)))))


def pack(frame):
    sink = io.BytesIO()
    frames.write(sink, frame)
    return sink.getvalue()


def unpack(data, **limits):
    return frames.read(io.BytesIO(data), **limits)


def pack_header(header):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<3sBI", b"PWF", 1, len(text)) + text


def entry(**changes):
    return {"name": "x", "dtype": "float32", "shape": [2], "strides": None, "n_bytes": 8} | changes


@given(st.dictionaries(st.text(max_size=5), dense_arrays(), max_size=4))
def test_parsing_what_was_formatted_is_the_identity(tensors):
    meta = {"trace": [{"send_start_s": 1.25}], "text": "ü"}
    received = unpack(pack(Frame(tensors, meta)))
    assert received.meta == meta
    assert list(received.tensors) == list(tensors)
    for name, sent in tensors.items():
        array = received.tensors[name]
        assert (array.shape, array.dtype) == (sent.shape, sent.dtype)
        assert array.tobytes() == sent.tobytes()
        assert array.flags.writeable
        if sent.size:
            assert array.strides == sent.strides


def test_channels_last_keeps_its_strides_even_with_one_channel():
    memory = np.arange(16, dtype=np.float32)
    array = np.ndarray((1, 1, 4, 4), np.float32, memory, strides=(64, 4, 16, 4))
    assert unpack(pack(Frame({"x": array}))).tensors["x"].strides == (64, 4, 16, 4)


@pytest.mark.parametrize(
    "array",
    [
        np.broadcast_to(np.float32(3), (4, 5)),  # overlapping
        np.arange(20)[::2],  # gaps
        np.arange(20)[::-1],  # negative strides
        np.zeros(5, [("a", "i1"), ("b", "<i4")])["b"],  # strides that split elements
        np.arange(5, dtype=">i4"),  # foreign byte order
    ],
)
def test_anything_else_arrives_as_a_contiguous_copy(array):
    received = unpack(pack(Frame({"x": array}))).tensors["x"]
    np.testing.assert_array_equal(received, array)
    assert received.flags.c_contiguous


def test_a_dense_tensor_is_sent_without_a_copy():
    array = np.zeros((2, 3, 4)).transpose(2, 0, 1)
    _, piece = frames.encode(Frame({"x": array}))
    assert np.shares_memory(np.asarray(piece), array)


def test_an_element_type_that_frames_do_not_carry_is_refused_by_the_sender():
    with pytest.raises(FrameError, match="'x' has elements of"):
        pack(Frame({"x": np.array(["text"])}))


def test_a_header_beyond_its_limit_is_refused_by_the_sender():
    with pytest.raises(FrameError, match="header of"):
        pack(Frame(meta={"text": "x" * frames.MAX_HEADER_BYTES}))


def test_an_empty_source_has_no_further_frame():
    with pytest.raises(EndOfStream):
        unpack(b"")


@pytest.fixture(scope="module")
def valid():
    tensors = {"x": np.ones((2, 3), np.float32), "y": np.zeros((2, 2)).T, "z": np.array(True)}
    return pack(Frame(tensors, {"trace": []}))


def test_every_truncation_is_an_error(valid):
    for length in range(len(valid)):
        with pytest.raises(FrameError):
            unpack(valid[:length])


@given(st.data())
def test_corrupt_bytes_are_an_error_or_another_frame_and_reserve_little(valid, data):
    corrupt = bytearray(valid)
    for _ in range(data.draw(st.integers(1, 4))):
        corrupt[data.draw(st.integers(0, len(corrupt) - 1))] = data.draw(st.integers(0, 255))
    try:
        frame = unpack(bytes(corrupt), max_payload_bytes=len(corrupt))
    except FrameError:
        return
    assert frame.payload_bytes <= len(corrupt)


@given(st.binary(max_size=200))
def test_random_bytes_after_the_prefix_are_an_error(noise):
    with pytest.raises(FrameError):
        unpack(pack_header(noise))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"GIF89a" + bytes(20), "not a frame"),
        (b"PWF\x02" + bytes(20), "version 2"),
        (b"PWF\x01\xff\xff\xff\xff", "announces a header"),
        (pack_header(b"{"), "not JSON"),
        (pack_header(b"[" * 100_000), "not JSON"),
        (pack_header([]), "does not consist"),
        (pack_header({"tensors": {}, "meta": {}}), "no list"),
        (pack_header({"tensors": [3], "meta": {}}), "other fields"),
        (pack_header({"tensors": [entry(name=3)], "meta": {}}), "no text"),
        (pack_header({"tensors": [entry(dtype="object")], "meta": {}}), "'object'"),
        (pack_header({"tensors": [entry(dtype=[])], "meta": {}}), "no frame carries"),
        (pack_header({"tensors": [entry(shape=[-2])], "meta": {}}), "not all are counts"),
        (pack_header({"tensors": [entry(shape=[True])], "meta": {}}), "not all are counts"),
        (pack_header({"tensors": [entry(shape=3)], "meta": {}}), "no list of at most"),
        (pack_header({"tensors": [entry(n_bytes=7)], "meta": {}}), "announces 7 bytes"),
        (pack_header({"tensors": [entry(strides=[2])], "meta": {}}), "gaps"),
        (pack_header({"tensors": [entry(strides=[1, 1])], "meta": {}}), "gaps"),
        (pack_header({"tensors": [entry(), entry()], "meta": {}}), "twice"),
        (
            pack_header({"tensors": [entry(shape=[2**38], n_bytes=2**40)], "meta": {}}),
            "more than",
        ),
    ],
)
def test_a_malformed_frame_is_refused_with_its_reason(data, message):
    with pytest.raises(FrameError, match=message):
        unpack(data)


def test_a_file_is_read_back_and_nothing_may_follow_it(tmp_path):
    path = tmp_path / "sample.frame"
    frames.save(path, {"x": np.arange(3)})
    np.testing.assert_array_equal(frames.load(path)["x"], np.arange(3))
    path.write_bytes(path.read_bytes() + b"!")
    with pytest.raises(FrameError, match=r"sample\.frame: bytes follow"):
        frames.load(path)


def test_a_file_that_announces_more_than_it_has_reserves_nothing(tmp_path):
    path = tmp_path / "sample.frame"
    path.write_bytes(
        pack_header({"tensors": [entry(shape=[2**30], n_bytes=2**32)], "meta": {}}) + bytes(100)
    )
    with pytest.raises(FrameError, match="more than"):
        frames.load(path)
