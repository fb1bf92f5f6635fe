"""Least bottleneck on unequal machines within their memory."""

from itertools import combinations, pairwise, permutations

import numpy as np
import pytest

from planner.baselines.host_types import host_types
from planner.baselines.pipeedge import PipeEdge
from planner.costs.compute import block_compute_s
from planner.costs.evaluate import evaluate
from planner.costs.memory import stage_bytes
from planner.costs.transfer import hop_s
from planner.errors import PlannerError
from tests.planner.instances import (
    large_problem,
    make_link,
    make_node,
    make_problem,
    mesh,
    model_too_large_for_each_node,
    random_problem,
    with_caps,
)


def bottleneck_s(problem, cuts, nodes):
    """The rule's own value of stages on nodes (by place); infinite where one does not fit."""
    bounds = (0, *cuts, problem.n_blocks)
    seconds = [0.0]
    for (start, stop), place in zip(pairwise(bounds), nodes, strict=True):
        node = problem.nodes[place]
        if stage_bytes(problem, node, start, stop) > node.memory_bytes:
            return float("inf")
        seconds.append(float(block_compute_s(node)[start:stop].sum()))
    for cut, (source, target) in zip(cuts, pairwise(nodes), strict=True):
        names = problem.nodes[source].name, problem.nodes[target].name
        sent, empty = hop_s(problem, *names, np.array([problem.cut_bytes[cut], 0]))
        seconds.append(float(sent - empty) if np.isfinite(sent) else float("inf"))
    return max(seconds)


def best_bottleneck_s(problem):
    places = range(len(problem.nodes))
    return min(
        bottleneck_s(problem, cuts, nodes)
        for k in range(min(len(places), problem.n_blocks))
        for cuts in combinations(range(1, problem.n_blocks), k)
        for nodes in permutations(places, k + 1)
    )


def found_bottleneck_s(problem):
    stages = PipeEdge().propose(problem).stages
    nodes = [problem.node_index[stage.node] for stage in stages]
    return bottleneck_s(problem, [stage.start for stage in stages[1:]], nodes)


def with_twins(problem):
    """The same with all nodes like the first one or like the last."""
    content = problem.model_dump()
    first, last = content["nodes"][0], content["nodes"][-1]
    content["nodes"] = [
        (first if index % 2 else last) | {"name": node["name"]}
        for index, node in enumerate(content["nodes"])
    ]
    names = [node["name"] for node in content["nodes"]]
    content["links"] = [link.model_dump() for link in mesh(names, 20.0)]
    return type(problem).model_validate(content)


@pytest.mark.parametrize("seed", range(300))
@pytest.mark.parametrize("change", [lambda problem: problem, with_twins])
def test_no_other_stages_in_whatever_order_have_a_smaller_bottleneck(change, seed):
    problem = change(random_problem(seed))
    best_s = best_bottleneck_s(problem)
    assert (PipeEdge().skip_reason(problem) is None) == (best_s < float("inf"))
    if best_s < float("inf"):
        assert found_bottleneck_s(problem) == pytest.approx(best_s, rel=1e-12, abs=1e-12)


def test_nodes_are_visited_in_the_order_that_suits_the_memory():
    """Only the last node holds the heavy first block."""
    nodes = [make_node("small", (1.0, 1.0), 20), make_node("large", (1.0, 1.0), 100)]
    problem = make_problem(nodes, mesh(["small", "large"]), (1, 1, 1), weight_bytes=(50, 10))
    plan = PipeEdge().propose(problem)
    assert [stage.node for stage in plan.stages] == ["large", "small"]
    assert evaluate(problem, plan).fits


def test_hosts_of_one_type_are_used_in_their_listed_order():
    nodes = [make_node(name, (1.0,) * 3) for name in ("a", "b", "c")]
    problem = make_problem(nodes, mesh(["a", "b", "c"]), (0,) * 4)
    assert [stage.node for stage in PipeEdge().propose(problem).stages] == ["a", "b", "c"]


def test_when_nothing_fits_it_says_so():
    problem = with_caps(model_too_large_for_each_node(), {"left": 1, "right": 1})
    assert "no stages fit" in (PipeEdge().skip_reason(problem) or "")
    with pytest.raises(PlannerError, match="skip_reason"):
        PipeEdge().propose(problem)


def test_a_problem_with_too_many_sets_of_nodes_is_skipped():
    for n_nodes in (16, 70):  # 2^70 sets are more than any array holds
        problem = large_problem(200, n_nodes, cap_bytes=10**9)
        reason = PipeEdge().skip_reason(problem) or ""
        words = f"{n_nodes} nodes of {n_nodes} types and 200 blocks take about"
        assert reason.startswith(words)


def test_many_nodes_of_few_types_are_no_problem():
    names = [f"n{i}" for i in range(24)]
    nodes = [
        make_node(name, (1.0,) * 60, speed=(1.0, 2.0, 4.0)[i % 3]) for i, name in enumerate(names)
    ]
    problem = make_problem(nodes, mesh(names, 1e9), (1,) * 61)
    # 60 s of work at speed 1; all 24 nodes together have speed 56, but blocks are whole.
    assert found_bottleneck_s(problem) == 1.25


def test_two_nodes_with_unequal_wires_to_each_other_are_two_types():
    """Towards b the wire is quick, back it takes longer than everything on one node."""
    nodes = [make_node(name, (1.0, 1.0)) for name in ("b", "a")]
    links = [make_link("a", "b", 1e9), make_link("b", "a", 1.0)]
    problem = make_problem(nodes, links, (10, 10, 10))
    assert host_types(problem).members == ((0,), (1,))
    assert [stage.node for stage in PipeEdge().propose(problem).stages] == ["a", "b"]


def test_types_are_nodes_whose_names_could_be_exchanged():
    names = ["a", "b", "c", "d"]
    nodes = [make_node(n, (1.0,), speed=2.0 if n == "c" else 1.0) for n in names]
    assert host_types(make_problem(nodes, mesh(names), (0, 0))).members == ((0, 1, 3), (2,))
    uneven = [link for link in mesh(names) if (link.source, link.target) != ("a", "c")]
    uneven.append(make_link("a", "c", 5.0))
    types = host_types(make_problem(nodes, uneven, (0, 0)))
    assert types.members == ((0,), (1, 3), (2,))
    assert types.counts == (1, 2, 1)
    assert types.n_sets == 2 * 3 * 2
    # The number of a set is a count per type: the first type alone, one of the second, both.
    assert types.weights == (1, 2, 6)
    assert [types.used(1)[number] for number in (0, 1, 2, 4, 5, 6)] == [0, 0, 1, 2, 2, 0]
