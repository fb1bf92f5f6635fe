"""What the experiment on the testbed writes where there is none."""

import pytest

from experiments.testbed import run


@pytest.fixture
def no_testbed(monkeypatch):
    monkeypatch.setattr(run, "skip_reason", lambda: "it needs root")
    monkeypatch.setattr(run, "SIZES", (1_000, 10_000))


def test_a_loopback_is_not_said_to_have_been_set_to_anything(no_testbed, monkeypatch):
    monkeypatch.delenv("CI", raising=False)
    ((link, samples_s),) = run.measured(
        [run.AffineLink(bandwidth_bytes_per_s=1.0, latency_s=0.0)], 1
    )
    rows = [dict(zip(run.HEADER, row, strict=True)) for row in run.rows_of(link, samples_s)]
    assert [row["bytes"] for row in rows] == [1_000, 10_000]
    assert {row[name] for row in rows for name in run.HEADER if "set (" in name} == {""}
    assert all(row["median (s)"] > 0 for row in rows)


def test_in_ci_there_must_be_a_testbed(no_testbed, monkeypatch):
    monkeypatch.setenv("CI", "1")
    with pytest.raises(SystemExit, match="it needs root"):
        next(run.measured([], 1))
