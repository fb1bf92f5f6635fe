import pytest
from pydantic import ValidationError

from profiler.profile_records import ReferenceTimes
from profiler.reference import relative_speed, time_reference


def test_both_parts_take_time_on_this_machine():
    measured = time_reference()
    assert measured.compute_s > 0
    assert measured.memory_s > 0


def test_the_first_repeat_warms_up_and_medians_are_kept():
    """Each repeat reads the clock three times; the arithmetic takes 1, the memory 2 seconds."""
    steps = iter(
        [0.0, 50.0, 90.0] + [t for r in range(5) for t in (100 * r, 100 * r + 1, 100 * r + 3)]
    )
    assert time_reference(lambda: next(steps)) == ReferenceTimes(compute_s=1.0, memory_s=2.0)


def test_a_machine_that_takes_twice_as_long_has_half_the_speed():
    then, now = (ReferenceTimes(compute_s=t, memory_s=3 * t) for t in (0.001, 0.002))
    assert relative_speed(now, then) == pytest.approx(0.5)
    assert relative_speed(then, now) == pytest.approx(2.0)


def test_parts_that_drift_apart_cancel():
    then = ReferenceTimes(compute_s=0.002, memory_s=0.002)
    now = ReferenceTimes(compute_s=0.004, memory_s=0.001)
    assert relative_speed(now, then) == pytest.approx(1.0)


def test_a_reference_of_no_time_is_refused():
    with pytest.raises(ValidationError, match="compute_s"):
        ReferenceTimes(compute_s=0.0, memory_s=0.001)
