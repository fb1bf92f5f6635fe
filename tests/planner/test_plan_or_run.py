"""What a report may be about, and the one error that everything else gets."""

import json

import pytest

from planner.errors import FileFormatError
from planner.files import write_record
from planner.plan_or_run import read_plan_or_run, read_run
from tests.planner.test_records import document
from tests.planner.test_saved_run import measured, saved_run


@pytest.mark.parametrize("build", [document, saved_run])
def test_plans_and_runs_are_told_apart_by_what_they_say(build, tmp_path):
    write_record(tmp_path / "file.json", build())
    assert read_plan_or_run(tmp_path / "file.json") == build()


def test_a_measurement_without_its_plan_says_how_to_keep_it(tmp_path):
    write_record(tmp_path / "measured.json", measured(document()))
    with pytest.raises(FileFormatError, match=r"without its plan: run again .*--save FILE"):
        read_plan_or_run(tmp_path / "measured.json")


def test_a_run_file_that_lost_its_plan_says_so(tmp_path):
    content = json.loads(saved_run().model_dump_json(by_alias=True))
    del content["document"]
    (tmp_path / "run.json").write_text(json.dumps(content))
    with pytest.raises(FileFormatError, match=r"run\.json: is a run without its plan"):
        read_plan_or_run(tmp_path / "run.json")


def test_a_plan_in_place_of_a_run_is_told_by_its_schema(tmp_path):
    write_record(tmp_path / "plan.json", document())
    with pytest.raises(FileFormatError, match=r"'partway.plan-document/2', expected 'partway.run"):
        read_run(tmp_path / "plan.json")


@pytest.mark.parametrize("kind", ["plan-document", "run"])
def test_an_older_version_is_named_beside_the_one_that_is_read(kind, tmp_path):
    record = document() if kind == "plan-document" else saved_run()
    content = json.loads(record.model_dump_json(by_alias=True)) | {"schema": f"partway.{kind}/0"}
    (tmp_path / "old.json").write_text(json.dumps(content))
    with pytest.raises(FileFormatError, match=rf"'partway.{kind}/0', expected 'partway.{kind}/"):
        read_plan_or_run(tmp_path / "old.json")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"schema": "partway.profile/9"}', "neither a plan .* its schema is 'partway.profile/9'"),
        ('{"engine": "inline"}', "neither a plan .* it has no schema"),
        ("[1, 2]", "neither a plan .* it has no schema"),
        ('{"schema": 3}', "neither a plan .* it has no schema"),
        ("schema: partway.cluster/1", "is no JSON"),
        ("[" * 100_000, "is no JSON"),
        ("\x00\xff", "is no JSON"),
    ],
)
def test_a_file_that_is_neither_is_one_clear_error(text, words, tmp_path):
    (tmp_path / "other").write_bytes(text.encode("latin-1"))
    with pytest.raises(FileFormatError, match=words):
        read_plan_or_run(tmp_path / "other")


def test_what_is_not_there_or_a_folder_cannot_be_read(tmp_path):
    for path in (tmp_path / "nothing.json", tmp_path):
        with pytest.raises(FileFormatError, match="cannot be read"):
            read_plan_or_run(path)
