from types import SimpleNamespace

import pytest

from experiments.memory_promise import schedule as schedules
from experiments.memory_promise.capped_runs import KEY, CappedRun, Limit
from experiments.memory_promise.config import PromiseConfig
from experiments.memory_promise.schedule import Schedule
from experiments.memory_promise.summary import WANTED_RUNS
from experiments.rows import RowFile
from profiler.errors import BackendError, CaptureError


@pytest.fixture
def tried(monkeypatch):
    """What was profiled; the model `broken` cannot be captured, and no profile succeeds."""
    found = []

    def capture(model):
        if model == "broken":
            raise CaptureError("cannot be captured")
        return model

    def profile(captured, options):
        found.append((captured, options.backend))
        raise BackendError("missing")

    monkeypatch.setattr(schedules.api, "capture", capture)
    monkeypatch.setattr(schedules.api, "profile", profile)
    return found


def schedule(folder, **config):
    rows = RowFile(folder / "rows.csv", CappedRun, key=KEY)
    return Schedule(
        config=PromiseConfig(**config),
        cluster=SimpleNamespace(),
        rows=rows,
        out_of_time=lambda: False,
        on_testbed=False,
    )


def declared(share):
    return CappedRun(
        model="m", backend="onnx", limit=Limit.DECLARED, share=share, cap_bytes=300, result="ok",
        enforced=True, cuts="3", nodes="a b", limits="300 300", predicted="110 200",
    )  # fmt: skip


def test_a_model_that_fails_does_not_stop_the_others_and_is_missing(tmp_path, tried):
    runs = schedule(tmp_path, models=("broken", "m"), shares=(0.0, 1.0))
    runs.run()
    assert tried == [("m", "onnx"), ("m", "torch")]
    assert runs.missing == 8


def test_shares_that_were_added_later_are_made_up_for(tmp_path, tried):
    before = schedule(tmp_path, models=("m",), backends=("onnx",), shares=(0.0, 1.0))
    for share in (0.0, 1.0):
        before.rows.append(declared(share))
    before.run()
    assert (tried, before.missing) == ([], 0)
    after = schedule(tmp_path, models=("m",), backends=("onnx",), shares=(0.0, 0.5, 1.0))
    after.run()
    assert (tried, after.missing) == ([("m", "onnx")], 1)


def test_the_runs_of_promises_are_enough_even_if_two_plans_serve_all_caps():
    config = PromiseConfig()
    # Under the least cap a model is cut as it is not under its whole need: two exact runs at least.
    least = len(config.models) * len(config.backends) * (len(config.shares) + 2)
    assert least >= WANTED_RUNS
    assert set(config.below_shares) <= set(config.shares)
