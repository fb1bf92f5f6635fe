"""One cut between the device and one other node."""

import numpy as np
import pytest

from planner.baselines.neurosurgeon import Neurosurgeon
from planner.costs.compute import block_compute_s
from planner.costs.transfer import hop_s
from tests.planner.instances import (
    make_link,
    make_node,
    make_problem,
    mesh,
    one_way_street,
    random_problem,
)


def parts(problem):
    return [(s.start, s.stop, s.node) for s in Neurosurgeon().propose(problem).stages]


def device_and_cloud(bytes_per_s, latency_s=0.0, speed=10.0):
    """The middle of the model is narrow: 100, 10, 50 bytes."""
    nodes = [make_node("phone", (1.0, 4.0, 4.0)), make_node("cloud", (1.0, 4.0, 4.0), speed=speed)]
    links = mesh(["phone", "cloud"], bytes_per_s, latency_s)
    return make_problem(nodes, links, (100, 10, 50, 5))


def test_a_slow_wire_keeps_everything_on_the_device():
    assert parts(device_and_cloud(1.0)) == [(0, 3, "phone")]


def test_a_fast_wire_sends_the_inputs_to_the_cloud():
    assert parts(device_and_cloud(1e4)) == [(0, 3, "cloud")]


def test_in_between_it_cuts_where_the_model_is_narrow():
    """At 20 bytes/s: device 9, cut after the first 1 + 0.5 + 0.8, cloud 5 + 0.9."""
    assert parts(device_and_cloud(20.0)) == [(0, 1, "phone"), (1, 3, "cloud")]


def test_a_links_latency_is_not_seen():
    """A wire of 1,000 s latency would forbid the cut; the rule knows its bandwidth alone."""
    assert parts(device_and_cloud(20.0, latency_s=1000.0)) == parts(device_and_cloud(20.0))


def test_a_slower_cloud_gets_nothing():
    assert parts(device_and_cloud(1e9, speed=0.5)) == [(0, 3, "phone")]


def test_the_device_is_the_source_wherever_it_is_listed():
    nodes = [make_node("cloud", (2.0, 2.0), speed=4.0), make_node("phone", (2.0, 2.0))]
    links = mesh(["phone", "cloud"], 10.0)
    problem = make_problem(nodes, links, (1000, 1, 1), source="phone", sink="phone")
    assert parts(problem) == [(0, 1, "phone"), (1, 2, "cloud")]


def test_the_best_other_node_is_chosen_and_never_two():
    nodes = [make_node(name, (8.0, 8.0), speed=s) for name, s in (("p", 1), ("q", 2), ("r", 8))]
    links = [make_link("p", "q", 1e9), make_link("p", "r", 1e9), make_link("q", "r", 1e9)]
    assert parts(make_problem(nodes, links, (1, 1, 1))) == [(0, 2, "r")]


def test_a_node_without_a_link_from_the_device_is_no_choice():
    assert {node for *_, node in parts(one_way_street())} <= {"sensor", "worker"}


def test_a_lone_device_runs_everything():
    assert parts(make_problem([make_node("a", (1.0,))], [], (0, 0))) == [(0, 1, "a")]


def price_s(problem, node, cut):
    """The rule's own latency if blocks from the cut on run on a node."""
    device = problem.nodes[problem.node_index[problem.source]]
    other = problem.nodes[problem.node_index[node]]
    sent, empty = hop_s(problem, device.name, node, np.array([problem.cut_bytes[cut], 0]))
    upload_s = 0.0 if cut == problem.n_blocks else sent - empty if sent < float("inf") else sent
    return block_compute_s(device)[:cut].sum() + upload_s + block_compute_s(other)[cut:].sum()


@pytest.mark.parametrize("seed", range(200))
def test_no_other_single_cut_is_better_by_its_own_price(seed):
    problem = random_problem(seed, most_blocks=6)
    others = [node.name for node in problem.nodes if node.name != problem.source]
    cuts = range(problem.n_blocks + 1)
    best_s = min(
        (price_s(problem, node, cut) for node in others for cut in cuts),
        default=block_compute_s(problem.nodes[0]).sum(),
    )
    stages = Neurosurgeon().propose(problem).stages
    assert len(stages) <= 2
    if stages[-1].node == problem.source:
        found_s = block_compute_s(problem.nodes[problem.node_index[problem.source]]).sum()
    else:
        found_s = price_s(problem, stages[-1].node, stages[-1].start)
    assert found_s == pytest.approx(best_s, rel=1e-12)
