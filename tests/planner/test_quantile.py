"""Plans for a quantile, and the hull of mean and variance that they come from."""

import numpy as np
import pytest

from planner import api
from planner.costs.evaluate import Evaluator, evaluate
from planner.costs.tails import TailSimulator, simulate_tail
from planner.errors import PlannerError
from planner.limits import Order
from planner.objectives import (
    LATENCY,
    THROUGHPUT,
    Objective,
    ObjectiveKind,
    latency_quantile,
    mean_variance,
)
from planner.solution import Status
from planner.solvers.brute_force import BruteForce, feasible_plans
from planner.solvers.budget import Budget
from planner.solvers.chain_dp import ChainDp
from planner.solvers.mean_variance_hull import mean_variance_hull
from planner.solvers.quantile import plan_for_quantile
from planner.solvers.solve import solve
from tests.planner.instances import (
    NAMED,
    large_problem,
    limited,
    make_node,
    make_problem,
    mesh,
    model_too_large_for_each_node,
    random_problem,
    with_caps,
)
from tests.planner.spreads import randomly_varied, varied
from tests.planner.test_records import phone_and_server, two_block_profile

P95 = latency_quantile(0.95)


def with_chain_dp(problem, objective, budget):
    return ChainDp().solve(problem, objective, budget)


def with_brute_force(problem, objective, budget):
    return BruteForce().solve(problem, objective, budget)


def steady_or_quick():
    """The quick server is usually done first, but one request in ten takes it very long."""
    nodes = [
        make_node("phone", (10.0,), 1),
        make_node("quick", (1.0,)),
        make_node("steady", (2.0,)),
    ]
    problem = make_problem(nodes, mesh(["phone", "quick", "steady"]), (0, 0), weight_bytes=(5,))
    return varied(
        problem, {"quick": [(1.0,)] * 9 + [(8.0,)], "steady": [(2.0,)] * 9 + [(2.2,)]}
    )  # means 1.7 and 2.02


def lower_hull(points):
    """Corners of the lower left convex hull, by their definition: no pair and no point is below."""
    points = sorted(set(points))
    corners = []
    for m, v in points:
        dominated = any(a <= m and b <= v and (a, b) != (m, v) for a, b in points)
        between = any(
            a < m < c and v >= b + (d - b) * (m - a) / (c - a) - 1e-12 * abs(v)
            for a, b in points
            for c, d in points
        )
        if not dominated and not between:
            corners.append((m, v))
    return corners


def assert_hull_is_that_of_all_plans(problem, solve_sum):
    """Returns the number of its corners."""
    plans = list(feasible_plans(problem))
    hull = mean_variance_hull(problem, solve_sum, Budget())
    if not plans:
        assert hull.points == ()
        assert hull.first.status is Status.INFEASIBLE
        return 0
    assert hull.is_complete
    found = [(point.mean_s, point.variance_s2) for point in hull.points]
    for point in hull.points:
        estimate = evaluate(problem, point.plan)
        assert (point.mean_s, point.variance_s2) == (estimate.mean_s, estimate.variance_s2)
    # Sums in another order differ in the last digits.
    everything = [(float(f"{e.mean_s:.11g}"), float(f"{e.variance_s2:.11g}")) for _, e in plans]
    expected = lower_hull(everything)
    assert len(found) == len(expected)
    assert np.array(found) == pytest.approx(np.array(expected), rel=1e-9, abs=1e-12)
    return len(found)


def test_the_hull_is_the_lower_hull_of_all_plans():
    sizes = []
    for seed in range(300):
        problem = randomly_varied(random_problem(seed), seed)
        sizes.append(assert_hull_is_that_of_all_plans(problem, with_chain_dp))
    # The instances are of use only while hulls of several corners are common.
    assert sum(size > 1 for size in sizes) > 50
    assert max(sizes) >= 4


def test_the_hull_is_that_of_all_orders_too_if_the_solver_knows_them():
    sizes = []
    for seed in range(25):
        problem = random_problem(seed, most_blocks=4, most_nodes=3)
        problem = limited(randomly_varied(problem, seed), order=Order.FREE)
        sizes.append(assert_hull_is_that_of_all_plans(problem, with_brute_force))
    assert max(sizes) >= 3


