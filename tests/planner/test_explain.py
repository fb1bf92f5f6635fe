"""Why a plan is as it is, against what solving by hand gives."""

from functools import partial

import pytest

from planner.costs.evaluate import evaluate
from planner.errors import PlannerError
from planner.explain import MORE_BYTES, explain
from planner.explanation import ChangeKind
from planner.objectives import LATENCY, THROUGHPUT
from planner.solution import Solution, Status
from planner.solvers.brute_force import BruteForce
from tests.planner.instances import (
    limited,
    make_link,
    make_node,
    make_problem,
    mesh,
    random_problem,
    with_caps,
)

MIB = 2**20


def explained(problem, **options):
    solve = BruteForce().solve
    return explain(problem, solve(problem), solve=solve, **options)


def small_fast_and_roomy_slow(cap_bytes=100 * MIB):
    """The fast node lacks 50 MiB for the whole; the slow one holds the rest, 10 s a block."""
    nodes = [
        make_node("fast", (1.0, 1.0, 1.0), cap_bytes),
        make_node("slow", (10.0, 10.0, 10.0), 10**9),
    ]
    links = mesh(["fast", "slow"], bytes_per_s=100.0)
    return make_problem(nodes, links, (0, 100, 100, 0), weight_bytes=(50 * MIB, 50 * MIB, 49 * MIB))


def gains(answer, kind):
    return {outcome.subject: outcome.gain for outcome in answer.what_ifs if outcome.kind is kind}


def test_the_cap_that_binds_is_named_and_its_shadow_price_is_what_more_memory_gains():
    """With 100 MiB two blocks stay: 2 + 1 + 10 + 0. With 164 MiB all do: 3. So 10 s are gained."""
    answer = explained(small_fast_and_roomy_slow())
    assert answer.value == pytest.approx(13.0)
    assert [use.node for use in answer.memory if use.binds] == ["fast"]
    assert gains(answer, ChangeKind.MEMORY) == {"fast": pytest.approx(10.0)}
    assert MORE_BYTES == 64 * MIB


def test_twice_the_bandwidth_saves_half_of_what_the_cut_takes():
    answer = explained(small_fast_and_roomy_slow())
    assert gains(answer, ChangeKind.BANDWIDTH) == {"fast – slow": pytest.approx(0.5)}


def test_twice_the_speed_of_a_node_saves_half_of_its_stage():
    answer = explained(small_fast_and_roomy_slow())
    assert gains(answer, ChangeKind.SPEED) == {
        "fast": pytest.approx(1.0),
        "slow": pytest.approx(5.0),
    }


def test_gains_come_in_order_the_largest_first():
    values = [outcome.gain for outcome in explained(small_fast_and_roomy_slow()).what_ifs]
    assert values == sorted(values, reverse=True)


def test_no_cap_binds_where_the_plan_would_be_the_same_without_any():
    answer = explained(small_fast_and_roomy_slow(cap_bytes=10**9))
    assert not any(use.binds for use in answer.memory)
    assert gains(answer, ChangeKind.MEMORY) == {}


def test_where_cutting_hurts_it_says_what_the_cut_adds():
    """Whole: 3 s on the fast node. With a cut one block is 10 s instead of 1 s, and 1 s moves."""
    cutting = explained(small_fast_and_roomy_slow(cap_bytes=10**9)).cutting
    assert (cutting.whole, cutting.cut) == (pytest.approx(3.0), pytest.approx(13.0))
    assert cutting.compute_change_s == pytest.approx(9.0)
    assert cutting.transfer_change_s == pytest.approx(1.0)


def test_what_bounds_the_rate_is_named_with_and_without_a_cut():
    """Whole: 3 s on the fast node. With a cut one block takes 10 s on the slow one."""
    solve = partial(BruteForce().solve, objective=THROUGHPUT)
    problem = small_fast_and_roomy_slow(cap_bytes=10**9)
    cutting = explain(problem, solve(problem), solve=solve).cutting
    assert (cutting.whole, cutting.cut) == (pytest.approx(3.0), pytest.approx(10.0))
    assert (cutting.whole_busiest, cutting.cut_busiest) == ("fast", "slow")


def test_where_the_whole_does_not_fit_it_says_why():
    problem = with_caps(small_fast_and_roomy_slow(), {"slow": 60 * MIB})
    cutting = explained(problem).cutting
    assert cutting.whole is None
    assert cutting.whole_reason


def test_a_looser_limit_is_a_question():
    problem = limited(small_fast_and_roomy_slow(10**9), max_latency_s=13.0, min_stages=2)
    answer = explained(problem)
    assert gains(answer, ChangeKind.LIMIT) == {"latency limit": 0.0}


def test_a_larger_class_of_plans_is_a_question():
    """From b to a is a link, but in listed order b cannot come before a."""
    nodes = [make_node("a", (9.0, 1.0)), make_node("b", (1.0, 9.0))]
    links = [make_link("b", "a"), make_link("a", "b")]
    problem = make_problem(nodes, links, (0, 0, 0), source="b", sink="a")
    answer = explained(problem)
    assert answer.value == pytest.approx(10.0)
    assert gains(answer, ChangeKind.PLANS)["order of the nodes"] == pytest.approx(8.0)


def test_questions_without_time_are_counted_and_not_asked():
    answer = explained(small_fast_and_roomy_slow(), out_of_time=lambda: True)
    assert answer.what_ifs == ()
    assert answer.left_out > 0


@pytest.mark.parametrize("seed", range(30))
def test_every_gain_is_what_the_changed_problem_gives(seed):
    problem = random_problem(seed, most_blocks=3, most_nodes=3)
    solution = BruteForce().solve(problem)
    if solution.plan is None:
        return
    answer = explained(problem)
    assert answer.value == evaluate(problem, solution.plan).latency_s
    for outcome in answer.what_ifs:
        assert outcome.proved
        assert outcome.value is not None
        assert outcome.gain == pytest.approx(answer.value - outcome.value, rel=1e-9, abs=1e-8)


def test_a_solution_without_a_plan_has_nothing_to_explain():
    problem = with_caps(small_fast_and_roomy_slow(), {"fast": 1, "slow": 1})
    solution = BruteForce().solve(problem, LATENCY)
    with pytest.raises(PlannerError, match=r"no plan to explain: ."):
        explain(problem, solution, solve=BruteForce().solve)


def test_a_plan_without_a_value_is_to_be_planned_again():
    problem = small_fast_and_roomy_slow()
    plan = BruteForce().solve(problem).plan
    valueless = Solution(status=Status.FEASIBLE, method="by hand", plan=plan)
    with pytest.raises(PlannerError, match=r"says no latency .*plan again"):
        explain(problem, valueless, solve=BruteForce().solve)
