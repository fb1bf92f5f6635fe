"""`partway demo`, on a model that takes less time than its own."""

from planner import api
from planner.cli import demo_command
from tests.planner.cli.conftest import CNN, TWO_NODES
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
