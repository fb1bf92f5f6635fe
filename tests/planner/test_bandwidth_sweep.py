"""The best plan for every bandwidth, beside fixed ones."""

import pytest
from pydantic import ValidationError

from planner.bandwidth_sweep import BandwidthSweep, sweep_bandwidth
from planner.errors import PlannerError
from tests.planner.instances import make_link, make_node, make_problem


def phone_and_server():
    """Blocks of 1 s each on the phone and 0.1 s on the server; the middle carries 10 of 100 bytes.

    All on the phone takes 2 s, all on the server 0.2 s + 101/β, and the cut 1.1 s + 11/β.
    """
    nodes = [make_node("phone", (1.0, 1.0)), make_node("server", (1.0, 1.0), speed=10.0)]
    links = [make_link("phone", "server", 7.0), make_link("server", "phone", 7000.0)]
    return make_problem(nodes, links, (100, 10, 1))


def test_every_link_gets_the_bandwidth_and_the_best_plan_is_found():
    sweep = sweep_bandwidth(phone_and_server(), (1000.0, 10.0, 50.0))
    assert sweep.bandwidths_bytes_per_s == (10.0, 50.0, 1000.0)
    assert [row.nodes for row in sweep.rows] == [("phone",), ("phone", "server"), ("server",)]
    times = [row.latency_s for row in sweep.rows]
    assert times == pytest.approx([2.0, 1.1 + 11 / 50, 0.2 + 101 / 1000], rel=1e-12)


def test_single_nodes_and_all_best_plans_are_priced_everywhere():
    sweep = sweep_bandwidth(phone_and_server(), (10.0, 50.0))
    plans = {(plan.nodes, plan.cuts): plan.latency_s for plan in sweep.plans}
    assert set(plans) == {(("phone",), ()), (("server",), ()), (("phone", "server"), (1,))}
    assert plans[("server",), ()] == pytest.approx((0.2 + 10.1, 0.2 + 2.02), rel=1e-12)
    assert plans[("phone", "server"), (1,)] == pytest.approx((1.1 + 1.1, 1.1 + 0.22), rel=1e-12)


def test_a_node_that_is_too_small_is_there_but_does_not_fit():
    problem = phone_and_server()
    small = problem.nodes[0].model_copy(update={"memory_bytes": 1})
    sweep = sweep_bandwidth(problem.replaced(nodes=(small, problem.nodes[1])), (10.0,))
    assert [(plan.nodes, plan.fits) for plan in sweep.plans] == [
        (("phone",), False),
        (("server",), True),
    ]


def test_no_bandwidth_is_an_error():
    with pytest.raises(PlannerError, match="at least one bandwidth"):
        sweep_bandwidth(phone_and_server(), ())


def test_the_records_parts_agree():
    sweep = sweep_bandwidth(phone_and_server(), (10.0, 50.0))
    content = {name: getattr(sweep, name) for name in BandwidthSweep.model_fields}
    with pytest.raises(ValidationError, match="2 bandwidths need as many rows"):
        BandwidthSweep(**(content | {"rows": sweep.rows[:1]}))
    with pytest.raises(ValidationError, match="every plan of a row"):
        BandwidthSweep(**(content | {"plans": sweep.plans[1:2]}))
