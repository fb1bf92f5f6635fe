"""Prices by hand, and every limit broken once."""

import pytest

from planner.placement.placement import Placement
from planner.placement.throughput_price import loads_s, value_s, violations
from tests.planner.placement.placement_graphs import instance

A0, A1, C0, C1 = "accelerator-0", "accelerator-1", "cpu-0", "cpu-1"


def placed(*devices):
    return Placement(devices=devices)


def fork(**machine):
    """0 feeds 1, 2 and 3; 1 and 2 feed 3."""
    rows = [{"acc": 1, "out": 10}, {"acc": 2, "out": 20}, {"acc": 4, "out": 40}, {"acc": 8}]
    return instance(rows, [(0, 1), (0, 2), (0, 3), (1, 3), (2, 3)], **machine)


@pytest.mark.parametrize(
    ("devices", "expected"),
    [
        ((A0, A0, A0, A0), {A0: 15}),
        # 0's output has two readers on the second device and is charged once on each.
        ((A0, A0, A1, A1), {A0: 3 + 10 + 20, A1: 12 + 10 + 20}),
        ((A0, A1, A1, A1), {A0: 1 + 10, A1: 14 + 10}),
        # The host's processor pays no transfer, the accelerators do.
        ((C0, A0, A0, A1), {C0: 10, A0: 6 + 10 + 20 + 40, A1: 8 + 10 + 20 + 40}),
        # Between two processors nothing is carried.
        ((C0, C1, C1, C1), {C0: 10, C1: 30}),
    ],
)
def test_a_tensor_is_charged_once_on_each_accelerator_that_sends_or_receives_it(devices, expected):
    problem = fork(cpus=2)
    assert loads_s(problem, placed(*devices)) == expected
    assert value_s(problem, placed(*devices)) == max(expected.values())


def test_a_tensor_is_charged_once_on_each_of_many_readers():
    rows = [{"out": 5}, {}, {}]
    problem = instance(rows, [(0, 1), (0, 2)], k=3)
    assert loads_s(problem, placed(A0, A1, "accelerator-2")) == {
        A0: 6,
        A1: 6,
        "accelerator-2": 6,
    }


def test_an_output_that_nobody_reads_is_not_carried():
    assert value_s(instance([{"out": 5}, {}]), placed(A0, A1)) == 1


def test_a_valid_placement_breaks_nothing():
    assert violations(fork(), placed(A0, A0, A1, C0)) == ()


@pytest.mark.parametrize(
    ("problem", "devices", "message"),
    [
        (fork(), (A0,), "places 1 operators; there are 4"),
        (fork(), (A0, A0, A0, "accelerator-7"), "there is no accelerator-7"),
        (fork(cpus=0), (C0, A0, A0, A0), "there is no cpu-0"),
        (fork(), ("cpu", A0, A0, A0), "cpu is no single device"),
        (instance([{"runs": False}]), (A0,), "operator 0 is on accelerator-0 but runs on proc"),
        (instance([{"size": 3}, {"size": 2}], cap=4), (A0, A0), "holds 5 bytes; its cap is 4"),
        (instance([{"colour": 7}, {"colour": 7}]), (A0, A1), "colour 7 is split over accel"),
        (fork(), (A0, A1, A0, A0), "accelerator-0 is not contiguous: .* operator 1 to 3"),
        (
            instance([{}, {}, {}, {}], [(0, 1), (2, 3)]),
            (A0, A1, A1, A0),
            "accelerator-0, accelerator-1 feed each other",
        ),
        (
            instance([{"backward": True}] * 3, [(0, 1), (1, 2)]),
            (A0, A1, A0),
            "accelerator-0 is not contiguous",
        ),
    ],
)
def test_every_broken_limit_is_named(problem, devices, message):
    found = violations(problem, placed(*devices))
    assert len(found) == 1
    with pytest.raises(AssertionError, match=message):
        raise AssertionError(found[0])


def test_the_backward_pass_may_return_through_the_devices_of_the_forward_pass():
    rows = [{}, {}, {"backward": True}, {"backward": True}]
    problem = instance(rows, [(0, 1), (1, 2), (2, 3), (0, 3)])
    assert violations(problem, placed(A0, A1, A1, A0)) == ()
