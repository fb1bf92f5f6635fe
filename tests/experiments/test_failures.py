from types import SimpleNamespace

import pytest

from experiments import failures as module
from experiments.failures import Failures
from planner.errors import RunError
from profiler.errors import SourceError


def test_what_fails_is_told_and_ends_the_run_with_an_error_at_its_end(capsys):
    failures, done = Failures(), []
    for name in ("a", "b", "c"):
        with failures.passing_over(name):
            if name == "b":
                raise RunError("no answer")
            done.append(name)
    assert done == ["a", "c"]
    assert capsys.readouterr().out == "b: RunError: no answer; passed over\n"
    with pytest.raises(SystemExit, match=r"1 passed over, with the reason above: b;"):
        failures.end()


def test_a_run_in_which_nothing_failed_ends_without_a_word(capsys):
    failures, done = Failures(), []
    with failures.passing_over("a"):
        done.append("a")
    failures.end()
    assert (done, capsys.readouterr().out) == (["a"], "")


def test_our_own_mistakes_are_not_passed_over():
    with pytest.raises(KeyError), Failures().passing_over("a"):
        raise KeyError("a")


def test_an_unknown_model_and_a_failed_backend_are_counted_apart(monkeypatch):
    def capture(model):
        if model == "unknown":
            raise SourceError("unknown model")
        return SimpleNamespace(model=model)

    ran = []

    def run(captured, backend):
        ran.append((captured.model, backend))
        if backend == "torch":
            raise RunError("gone")

    monkeypatch.setattr(module.api, "capture", capture)
    failures = Failures()
    for model in ("unknown", "known"):
        failures.run_model(model, ("torch", "onnx"), run, out_of_time=lambda: False)
    failures.run_model("late", ("onnx",), run, out_of_time=lambda: True)
    failures.run_model("complete", (), run, out_of_time=lambda: False)
    assert ran == [("known", "torch"), ("known", "onnx")]
    with pytest.raises(SystemExit, match=r"2 passed over, .*: unknown; known torch;"):
        failures.end()
