"""The trace by the rules of the Trace Event Format, and by what readers of it disagree on."""

import json
from itertools import pairwise

import pytest

from planner.errors import MismatchError
from planner.export.chrome_trace import FIRST_NOTE, LAYOUT_NOTE, chrome_trace
from tests.planner.export.documents import (
    NASTY,
    phone_and_server,
    run_of,
    without_plan,
)


def trace_of(document, result=None):
    """What a reader of JSON gets; numbers that JSON does not have are an error."""

    def refuse(name):
        raise AssertionError(f"{name} is no JSON")

    return json.loads(chrome_trace(document, result), parse_constant=refuse)


def events_of(trace, phase):
    return [event for event in trace["traceEvents"] if event["ph"] == phase]


def tracks_of(trace):
    """Name of each track by process and thread."""
    named = [event for event in events_of(trace, "M") if event["name"] == "thread_name"]
    return {(event["pid"], event["tid"]): event["args"]["name"] for event in named}


def both():
    return trace_of(phone_and_server(), run_of(phone_and_server()))


def test_there_are_complete_and_metadata_events_and_no_others():
    trace = both()
    assert {event["ph"] for event in trace["traceEvents"]} == {"X", "M"}
    for event in events_of(trace, "X"):
        assert set(event) == {"name", "cat", "ph", "pid", "tid", "ts", "dur", "args"}
        assert all(type(event[key]) is int for key in ("pid", "tid", "ts", "dur"))
        assert event["ts"] >= 0
        assert event["dur"] >= 0
    for event in events_of(trace, "M"):
        assert set(event) == {"name", "ph", "pid", "tid", "args"}
        kinds = {"process_name": "name", "thread_name": "name"}
        assert set(event["args"]) == {kinds.get(event["name"], "sort_index")}


def test_predicted_and_measured_are_two_processes_with_a_track_per_node_and_link_direction():
    trace = both()
    processes = {
        event["pid"]: event["args"]["name"]
        for event in events_of(trace, "M")
        if event["name"] == "process_name"
    }
    assert processes == {1: "predicted: toy", 2: "measured: toy"}
    tracks = ["request, end to end", "phone", "phone → server", "server", "server → phone"]
    named = tracks_of(trace)
    assert [name for (pid, _), name in named.items() if pid == 1] == tracks
    assert [name for (pid, _), name in named.items() if pid == 2] == tracks
    assert {(e["pid"], e["tid"]) for e in events_of(trace, "X")} == set(named)


def test_threads_have_numbers_of_their_own_in_the_order_in_which_they_are_shown():
    trace = both()
    tids = [tid for _, tid in tracks_of(trace)]
    assert len(set(tids)) == len(tids)
    assert not set(tids) & {1, 2}  # the number of a process is that of its main thread
    order = {e["tid"]: e["args"] for e in events_of(trace, "M") if e["name"] == "thread_sort_index"}
    assert list(order) == sorted(order, key=lambda tid: order[tid]["sort_index"]) == sorted(tids)


def test_times_are_microseconds_by_hand():
    trace = both()
    named = tracks_of(trace)
    shown = [
        (named[e["pid"], e["tid"]], e["name"], e["ts"], e["dur"]) for e in events_of(trace, "X")
    ]
    assert shown == [
        ("request, end to end", "request", 0, 8_500_000),
        ("phone", "stage 0: stem", 0, 2_000_000),
        ("phone → server", "hop 1: 20 B", 2_000_000, 3_000_000),
        ("server", "stage 1: body to head", 5_000_000, 1_500_000),
        ("server → phone", "hop 2: 10 B", 6_500_000, 2_000_000),
        ("request, end to end", "median request", 0, 10_000_000),
        ("phone", "hop 0: 40 B", 0, 250_000),
        ("phone", "stage 0: stem", 250_000, 2_500_000),
        ("phone → server", "hop 1: 20 B", 2_750_000, 3_500_000),
        ("server", "stage 1: body to head", 6_250_000, 1_000_000),
        ("server → phone", "hop 2: 10 B", 7_250_000, 2_500_000),
    ]


def test_neighbours_meet_without_overlap_where_their_times_are_fractions_of_a_microsecond():
    """Four terms of 0.4 µs: rounded one by one they would all be nothing."""
    document = phone_and_server()
    result = run_of(document, hop_s=(4e-7, 4e-7, 4e-7), compute_s=(4e-7, 4e-7))
    events = [e for e in events_of(trace_of(document, result), "X") if e["pid"] == 2][1:]
    assert [(e["ts"], e["dur"]) for e in events] == [(0, 0), (0, 1), (1, 0), (1, 1), (2, 0)]
    assert all(before["ts"] + before["dur"] == after["ts"] for before, after in pairwise(events))


