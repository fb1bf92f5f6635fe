"""Searches that run out of time: whatever is left undone, the answer is true."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from math import inf

import numpy as np
import pytest

from planner.costs.evaluate import evaluate
from planner.limits import Order
from planner.objectives import LATENCY, NODES, PRICE, Objective, broken_limit, makespan
from planner.problem import Problem
from planner.solution import Solution, Status
from planner.solvers.any_order.free_class import fewest_nodes
from planner.solvers.any_order.relaxation import Relaxation
from planner.solvers.any_order.typed_dp import TypedDp
from planner.solvers.brute_force import BruteForce
from planner.solvers.budget import Budget
from planner.solvers.chain_dp import ChainDp
from planner.solvers.chain_recurrence import (
    best_chain,
    best_chain_per_count,
    search_chain,
    search_counts,
)
from planner.solvers.chain_tables import chain_tables
from planner.solvers.fewest_stages import fewest_stages
from planner.solvers.interface import Solver
from planner.solvers.labelling.quick_plans import quick_plans
from planner.solvers.node_types import node_types
from planner.solvers.period import team_tables
from planner.solvers.period.capped_chain import CappedChains
from planner.solvers.period.makespan import CappedChain
from planner.solvers.period.team_tables import Of, TeamTables
from planner.solvers.reachability import any_arrivals, any_departures, arrivals, departures, wiring
from planner.solvers.solve import solve
from tests.planner.instances import large_problem, limited, mesh, random_problem
from tests.planner.priced_instances import priced_problem

CLOSE = 1e-9
ASKS = (0, 1, 2, 3, 5, 8, 13, 21)


@dataclass(frozen=True)
class Countdown(Budget):
    """A clock that stops after so many looks at it."""

    asks: list[int] = field(default_factory=lambda: [0])

    @property
    def spent(self) -> bool:
        self.asks[0] -= 1
        return self.asks[0] < 0

    @property
    def left_s(self) -> float:
        return inf if self.asks[0] > 0 else 0.0

    def for_first_plan(self) -> Budget:
        return self


def countdown(asks: int) -> Countdown:
    return Countdown(asks=[asks])


def assert_is_true(problem: Problem, objective: Objective, found: Solution, best: Solution) -> None:
    """The plan holds all limits, and the bound is below what is best."""
    if found.status is Status.INFEASIBLE:
        assert best.status is Status.INFEASIBLE
        return
    if found.lower_bound is not None and best.value is not None:
        assert found.lower_bound <= best.value * (1 + CLOSE)
    if found.plan is None:
        assert found.status is Status.UNKNOWN
        assert found.reason
        return
    estimate = evaluate(problem, found.plan)
    assert estimate.fits
    assert broken_limit(problem.limits, estimate) is None
    assert found.value == objective.value(estimate)
    assert best.value is not None
    assert found.value >= best.value * (1 - CLOSE)
    if found.status is Status.OPTIMAL:
        assert found.value == pytest.approx(best.value, rel=CLOSE)


@pytest.mark.parametrize("objective", [LATENCY, PRICE, NODES], ids=lambda one: one.name)
def test_the_recurrence_answers_truly_wherever_its_time_ends(objective):
    statuses = set()
    for seed in range(25):
        bare = limited(priced_problem(seed), order=Order.LISTED)
        for problem in (bare, limited(bare, max_stages=2), limited(bare, min_stages=2)):
            best = ChainDp().solve(problem, objective)
            assert_is_true(problem, objective, best, BruteForce().solve(problem, objective))
            for asks in ASKS:
                found = ChainDp().solve(problem, objective, countdown(asks))
                assert_is_true(problem, objective, found, best)
                statuses.add(found.status)
    assert Status.UNKNOWN in statuses
    assert Status.OPTIMAL in statuses


@pytest.mark.parametrize(
    "objective", [LATENCY, PRICE, NODES, makespan(4)], ids=lambda one: one.name
)
def test_the_recurrence_within_a_period_answers_truly_wherever_its_time_ends(objective):
    statuses = set()
    for seed in range(25):
        bare = limited(priced_problem(seed), order=Order.LISTED)
        quickest = ChainDp().solve(bare)
        if quickest.plan is None:
            continue
        period_s = evaluate(bare, quickest.plan).period_s * 1.1 + 1e-6
        for problem in (
            limited(bare, max_period_s=period_s),
            limited(bare, max_period_s=period_s, max_stages=2),
            limited(bare, min_stages=min(2, bare.n_blocks)),
        ):
            best = CappedChain().solve(problem, objective)
            for asks in ASKS:
                found = CappedChain().solve(problem, objective, countdown(asks))
                assert_is_true(problem, objective, found, best)
                statuses.add(found.status)
    assert {Status.UNKNOWN, Status.FEASIBLE, Status.OPTIMAL} <= statuses


@pytest.mark.parametrize("solver", [TypedDp(), Relaxation()], ids=lambda one: one.name)
def test_the_fewest_nodes_in_any_order_are_answered_truly_wherever_the_time_ends(solver: Solver):
    statuses = set()
    for seed in range(25):
        problem = limited(random_problem(seed), order=Order.FREE)
        best = BruteForce().solve(problem, NODES)
        for asks in ASKS:
            found = solver.solve(problem, NODES, countdown(asks))
            assert_is_true(problem, NODES, found, best)
            statuses.add(found.status)
    assert len(statuses) > 1


def test_fewest_nodes_ask_once_more_for_any_plan_when_the_time_is_over():
    problem = limited(large_problem(60, 16, cap_bytes=10**7, seed=1), order=Order.FREE)
    found = Relaxation().solve(problem, NODES, Budget(0.0))
    assert found.plan is not None
    assert found.status is Status.FEASIBLE
    assert found.lower_bound is not None
    assert found.lower_bound < found.value
    asked = []

    def ask(capped: Problem) -> Solution:
        asked.append(capped.limits.max_stages)
        return Relaxation().solve(capped, LATENCY, Budget(0.0))

    again = fewest_nodes(problem, NODES, ask, budget=Budget(0.0))
    assert asked == [fewest_stages(problem), 16]
    assert again.plan == found.plan


@pytest.mark.parametrize("order", list(Order))
@pytest.mark.parametrize("objective", [LATENCY, NODES, makespan(8)], ids=lambda one: one.name)
def test_hardly_any_time_is_enough_for_a_plan_with_its_bound(order, objective):
    problem = limited(large_problem(100, 10, cap_bytes=20 * 10**6), order=order)
    found = solve(problem, objective, time_limit_s=1e-9)
    assert found.plan is not None
    assert evaluate(problem, found.plan).fits
    assert found.lower_bound <= found.value


def test_no_plan_has_fewer_stages_than_memory_asks_for():
    n_met = 0
    for seed in range(150):
        problem = limited(random_problem(seed), order=Order.FREE)
        best = BruteForce().solve(problem, NODES)
        if best.value is None:
            continue
        assert fewest_stages(problem) <= best.value
        n_met += fewest_stages(problem) == best.value > 1
    assert n_met > 5
    impossible = large_problem(20, 3, cap_bytes=10**5)
    assert fewest_stages(impossible) > impossible.n_blocks


def test_a_search_without_time_has_the_best_chain_of_the_nodes_it_saw():
    problem = limited(large_problem(40, 8, cap_bytes=10**9), order=Order.LISTED)
    tables = chain_tables(problem)
    assert search_chain(tables, Budget(0.0)).chains == (None,)
    full = search_chain(tables, Budget())
    assert full.is_complete
    assert full.chains == (best_chain(tables),)
    for n in range(1, 8):
        part = search_chain(tables, countdown(n))
        nodes = tuple(problem.nodes[:n])
        smaller = problem.replaced(nodes=nodes, links=mesh_of(problem, n))
        assert not part.is_complete
        assert part.chains[0] == best_chain(chain_tables(smaller))


def mesh_of(problem: Problem, n_nodes: int) -> tuple[object, ...]:
    names = {node.name for node in problem.nodes[:n_nodes]}
    return tuple(link for link in problem.links if {link.source, link.target} <= names)


def test_counts_end_at_the_first_one_that_is_enough():
    problem = limited(large_problem(60, 12, cap_bytes=6 * 10**6), order=Order.LISTED)
    tables = chain_tables(problem)
    every = best_chain_per_count(tables, 12)
    first = next(k for k, chain in enumerate(every, start=1) if chain is not None)
    assert 1 < first < 12
    found = search_counts(tables, 12, Budget(), enough=1)
    assert found.is_complete
    assert list(found.chains) == every[:first]
    assert list(search_counts(tables, 12, Budget(), enough=first + 2).chains) == every[: first + 2]
    late = search_counts(tables, 12, countdown(12 * 3 + 1))
    assert not late.is_complete
    assert list(late.chains) == every[:3]


def test_capped_chains_prove_what_they_say_about_the_number_of_stages():
    problem = limited(large_problem(60, 12, cap_bytes=6 * 10**6), order=Order.LISTED)
    chains = CappedChains(problem, latency=1.0)
    full = chains.best(10.0, fewest=True)
    assert full.found is not None
    late = chains.best(10.0, countdown(12 * 2 + 3), fewest=True)
    assert not late.is_complete
    assert late.found is None
    assert 1 < late.fewest <= full.found[1].n_nodes


def test_quick_plans_without_time_are_at_most_one():
    problem = limited(large_problem(60, 12, cap_bytes=6 * 10**6), order=Order.FREE)
    assert len(list(quick_plans(problem, Budget(0.0)))) <= 1
    assert len(list(quick_plans(problem, Budget()))) > 1


def test_single_hops_are_rows_of_all_hops_whether_or_not_they_are_kept(monkeypatch):
    problem = large_problem(20, 5, cap_bytes=10**9)
    groups = node_types(problem)
    for most_cells in (10**6, 0):
        monkeypatch.setattr(team_tables, "_MOST_CACHED_CELLS", most_cells)
        tables, rows = TeamTables(problem, groups), TeamTables(problem, groups)
        for of in Of:
            for kind in range(len(groups)):
                single = [tables.hop(of, kind, other) for other in range(len(groups))]
                assert (np.array(single) == rows.hops(of, kind)).all()
                assert (tables.hop(of, kind, 0) == single[0]).all()


def test_one_pass_reaches_what_all_layers_reach():
    for seed in range(200):
        problem = limited(random_problem(seed), order=Order.LISTED)
        wires, tables = wiring(problem), chain_tables(problem)
        most = min(tables.stops.shape)
        before = np.any(arrivals(wires, tables.stops, most), axis=0)
        after = np.any(departures(wires, tables.stops, most), axis=0)
        # What arrives at the last boundary starts no stage, and what leaves from 0 ends none.
        assert (any_arrivals(wires, tables.stops)[:, :-1] == before[:, :-1]).all()
        assert (any_departures(wires, tables.stops)[:, 1:] == after[:, 1:]).all()


def test_types_are_the_nodes_that_can_swap_their_names():
    n_grouped = 0
    for seed in range(150):
        rng = np.random.default_rng(seed)
        problem = random_problem(seed, most_nodes=5)
        names = [node.name for node in problem.nodes]
        nodes = tuple(
            problem.nodes[0].model_copy(update={"name": name, "speed": float(rng.integers(1, 3))})
            for name in names
        )
        links = tuple(link for link in mesh(names) if rng.random() < 0.9)
        problem = problem.replaced(nodes=nodes, links=links)
        groups = node_types(problem)
        n_grouped += len(names) - len(groups)
        kind = {n: k for k, group in enumerate(groups) for n in group}
        for a in range(len(names)):
            for b in range(a):
                assert (kind[a] == kind[b]) == is_same_swapped(problem, a, b)
        assert [group[0] for group in groups] == sorted(group[0] for group in groups)
        assert all(x < y for group in groups for x, y in pairwise(group))
    assert n_grouped > 20


def is_same_swapped(problem: Problem, a: int, b: int) -> bool:
    """Whether the problem says the same after two nodes swap their names."""
    names = [node.name for node in problem.nodes]
    if {names[a], names[b]} & {problem.source, problem.sink}:
        return False
    other = {names[a]: names[b], names[b]: names[a]}
    nodes = {node.name: node.model_copy(update={"name": ""}) for node in problem.nodes}
    links = {(link.source, link.target): link.model for link in problem.links}
    swapped = {(other.get(s, s), other.get(t, t)): model for (s, t), model in links.items()}
    return nodes[names[a]] == nodes[names[b]] and links == swapped
