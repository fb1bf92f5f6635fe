"""The public names, which programs of others rely on."""

import inspect

import pytest

from planner import api

NOUNS = [
    "LATENCY", "NODES", "PRICE", "THROUGHPUT", "Explanation", "Limits", "Objective", "Order",
    "PlanDocument", "PlanOptions", "Probe", "ProfileOptions", "RunOptions", "RunResult", "SavedRun",
]  # fmt: skip
VERBS = [
    "alternatives", "capture", "carry", "describe", "emit", "emit_all", "explain",
    "latency_quantile", "makespan", "measure_speed", "pareto", "place", "plan", "probe",
    "probe_between", "profile", "read_cluster", "read_instance", "read_plan", "read_plan_or_run",
    "read_profile", "read_run", "read_speed", "remedy", "report", "run", "start", "sweep",
    "sweep_bandwidth", "sweep_granularity", "sweep_memory",
]  # fmt: skip


def test_the_public_names_are_these():
    assert api.__all__ == [*NOUNS, *VERBS]


@pytest.mark.parametrize("name", VERBS)
def test_a_verb_is_a_function_that_says_what_it_gives(name):
    verb = getattr(api, name)
    assert inspect.isfunction(verb)
    assert inspect.getdoc(verb)
