import json
from dataclasses import replace

import pytest
from pydantic import ValidationError

from profiler import block_memory
from profiler.backends import NAMES, backend_named
from profiler.blocks import Block, Granularity, cut_positions
from profiler.errors import BackendError, GranularityError
from profiler.footprint import Footprint
from profiler.liveness import crossing_tensors, live_bytes
from profiler.profile_options import ProfileOptions, Rounds
from profiler.profile_records import Attribution, Profile, Provenance
from profiler.profiling import memory_provenance, profile
from tests.profiler.models import SmallCnn, TiedWeights, captured, small_profile

both = pytest.mark.parametrize("backend", NAMES)


@both
def test_blocks_cover_the_model_and_have_its_flops_and_weights(backend):
    result = small_profile(backend)
    graph = captured(SmallCnn).graph
    assert result.graph == graph
    assert [(b.name, b.op_start, b.op_stop) for b in result.blocks] == [
        ("features", 0, 4),
        ("more", 4, 7),
        ("view…head", 7, 9),
    ]
    assert sum(block.flops for block in result.blocks) == result.flops.total
    assert result.flops.total == result.flops.fvcore_total == 1_037_312
    assert sum(block.weight_bytes for block in result.blocks) == graph.weight_bytes
    assert result.shared == ()
    assert result.flops.unpriced == {}
    assert result.flops.unpriced_latency_share == 0


@both
def test_live_bytes_and_cuts_are_those_of_the_graph(backend):
    result = small_profile(backend)
    graph = captured(SmallCnn).graph
    live, crossing = live_bytes(graph), crossing_tensors(graph)
    assert [block.peak_live_bytes for block in result.blocks] == [
        max(live[block.op_start : block.op_stop]) for block in result.blocks
    ]
    assert [cut.position for cut in result.cuts] == [0, 4, 7, 9]
    assert [cut.tensors for cut in result.cuts] == [crossing[p] for p in (0, 4, 7, 9)]
    assert [cut.n_bytes for cut in result.cuts] == [
        4 * 3 * 32 * 32, 4 * 8 * 16 * 16, 4 * 16 * 4 * 4, 4 * 10,
    ]  # fmt: skip
    assert result.stage_positions == cut_positions(graph, Granularity.STAGE)


@both
def test_every_block_was_timed_as_often_as_the_whole(backend):
    result = small_profile(backend)
    timings = [result.whole.latency, *(block.latency for block in result.blocks)]
    for timing in timings:
        assert timing.n == 3
        assert 0 < timing.p10_s <= timing.median_s <= timing.p90_s
        assert len(timing.samples_s) == 3
        assert sorted(timing.samples_s)[1] == pytest.approx(timing.median_s, abs=1e-9)
    total = sum(block.latency.median_s for block in result.blocks)
    assert result.whole.blocks_over_whole == pytest.approx(total / result.whole.latency.median_s)


@both
def test_blocks_are_timed_in_sequence_after_a_rest_unless_asked_otherwise(backend):
    whole = small_profile(backend).whole
    assert whole.attribution is Attribution.SEQUENCE
    assert whole.named_share == 1
    assert whole.rest_s == 0.001


TRACED = ProfileOptions(
    backend="onnx",
    cuts=(4, 7),
    rounds=Rounds(least=2, most=2, floor=0, rest_s=0.0),
    attribution=Attribution.TRACE,
)


def test_blocks_of_onnx_can_be_timed_by_the_trace_of_the_whole_model():
    result = profile(captured(SmallCnn), TRACED)
    assert result.whole.attribution is Attribution.TRACE
    assert result.whole.named_share > 0.5
    assert [block.latency.n for block in result.blocks] == [2, 2, 2]


def test_a_backend_without_a_trace_says_so():
    with pytest.raises(BackendError, match="torch has no trace"):
        profile(captured(SmallCnn), replace(TRACED, backend="torch"))


@both
def test_a_profile_says_what_its_rounds_bought(backend):
    bought = small_profile(backend).whole.precision
    assert bought.confidence == 0.95
    assert bought.whole >= 0
    assert 0 <= bought.worst_block_share <= 1
    assert bought.spent_s > 0


@both
def test_a_profile_keeps_how_fast_its_machine_was(backend):
    reference = small_profile(backend).environment.reference
    assert reference.compute_s > 0
    assert reference.memory_s > 0


@both
def test_a_worker_needs_memory_before_it_holds_any_weight(backend):
    runtime = small_profile(backend).runtime
    assert runtime.base_bytes > 5 * 2**20
    assert 0 < runtime.margin_ratio < 0.1
    assert 0 < runtime.margin_bytes < runtime.base_bytes


def test_a_worker_without_torch_needs_less_memory():
    assert small_profile("onnx").runtime.base_bytes < small_profile("torch").runtime.base_bytes


@both
def test_a_profile_says_where_and_with_what_it_was_measured(backend):
    result = small_profile(backend)
    assert result.backend == backend
    assert (result.environment.device, result.environment.threads) == ("cpu", 1)
    assert "torch" in result.environment.packages
    assert ("onnxruntime" in result.environment.packages) == (backend == "onnx")
    assert result.environment.allocator in ("pinned", "default")


