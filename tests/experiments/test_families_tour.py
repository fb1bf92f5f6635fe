from dataclasses import dataclass
from types import SimpleNamespace

import pytest

from experiments.families import tour as tours
from experiments.families.contenders import Way
from experiments.families.family_rows import KEY, FamilyRow
from experiments.families.tour import Tour
from experiments.rows import RowFile
from netmodel.cluster import Cluster, Node

ONE_NODE = Cluster(
    source="a", sink="a", nodes=(Node(name="a", memory_bytes=100, speed=1.0),), links=()
)


@dataclass(frozen=True)
class Stand:
    """Stands for a contender."""

    case: str
    cap_bytes: int = 100
    link: str = "fast"
    way: Way = Way.BEST
    stages: tuple = ((), ("a",))
    feasible: bool = True
    links: Cluster = ONE_NODE


def row_of(contender, number, *_):
    return FamilyRow(
        case=contender.case,
        cap_bytes=contender.cap_bytes,
        link=contender.link,
        way=contender.way,
        visit=number,
        result="ok",
    )


@pytest.fixture
def log(monkeypatch):
    """What was done, in order: caps that were set, and contenders that shared workers."""
    done = []

    def measure(bench, partition, group):
        done.append("+".join(f"{one.case} {one.link}" for one in group))
        return ((one, None) for one in group)

    monkeypatch.setattr(tours, "measure", measure)
    monkeypatch.setattr(tours, "measured_row", row_of)
    monkeypatch.setattr(tours, "misfit_row", lambda one: row_of(one, 0))
    return done


def run(tmp_path, log, *contenders):
    bench = SimpleNamespace(set_caps=lambda caps: log.append(caps))
    tour = Tour(contenders, 2, RowFile(tmp_path / "rows.csv", FamilyRow, key=KEY))
    parts = {(one.case, one.stages[0]): None for one in contenders}
    tour.note_misfits()
    tour.run(bench, parts)
    return tour


def test_models_take_turns_under_one_cap_after_another_there_and_back(tmp_path, log):
    run(tmp_path, log, Stand("m"), Stand("m", 200), Stand("n"), Stand("n", 200))
    assert [each for each in log if isinstance(each, str)] == [
        *("m fast", "n fast", "n fast", "m fast"),
        *("m fast", "n fast", "n fast", "m fast"),
    ]
    assert [each["a"] for each in log if isinstance(each, dict)] == [100] * 4 + [200] * 4


def test_equal_plans_over_several_links_share_workers_and_others_do_not(tmp_path, log):
    split = Stand("m", link="free", stages=((1,), ("a", "b")))
    run(tmp_path, log, Stand("m"), Stand("m", link="slow"), split)
    there = ["m fast+m slow", "m free"]
    assert [each for each in log if isinstance(each, str)] == [*there, *reversed(there)]


def test_what_does_not_fit_is_tried_once_and_what_has_no_plan_never(tmp_path, log):
    tour = run(tmp_path, log, Stand("m", way=Way.WHOLE), Stand("n", feasible=False))
    assert [each for each in log if isinstance(each, str)] == ["m fast"]
    assert [(row.case, row.visit) for row in tour.rows.rows] == [("n", 0), ("m", 0)]


def test_a_tour_that_is_taken_up_again_does_what_is_missing(tmp_path, log):
    rows = RowFile(tmp_path / "rows.csv", FamilyRow, key=KEY)
    rows.append(row_of(Stand("m"), 0))
    rows.append(row_of(Stand("n"), 0))
    rows.append(row_of(Stand("n"), 1))
    assert Tour([Stand("m"), Stand("n")], 2, rows).missing() == [Stand("m")]
    run(tmp_path, log, Stand("m"), Stand("n"))
    assert [each for each in log if isinstance(each, str)] == ["m fast"]