def test_arguments_hold_the_exact_numbers_that_are_known():
    trace = both()
    predicted, measured = (
        {e["name"]: e["args"] for e in events_of(trace, "X") if e["pid"] == pid} for pid in (1, 2)
    )
    assert predicted["stage 1: body to head"] == {
        "node": "server",
        "blocks": "[1, 4)",
        "compute_s": 1.5,
        "busy_s": 1.5,
        "cap_bytes": 2048,
        "peak_bytes": 130,  # base 20, weights 90, and the message of 20
    }
    assert predicted["hop 1: 20 B"] == {
        "from": "phone",
        "to": "server",
        "n_bytes": 20,
        "transfer_s": 3.0,
        "busy_s": 2.0,
    }
    assert "peak_bytes" not in measured["stage 1: body to head"]  # it was not measured
    request = measured["median request"]
    assert (request["p10_s"], request["p90_s"], request["requests"]) == (9.0, 12.0, 20)


def test_it_is_said_that_terms_are_medians_laid_end_to_end():
    trace = both()
    assert "medians" in LAYOUT_NOTE
    assert "end to end" in LAYOUT_NOTE
    assert trace["otherData"]["layout"] == LAYOUT_NOTE
    requests = [event for event in events_of(trace, "X") if event["cat"] == "request"]
    assert [event["args"]["note"] for event in requests] == [LAYOUT_NOTE] * 2


def test_the_first_request_is_a_process_of_its_own_that_is_no_median():
    document = phone_and_server()
    first = run_of(document, hop_s=(1.0, 4.0, 5.0), latency_s=13.5).measurement
    result = run_of(document).model_copy(
        update={"first": first.model_copy(update={"requests": None})}
    )
    trace = trace_of(document, result)
    names = {e["pid"]: e["args"]["name"] for e in events_of(trace, "M") if "name" in e["args"]
             and e["name"] == "process_name"}  # fmt: skip
    assert names[3] == "measured, first request on fresh connections: toy"
    request, *terms = [e for e in events_of(trace, "X") if e["pid"] == 3]
    assert (request["name"], request["dur"]) == ("first request", 13_500_000)
    assert request["args"] == {"latency_s": 13.5, "note": FIRST_NOTE}
    # As laid out by hand: 1, 2.5, 4, 1 and 5 s.
    assert [e["ts"] for e in terms] == [0, 1_000_000, 3_500_000, 7_500_000, 8_500_000]
    assert trace_of(document, run_of(document)) == both()


def test_a_plan_without_a_run_has_the_predicted_process_alone():
    trace = trace_of(phone_and_server())
    assert {event["pid"] for event in trace["traceEvents"]} == {1}
    assert "run" not in trace["otherData"]


def test_what_of_the_run_was_emulated_is_said():
    document = phone_and_server()
    own, quotas = (
        json.loads(chrome_trace(document, run_of(document), slowed_by_quotas=slowed))["otherData"]
        for slowed in (False, True)
    )
    links = "engine processes; links: paced to the cluster file; "
    assert own["run"] == f"{links}speeds: this machine's own"
    assert quotas["run"] == f"{links}speeds: CPU quotas of the testbed's nodes"


def test_a_run_of_a_plan_without_a_price_has_the_measured_process_alone():
    document = phone_and_server().model_copy(update={"estimate": None})
    assert {e["pid"] for e in trace_of(document, run_of(document))["traceEvents"]} == {2}


def test_names_need_no_escape_that_some_readers_do_not_know():
    document = phone_and_server((NASTY, "b", "c", "d\x1b\x7f"), (NASTY, "server\u2028"))
    text = chrome_trace(document, run_of(document))
    assert "\\u" not in text
    assert text.startswith('{"traceEvents": [')  # some read what stands before it as options
    assert "displayTimeUnit" not in text
    assert NASTY.replace("\n", " ") in tracks_of(json.loads(text)).values()
    assert "server" in tracks_of(json.loads(text)).values()


def test_a_plan_file_without_a_plan_is_refused_with_its_reason():
    with pytest.raises(MismatchError, match="nothing to trace: phone is 12 B short"):
        chrome_trace(without_plan())


def test_a_run_of_another_plan_is_refused():
    other = run_of(phone_and_server(names=("phone", "desk")))
    with pytest.raises(MismatchError, match=r"the run has the stages .*desk.* the plan has"):
        chrome_trace(phone_and_server(), other)
