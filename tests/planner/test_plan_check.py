"""A plan file says of its plan what follows from the problem in it, or is refused."""

import json

import pytest

from netmodel.links.piecewise import Knot, PiecewiseLink
from planner.errors import MismatchError
from planner.plan_check import check_plan
from planner.plan_or_run import read_plan_or_run
from planner.solution import PlanDocument
from tests.planner.report.report_records import cut_document
from tests.planner.test_saved_run import saved_run


def edited(place, value):
    """The document with another value in one place of its file."""
    content = json.loads(cut_document().model_dump_json(by_alias=True))
    *way, last = place.split(".")
    inner = content
    for key in way:
        inner = inner[int(key) if key.isdigit() else key]
    assert inner[last] != value
    inner[last] = value
    return PlanDocument.model_validate_json(json.dumps(content))


def test_a_plan_as_it_was_made_is_taken():
    check_plan(cut_document())
    check_plan(PlanDocument.model_validate_json(cut_document().model_dump_json(by_alias=True)))


@pytest.mark.parametrize(
    ("place", "value", "true"),
    [
        ("estimate.latency_s", 0.05, "13.0"),
        ("estimate.stages.1.compute_s", 0.5, "10.0"),
        ("estimate.stages.0.busy_s", 0.5, "2.0"),
        ("estimate.stages.0.peak_bytes", 1, str(100 * 2**20)),
        ("estimate.hops.1.n_bytes", 7, "100"),
        ("estimate.hops.1.transfer_s", 0.25, "1.0"),
        ("cluster.nodes.1.memory_bytes", 1, "1000000000"),
        ("cluster.nodes.0.speed", 3.0, "1.0"),
        ("cluster.links.0.model.latency_s", 3.0, "0.0"),
    ],
)
def test_an_edited_number_is_named_beside_the_true_one(place, value, true):
    with pytest.raises(MismatchError, match=rf"{place} is {value}, but .* {true}: .*plan again"):
        check_plan(edited(place, value))


def test_another_number_of_links_is_refused():
    cluster = cut_document().cluster
    fewer = cluster.model_copy(update={"links": cluster.links[:1]})
    with pytest.raises(MismatchError, match=r"number of cluster\.links is 1, but .* 2:"):
        check_plan(cut_document(cluster=fewer))


def test_a_link_of_another_kind_is_refused():
    cluster = cut_document().cluster
    knots = tuple(Knot(n_bytes=n, seconds=s) for n, s in ((0, 0.0), (100, 1.0), (200, 3.0)))
    bent = PiecewiseLink(knots=knots, latency_s=0.0)
    changed = cluster.links[0].model_copy(update={"model": bent})
    cluster = cluster.model_copy(update={"links": (changed, *cluster.links[1:])})
    with pytest.raises(MismatchError, match=r"cluster\.links\.0\.model is .*knots"):
        check_plan(cut_document(cluster=cluster))


def test_a_plan_by_hand_has_nothing_to_be_checked_by():
    check_plan(edited("estimate.latency_s", 0.05).model_copy(update={"problem": None}))


@pytest.mark.parametrize("kind", ["plan", "run"])
def test_a_file_of_such_a_plan_is_refused_by_its_name(kind, tmp_path):
    record = edited("estimate.latency_s", 0.05)
    record = record if kind == "plan" else saved_run(record)
    (tmp_path / "file.json").write_text(record.model_dump_json(by_alias=True))
    with pytest.raises(MismatchError, match=r"file\.json: estimate\.latency_s is 0\.05"):
        read_plan_or_run(tmp_path / "file.json")
