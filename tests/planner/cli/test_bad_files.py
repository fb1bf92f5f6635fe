"""Files that are old, of another kind or incomplete: one error that says what to do next."""

import json

import pytest

from planner.files import write_record
from tests.planner.cli.conftest import TWO_NODES, assert_one_error
from tests.planner.engines.partitions import make_partition
from tests.planner.report.report_records import cut_document
from tests.planner.test_records import two_block_profile
from tests.planner.test_saved_run import saved_run

READERS = {
    "explain": (),
    "emit": ("--model", "torchvision:resnet18", "-o", "made"),
    "report": ("-o", "made"),
    "export": ("--as", "trace", "-o", "made"),
}
"""Commands that read a plan file, with their other words."""
PLANNERS = {
    "plan": ("-o", "made"),
    "compare": (),
    "sweep": ("-o", "made"),
    "pareto": ("--against", "throughput", "-o", "made"),
}
"""Commands that read profiles and a cluster, with their other words."""


@pytest.fixture
def place(tmp_path, monkeypatch):
    """The folder in which commands run."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def content_of(record):
    return json.loads(record.model_dump_json(by_alias=True))


def assert_refused(partway, place, command, *words):
    (given,) = place.iterdir()
    assert_one_error(partway(command, given.name, *READERS[command]), given.name, *words)
    assert list(place.iterdir()) == [given]


@pytest.mark.parametrize("command", READERS)
def test_a_plan_of_an_older_version_names_both_schemas_and_says_to_plan_again(
    partway, place, command
):
    old = content_of(cut_document()) | {"schema": "partway.plan-document/1"}
    (place / "plan.json").write_text(json.dumps(old))
    assert_refused(
        partway, place, command, "is 'partway.plan-document/1', expected 'partway.plan-document/2'",
        "another version of partway", "plan again with `partway plan`",
    )  # fmt: skip


@pytest.mark.parametrize("command", READERS)
def test_a_file_of_a_kind_that_nobody_knows_is_refused_by_what_it_says(partway, place, command):
    strange = content_of(cut_document()) | {"schema": "partway.recipe/3"}
    (place / "plan.json").write_text(json.dumps(strange))
    assert_refused(partway, place, command, "'partway.recipe/3'", "partway plan")


@pytest.mark.parametrize("command", READERS)
def test_a_plan_that_does_not_say_what_it_is_is_refused(partway, place, command):
    content = content_of(cut_document())
    del content["schema"]
    (place / "plan.json").write_text(json.dumps(content))
    assert_refused(partway, place, command, "schema", "partway plan")


@pytest.mark.parametrize("command", ["explain", "emit"])
def test_a_profile_in_place_of_a_plan_is_another_kind(partway, place, command):
    write_record(place / "given.json", two_block_profile())
    assert_refused(
        partway, place, command, "'partway.profile/2', expected 'partway.plan-document/2'",
        "another kind", "plan again",
    )  # fmt: skip


@pytest.mark.parametrize("command", ["report", "export"])
def test_a_run_without_its_plan_says_to_run_again(partway, place, command):
    content = content_of(saved_run())
    del content["document"]
    (place / "run.json").write_text(json.dumps(content))
    assert_refused(partway, place, command, "run without its plan", "`partway run --save`")


@pytest.mark.parametrize("command", ["report", "export"])
def test_a_run_of_an_older_plan_says_which_and_to_plan_again(partway, place, command):
    content = content_of(saved_run())
    content["document"]["schema"] = "partway.plan-document/1"
    (place / "run.json").write_text(json.dumps(content))
    assert_refused(
        partway, place, command, "document.schema: is 'partway.plan-document/1'", "plan again"
    )


@pytest.mark.parametrize("command", ["report", "export"])
def test_a_file_that_is_no_text_is_no_plan(partway, place, command):
    (place / "bin.json").write_bytes(b"\xff\x00{\x00")
    assert_refused(partway, place, command, "bin.json: is no JSON: it is no text in UTF-8")


@pytest.mark.parametrize("command", PLANNERS)
@pytest.mark.parametrize(
    ("content", "words"),
    [
        (
            {"schema": "partway.profile/1"},
            ("'partway.profile/1', expected 'partway.profile/2'",),
        ),
        ({"schema": "partway.plan-document/2"}, ("'partway.plan-document/2'", "another kind")),
        ({"schema": "partway.profile/2"}, ("Field required", "and ")),
        (None, ("Invalid JSON",)),
    ],
)
def test_what_is_no_profile_is_refused_and_says_to_profile_again(
    partway, place, command, content, words
):
    (place / "cluster.yaml").write_text(TWO_NODES)
    text = b"\xff\xfe" if content is None else json.dumps(content).encode()
    (place / "bad.json").write_bytes(text)
    outcome = partway(command, "bad.json", "-c", "cluster.yaml", *PLANNERS[command])
    assert_one_error(outcome, "bad.json: ", *words, "profile again with `partway profile`")
    assert not (place / "made").exists()


@pytest.mark.parametrize("command", PLANNERS)
@pytest.mark.parametrize(
    ("content", "words"),
    [
        (TWO_NODES.replace("cluster/1", "cluster/0"), ("'partway.cluster/0'", "another version")),
        ('{"schema": "partway.profile/2"}', ("expected 'partway.cluster/1'", "another kind")),
        ("nodes: []", ("schema: is missing", "starts with `schema: partway.cluster/1`")),
        (b"\xff\xfe", ("is no text in UTF-8",)),
    ],
)
def test_what_is_no_cluster_is_refused_by_what_it_says(partway, place, command, content, words):
    write_record(place / "profile.json", two_block_profile())
    (place / "bad.yaml").write_bytes(content if isinstance(content, bytes) else content.encode())
    outcome = partway(command, "profile.json", "-c", "bad.yaml", *PLANNERS[command])
    assert_one_error(outcome, "bad.yaml: ", *words)
    assert not (place / "made").exists()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('{"schema": "partway.speed/0"}', ("'partway.speed/0', expected 'partway.speed/1'",)),
        ('{"schema": "partway.profile/2"}', ("another kind",)),
        ("", ("Invalid JSON",)),
    ],
)
def test_what_is_no_speed_file_is_refused_and_says_to_time_again(partway, place, content, words):
    write_record(place / "profile.json", two_block_profile())
    (place / "bad.json").write_text(content)
    outcome = partway(
        "carry", "profile.json", "--measured-here", "bad.json", "--there", "bad.json", "-o", "made"
    )
    assert_one_error(outcome, "bad.json: ", *words, "`partway speed`")
    assert not (place / "made").exists()


def test_a_folder_without_a_manifest_is_no_partition(partway, place):
    for folder in (place, place / "nowhere"):
        outcome = partway("run", folder)
        assert_one_error(outcome, str(folder), "no manifest.json", "partway emit")


def test_stages_of_another_version_are_emitted_again(partway, place):
    partition = make_partition(place)
    path = partition.folder / "manifest.json"
    path.write_text(path.read_text().replace("partway.manifest/1", "partway.manifest/0"))
    outcome = partway("run", partition.folder)
    assert_one_error(outcome, "expected 'partway.manifest/1'", "emit again with `partway emit`")
