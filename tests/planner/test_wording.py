"""Records in words: sentences that could claim too much, and numbers with their units."""

import math

import pytest

from planner.solution import Solution, Status
from planner.wording import drift_summary, error_text, proof_text, time_text
from profiler.profile_records import ReferenceTimes
from tests.planner.instances import two_phones_one_server


def test_the_speed_of_a_run_is_beside_the_machine_of_the_profile_which_may_be_another():
    then, now = (ReferenceTimes(compute_s=s, memory_s=s) for s in (0.001, 0.002))
    said = drift_summary(then, (now, then))
    assert said == (
        "this machine now runs a reference computation at 0.50× (before the run) and 1.00× (after "
        "it) of the speed of the profile's machine when it was profiled"
    )


def test_a_proof_says_what_no_plan_is_below_and_how_far_that_is():
    plan = two_phones_one_server().plan((2,), ("phone-2", "server"))
    found = Solution(
        status=Status.FEASIBLE, method="a search", plan=plan, value=0.2, lower_bound=0.15
    )
    assert proof_text(found) == (
        "feasible by a search: latency 200.00 ms, no such plan is below 150.00 ms, gap 25.00%"
    )
    unbounded = Solution(status=Status.FEASIBLE, method="a search", plan=plan, value=0.2)
    assert proof_text(unbounded) == "feasible by a search"


@pytest.mark.parametrize(
    ("predicted_s", "measured_s", "text"),
    [
        (1.1, 1.0, "+10.0%"),
        (0.9, 1.0, "-10.0%"),
        (0.0, 1.0, "–"),  # a hop that stays on its node takes no time by definition
        (1.0, 0.0, "–"),
    ],
)
def test_an_error_is_that_of_the_prediction(predicted_s, measured_s, text):
    assert error_text(predicted_s, measured_s) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.0123, "12.30 ms"), (1234.5, "1,234.50 s"), (math.inf, "no link")]
)
def test_a_time_has_its_unit(seconds, text):
    assert time_text(seconds) == text
