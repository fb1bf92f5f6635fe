"""Our plan beside every baseline."""

import math

import pytest

from planner.compare import OURS, Row, compare
from planner.errors import MismatchError
from planner.solvers.chain_dp import ChainDp
from tests.planner.instances import (
    NAMED,
    free_wires,
    model_too_large_for_each_node,
    one_way_street,
    random_problem,
    two_phones_one_server,
    with_caps,
)


def rows_of(problem) -> dict[str, Row]:
    return {row.name: row for row in compare(problem, ChainDp().solve(problem))}


def test_ours_comes_first_and_every_baseline_has_a_row():
    rows = compare(two_phones_one_server(), ChainDp().solve(two_phones_one_server()))
    assert [row.name for row in rows] == [
        OURS,
        "all on phone-1",
        "all on phone-2",
        "all on server",
        "hand split",
        "equal layers",
        "parameter balanced",
        "ram proportional",
        "time balanced",
        "deepspeed balanced",
        "neurosurgeon",
        "pipedream",
        "pipeedge",
        "gillis",
    ]


def test_latency_is_relative_to_ours():
    """Ours is the server alone with 8 s; phone-2 takes 4.5 in, 8 compute and 1.5 back."""
    rows = rows_of(two_phones_one_server())
    assert rows[OURS].relative_value == 1.0
    assert rows["all on phone-2"].relative_value == pytest.approx(14 / 8)


def test_a_plan_that_breaks_a_cap_keeps_its_price_but_does_not_fit():
    row = rows_of(model_too_large_for_each_node())["all on left"]
    assert row.estimate is not None
    assert not row.fits
    assert row.skip_reason is None


def test_a_plan_over_a_missing_link_is_infinitely_slower_and_does_not_fit():
    row = rows_of(one_way_street())["all on sensor"]
    assert row.relative_value == math.inf
    assert not row.fits


def test_a_baseline_that_skips_says_why():
    row = rows_of(model_too_large_for_each_node())["hand split"]
    assert row.plan is None
    assert row.estimate is None
    assert "nothing to cut" in (row.skip_reason or "")


def test_without_a_plan_of_ours_the_baselines_are_still_shown():
    problem = with_caps(model_too_large_for_each_node(), {"left": 1, "right": 1})
    rows = rows_of(problem)
    assert "lacks" in (rows[OURS].skip_reason or "")
    assert rows["equal layers"].estimate is not None
    assert rows["equal layers"].relative_value is None


@pytest.mark.parametrize(
    "build", [*NAMED, *(lambda seed=seed: random_problem(seed) for seed in range(150))]
)
def test_no_baseline_that_fits_and_keeps_the_listed_order_is_better_than_ours(build):
    problem = build()
    for row in rows_of(problem).values():
        order = [problem.node_index[stage.node] for stage in row.plan.stages] if row.plan else []
        if row.fits and order == sorted(order):
            assert row.relative_value is not None
            assert row.relative_value >= 1 - 1e-12


def test_rows_survive_json():
    for row in compare(one_way_street(), ChainDp().solve(one_way_street())):
        assert Row.model_validate_json(row.model_dump_json(by_alias=True)) == row


def test_a_solution_of_another_problem_is_refused():
    with pytest.raises(MismatchError):
        compare(two_phones_one_server(), ChainDp().solve(free_wires()))