def test_the_best_of_the_hull_is_nearly_the_best_of_all_plans():
    excess, usual = [], []
    for seed in range(120):
        problem = randomly_varied(random_problem(seed), seed)
        answer = solve(problem, P95)
        if answer.plan is None or not problem.has_spread:
            continue
        simulator = TailSimulator(problem, seed=99)
        quantiles = {p: simulator.tail(p, 0.95).latency_s for p, _ in feasible_plans(problem)}
        best = min(quantiles.values())
        assert answer.lower_bound <= best * (1 + 1e-9)
        if best > 0:
            excess.append(quantiles[answer.plan] / best - 1)
            usual.append(quantiles[solve(problem, LATENCY).plan] / best - 1)
    assert len(excess) > 50
    assert max(excess) < 0.05
    assert np.mean(excess) < 0.005
    # What is usually quickest would have been a bad choice in many of these.
    assert np.mean(np.array(usual) > 0.05) > 0.05


def test_a_steady_server_is_chosen_for_the_p95_and_the_quick_one_for_the_latency():
    problem = steady_or_quick()
    assert solve(problem, LATENCY).plan.stages[0].node == "quick"
    answer = solve(problem, P95)
    assert answer.plan.stages[0].node == "steady"
    assert answer.value == 2.2
    assert solve(problem, latency_quantile(0.6)).plan.stages[0].node == "quick"


def test_the_value_is_the_simulated_quantile_and_the_bound_is_below_it():
    problem = steady_or_quick()
    answer = solve(problem, P95, seed=4)
    assert answer.value == simulate_tail(problem, answer.plan, 0.95, seed=4).latency_s
    assert 0 < answer.lower_bound < answer.value
    assert answer.status is Status.FEASIBLE
    assert answer.gap > 0
    assert answer.objective == P95
    assert answer.method.startswith("mean-variance-hull over chain-dp (nodes in listed order")
    assert "all corners of the hull" in answer.reason
    assert "95% confidence" in answer.reason


def test_equal_seeds_give_equal_answers():
    problem = randomly_varied(large_problem(30, 5, cap_bytes=10**7), 3)
    first, second = (solve(problem, P95, seed=2) for _ in range(2))
    assert first.model_dump_json() == second.model_dump_json()


@pytest.mark.parametrize("build", NAMED)
def test_without_spread_every_quantile_is_planned_as_the_latency_and_proved(build):
    problem = build()
    usual, answer = solve(problem, LATENCY), solve(problem, P95)
    assert answer.status is Status.OPTIMAL
    assert (answer.plan, answer.value) == (usual.plan, usual.value)
    assert answer.objective == P95
    assert "no spread is known" in answer.method


@pytest.mark.parametrize("build", NAMED)
def test_where_nothing_varies_the_bound_meets_the_value(build):
    problem = build()
    steady = varied(problem, {n.name: [n.block_latency_s] * 2 for n in problem.nodes})
    answer = solve(steady, P95)
    assert answer.status is Status.OPTIMAL
    assert answer.value == pytest.approx(solve(problem, LATENCY).value, rel=1e-12)
    assert answer.reason == ""


def test_that_nothing_fits_is_told_with_its_reason():
    problem = with_caps(model_too_large_for_each_node(), {"left": 240, "right": 240})
    problem = varied(problem, {"left": [(1,) * 4, (2,) * 4]})
    answer = solve(problem, P95)
    assert answer.status is Status.INFEASIBLE
    assert answer.plan is None
    assert "lacks" in answer.reason
    assert answer.objective == P95


def test_a_search_that_is_out_of_time_answers_with_a_plan_and_a_bound():
    problem = randomly_varied(large_problem(30, 5, cap_bytes=10**7), 3)
    answer = plan_for_quantile(problem, P95, Budget(1e-9), with_chain_dp)
    assert answer.status is Status.FEASIBLE
    assert answer.plan is not None
    assert "not all corners" in answer.reason
    full = solve(problem, P95)
    assert 0 < answer.lower_bound <= full.lower_bound
    assert full.value <= answer.value * 1.01


def test_searches_that_prove_nothing_leave_the_hull_open():
    problem = steady_or_quick()

    def unproved(problem, objective, budget):
        answer = ChainDp().solve(problem, objective, budget)
        return answer.model_copy(update={"status": Status.FEASIBLE, "lower_bound": 1.5})

    answer = plan_for_quantile(problem, P95, Budget(), unproved)
    assert "not all corners" in answer.reason
    assert answer.lower_bound == 1.5


