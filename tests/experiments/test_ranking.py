import pytest

from experiments.contest import ContestRow
from experiments.plan_ranking.config import even_cuts
from experiments.plan_ranking.every_plan import all_stages
from experiments.plan_ranking.ranking import summarise
from tests.planner.instances import large_problem


def row(nodes, visit, predicted_s, measured_s, *, chosen=False):
    return ContestRow(
        case="tiny",
        link="slow",
        cuts="none",
        nodes=nodes,
        visit=visit,
        chosen_by="partway" if chosen else "",
        fits=True,
        result="ok",
        predicted_s=predicted_s,
        measured_s=measured_s,
    )


def test_a_ranking_is_that_of_the_means_of_both_visits():
    rows = [
        *(row("a", visit, 1.0, seconds, chosen=True) for visit, seconds in ((0, 1.0), (1, 1.2))),
        *(row("b", visit, 2.0, seconds) for visit, seconds in ((0, 1.3), (1, 0.7))),
        *(row("c", visit, 3.0, seconds) for visit, seconds in ((0, 3.0), (1, 3.0))),
    ]
    found = summarise(rows).rankings["tiny, slow"]
    # Means are 1.1, 1.0 and 3.0: one of three pairs is the wrong way round.
    assert found.tau == pytest.approx((2 - 1) / 3)
    assert found.chosen_over_best == pytest.approx(0.1)
    # Visits order them a b c and b a c.
    assert found.tau_of_visits == pytest.approx(1 / 3)
    assert found.noise == pytest.approx(0.2)


def test_failed_plans_are_counted_and_not_ranked():
    failed = row("b", 0, 2.0, 1.0).model_copy(update={"result": "no", "measured_s": None})
    found = summarise([row("a", 0, 1.0, 1.0, chosen=True), row("c", 0, 2.0, 3.0), failed])
    assert found.failed == 1
    assert found.rankings["tiny, slow"].plans == 2


def test_kills_are_counted_apart_from_other_failures():
    good = row("a", 0, 1.0, 1.0, chosen=True)
    failed = good.model_copy(update={"visit": 1, "result": "RunError: gone", "measured_s": None})
    killed = failed.model_copy(update={"result": "OutOfMemoryError: stage 0 was killed"})
    found = summarise([good, failed, killed, killed])
    assert (found.killed, found.failed) == (2, 1)


def test_nothing_is_said_of_a_chosen_plan_that_failed():
    failed = row("a", 0, 1.0, 1.0, chosen=True)
    failed = failed.model_copy(update={"result": "no", "measured_s": None})
    found = summarise([failed, row("b", 0, 2.0, 1.0), row("c", 0, 3.0, 2.0)])
    assert found.rankings["tiny, slow"].chosen_over_best is None
    assert found.rankings["tiny, slow"].tau == pytest.approx(1.0)


def test_one_plan_has_no_rank():
    found = summarise([row("a", visit, 1.0, 1.0, chosen=True) for visit in (0, 1)])
    ranking = found.rankings["tiny, slow"]
    assert (ranking.tau, ranking.tau_of_visits, ranking.noise) == (None, None, 0.0)


@pytest.mark.parametrize(
    "rows",
    [
        [row("a", 0, 1.0, 1.0, chosen=True), row("a", 1, 1.1, 1.0, chosen=True)],
        [row("a", 0, 1.0, 1.0, chosen=True), row("b", 0, 1.1, 1.0, chosen=True)],
    ],
)
def test_rows_of_several_profiles_are_refused(rows):
    with pytest.raises(SystemExit, match="tiny, slow: the rows are of more than one profile"):
        summarise(rows)


def test_every_plan_is_every_cut_on_every_row_of_different_nodes():
    problem = large_problem(4, 3, cap_bytes=10**9)
    # One stage on any of 3 nodes, 3 cuts on 6 pairs, 3 pairs of cuts on 6 rows of nodes.
    plans = list(all_stages(problem))
    assert len(plans) == len(set(plans)) == 3 + 3 * 6 + 3 * 6
    for cuts, nodes in plans:
        problem.plan(cuts, nodes)


def test_even_cuts_are_the_borders_next_to_even_parts():
    assert even_cuts((0, 2, 5, 9, 10), 2) == (5,)
    assert even_cuts((0, 2, 5, 9, 10), 4) == (2, 5, 9)
    assert even_cuts((0, 9, 10), 3) == (9,)
