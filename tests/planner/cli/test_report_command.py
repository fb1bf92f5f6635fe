"""`partway report` and `partway run --save` as a user meets them."""

import json

import pytest

from planner.files import write_record
from tests.planner.cli.conftest import assert_one_error
from tests.planner.engines.partitions import make_partition
from tests.planner.report.page_reader import PageReader
from tests.planner.report.report_records import cut_document
from tests.planner.test_records import two_block_profile
from tests.planner.test_saved_run import measured, saved_run


@pytest.mark.parametrize("build", [cut_document, lambda: saved_run(cut_document())])
def test_a_report_is_one_page(partway, tmp_path, build):
    write_record(tmp_path / "in.json", build())
    status, out, err = partway("report", tmp_path / "in.json", "-o", tmp_path / "new" / "out.html")
    assert (status, out) == (0, "")
    assert "wrote" in err
    reader = PageReader((tmp_path / "new" / "out.html").read_text(encoding="utf-8"))
    assert reader.texts["h1"][0].startswith("tiny in 2 stages: latency 13000.00 ms predicted")
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["out.html"]


def test_a_run_is_saved_with_its_plan_and_reported(partway, tmp_path):
    (tmp_path / "parts").mkdir()
    partition = make_partition(tmp_path / "parts")
    saved = tmp_path / "run.json"
    status, _, err = partway(
        "run", partition.folder, "--engine", "inline", "--requests", 2, "--save", saved
    )
    assert status == 0
    assert f"wrote {saved}" in err
    content = json.loads(saved.read_text())
    assert content["schema"] == "partway.run/1"
    assert content["document"]["model"] == "tiny"
    assert len(content["result"]["measurement"]["stages"]) == 3
    status, _, _ = partway("report", saved, "-o", tmp_path / "report.html")
    assert status == 0
    assert "engine inline" in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_bad_input_is_one_error_and_leaves_what_was_there(partway, tmp_path):
    page, given = tmp_path / "out.html", tmp_path / "in.json"
    page.write_text("before")
    write_record(given, measured(cut_document()))
    assert_one_error(partway("report", given, "-o", page), "without its plan", "--save")
    old = json.loads(cut_document().model_dump_json(by_alias=True))
    given.write_text(json.dumps(old | {"schema": "partway.plan-document/1"}))
    assert_one_error(partway("report", given, "-o", page), "plan-document/1", "another version")
    given.write_text("{}")
    assert_one_error(partway("report", given, "-o", page), "neither a plan")
    assert_one_error(partway("report", tmp_path / "none", "-o", page), "cannot be read")
    assert page.read_text() == "before"


def test_an_edited_value_is_refused(partway, tmp_path):
    text = cut_document().model_dump_json(by_alias=True)
    edited = text.replace('"value":13.0,"lower_bound":13.0', '"value":12.0,"lower_bound":12.0')
    assert edited != text
    (tmp_path / "plan.json").write_text(edited)
    outcome = partway("report", tmp_path / "plan.json", "-o", tmp_path / "out.html")
    assert_one_error(outcome, "not 12 as it says")


def test_an_edited_estimate_is_refused_where_it_would_be_shown(partway, tmp_path):
    given = tmp_path / "plan.json"
    text = cut_document().model_dump_json(by_alias=True)
    given.write_text(text.replace('"latency_s":13.0', '"latency_s":0.05'))
    for verb in (("report", given, "-o", tmp_path / "out"), ("export", given, "--as", "trace")):
        assert_one_error(partway(*verb), "plan.json: estimate.latency_s is 0.05", "13.0")
    assert not (tmp_path / "out").exists()


def test_a_profile_of_another_model_is_refused_before_anything_is_solved(
    partway, tmp_path, monkeypatch
):
    def solved(*words, **named):
        raise AssertionError("solved before the profile was checked")

    monkeypatch.setattr("planner.solvers.solve.solve", solved)
    write_record(tmp_path / "in.json", cut_document())
    write_record(tmp_path / "other.json", two_block_profile())
    outcome = partway(
        "report", tmp_path / "in.json", "--profile", tmp_path / "other.json",
        "-o", tmp_path / "out.html",
    )  # fmt: skip
    assert_one_error(outcome, "give the profile that it was planned with")
    assert not (tmp_path / "out.html").exists()


def test_a_place_that_cannot_be_written_is_told_before_any_work(partway, tmp_path):
    write_record(tmp_path / "in.json", cut_document())
    assert_one_error(partway("report", tmp_path / "in.json", "-o", tmp_path), "it is a folder")
