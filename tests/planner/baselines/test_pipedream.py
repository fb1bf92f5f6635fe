"""Least bottleneck on equal machines."""

from itertools import combinations, pairwise, product

import numpy as np
import pytest

from planner.baselines.pipedream import Machines, PipeDream, least_bottleneck_stages
from planner.costs.evaluate import evaluate
from tests.planner.instances import limited, make_link, make_node, make_problem, mesh


def bottleneck_s(compute_s, wire_s, cuts, teams):
    bounds = (0, *cuts, len(compute_s))
    stages = [
        float(sum(compute_s[start:stop])) / machines
        for (start, stop), machines in zip(pairwise(bounds), teams, strict=True)
    ]
    return max([*stages, *(float(wire_s[cut]) for cut in cuts)])


def random_chain(seed, *, most_blocks):
    """Whole numbers, so that equal values are equal and ties are common."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, most_blocks + 1))
    compute_s = rng.integers(0, 8, n).astype(float)
    wire_s = rng.integers(0, 12, n + 1).astype(float)
    if seed % 5 == 0:
        wire_s[rng.random(n + 1) < 0.5] = np.inf
    return compute_s, wire_s, int(rng.integers(1, n + 2))


@pytest.mark.parametrize("most_per_stage", [1, 2, 3])
@pytest.mark.parametrize("seed", range(150))
def test_no_other_stages_have_a_smaller_bottleneck_or_as_small_a_one_on_fewer_machines(
    seed, most_per_stage
):
    compute_s, wire_s, count = random_chain(seed, most_blocks=8 if most_per_stage == 1 else 5)
    n = len(compute_s)
    offers = [
        (bottleneck_s(compute_s, wire_s, cuts, teams), sum(teams))
        for k in range(min(n, count))
        for cuts in combinations(range(1, n), k)
        for teams in product(range(1, most_per_stage + 1), repeat=k + 1)
        if sum(teams) <= count
    ]
    found = least_bottleneck_stages(compute_s, wire_s, Machines(count, most_per_stage))
    cuts, teams = [start for start, _ in found[1:]], [machines for _, machines in found]
    assert max(teams) <= most_per_stage
    assert (bottleneck_s(compute_s, wire_s, cuts, teams), sum(teams)) == min(offers)


def stages(problem):
    return [(s.start, s.stop, s.node) for s in PipeDream().propose(problem).stages]


def test_machines_count_as_the_first_one():
    """The second is ten times as fast; two blocks go to each all the same."""
    nodes = [make_node("slow", (1.0,) * 4), make_node("fast", (1.0,) * 4, speed=10.0)]
    problem = make_problem(nodes, mesh(["slow", "fast"], 1e9), (1,) * 5)
    assert stages(problem) == [(0, 2, "slow"), (2, 4, "fast")]


def test_links_count_by_their_mean_time_per_byte_and_without_latency():
    """10 bytes take 1 s one way and 3 s the other: 2 s, below the 2.5 s that one node needs."""
    nodes = [make_node(name, (1.25, 1.25)) for name in ("a", "b")]

    def problem(latency_s, back_bytes_per_s):
        links = [
            make_link("a", "b", 10.0, latency_s),
            make_link("b", "a", back_bytes_per_s, latency_s),
        ]
        return make_problem(nodes, links, (10, 10, 10))

    assert len(stages(problem(0.0, 10 / 3))) == 2
    assert len(stages(problem(100.0, 10 / 3))) == 2
    assert len(stages(problem(0.0, 10 / 5))) == 1  # a mean of 3 s


def test_without_links_there_is_one_stage():
    nodes = [make_node(name, (1.0, 1.0)) for name in ("a", "b")]
    assert stages(make_problem(nodes, [], (0, 0, 0))) == [(0, 2, "a")]


def test_memory_is_not_looked_at():
    nodes = [make_node(name, (1.0,) * 4, 1) for name in "abcd"]
    problem = make_problem(nodes, mesh("abcd"), (1,) * 5, weight_bytes=(10,) * 4)
    plan = PipeDream().propose(problem)
    assert len(plan.stages) == 4
    assert not evaluate(problem, plan).fits


def test_a_stage_is_replicated_as_often_as_the_limits_allow():
    """Of 4 + 1 + 1 s on four nodes the slowest takes 4 alone, then 4 / 2, 5 / 3, and 6 / 4."""
    nodes = [make_node(name, (4.0, 1.0, 1.0)) for name in "abcd"]

    def teams(max_replicas):
        problem = make_problem(nodes, mesh("abcd", 1e9), (1,) * 4)
        problem = limited(problem, max_replicas=max_replicas)
        plan = PipeDream().propose(problem)
        assert evaluate(problem, plan).fits
        return [(stage.start, stage.stop, "".join(stage.nodes)) for stage in plan.stages]

    assert teams(1) == [(0, 1, "a"), (1, 3, "b")]
    assert teams(2) == [(0, 1, "ab"), (1, 3, "c")]
    assert teams(3) == [(0, 2, "abc"), (2, 3, "d")]
    assert teams(4) == [(0, 3, "abcd")]
