"""`partway export`: where the text goes, and what is refused."""

import json

import pytest

from planner.export.chrome_trace import chrome_trace
from planner.export.dot import dot_text
from planner.export.mermaid import mermaid_text
from planner.files import write_record
from planner.saved_run import SavedRun
from tests.planner.cli.conftest import assert_one_error
from tests.planner.export.documents import phone_and_server, run_of, without_plan


@pytest.fixture
def plan(tmp_path):
    path = tmp_path / "plan.json"
    write_record(path, phone_and_server())
    return path


@pytest.mark.parametrize(("form", "text_of"), [("mermaid", mermaid_text), ("dot", dot_text)])
def test_a_graph_goes_to_standard_output_as_it_is(partway, plan, form, text_of):
    assert partway("export", plan, "--as", form) == (0, text_of(phone_and_server()), "")


def test_a_trace_goes_to_a_file(partway, plan, tmp_path):
    path = tmp_path / "new" / "trace.json"
    status, out, err = partway("export", plan, "--as", "trace", "-o", path)
    assert (status, out) == (0, "")
    assert err.startswith("wrote ")
    events = json.loads(path.read_text(encoding="utf-8"))["traceEvents"]
    assert sum(event["ph"] == "X" for event in events) == 5
    assert [file.name for file in path.parent.iterdir()] == ["trace.json"]


def test_a_saved_run_gives_a_trace_of_both_and_the_graph_of_its_plan(partway, tmp_path):
    document = phone_and_server()
    run = SavedRun(document=document, result=run_of(document), cpu_quotas=True)
    write_record(tmp_path / "run.json", run)
    status, out, err = partway("export", tmp_path / "run.json", "--as", "trace")
    assert (status, err) == (0, "")
    assert out == chrome_trace(document, run.result, slowed_by_quotas=True)
    assert partway("export", tmp_path / "run.json", "--as", "dot") == (0, dot_text(document), "")


def test_an_unknown_form_is_refused_with_those_that_there_are(partway, plan):
    outcome = partway("export", plan, "--as", "svg")
    assert_one_error(outcome, "--as 'svg' is unknown: use one of mermaid, dot, trace")


def test_a_measurement_without_its_plan_is_refused(partway, tmp_path):
    path = tmp_path / "measured.json"
    write_record(path, run_of(phone_and_server()).measurement)
    outcome = partway("export", path, "--as", "trace")
    assert_one_error(outcome, "measured.json: is a measurement without its plan: run again")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("not JSON", "is no JSON"),
        ('{"schema": "partway.plan-document/1"}', "another version of partway"),
        ("{}", "neither a plan"),
    ],
)
def test_what_is_no_plan_file_is_refused(partway, tmp_path, text, message):
    path = tmp_path / "bad.json"
    path.write_text(text)
    assert_one_error(partway("export", path, "--as", "dot"), "bad.json", message)
    outcome = partway("export", tmp_path / "none.json", "--as", "dot")
    assert_one_error(outcome, "none.json: cannot be read")


@pytest.mark.parametrize("form", ["mermaid", "dot", "trace"])
def test_a_plan_file_without_a_plan_is_refused_and_nothing_is_written(partway, tmp_path, form):
    write_record(tmp_path / "plan.json", without_plan())
    outcome = partway("export", tmp_path / "plan.json", "--as", form, "-o", tmp_path / "out")
    assert_one_error(outcome, "phone is 12 B short")
    assert not (tmp_path / "out").exists()


def test_a_folder_is_not_overwritten(partway, plan, tmp_path):
    assert_one_error(partway("export", plan, "--as", "dot", "-o", tmp_path), "it is a folder")
