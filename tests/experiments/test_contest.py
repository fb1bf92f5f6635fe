import re
from types import SimpleNamespace

import pytest

from experiments import kept_profiles
from experiments.contest import (
    KEY,
    Contest,
    ContestRow,
    entries,
    kept_profile,
    measured_fields,
)
from experiments.failures import Failures
from experiments.link_settings import setting_named
from experiments.rows import RowFile
from experiments.standings import standings
from netmodel.cluster import Cluster, Link, Node
from planner.engines.interface import RunResult
from planner.errors import PlannerError, RunError
from planner.files import read_record
from profiler.record import Record
from tests.planner.test_records import two_block_profile


class Kept(Record):
    """Stands for a profile."""

    text: str


SLOW, FAST = "1Mbit/s+100ms", "10Mbit/s+100ms"


def two_nodes():
    nodes = tuple(Node(name=name, memory_bytes=1000, speed=1.0) for name in "ab")
    model = setting_named(SLOW).model
    links = tuple(Link(source=a, target=b, model=model) for a, b in (("a", "b"), ("b", "a")))
    return Cluster(source="a", sink="a", nodes=nodes, links=links)


def entered(choose, fits=None):
    """Entries over both settings, where the fits are those of the settings unless told."""
    failures = Failures()
    fits = fits or {link: setting_named(link).model for link in (SLOW, FAST)}
    profile = two_block_profile()
    return entries(profile, two_nodes(), fits, choose=choose, failures=failures), failures


WHOLE, SPLIT = ((), ("a",)), ((1,), ("a", "b"))


def test_equal_plans_are_one_entry_with_all_their_names():
    def choose(problem):
        return [("even", WHOLE), ("odd", SPLIT), ("greedy", SPLIT)]

    found, _ = entered(choose)
    names = {stages: [(visit.link, visit.names) for visit in found[stages]] for stages in found}
    assert names == {
        WHOLE: [(SLOW, ("partway", "even")), (FAST, ("partway", "even"))],
        SPLIT: [(SLOW, ("odd", "greedy")), (FAST, ("odd", "greedy"))],
    }


def test_plans_are_priced_for_the_links_as_measured_and_run_over_those_that_are_set():
    slower = setting_named("1Mbit/s+300ms").model
    as_set, _ = entered(lambda problem: [("odd", SPLIT)], {SLOW: setting_named(SLOW).model})
    as_fitted, _ = entered(lambda problem: [("odd", SPLIT)], {SLOW: slower})
    (one,), (other,) = as_set[SPLIT], as_fitted[SPLIT]
    # 200 ms more there, and as much back.
    latencies_s = [visit.document.estimate.latency_s for visit in (one, other)]
    assert latencies_s[1] - latencies_s[0] == pytest.approx(0.4)
    assert [link.model for link in other.links.links] == [setting_named(SLOW).model] * 2


def test_a_setting_over_which_nothing_is_found_does_not_take_the_others_with_it():
    def choose(problem):
        if problem.links[0].model == setting_named(SLOW).model:
            raise PlannerError("no plan was found")
        return []

    found, failures = entered(choose)
    assert [visit.link for visit in found[WHOLE]] == [FAST]
    with pytest.raises(SystemExit, match=f"1 passed over.*{re.escape(SLOW)}"):
        failures.end()


def test_a_row_has_the_median_and_the_spread_of_a_run_and_nothing_of_a_failure():
    requests = SimpleNamespace(p10_s=0.9, p90_s=1.2, n=7)
    measured = SimpleNamespace(latency_s=1.0, stages=(), hops=(), requests=requests)
    run = RunResult.model_construct(measurement=measured)
    assert measured_fields(run) == {"measured_s": 1.0, "p10_s": 0.9, "p90_s": 1.2, "requests": 7}
    assert measured_fields(RunError("no answer")) == {}


