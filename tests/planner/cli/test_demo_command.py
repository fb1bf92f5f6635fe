"""`partway demo`, on a model that takes less time than its own."""

import pytest

from planner import api
from planner.cli import demo_command
from tests.planner.cli.conftest import CNN, TWO_NODES, assert_one_error
from tests.planner.report.page_reader import PageReader


def test_the_demo_keeps_its_run_and_reports_it(partway, tmp_path, monkeypatch):
    monkeypatch.setattr(demo_command, "_MODEL", CNN)
    (tmp_path / "cluster.yaml").write_text(TWO_NODES)
    made = tmp_path / "demo"
    status, out, err = partway("demo", "-c", tmp_path / "cluster.yaml", "-o", made)
    assert status == 0, err
    assert "end to end" in out
    saved = api.read_run(made / "run.json")
    assert saved.document == api.read_plan(made / "plan.json")
    page = PageReader((made / "report.html").read_text(encoding="utf-8"))
    assert page.facts["latency, measured"] == saved.result.measurement.latency_s
    assert "report.html" in err


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "cannot be read: No such file"),
        (b"\xff\xfe\x00", "is no text in UTF-8"),
        (b"schema: partway.cluster/1\n", "source: Field required"),
        (TWO_NODES.replace("speed: 1", "profile: far.json").encode(), "'far' names the profile"),
    ],
)
def test_a_bad_cluster_file_is_one_error_that_names_it_and_leaves_no_folder(
    partway, tmp_path, content, words
):
    given = tmp_path / "given.yaml"
    if content is not None:
        given.write_bytes(content)
    outcome = partway("demo", "-c", given, "-o", tmp_path / "demo")
    assert_one_error(outcome, f"{given}: ", words)
    assert "Errno" not in outcome[2]
    assert not (tmp_path / "demo").exists()
