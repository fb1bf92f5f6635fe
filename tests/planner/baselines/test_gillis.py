"""Layer groups on equal functions around a master."""

from itertools import combinations, pairwise

import numpy as np
import pytest

from planner.baselines.gillis import Gillis
from planner.costs.compute import block_compute_s
from planner.costs.memory import stage_bytes
from planner.costs.transfer import hop_s
from planner.errors import PlannerError
from tests.planner.instances import (
    make_link,
    make_node,
    make_problem,
    mesh,
    model_too_large_for_each_node,
    one_way_street,
    random_problem,
    with_caps,
)


def way_s(problem, cut, *, back):
    """Mean seconds between the master and the workers that are linked."""
    master = problem.source
    workers = [node.name for node in problem.nodes if node.name != master]
    pairs = [(worker, master) if back else (master, worker) for worker in workers]
    n_bytes = np.array([problem.cut_bytes[cut]])
    seconds = [hop_s(problem, *pair, n_bytes)[0] for pair in pairs]
    linked = [float(s) for s in seconds if np.isfinite(s)]
    return sum(linked) / len(linked) if linked else float("inf")


def latency_s(problem, bounds, master_group):
    """The rule's own latency if the group of that number runs on the master, none if negative."""
    source = problem.nodes[problem.node_index[problem.source]]
    total_s = 0.0
    for index, (start, stop) in enumerate(pairwise(bounds)):
        for node in problem.nodes:
            if stage_bytes(problem, node, start, stop) > node.memory_bytes:
                return float("inf")
        total_s += float(block_compute_s(source)[start:stop].sum())
        if index != master_group:
            total_s += way_s(problem, start, back=False) + way_s(problem, stop, back=True)
    return total_s


def best_s(problem):
    n, n_nodes = problem.n_blocks, len(problem.nodes)
    offers = [float("inf")]
    for k in range(1, min(n, n_nodes) + 1):
        for cuts in combinations(range(1, n), k - 1):
            bounds = (0, *cuts, n)
            offers += [latency_s(problem, bounds, group) for group in range(k)]
            if k < n_nodes:
                offers.append(latency_s(problem, bounds, -1))
    return min(offers)


@pytest.mark.parametrize("seed", range(300))
def test_no_other_groups_have_a_smaller_latency_by_the_rules_own_price(seed):
    problem = random_problem(seed)
    least_s = best_s(problem)
    assert (Gillis().skip_reason(problem) is None) == (least_s < float("inf"))
    if least_s < float("inf"):
        stages = Gillis().propose(problem).stages
        names = [stage.node for stage in stages]
        group = names.index(problem.source) if problem.source in names else -1
        bounds = (0, *(stage.stop for stage in stages))
        assert latency_s(problem, bounds, group) == pytest.approx(least_s, rel=1e-12, abs=1e-12)


def test_what_fits_the_master_stays_there():
    """Equal functions compute alike, so sending only costs."""
    nodes = [make_node("master", (1.0,) * 3), make_node("worker", (1.0,) * 3, speed=100.0)]
    plan = Gillis().propose(make_problem(nodes, mesh(["master", "worker"]), (1,) * 4))
    assert [stage.node for stage in plan.stages] == ["master"]


def test_the_smallest_node_limits_every_function():
    """300 bytes would fit the master, but a function here has 100: one group for each block."""
    names = ["master", "w1", "w2"]
    nodes = [make_node(n, (1.0,) * 3, c) for n, c in zip(names, (999, 110, 999), strict=True)]
    problem = make_problem(nodes, mesh(names), (90, 5, 5, 1), weight_bytes=(100,) * 3)
    problem = with_caps(problem, {"w1": 200})
    stages = Gillis().propose(problem).stages
    # The master keeps the group whose way to a worker and back is the dearest: the inputs.
    assert [(stage.start, stage.stop, stage.node) for stage in stages] == [
        (0, 1, "master"),
        (1, 2, "w1"),
        (2, 3, "w2"),
    ]


def test_workers_without_links_to_the_master_are_of_no_use():
    problem = one_way_street()
    assert "no grouping" in (Gillis().skip_reason(problem) or "")
    with pytest.raises(PlannerError, match="skip_reason"):
        Gillis().propose(problem)


def test_a_link_one_way_only_is_no_fork_and_join():
    nodes = [make_node(name, (1.0, 1.0), 60) for name in ("master", "worker")]
    one_way = [make_link("master", "worker")]
    problem = make_problem(nodes, one_way, (1, 1, 1), weight_bytes=(50, 50))
    assert Gillis().skip_reason(problem) is not None
    both_ways = make_problem(nodes, mesh(["master", "worker"]), (1, 1, 1), weight_bytes=(50, 50))
    assert Gillis().skip_reason(both_ways) is None


def test_blocks_that_fit_no_function_are_a_reason():
    problem = with_caps(model_too_large_for_each_node(), {"left": 100})
    assert Gillis().skip_reason(problem) == (
        "no grouping of the blocks fits 2 functions with the memory of the smallest node and links "
        "to the source"
    )