@pytest.mark.parametrize(
    ("backend", "n_blocks", "base", "resident", "workspace"),
    [
        # Each alone, with gaps added:
        ("onnx", 100, Provenance.ESTIMATED, Provenance.MEASURED, Provenance.ESTIMATED),
        ("onnx", 101, Provenance.ESTIMATED, Provenance.ESTIMATED, Provenance.ESTIMATED),
        ("torch", 1, Provenance.MEASURED, Provenance.MEASURED, Provenance.MEASURED),
        ("torch", 4, Provenance.ESTIMATED, Provenance.MEASURED, Provenance.MEASURED),
        ("torch", 5, Provenance.ESTIMATED, Provenance.ESTIMATED, Provenance.ESTIMATED),
    ],
)
def test_memory_that_is_shared_out_is_not_called_measured(
    backend, n_blocks, base, resident, workspace
):
    blocks = [Block(str(i), i, i + 1) for i in range(n_blocks)]
    origins = memory_provenance(blocks, backend_named(backend))
    assert origins == {
        "runtime.base_bytes": base,
        "resident_bytes": resident,
        "load_bytes": resident,
        "workspace_bytes": workspace,
    }


@both
def test_every_kind_of_number_has_an_origin(backend):
    result = small_profile(backend)
    numbers = {"flops", "weight_bytes", "latency", "peak_live_bytes"}
    numbers |= {"resident_bytes", "workspace_bytes", "load_bytes"}
    numbers |= {f"runtime.{name}" for name in type(result.runtime).model_fields}
    assert set(result.provenance) == numbers | {"whole", "whole.stage_start_s", "cuts"}
    assert result.provenance["latency"] is Provenance.MEASURED
    assert result.provenance["flops"] is Provenance.COMPUTED


@both
def test_a_profile_is_read_back_as_it_was_written(backend):
    result = small_profile(backend)
    text = result.model_dump_json(by_alias=True)
    again = Profile.model_validate_json(text)
    assert again == result
    assert again.graph.digest == result.graph.digest
    assert again.model_dump_json(by_alias=True) == text


def content():
    return json.loads(small_profile("torch").model_dump_json(by_alias=True))


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "-1", '"fast"'])
def test_a_latency_that_is_no_time_is_refused_by_field(number):
    changed = content()
    changed["blocks"][1]["latency"]["median_s"] = 12345.0
    text = json.dumps(changed).replace("12345.0", number)
    with pytest.raises(ValidationError, match=r"blocks\.1\.latency\.median_s"):
        Profile.model_validate_json(text)


@pytest.mark.parametrize(
    "change",
    [
        {"schema": "partway.profile/1"},
        {"colour": "blue"},
        {"blocks": []},
        {"provenance": {"latency": "guessed"}},
        {"shared": [{"name": "w", "n_bytes": 4, "blocks": [1]}]},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_profile_that_is_not_one_is_refused_by_field(change):
    with pytest.raises(ValidationError, match=next(iter(change))):
        Profile.model_validate(content() | change)


def test_a_profile_without_samples_is_read_as_before():
    changed = content()
    for block in changed["blocks"]:
        del block["latency"]["samples_s"]
    profile = Profile.model_validate(changed)
    assert all(block.latency.samples_s == () for block in profile.blocks)


def test_rounds_that_do_not_measure_every_block_are_refused():
    changed = content()
    changed["blocks"][1]["latency"]["samples_s"] = []
    with pytest.raises(ValidationError, match="some have 0 samples and some 3"):
        Profile.model_validate(changed)


def test_a_timing_with_fewer_samples_than_it_says_is_refused_by_field():
    changed = content()
    changed["whole"]["latency"]["samples_s"] = [0.1]
    with pytest.raises(ValidationError, match=r"whole\.latency\n.*1 entries, but n is 3"):
        Profile.model_validate(changed)


def test_a_field_that_is_unknown_deep_inside_is_refused():
    changed = content()
    changed["graph"]["ops"][0]["colour"] = "blue"
    with pytest.raises(ValidationError, match=r"graph\.ops\.0\.colour"):
        Profile.model_validate(changed)


def test_a_weight_that_several_blocks_read_is_listed_with_them(monkeypatch):
    alike = [
        Footprint(10**8, 10**8, 10**8)
    ] * 5  # of a stage without weights, the whole, and three blocks
    monkeypatch.setattr(block_memory, "measure_footprints", lambda *_: alike)  # it takes seconds
    steps = []
    options = ProfileOptions(cuts=(1, 3), rounds=Rounds(least=1, most=1))
    result = profile(captured(TiedWeights), options, on_step=steps.append)
    (shared,) = result.shared
    assert shared.n_bytes == 50 * 16 * 4
    assert shared.blocks == (0, 2)
    stored = sum(block.weight_bytes for block in result.blocks) - shared.n_bytes
    assert stored == result.graph.weight_bytes
    assert steps[0] == "counting FLOPs"
    assert steps[-1] == "measuring a worker's memory"


def test_cuts_that_the_model_does_not_have_are_refused_before_anything_is_measured():
    with pytest.raises(GranularityError, match="between 1 and 8"):
        profile(captured(SmallCnn), ProfileOptions(cuts=(9,)))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (ProfileOptions(backend="onnx", device="cuda"), "cpu device only|no CUDA device"),
        (ProfileOptions(backend="tvm"), "unknown backend 'tvm'"),
    ],
)
def test_what_cannot_run_here_is_refused_before_anything_is_measured(options, message):
    with pytest.raises(BackendError, match=message):
        profile(captured(SmallCnn), options)
