"""The head of the page: what was planned for, predicted and measured."""

from planner.objectives import NODES, PRICE, makespan
from planner.report.answer import answer_part
from planner.report.content import ReportContent
from planner.report.request_time import request_time_part
from tests.planner.report.page_reader import PageReader
from tests.planner.report.report_records import (
    cut_document,
    document_of,
    overlapping,
    planned_for_throughput,
)
from tests.planner.test_explain import small_fast_and_roomy_slow
from tests.planner.test_saved_run import saved_run


def head(document, run=None):
    return PageReader(answer_part(ReportContent(document, run=run)))


def times(document, run):
    return PageReader(request_time_part(ReportContent(document, run=run)))


def test_what_was_planned_for_stands_in_the_head_under_one_name():
    reader = head(planned_for_throughput())
    assert reader.texts["h1"] == ["tiny in 2 stages: period 10000.00 ms predicted"]
    assert reader.facts["between answers, predicted"] == 10.0
    assert list(reader.facts.values()).count(10.0) == 1
    assert next(iter(reader.facts)) == "between answers, predicted"
    assert "the period, in steady state; planned for" in reader.texts["small"]


def test_what_was_planned_for_stands_in_the_head_as_measured_too():
    """16 s between answers for 10 s predicted: 37.5 % too little."""
    document = planned_for_throughput()
    run = overlapping(document)
    reader = head(document, run)
    assert reader.texts["h1"] == [
        "tiny in 2 stages: period 10000.00 ms predicted, 16000.00 ms measured"
    ]
    assert reader.facts["between answers, measured"] == 16.0
    assert "4 in flight; prediction off by -37.5%" in reader.texts["small"]
    row = times(document, run).table("Predicted beside measured").rows[-1]
    assert [row[name].text for name in ("where", "what", "error")] == [
        "between answers", "4 requests in flight", "-37.5%",
    ]  # fmt: skip
    assert row["time predicted"].values == [10.0]
    assert row["time measured"].values == [16.0]


def test_too_few_requests_in_flight_are_predicted_as_they_run():
    """One request of 13 s at a time gives an answer every 13 s, not every 10 s."""
    document = planned_for_throughput()
    run = overlapping(document, in_flight=1, period_s=13.0)
    assert "1 in flight; prediction off by +0.0%" in head(document, run).texts["small"]
    row = times(document, run).table("Predicted beside measured").rows[-1]
    assert row["time predicted"].values == [13.0]


def test_an_objective_without_a_card_of_its_own_has_one_where_it_was_planned_for():
    problem = small_fast_and_roomy_slow()
    for objective, name in ((makespan(3), "makespan, predicted"), (NODES, "nodes")):
        document = document_of(problem, objective)
        assert head(document).facts[name] == document.solution.value


def test_a_price_that_was_planned_for_has_one_card():
    problem = small_fast_and_roomy_slow()
    priced = tuple(node.model_copy(update={"price_per_s": 2.0}) for node in problem.nodes)
    document = document_of(problem.replaced(nodes=priced), PRICE)
    reader = head(document)
    assert reader.facts["price, predicted"] == document.solution.value == 24.0
    assert [name for name in reader.texts["dt"] if name.startswith("price")] == ["price, predicted"]
    by_latency = head(document_of(problem.replaced(nodes=priced)))
    assert by_latency.facts["price, predicted"] == 24.0


def test_a_measurement_without_an_estimate_is_shown_alone():
    document = cut_document()
    run = overlapping(document)
    bare = document.model_copy(update={"estimate": None})
    run = run.model_copy(update={"document": bare})
    reader = head(bare, run)
    assert reader.facts == {
        "latency, measured": 24.5,
        "highest memory of a node, measured": 7,
        "between answers, measured": 16.0,
    }
    assert "median of 5" in reader.texts["small"]


def test_memory_that_was_not_measured_is_not_said_to_fit():
    document = cut_document()
    run = saved_run(document)
    stages = run.result.measurement.stages
    unseen = (stages[0].model_copy(update={"peak_bytes": 0}), stages[1])
    measurement = run.result.measurement.model_copy(update={"stages": unseen})
    result = run.result.model_copy(update={"measurement": measurement})
    reader = head(document, run.model_copy(update={"result": result}))
    assert "highest memory of a node, measured" not in reader.facts
    assert "fits memory, measured" not in reader.words


def test_every_card_says_whether_its_number_is_predicted_computed_or_measured():
    """Latency is measured as 24.5 s, for 13 s predicted."""
    document = cut_document()
    reader = head(document, saved_run(document))
    assert [text for text in reader.texts["dt"] if text != "proof"] == [
        "latency, predicted",
        "latency, measured",
        "fits memory, predicted",
        "highest memory of a node, predicted",
        "fits memory, measured",
        "highest memory of a node, measured",
        "moved over wires",
        "between answers, predicted",
    ]
    assert [text for text in reader.texts["small"] if "per request" in text] == [
        "per request, computed"
    ]