def test_searches_without_a_plan_leave_the_answer_unknown():
    def nothing(problem, objective, budget):
        answer = ChainDp().solve(problem, objective, budget)
        return answer.model_copy(update={"status": Status.UNKNOWN, "plan": None, "value": None})

    answer = plan_for_quantile(steady_or_quick(), P95, Budget(), nothing)
    assert (answer.status, answer.plan) == (Status.UNKNOWN, None)
    assert answer.lower_bound > 0


def test_memory_caps_and_stage_limits_hold_for_quantiles_too():
    problem = model_too_large_for_each_node()
    problem = varied(problem, {"left": [(1,) * 4, (9,) * 4], "right": [(2,) * 4, (2.1,) * 4]})
    plan = solve(problem, P95).plan
    assert [(stage.start, stage.stop) for stage in plan.stages] == [(0, 2), (2, 4)]
    assert Evaluator(problem).evaluate(plan).fits
    assert solve(limited(problem, max_stages=1), P95).status is Status.INFEASIBLE


def test_limits_on_values_hold_for_quantiles_too():
    """The steady server is better at the p95, but its usual latency is above the limit."""
    answer = solve(limited(steady_or_quick(), max_latency_s=1.5), P95)
    assert [stage.node for stage in answer.plan.stages] == ["quick"]
    assert answer.lower_bound <= answer.value


def test_the_chain_solver_does_not_limit_the_latency_while_it_weighs_mean_and_variance():
    problem = limited(steady_or_quick(), max_latency_s=1.5)
    assert ChainDp().skip_reason(problem, mean_variance(1.0, 1.0)) is not None
    assert solve(problem, mean_variance(0.0, 1.0)).plan.stages[0].node == "quick"


def test_a_quantile_is_not_read_off_a_price():
    problem = steady_or_quick()
    estimate = evaluate(problem, problem.plan((), ("quick",)))
    with pytest.raises(PlannerError, match="p95 of the latency is found by simulation"):
        P95.value(estimate)
    for solver in (ChainDp(), BruteForce()):
        assert solver.skip_reason(problem, P95) is not None
    with pytest.raises(PlannerError, match="is no quantile"):
        plan_for_quantile(problem, THROUGHPUT, Budget(), with_chain_dp)


@pytest.mark.parametrize("quantile", [0.0, 0.4, 1.0, 1.5, float("nan")])
def test_a_quantile_that_is_none_or_that_likes_spread_is_refused(quantile):
    with pytest.raises(PlannerError, match=r"from 0\.5 to below 1"):
        latency_quantile(quantile)


def test_a_quantile_that_no_simulation_bounds_is_refused_before_any_search():
    def search(problem, objective, budget):
        raise AssertionError("it searched")

    with pytest.raises(PlannerError, match="cannot bound the"):
        plan_for_quantile(steady_or_quick(), latency_quantile(0.999999), Budget(), search)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"kind": ObjectiveKind.THROUGHPUT, "quantile": 0.9}, "not the throughput"),
        ({"kind": ObjectiveKind.MEAN_VARIANCE, "mean_weight": 1.0}, "needs two weights"),
        ({"kind": ObjectiveKind.LATENCY, "variance_weight_per_s": 1.0}, "nothing else has any"),
        ({"kind": ObjectiveKind.LATENCY, "quantile": 0.3}, "greater than or equal to 0.5"),
    ],
)
def test_an_objective_that_contradicts_itself_is_refused(content, message):
    with pytest.raises(ValueError, match=message):
        Objective.model_validate(content)


def test_a_plan_file_for_a_quantile_reports_the_quantile_that_was_planned_for():
    profile = two_block_profile()
    slow = profile.blocks[1].latency.model_copy(update={"p90_s": 0.4})
    blocks = (profile.blocks[0], profile.blocks[1].model_copy(update={"latency": slow}))
    profile = profile.model_copy(update={"blocks": blocks})
    options = api.PlanOptions(objective=latency_quantile(0.8), seed=3)
    document = api.plan(profile, phone_and_server(speed=2.0), options=options)
    assert document.tail.quantile == 0.8
    assert document.tail.latency_s == document.solution.value
    assert document.solution.value > document.estimate.latency_s
