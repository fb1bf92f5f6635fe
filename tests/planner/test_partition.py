import pytest

from planner.errors import FileFormatError
from planner.files import stamp
from planner.manifest import Port
from planner.partition import open_partition
from planner.runtime import frames
from planner.solution import Solution, Status
from tests.planner.engines.partitions import WIDTH, edit_manifest, make_partition


@pytest.fixture
def partition(tmp_path):
    return make_partition(tmp_path)


def reopen(partition):
    return open_partition(partition.folder)


def test_hops_have_the_ends_and_bytes_of_the_plan(partition):
    assert partition.hop_ends == [
        ("phone", "phone"),
        ("phone", "server"),
        ("server", "server"),
        ("server", "phone"),
    ]
    assert partition.hop_bytes == [2 * 4 * WIDTH] * 4


def test_a_folder_without_a_manifest_is_refused(tmp_path):
    with pytest.raises(FileFormatError, match=r"has no manifest\.json.*partway emit"):
        open_partition(tmp_path)


@pytest.mark.parametrize("name", ["0.onnx", "2.onnx", "sample.frame", "expected.frame"])
def test_a_missing_file_is_named(partition, name):
    (partition.folder / name).unlink()
    with pytest.raises(FileFormatError, match=f"{name}: is missing.*emit again"):
        reopen(partition)


def test_a_truncated_file_is_told_with_both_sizes(partition):
    path = partition.stage_path(1)
    n_bytes = path.stat().st_size
    path.write_bytes(path.read_bytes()[:100])
    message = f"1.onnx: has 100 bytes, but {n_bytes} were emitted.*emit again"
    with pytest.raises(FileFormatError, match=message):
        reopen(partition)


def test_a_changed_file_of_the_same_size_is_told(partition):
    path = partition.stage_path(1)
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(FileFormatError, match=r"1\.onnx: has changed since.*emit again"):
        reopen(partition)


def test_a_file_outside_of_the_folder_is_refused(partition):
    stages = partition.manifest.stages
    outside = stages[0].file.model_copy(update={"path": "../secret"})
    edit_manifest(partition, stages=(stages[0].model_copy(update={"file": outside}), *stages[1:]))
    with pytest.raises(FileFormatError, match="outside of its folder"):
        reopen(partition)


def test_stages_of_another_plan_are_refused(partition):
    edit_manifest(partition, stages=partition.manifest.stages[:2])
    with pytest.raises(FileFormatError, match="are not those of the plan"):
        reopen(partition)


def test_a_manifest_without_a_plan_is_refused(partition):
    nothing = Solution(status=Status.INFEASIBLE, method="none", reason="too big")
    document = partition.document.model_copy(update={"solution": nothing})
    edit_manifest(partition, document=document)
    with pytest.raises(FileFormatError, match="no plan"):
        reopen(partition)


def test_a_tensor_that_comes_from_nowhere_is_refused(partition):
    stages = partition.manifest.stages
    stray = Port(name="stray", shape=(1,), dtype="float32")
    broken = stages[1].model_copy(update={"inputs": (stray,)})
    edit_manifest(partition, stages=(stages[0], broken, stages[2]))
    with pytest.raises(FileFormatError, match=r"hop 1 does not have \['stray'\]"):
        reopen(partition)


def test_labels_that_do_not_match_the_outputs_are_refused(partition):
    edit_manifest(partition, output_labels=("out",))
    with pytest.raises(FileFormatError, match="3 outputs, but 1 labels"):
        reopen(partition)


def test_a_sample_that_is_no_frame_is_refused(partition):
    path = partition.folder / "sample.frame"
    path.write_bytes(b"not a frame at all")
    edit_manifest(partition, sample=stamp(path, partition.folder))
    with pytest.raises(FileFormatError, match=r"sample\.frame: begins with.*emit again"):
        reopen(partition)


def test_a_sample_without_an_input_is_refused(partition):
    path = partition.folder / "sample.frame"
    frames.save(path, {"x": partition.sample_inputs["x"]})
    edit_manifest(partition, sample=stamp(path, partition.folder))
    with pytest.raises(FileFormatError, match=r"the sample input does not have \['y'\]"):
        reopen(partition)