def row(nodes, visit, measured_s, *, by, link="slow"):
    return ContestRow(
        case="tiny",
        link=link,
        cuts="none",
        nodes=nodes,
        visit=visit,
        chosen_by=by,
        result="ok" if measured_s else "OutOfMemoryError: stage 0 was killed",
        fits=True,
        predicted_s=1.0,
        measured_s=measured_s,
    )


def test_a_case_that_is_taken_up_again_keeps_its_profile(tmp_path, monkeypatch):
    rows = RowFile(tmp_path / "rows.csv", ContestRow, key=KEY)
    made = []

    def make():
        made.append("made")
        return Kept(text="first")

    monkeypatch.setattr(kept_profiles.api, "read_profile", lambda path: read_record(path, Kept))
    assert [kept_profile("tiny", rows, make).text for _ in range(2)] == ["first"] * 2
    assert made == ["made"]
    for path in tmp_path.glob("profiles/*"):
        path.unlink()
    rows.append(row("a", 0, 1.0, by="partway"))
    with pytest.raises(SystemExit, match="name another folder"):
        kept_profile("tiny", rows, make)


def test_plans_are_measured_in_one_order_and_then_in_the_opposite_one(tmp_path):
    rows = RowFile(tmp_path / "rows.csv", ContestRow, key=KEY)
    rows.append(row("a", 1, 1.0, by="partway"))
    slow, fast = SimpleNamespace(link="slow"), SimpleNamespace(link="fast")
    entries = {((), ("a",)): [slow, fast], ((), ("b",)): [slow]}
    # Visit 1 of a over the slow link is there already.
    found = list(Contest("tiny", None, entries, rows)._missing(2))
    assert [(number, nodes, visits) for number, (_, nodes), visits in found] == [
        (0, ("a",), [slow, fast]),
        (0, ("b",), [slow]),
        (1, ("b",), [slow]),
        (1, ("a",), [fast]),
    ]


def test_everybody_stands_beside_our_plan():
    found = standings([
        *(row("a", visit, seconds, by="partway; even") for visit, seconds in ((0, 1.0), (1, 1.2))),
        *(row("b", visit, seconds, by="greedy") for visit, seconds in ((0, 2.0), (1, 2.4))),
        *(row("c", visit, None, by="careless") for visit in (0, 1)),
    ])  # fmt: skip
    assert [each.name for each in found] == ["partway", "even", "greedy", "careless"]
    ours, even, greedy, careless = found
    assert (ours.measured_s, ours.over_ours) == (pytest.approx(1.1), 1.0)
    assert even.over_ours == 1.0
    assert (greedy.over_ours, greedy.noise) == (pytest.approx(2.0), pytest.approx(0.2))
    assert (careless.measured_s, careless.over_ours) == (None, None)
    assert "killed" in careless.failure


def test_noise_is_no_less_where_the_second_visit_is_the_quicker_one():
    visits = [row("a", 0, 1.0, by="partway"), row("a", 1, 0.75, by="partway")]
    (ours,) = standings(visits)
    assert ours.noise == 0.25


def test_visits_of_several_profiles_are_not_taken_together():
    ours, other = row("a", 0, 1.0, by="partway"), row("b", 1, 1.0, by="partway")
    with pytest.raises(SystemExit, match="tiny, slow: the rows are of more than one profile"):
        standings([ours, other])
    again = ours.model_copy(update={"visit": 1, "predicted_s": 1.1})
    with pytest.raises(SystemExit, match="tiny, slow: the rows are of more than one profile"):
        standings([ours, again])
    assert len(standings([ours, other.model_copy(update={"link": "fast"})])) == 2


def test_nobody_stands_beside_a_plan_that_failed():
    found = standings([row("a", 0, None, by="partway"), row("b", 0, 1.0, by="even")])
    assert [each.over_ours for each in found] == [None, None]


def test_a_link_setting_is_a_contest_of_its_own():
    found = standings(
        [row("a", 0, 1.0, by="partway"), row("b", 0, 3.0, by="partway", link="fast"),
         row("a", 0, 6.0, by="even", link="fast")]
    )  # fmt: skip
    assert [each.over_ours for each in found] == [1.0, 1.0, 2.0]
