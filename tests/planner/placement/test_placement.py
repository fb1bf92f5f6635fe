import pytest
from pydantic import ValidationError

from planner.files import read_record, write_record
from planner.placement.placement import Placement, PlacementSolution, accelerator, cpu
from planner.solution import Status

TWO = Placement(devices=(cpu(0), accelerator(10), accelerator(2), cpu(0)))


def solution(**changes):
    fields = {
        "objective": "throughput",
        "status": Status.FEASIBLE,
        "method": "by hand",
        "placement": TWO,
        "value_s": 4.0,
        "lower_bound_s": 3.0,
    }
    return PlacementSolution(**{**fields, **changes})


def test_devices_are_listed_accelerators_first_and_by_number():
    assert TWO.used_devices() == ("accelerator-2", "accelerator-10", "cpu-0")
    assert TWO.members("cpu-0") == (0, 3)


@pytest.mark.parametrize("label", ["gpu-0", "accelerator", "accelerator-01", "cpu-", "cpu-x", ""])
def test_a_label_of_no_device_is_refused(label):
    with pytest.raises(ValidationError, match="is no device"):
        Placement(devices=(label,))


def test_the_whole_host_is_a_device_of_its_own():
    assert Placement(devices=("cpu", "accelerator-0")).used_devices() == ("accelerator-0", "cpu")


def test_a_solution_round_trips_through_its_file_without_its_runtime(tmp_path):
    slow, quick = solution(runtime_s=9.0), solution(runtime_s=1.0)
    write_record(tmp_path / "slow.json", slow)
    write_record(tmp_path / "quick.json", quick)
    assert (tmp_path / "slow.json").read_bytes() == (tmp_path / "quick.json").read_bytes()
    assert read_record(tmp_path / "slow.json", PlacementSolution) == solution()


def test_the_gap_is_relative_to_the_value():
    assert solution().gap == pytest.approx(0.25)
    assert solution(value_s=0.0, lower_bound_s=0.0).gap == 0
    assert solution(lower_bound_s=None).gap is None


@pytest.mark.parametrize(
    "changes",
    [
        {"value_s": None},  # a placement without its value
        {"placement": None},  # a value without its placement
        {"status": Status.INFEASIBLE, "reason": "no"},  # a placement although nothing fits
        {"status": Status.INFEASIBLE, "placement": None, "value_s": None},  # no reason
        {"placement": None, "value_s": None},  # feasible, but nothing to show
    ],
)
def test_a_solution_that_contradicts_itself_is_refused(changes):
    with pytest.raises(ValidationError):
        solution(**changes)
