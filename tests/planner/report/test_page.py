"""The page against the records that it is made of."""

import re

import pytest

from planner import api
from planner.problem import Problem
from planner.report.page import report_page
from planner.solution import Solution, Status
from planner.timeline import in_order
from tests.planner.report.page_reader import PageReader
from tests.planner.report.report_records import cut_document, document_of, full_content
from tests.planner.test_explain import small_fast_and_roomy_slow
from tests.planner.test_saved_run import saved_run


@pytest.fixture(scope="module")
def measured():
    document = cut_document()
    return full_content(document, saved_run(document))


@pytest.fixture(scope="module")
def page(measured):
    return report_page(measured)


def test_the_page_is_well_formed_and_its_ids_differ(page):
    reader = PageReader(page)
    assert page.startswith("<!DOCTYPE html>")
    ids = [value for _, name, value in reader.attributes if name == "id"]
    assert ids
    assert len(set(ids)) == len(ids)


def test_the_page_needs_no_network_and_no_script(page):
    reader = PageReader(page)
    assert not {"script", "link", "img", "iframe", "object", "base"} & set(reader.tags)
    assert not [name for _, name, _ in reader.attributes if name.startswith("on") or name == "src"]
    targets = [value for _, name, value in reader.attributes if name.endswith("href")]
    assert all(target.startswith("#") for target in targets)
    assert all(target.startswith("#") for target in re.findall(r"url\(([^)]*)\)", page))
    assert "@import" not in page
    assert "http" not in page


def test_what_the_pictures_refer_to_is_there(page):
    reader = PageReader(page)
    ids = {value for _, name, value in reader.attributes if name == "id"}
    targets = {value[1:] for _, name, value in reader.attributes if name.endswith("href")}
    targets |= {target[1:] for target in re.findall(r"url\(([^)]*)\)", page)}
    assert targets
    assert targets <= ids


def test_the_answer_comes_first_and_its_numbers_are_the_records(page, measured):
    reader = PageReader(page)
    assert reader.texts["h1"] == [
        "tiny in 2 stages: latency 13000.00 ms predicted, 24500.00 ms measured"
    ]
    assert reader.tags.index("h1") < reader.tags.index("h2")
    estimate = measured.document.estimate
    assert reader.facts == {
        "latency, predicted": estimate.latency_s,
        "latency, measured": measured.measured.latency_s,
        "highest memory of a node, predicted": estimate.peak_bytes,
        "highest memory of a node, measured": 7,
        "moved over wires": estimate.moved_bytes,
        "between answers, predicted": estimate.period_s,
    }
    assert "stages on fast, slow from head" in reader.words
    assert "no such plan is below 13000.00 ms" in reader.words


def test_every_term_is_predicted_beside_measured(page, measured):
    table = PageReader(page).table("Predicted beside measured, medians of 5 requests")
    for column, breakdown in (
        ("time predicted", measured.document.estimate),
        ("time measured", measured.measured),
    ):
        seconds = [getattr(t, "compute_s", getattr(t, "transfer_s", None)) for t in
                   in_order(breakdown)]  # fmt: skip
        assert table.values(column) == [*seconds, breakdown.latency_s]
    assert table.values("memory measured") == [7, 7]
    assert table.column("stage") == ["→", "0", "→", "1", "→", ""]
    assert table.column("where") == [
        "fast (stays)", "fast", "fast → slow", "slow", "slow → fast", "end to end",
    ]  # fmt: skip
    # Stages were measured twice as long as predicted, hops half as long.
    assert table.column("error") == ["–", "-50.0%", "+100.0%", "-50.0%", "–", "-46.9%"]


def test_without_a_run_it_is_predicted_alone():
    reader = PageReader(report_page(full_content()))
    table = reader.table("Predicted, in the order of a request")
    assert table.values("time") == [0.0, 2.0, 1.0, 10.0, 0.0, 13.0]
    assert "latency, measured" not in reader.facts
    assert "The run" not in reader.texts["h2"]


def test_what_binds_and_what_would_help_are_those_of_the_explanation(page, measured):
    reader, answer = PageReader(page), measured.explanation
    memory = reader.table("Memory of each node")
    assert memory.values("used") == [use.used_bytes for use in answer.memory]
    assert memory.values("cap") == [use.cap_bytes for use in answer.memory]
    assert memory.column("binds") == ["yes", "no"]
    gains = reader.table("What a change would gain")
    assert gains.values("gain") == [outcome.gain for outcome in answer.gaining]
    assert "most would be gained by +64 MiB for 'fast'" in reader.words


