"""Links that share a medium: hand-computed periods, and plans against the oracle."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.costs.evaluate import evaluate
from planner.objectives import LATENCY, THROUGHPUT, makespan
from planner.solution import Status
from planner.solvers import shared_media
from planner.solvers.brute_force import BruteForce
from planner.solvers.labelling.labels import Labels
from planner.solvers.pareto import skip_reason as front_skip_reason
from planner.solvers.period.makespan import CappedChain
from planner.solvers.period.throughput import Throughput
from planner.solvers.solve import solve
from tests.planner.instances import (
    limited,
    make_node,
    make_problem,
    mesh,
    random_problem,
)

CLASSES = ({"order": "listed"}, {"order": "free"}, {"order": "listed", "max_replicas": 2})
OBJECTIVES = (THROUGHPUT, makespan(4))


def with_media(problem, media):
    """The problem whose links have the given media, one for each link."""
    links = [
        link.model_copy(update={"medium": medium})
        for link, medium in zip(problem.links, media, strict=True)
    ]
    return problem.replaced(links=tuple(links))


def all_on(problem, medium):
    return with_media(problem, [medium] * len(problem.links))


def random_media(problem, seed):
    rng = np.random.default_rng(seed)
    return with_media(problem, [rng.choice(["air", "cable", None]) for _ in problem.links])


def there_and_back():
    """A camera that sends 100 bytes away in 1 s and gets 50 back in 0.5 s; blocks take 0.1 s."""
    nodes = [make_node("camera", (0.1, 0.1), 1), make_node("server", (0.1, 0.1))]
    links = mesh(["camera", "server"], bytes_per_s=100.0, latency_s=0.25)
    return make_problem(nodes, links, (100, 10, 50), weight_bytes=(10, 10))


def test_links_on_one_medium_add_their_loads_and_the_latency_stays():
    problem = there_and_back()
    plan = problem.plan((), ("server",))
    apart, together = evaluate(problem, plan), all_on(problem, "radio")
    shared = evaluate(together, together.plan((), ("server",)))
    assert apart.period_s == pytest.approx(1.0)
    assert shared.period_s == pytest.approx(1.5)
    assert shared.latency_s == apart.latency_s == pytest.approx(0.2 + 1.25 + 0.75)
    assert shared.makespan_s(3) == pytest.approx(2.2 + 2 * 1.5)
    assert [hop.media for hop in shared.hops] == [("radio",), ("radio",)]
    assert [hop.media for hop in apart.hops] == [(), ()]


def test_a_medium_of_a_nodes_name_is_not_the_node():
    problem = all_on(there_and_back(), "server")
    assert evaluate(problem, problem.plan((), ("server",))).period_s == pytest.approx(1.5)


def test_replicas_share_the_medium_of_those_of_their_links_that_are_on_it():
    nodes = [make_node("a", (4.0,), 1), make_node("b", (4.0,)), make_node("c", (4.0,))]
    links = mesh(["a", "b", "c"], bytes_per_s=100.0)
    problem = make_problem(nodes, links, (300, 300), weight_bytes=(10,))
    media = ["radio" if {link.source, link.target} == {"a", "b"} else None for link in links]
    problem = with_media(problem, media)
    estimate = evaluate(problem, problem.plan((), ("b",), (("c",),)))
    # 3 s each way; half of the requests go over the radio, there and back: 1.5 + 1.5 s.
    assert estimate.hops[0].media == ("radio", None)
    assert estimate.period_s == pytest.approx(3.0)


def test_a_medium_of_one_link_is_a_wire_of_its_own():
    problem = random_problem(3)
    alone = with_media(problem, [f"m{i}" for i in range(len(problem.links))])
    assert shared_media.shared_media_reason(alone, THROUGHPUT) is None
    assert solve(alone, THROUGHPUT).value == solve(problem, THROUGHPUT).value


def test_solvers_that_take_links_alone_say_that_they_cannot_share():
    problem = limited(all_on(there_and_back(), "radio"), max_period_s=10.0)
    for solver in (Throughput(), CappedChain(), Labels()):
        reason = solver.skip_reason(problem, THROUGHPUT)
        assert reason is not None
    assert "several share the medium 'radio'" in Labels().skip_reason(problem, LATENCY)
    assert "several share" in front_skip_reason(problem, LATENCY, THROUGHPUT)
    assert Labels().skip_reason(all_on(there_and_back(), "radio"), LATENCY) is None


@pytest.mark.parametrize("few_plans", [5_000, 0], ids=["few plans", "many plans"])
@pytest.mark.parametrize("limits", CLASSES, ids=str)
@settings(max_examples=10, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10**9), objective=st.sampled_from(OBJECTIVES))
def test_values_and_bounds_enclose_the_oracles(few_plans, limits, seed, objective):
    problem = random_media(
        limited(random_problem(seed, most_blocks=4, most_nodes=3), **limits), seed
    )
    oracle = BruteForce().solve(problem, objective)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shared_media, "_FEW_PLANS", few_plans)
        found = solve(problem, objective)
    if oracle.value is None:
        assert found.status is Status.INFEASIBLE
        return
    assert found.lower_bound <= oracle.value * (1 + 1e-9)
    assert found.value >= oracle.value * (1 - 1e-9)
    assert found.value == objective.value(evaluate(problem, found.plan))
    if few_plans or found.status is Status.OPTIMAL:
        assert found.value == pytest.approx(oracle.value, rel=1e-9)


@settings(max_examples=10, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10**9), share=st.floats(0.5, 2.0))
def test_a_limit_on_the_period_holds_with_what_links_share(seed, share):
    free = random_media(
        limited(random_problem(seed, most_blocks=4, most_nodes=3), order="free"), seed
    )
    least = BruteForce().solve(free, THROUGHPUT)
    if not least.value:
        return
    problem = limited(free, max_period_s=least.value * share)
    oracle, found = BruteForce().solve(problem, LATENCY), solve(problem, LATENCY)
    assert found.status is oracle.status
    assert found.value == (None if oracle.value is None else pytest.approx(oracle.value))


def test_where_no_found_plan_keeps_the_limit_nothing_is_claimed(monkeypatch):
    monkeypatch.setattr(shared_media, "_FEW_PLANS", 0)
    problem = limited(all_on(there_and_back(), "radio"), max_period_s=1.2)
    found = solve(problem, THROUGHPUT)
    assert found.status is Status.UNKNOWN
    assert found.lower_bound == pytest.approx(1.0)
    assert "what links share" in found.reason
