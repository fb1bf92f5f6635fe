"""Hand-made traces in the form in which onnxruntime writes them, times in microseconds."""

import numpy as np
import pytest

from profiler.backends.onnx_trace import Operator, trace_of

OPERATORS = {
    # x ─ conv0 ─ c0 ─ relu0 ─ r0 ┊ conv1 ─ c1 ─ add ─ y       ┊ is the border of the blocks
    "conv0": Operator(0, "Conv", ("x",)),
    "c0": Operator(0, "Conv", ("x",)),
    "relu0": Operator(0, "Relu", ("c0",)),
    "r0": Operator(0, "Relu", ("c0",)),
    "conv1": Operator(1, "Conv", ("r0",)),
    "c1": Operator(1, "Conv", ("r0",)),
    "add": Operator(1, "Add", ("c1", "r0")),
    "y": Operator(1, "Add", ("c1", "r0")),
}


def kernel(name, op_type, start_us, took_us=1):
    return {
        "cat": "Node",
        "name": f"{name}_kernel_time",
        "ts": start_us,
        "dur": took_us,
        "args": {"op_name": op_type},
    }


def run(start_us, took_us):
    return {"cat": "Session", "name": "SequentialExecutor::Execute", "ts": start_us, "dur": took_us}


LOADING = {"cat": "Session", "name": "session_initialization", "ts": 0, "dur": 9}


def times_us(*events, operators=OPERATORS, n_blocks=2):
    return (trace_of(events, operators, n_blocks).times_s * 1e6).round(6).tolist()


def test_an_operator_takes_until_the_next_one_starts_and_the_last_until_the_run_ends():
    """A run from 100 to 160: conv0 from its begin, conv1 at 130, add at 145."""
    events = [
        LOADING,
        kernel("conv0", "Conv", 103),
        kernel("conv1", "Conv", 130),
        kernel("add", "Add", 145),
        run(100, 60),
    ]
    assert times_us(*events) == [[30, 30]]


def test_every_run_is_a_row_that_adds_up_to_it():
    events = []
    for start in (0, 1000, 2000):
        events += [kernel("conv0", "Conv", start), kernel("add", "Add", start + 7)]
        events.append(run(start, 12 + start // 1000))
    assert times_us(*events) == [[7, 5], [7, 6], [7, 7]]


def test_a_convolution_in_the_blocked_layout_is_named_after_its_tensor():
    events = [kernel("c0_nchwc", "Conv", 0), kernel("c1_nchwc_token_4", "Conv", 10), run(0, 15)]
    assert times_us(*events) == [[10, 5]]


def test_an_activation_taken_in_by_its_convolution_counts_where_the_convolution_is():
    """Cut between conv0 and relu0: the fused operator is named after the relu's tensor."""
    between = {
        name: Operator(int(op.op_type != "Conv" or op.block == 1), op.op_type, op.inputs)
        for name, op in OPERATORS.items()
    }
    assert between["relu0"].block == 1
    events = [kernel("r0_nchwc", "FusedConv", 0), kernel("add", "Add", 20), run(0, 30)]
    assert times_us(*events, operators=between) == [[20, 10]]


def test_a_change_of_layout_counts_with_the_operator_that_asks_for_it():
    events = [
        kernel("ReorderInput", "ReorderInput", 0),
        kernel("c0_nchwc", "Conv", 1),
        kernel("ReorderOutput", "ReorderOutput", 11),
        kernel("ReorderInput_token_3", "ReorderInput", 13),
        kernel("c1_nchwc", "Conv", 16),
        run(0, 20),
    ]
    trace = trace_of(events, OPERATORS, 2)
    assert (trace.times_s * 1e6).round(6).tolist() == [[13, 7]]
    assert trace.named_share == pytest.approx(14 / 20)


def test_a_trace_without_runs_has_no_rows():
    assert trace_of([LOADING], OPERATORS, 2).times_s.size == 0


def test_a_run_whose_operators_all_have_new_names_still_adds_up():
    trace = trace_of([kernel("new", "New", 0), run(0, 9)], OPERATORS, 2)
    assert trace.times_s.sum() == pytest.approx(9e-6)
    assert trace.named_share == 0
    assert isinstance(trace.times_s, np.ndarray)