def test_alternatives_are_priced_as_the_records_say_or_have_a_reason(page, measured):
    table, rows = PageReader(page).table("Plans, priced"), measured.alternatives
    assert table.column("plan") == [row.name for row in rows]
    priced = [row.estimate for row in rows if row.estimate is not None]
    assert table.values("latency") == [estimate.latency_s for estimate in priced]
    assert table.values("moved") == [estimate.moved_bytes for estimate in priced]
    reasons = [f"none: {row.skip_reason}" for row in rows if row.estimate is None]
    assert [text for text in table.column("stages on") if text.startswith("none")] == reasons


def test_pictures_show_the_number_of_parts_and_the_loads_of_the_cluster(page):
    words = PageReader(page).texts["text"]
    assert "coarser ← number of parts → finer" in words
    assert "What one request puts on nodes and links, predicted" in words
    assert {"100 B", "busy 1 s"} <= set(words)


def test_every_number_says_where_it_comes_from(page):
    table = PageReader(page).table("Measured: read off a clock")
    origins = dict(zip(table.column("number"), table.column("where it comes from"), strict=True))
    assert origins["block latency"] == "measured on paper"
    assert origins["link time"] == "computed by hand"
    assert "engine inline" in origins["measured times and memory"]


def test_equal_contents_give_equal_pages(page, measured):
    assert report_page(measured) == page


def test_it_is_made_for_light_and_dark_and_for_narrow_and_wide(page):
    assert "@media (prefers-color-scheme: dark)" in page
    assert "@media (max-width: " in page
    assert 'content="width=device-width, initial-scale=1"' in page


HOSTILE = "<b>\"'&amp;</td><script>x"


def test_names_are_text_and_never_markup():
    document = cut_document(
        model=HOSTILE,
        block_names=(HOSTILE, "body", "head"),
        provenance={HOSTILE: HOSTILE},
    )
    reader = PageReader(report_page(full_content(document, saved_run(document))))
    assert reader.texts["h1"] == [
        f"{HOSTILE} in 2 stages: latency 13000.00 ms predicted, 24500.00 ms measured"
    ]
    assert reader.table("Stages, numbered").column("blocks")[0] == f"{HOSTILE} to body"
    assert HOSTILE in reader.table("Measured: read off").column("where it comes from")
    assert any(text.startswith(f"{HOSTILE}: stage 0") for text in reader.texts["title"])
    assert "script" not in reader.tags
    assert "b" not in reader.tags


def test_names_of_nodes_are_text_too():
    text = small_fast_and_roomy_slow().model_dump_json().replace('"fast"', '"<i>&"')
    document = document_of(Problem.model_validate_json(text))
    reader = PageReader(report_page(full_content(document)))
    assert reader.table("Memory of each node").column("node") == ["<i>&", "slow"]
    assert "<i>& → slow" in reader.table("Predicted, in the order").column("where")


def test_nodes_whose_names_have_spaces_are_told_apart():
    text = small_fast_and_roomy_slow().model_dump_json().replace('"fast"', '"big box"')
    reader = PageReader(report_page(full_content(document_of(Problem.model_validate_json(text)))))
    assert reader.table("Plans, priced").column("stages on")[0] == "big box, slow"


def test_a_plan_by_hand_says_what_cannot_be_known():
    document = cut_document(problem=None)
    page = api.report(document)
    assert "made by hand" in PageReader(page).words
    assert "kept in memory" in page


def test_where_nothing_fits_it_says_so_and_why():
    nothing = Solution(status=Status.INFEASIBLE, method="brute force", reason="all are too small")
    document = cut_document(solution=nothing, estimate=None)
    reader = PageReader(api.report(document))
    assert reader.texts["h1"] == ["tiny: no feasible plan"]
    assert "all are too small" in reader.words
    assert reader.table("Plans, priced").column("plan")[0] == "partway"


def test_the_api_reports_a_run_with_its_plan():
    document = cut_document()
    reader = PageReader(api.report(saved_run(document), time_limit_s=5))
    assert reader.facts["latency, measured"] == saved_run(document).result.measurement.latency_s
