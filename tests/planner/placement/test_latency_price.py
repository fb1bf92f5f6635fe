"""The price of a placement for latency, and why one is refused."""

import random

import pytest
from latency_oracle import HOST, finish_s, instance, is_allowed, operator, random_instance

from planner.errors import MismatchError
from planner.placement.latency_price import (
    device_of,
    latency_s,
    latency_violations,
    placement_of,
    price_latency,
    violations,
)
from planner.placement.latency_tables import LatencyTables
from planner.placement.placement import Placement


def small_fork():
    """0 feeds 1 and 2, which feed 3; moving a tensor takes its place in tenths of a second."""
    operators = [operator(place, transfer_s=(place + 1) / 10) for place in range(4)]
    return instance(operators, [(0, 1), (0, 2), (1, 3), (2, 3)])


def test_on_the_host_the_longest_path_counts_and_nothing_moves():
    assert price_latency(small_fork(), placement_of([HOST] * 4)) == pytest.approx(30.0)


def test_a_block_pays_for_each_tensor_once_however_many_read_it():
    # Input 0.1 from the host, compute 2, outputs 0.2 and 0.3; the host runs 10 before and behind.
    price_s = price_latency(small_fork(), placement_of([HOST, 0, 0, HOST]))
    assert price_s == pytest.approx(10 + 0.1 + 2 + 0.2 + 0.3 + 10)


def test_between_accelerators_a_tensor_is_paid_on_both_sides():
    chain = instance([operator(0, transfer_s=0.5), operator(1)], [(0, 1)])
    assert price_latency(chain, placement_of([0, 1])) == pytest.approx(1 + 0.5 + 0.5 + 1)


def test_branches_on_two_accelerators_run_at_the_same_time():
    price_s = price_latency(small_fork(), placement_of([HOST, 0, 1, HOST]))
    assert price_s == pytest.approx(10 + max(0.1 + 1 + 0.2, 0.1 + 1 + 0.3) + 10)


def test_a_block_waits_for_all_that_it_reads_before_any_of_it_starts():
    late = instance([operator(0), operator(1), operator(2, cpu_s=7.0)], [(2, 1)])
    assert price_latency(late, placement_of([0, 0, HOST])) == pytest.approx(7 + 2)


def test_the_number_of_processors_plays_no_part():
    operators = [operator(0), operator(1)]
    for n_cpus in (0, 1, 9):
        both = instance(operators, [], n_cpus=n_cpus)
        assert price_latency(both, placement_of([HOST, HOST])) == pytest.approx(10.0)


@pytest.mark.parametrize(
    ("device", "reason"),
    [
        ([0, HOST, HOST, 0], "left and entered again"),
        ([0, 1, 0, HOST], "one colour"),
        ([0, 0, 0, 0], "cannot run"),
        ([2, HOST, HOST, HOST], "does not exist"),
        ([1, 1, 1, HOST], "bytes"),
    ],
)
def test_a_placement_that_breaks_a_rule_is_refused_with_the_reason(device, reason):
    operators = [
        operator(0, size_bytes=2.0),
        operator(1, colour=5),
        operator(2, colour=5),
        operator(3, on_accelerator=False),
    ]
    problem = instance(operators, [(0, 1), (1, 3), (0, 2), (2, 3)], cap_bytes=3.0)
    assert any(reason in text for text in latency_violations(problem, placement_of(device)))


def test_two_convex_blocks_may_not_wait_for_each_other():
    crossed = instance([operator(place) for place in range(4)], [(0, 1), (2, 3)])
    assert latency_violations(crossed, placement_of([0, 1, 1, 0])) == (
        "blocks wait for each other in a circle",
    )
    assert price_latency(crossed, placement_of([0, 1, 1, 0])) == float("inf")


def test_a_placement_of_another_instance_is_refused():
    with pytest.raises(MismatchError, match="3 operators"):
        price_latency(small_fork(), placement_of([HOST] * 3))


def test_single_processors_are_not_told_apart():
    with pytest.raises(MismatchError, match="cpu-1"):
        price_latency(small_fork(), Placement(devices=("cpu-1", "cpu", "cpu", "cpu")))


def test_price_and_rules_equal_the_slow_statement_on_random_placements():
    rng = random.Random(0)
    n_allowed = 0
    for seed in range(1_500):
        problem = random_instance(seed)
        tables = LatencyTables.of(problem)
        device = [rng.randint(HOST, 2) for _ in problem.operators]
        allowed = is_allowed(problem, device)
        assert allowed == (not violations(tables, device)), (seed, device)
        if allowed:
            n_allowed += 1
            assert latency_s(tables, device) == pytest.approx(finish_s(problem, device))
    assert n_allowed > 250


def test_devices_and_blocks_are_two_ways_to_say_the_same():
    assert device_of(4, (0b0110, 0b1000)) == [HOST, 0, 0, 1]
