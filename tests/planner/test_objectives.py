"""Objectives and limits, read off prices worked out by hand."""

import pytest
from pydantic import ValidationError

from netmodel.cluster import Link
from netmodel.links.affine import AffineLink
from planner.costs.evaluate import evaluate
from planner.limits import Limits
from planner.objectives import (
    LATENCY,
    NODES,
    PRICE,
    THROUGHPUT,
    Objective,
    broken_limit,
    makespan,
)
from planner.solvers.node_types import node_types
from tests.planner.instances import limited, make_node, make_problem


def priced_wire(a, b):
    model = AffineLink(bandwidth_bytes_per_s=10.0, latency_s=5.0, overhead_s=1.0)
    return Link(source=a, target=b, model=model, price_per_byte=0.5)


def two_paid_nodes(**content):
    """Two blocks of 4 s; b is twice as fast. 20 bytes move between them, 10 at the ends."""
    names = content.pop("names", ("a", "b"))
    nodes = [make_node(names[0], (4.0, 4.0))]
    nodes += [make_node(name, (4.0, 4.0), speed=2.0) for name in names[1:]]
    prices = (3.0, *([7.0] * (len(names) - 1)))
    nodes = [
        node.model_copy(update={"price_per_s": price})
        for node, price in zip(nodes, prices, strict=True)
    ]
    links = [priced_wire(a, b) for a in names for b in names if a != b]
    return make_problem(nodes, links, (10, 20, 10), **content)


def test_every_objective_of_a_plan_is_what_it_is_by_hand():
    """a: 4 s at 3 a second. Hop: 1 + 5 + 2 s, of which the link is busy 3 s. b: 2 s at 7.

    Back: 1 + 5 + 1 s, busy 2 s. 30 bytes at 0.5 each.
    """
    problem = two_paid_nodes()
    estimate = evaluate(problem, problem.plan((1,), ("a", "b")))
    assert LATENCY.value(estimate) == 4 + 8 + 2 + 7
    assert THROUGHPUT.value(estimate) == 4
    assert makespan(3).value(estimate) == 21 + 2 * 4
    assert PRICE.value(estimate) == 4 * 3 + 2 * 7 + 30 * 0.5
    assert NODES.value(estimate) == 2


def test_a_link_may_be_the_busiest():
    problem = two_paid_nodes()
    problem = problem.replaced(cut_bytes=(10, 100, 10))
    assert evaluate(problem, problem.plan((1,), ("a", "b"))).period_s == 1 + 10


def test_a_node_with_two_stages_works_for_both_and_holds_both():
    problem = two_paid_nodes(weight_bytes=(30, 50))
    problem = problem.replaced(
        **problem_of_three_blocks(problem), limits=Limits(order="free", revisits=True)
    )
    estimate = evaluate(problem, problem.plan((1, 2), ("a", "b", "a")))
    assert estimate.period_s == 4 + 4
    assert estimate.n_nodes == 2
    # 30 + 20 bytes of weights, and what the two stages on a receive: 10 and 20.
    assert estimate.peak_bytes == 30 + 20 + 10 + 20


def problem_of_three_blocks(problem):
    nodes = tuple(
        node.model_copy(update={"block_latency_s": (4.0, 4.0, 4.0)}) for node in problem.nodes
    )
    return {
        "positions": (0, 2, 4, 6),
        "cut_tensors": (("t0",), ("t1",), ("t2",), ("t3",)),
        "cut_bytes": (10, 20, 20, 10),
        "weight_bytes": (30, 50, 20),
        "live_bytes": (0, 0, 0),
        "nodes": nodes,
    }


def test_replicas_share_the_load_and_the_links():
    """b and c take turns: each computes 2 s of every second request, its link is busy 3 s of it."""
    problem = two_paid_nodes(names=("a", "b", "c"))
    plan = problem.plan((1,), ("a", "b"), ((), ("c",)))
    estimate = evaluate(problem, plan)
    assert estimate.latency_s == 4 + 8 + 2 + 7
    assert estimate.period_s == 4
    alone = evaluate(problem, problem.plan((), ("b",), (("c",),)))
    assert alone.period_s == 4 / 2
    assert alone.n_nodes == 2
    assert alone.price == 4 * 7 + 20 * 0.5


def test_two_groups_of_replicas_use_every_pair_that_turns_make():
    """From two to three nodes there are six pairs; each link carries one request in six."""
    problem = two_paid_nodes(names=("a", "b", "c", "d", "e", "f"))
    problem = problem.replaced(cut_bytes=(0, 1200, 0))
    estimate = evaluate(problem, problem.plan((1,), ("b", "d"), (("c",), ("e", "f"))))
    assert estimate.period_s == pytest.approx((1 + 120) / 6)


def test_interchangeable_nodes_are_of_one_type_and_the_source_is_of_its_own():
    assert node_types(two_paid_nodes(names=("a", "b", "c", "d"))) == ((0,), (1, 2, 3))


def test_one_other_link_makes_another_type():
    problem = two_paid_nodes(names=("a", "b", "c", "d"))
    links = [link for link in problem.links if (link.source, link.target) != ("a", "c")]
    assert node_types(problem.replaced(links=tuple(links))) == ((0,), (1, 3), (2,))


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        ({"max_latency_s": 20.0}, "latency 21 s is above its limit 20 s"),
        ({"max_period_s": 3.0}, "period 4 s is above its limit 3 s"),
        ({"max_price": 40.0}, "price 41 is above its limit 40"),
        ({"max_stages": 1}, "number of stages 2 is above its limit 1"),
        ({"min_stages": 3}, "number of stages 2 is below its limit 3"),
    ],
)
def test_a_broken_limit_is_named_with_value_and_limit(limits, words):
    problem = limited(two_paid_nodes(), **limits)
    estimate = evaluate(problem, problem.plan((1,), ("a", "b")))
    assert broken_limit(problem.limits, estimate) == words
    assert broken_limit(Limits(), estimate) is None


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"min_stages": 3, "max_stages": 2}, "no plan has both"),
        ({"order": "listed", "revisits": True}, "allow a free order"),
        ({"revisits": True, "max_replicas": 2}, "choose one of the two"),
        ({"max_latency_s": 0.0}, "greater than 0"),
        ({"max_latency_s": float("nan")}, "finite"),
        ({"max_price": -1.0}, "greater than or equal to 0"),
    ],
)
def test_limits_that_contradict_each_other_are_refused(fields, words):
    with pytest.raises(ValidationError, match=words):
        Limits(**fields)


@pytest.mark.parametrize("fields", [{"kind": "makespan"}, {"kind": "price", "micro_batches": 2}])
def test_only_the_makespan_has_a_number_of_micro_batches(fields):
    with pytest.raises(ValidationError, match="micro-batches"):
        Objective(**fields)
