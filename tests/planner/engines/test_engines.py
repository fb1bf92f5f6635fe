"""What holds for every engine."""

import numpy as np
import pytest

from netmodel.cluster import Cluster
from planner.breakdown import Origin
from planner.engines import NAMES, engine_named
from planner.engines.interface import RunOptions
from planner.errors import MismatchError, PlannerError, RunError, VerificationError
from planner.files import stamp
from planner.partition import open_partition
from planner.runtime import frames
from tests.planner.engines.partitions import LATENCY_S, edit_manifest, make_partition, write_stage

FEW = RunOptions(requests=3, warmup_requests=1, deadline_s=20)


@pytest.fixture(params=NAMES)
def engine(request):
    return engine_named(request.param)


def test_an_unknown_engine_is_refused():
    with pytest.raises(PlannerError, match="choose one of inline, processes"):
        engine_named("warp")


def test_a_run_measures_every_term_and_returns_what_the_model_returns(engine, partition):
    seen = []
    result = engine.run(partition, FEW, on_request=lambda done, total: seen.append((done, total)))
    measured = result.measurement
    assert seen == [(1, 3), (2, 3), (3, 3)]
    assert result.check.max_rel_difference <= 1e-4
    assert (result.engine, measured.origin) == (engine.name, Origin.MEASURED)
    assert [(s.node, s.start, s.stop) for s in measured.stages] == [
        ("phone", 0, 1),
        ("server", 1, 2),
        ("server", 2, 3),
    ]
    assert [(h.source, h.target) for h in measured.hops] == partition.hop_ends
    assert [h.n_bytes for h in measured.hops] == partition.hop_bytes
    assert all(0 < stage.compute_s < 1 for stage in measured.stages)
    assert measured.latency_s == measured.requests.median_s
    assert measured.requests.n == 3
    assert measured.fits


def test_emulated_links_take_the_time_of_the_model_between_different_nodes(engine, partition):
    options = FEW.model_copy(update={"emulate_links": True})
    result = engine.run(partition, options)
    entered, up, within, back = (hop.transfer_s for hop in result.measurement.hops)
    assert result.emulated_links
    assert min(up, back) >= LATENCY_S
    assert min(entered, within) < LATENCY_S
    assert result.measurement.latency_s >= 2 * LATENCY_S


def test_emulated_speeds_are_refused_for_a_node_that_is_faster(engine, tmp_path):
    partition = make_partition(tmp_path, speed=2.0)
    options = FEW.model_copy(update={"emulate_speeds": True})
    assert "2 times as fast" in engine.skip_reason(partition, options)
    assert engine.skip_reason(partition, FEW) is None
    with pytest.raises(PlannerError, match="faster machine cannot be emulated"):
        engine.run(partition, options)


def test_emulated_speeds_are_refused_for_a_node_of_unknown_speed(engine, partition):
    edit_manifest(partition, document=partition.document.model_copy(update={"node_speeds": {}}))
    options = FEW.model_copy(update={"emulate_speeds": True})
    assert "is not known" in engine.skip_reason(open_partition(partition.folder), options)


def test_a_missing_link_cannot_be_emulated(engine, partition):
    cluster = Cluster(source="phone", sink="phone", nodes=partition.document.cluster.nodes)
    edit_manifest(partition, document=partition.document.model_copy(update={"cluster": cluster}))
    options = FEW.model_copy(update={"emulate_links": True})
    with pytest.raises(MismatchError, match="no link phone -> server"):
        engine.run(open_partition(partition.folder), options)


def test_wrong_outputs_fail_the_run(engine, partition):
    path = partition.folder / "expected.frame"
    wrong = {label: value + 1 for label, value in partition.expected_outputs.items()}
    frames.save(path, wrong)
    edit_manifest(partition, expected=stamp(path, partition.folder))
    with pytest.raises(VerificationError, match="something else than the original model"):
        engine.run(open_partition(partition.folder), FEW)


def test_outputs_of_another_type_fail_the_run(engine, partition):
    path = partition.folder / "expected.frame"
    wrong = {label: v.astype(np.float64) for label, v in partition.expected_outputs.items()}
    frames.save(path, wrong)
    edit_manifest(partition, expected=stamp(path, partition.folder))
    with pytest.raises(VerificationError, match="'out' is float32"):
        engine.run(open_partition(partition.folder), FEW)


def replace_stage(partition, index, write):
    stages = list(partition.manifest.stages)
    write(partition.stage_path(index))
    stamped = stamp(partition.stage_path(index), partition.folder)
    stages[index] = stages[index].model_copy(update={"file": stamped})
    edit_manifest(partition, stages=tuple(stages))
    return open_partition(partition.folder)


def test_a_stage_that_raises_is_told_by_stage_node_and_reason(engine, partition):
    def write_needing_another_width(path):
        weights = {"w": np.ones((7, 7), np.float32)}
        write_stage(path, [("MatMul", ["h", "w"], "h2")], ["h"], "h2", weights)

    broken = replace_stage(partition, 1, write_needing_another_width)
    with pytest.raises(RunError, match=r"stage 1 on node 'server'"):
        engine.run(broken, FEW)


def test_a_stage_file_that_does_not_load_is_told_by_stage_and_node(engine, partition):
    broken = replace_stage(partition, 1, lambda path: path.write_bytes(b"no model"))
    with pytest.raises(RunError, match=r"stage 1 on node 'server'.*cannot load"):
        engine.run(broken, FEW)
