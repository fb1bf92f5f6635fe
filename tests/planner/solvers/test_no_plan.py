"""Why nothing fits: the same reason from every solver of a class, and a true one."""

import re
from itertools import islice

import pytest

from netmodel.cluster import Link
from planner.objectives import (
    LATENCY,
    NODES,
    PRICE,
    THROUGHPUT,
    Objective,
    ObjectiveKind,
)
from planner.problem import Problem
from planner.solution import Status
from planner.solvers.budget import Budget
from planner.solvers.labelling.labels import Labels
from planner.solvers.no_plan import no_plan_reason
from planner.solvers.pareto import pareto
from planner.solvers.solve import solve
from tests.planner.instances import (
    has_a_plan,
    large_problem,
    limited,
    make_link,
    random_problem,
    two_small_relays,
    with_caps,
    with_links,
)

MAKESPAN = Objective(kind=ObjectiveKind.MAKESPAN, micro_batches=4)
CLASSES = (
    {"order": "free"},
    {"order": "free", "max_stages": 2},
    {"order": "free", "min_stages": 2, "max_stages": 3},
    {"order": "free", "max_replicas": 2},
)
LACKS = re.compile(r"node '(\S+)' lacks ([\d,]+) bytes")
MISSING = re.compile(r"with a link (.+)$")


def reasons(problem: Problem) -> set[str]:
    solved = [solve(problem, objective) for objective in (LATENCY, THROUGHPUT, MAKESPAN)]
    solved.append(Labels().solve(problem, LATENCY))
    assert {found.status for found in solved} == {Status.INFEASIBLE}
    front = pareto(problem, LATENCY, PRICE)
    assert not front.points
    assert front.is_complete
    return {found.reason for found in solved} | {front.reason}


def infeasible_problems(limits: dict[str, object], most: int) -> list[Problem]:
    problems = (limited(random_problem(seed), **limits) for seed in range(400))
    empty = (problem for problem in problems if not has_a_plan(problem))
    return list(islice(empty, most))


def with_more(problem: Problem, node: str, extra_bytes: int) -> Problem:
    cap = problem.nodes[problem.node_index[node]].memory_bytes
    return with_caps(problem, {node: cap + extra_bytes})


def is_feasible(problem: Problem) -> bool:
    return solve(problem, THROUGHPUT).plan is not None


def linked(problem: Problem, text: str) -> Problem:
    pairs = [pair.split(" -> ") for pair in text.split(" and ")]
    links: list[Link] = [make_link(a, b) for a, b in pairs]
    return with_links(problem, links)


@pytest.mark.parametrize("limits", CLASSES, ids=str)
def test_every_solver_names_the_same_change_and_it_is_the_least(limits):
    named = carried = 0
    for problem in infeasible_problems(limits, 25):
        (reason,) = reasons(problem)
        lacks, missing = LACKS.search(reason), MISSING.search(reason)
        if lacks:
            node, extra_bytes = lacks[1], int(lacks[2].replace(",", ""))
            assert is_feasible(with_more(problem, node, extra_bytes)), reason
            assert not is_feasible(with_more(problem, node, extra_bytes - 1)), reason
            named += 1
        if missing and "more memory on" not in reason:
            assert is_feasible(linked(problem, missing[1])), reason
            carried += 1
    assert named >= 3
    assert carried >= 2


def test_too_many_stages_are_named_whatever_is_asked():
    problem = limited(random_problem(3), order="free", min_stages=9)
    (reason,) = reasons(problem)
    assert "9 stages need as many" in reason


def test_listed_order_keeps_its_reason():
    problem = two_small_relays()
    assert "every node lacks 6 bytes" in no_plan_reason(problem)


def test_revisits_have_a_reason_that_names_what_is_missing():
    problem = limited(two_small_relays(), order="free", revisits=True)
    found = Labels().solve(problem, THROUGHPUT)
    assert found.status is Status.INFEASIBLE
    assert found.reason == solve(problem, LATENCY).reason


def test_many_nodes_without_memory_are_proved_infeasible_by_every_solver():
    problem = limited(large_problem(60, 16, cap_bytes=3 * 10**6), order="free")
    for objective in (LATENCY, THROUGHPUT, MAKESPAN):
        found = solve(problem, objective, time_limit_s=30)
        assert found.status is Status.INFEASIBLE
        assert "memory caps" in found.reason


@pytest.mark.parametrize(
    "limits",
    [
        {"order": "listed"},
        {"order": "listed", "max_replicas": 2},
        {"order": "free"},
        {"order": "free", "max_stages": 3},
        {"order": "free", "revisits": True},
    ],
    ids=str,
)
@pytest.mark.parametrize("n_nodes", [3, 14])
def test_a_spent_time_limit_is_never_told_as_infeasible(limits, n_nodes):
    for problem in (
        limited(large_problem(30, n_nodes, cap_bytes=2 * 10**7), **limits),
        limited(large_problem(30, n_nodes, cap_bytes=2 * 10**7), **limits, max_period_s=10.0),
    ):
        for objective in (LATENCY, THROUGHPUT, MAKESPAN, NODES, PRICE):
            for limit_s in (1e-9, 1e-3):
                found = solve(problem, objective, time_limit_s=limit_s)
                assert found.status is not Status.INFEASIBLE, found.reason
                assert "no plan" not in found.reason


def test_a_front_that_ran_out_of_time_says_so():
    front = pareto(limited(large_problem(40, 6, cap_bytes=2 * 10**7)), LATENCY, PRICE, Budget(1e-9))
    assert not front.points
    assert not front.is_complete
    assert "time limit" in front.reason


def test_a_front_that_limits_leave_empty_names_the_limit():
    problem = limited(random_problem(1), order="free", max_latency_s=1e-9)
    least = solve(limited(random_problem(1), order="free"), LATENCY)
    front = pareto(problem, LATENCY, PRICE)
    assert least.value > 1e-9
    assert front.is_complete
    assert f"the least latency of any plan is {least.value:.6g} s" in front.reason
