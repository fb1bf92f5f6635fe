"""Chrome trace: one request on the tracks of nodes and links, predicted and measured.

The text is a JSON object of the Trace Event Format, which Perfetto and `chrome://tracing` open.
Times are whole microseconds, so that neighbours on a track meet without overlap however a reader
rounds; the arguments of an event hold the exact seconds.

The text keeps to what readers agree on: complete events and metadata events alone, names in UTF-8
without control characters, and `traceEvents` first. It leaves out `displayTimeUnit`, which is for
display alone and is milliseconds without it: some readers took it for the unit of the times.

Source: Google, "Trace Event Format", sections "JSON Object Format", "Complete Events" (`ph` X with
`ts` and `dur` in microseconds) and "Metadata Events" (`ph` M),
https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from netmodel.units import format_size
from planner.breakdown import Breakdown, HopTerm, StageTerm
from planner.engines.interface import RunResult
from planner.errors import MismatchError
from planner.export.plain import plain_text
from planner.report.run_notes import setting_text
from planner.solution import PlanDocument
from planner.timeline import Span, lay_out
from planner.wording import blocks_text

FORMAT_URL = "https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU"
LAYOUT_NOTE = (
    "One request, laid out from the terms of its breakdown end to end, without gaps. Measured "
    "terms are medians, each over all requests: together they are no single request, and need not "
    "end where the median request ends."
)
FIRST_NOTE = (
    "The first request of the run, over fresh connections, which take longer than warm ones. Its "
    "terms are its own, no medians."
)
_REQUEST_TRACK = "request, end to end"
_Event = dict[str, Any]


@dataclass(frozen=True)
class _Process:
    """A breakdown as a process of the trace."""

    pid: int
    name: str
    breakdown: Breakdown
    block_names: tuple[str, ...]
    request: str
    """What the whole is called."""
    note: str = LAYOUT_NOTE


def chrome_trace(
    document: PlanDocument, result: RunResult | None = None, *, slowed_by_quotas: bool = False
) -> str:
    """The trace of a plan's prediction and, if there was a run, of what it measured.

    Args:
        document: the plan.
        result: what running it gave; of its first request, over fresh connections, there is a
            process of its own.
        slowed_by_quotas: whether a testbed's CPU quotas made nodes as slow as they are.

    Raises:
        MismatchError: there is nothing to show, or the run is of other stages.
        PlannerError: a hop has no link.
    """
    processes = list(_processes(document, result))
    if not processes:
        reason = document.solution.reason or "it has no estimate"
        raise MismatchError(f"the plan of {document.model} has nothing to trace: {reason}")
    events = ",\n".join(_json(event) for process in processes for event in _events(process))
    data = _other_data(document)
    if result is not None:
        data["run"] = plain_text(setting_text(result, slowed_by_quotas=slowed_by_quotas))
    return f'{{"traceEvents": [\n{events}\n],\n"otherData": {_json(data)}}}\n'


def _json(content: dict[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False, allow_nan=False)


def _processes(document: PlanDocument, result: RunResult | None) -> Iterator[_Process]:
    model, names = plain_text(document.model), document.block_names
    if document.estimate is not None:
        yield _Process(1, f"predicted: {model}", document.estimate, names, "request")
    if result is not None:
        _check_same_stages(document, result.measurement)
        yield _Process(2, f"measured: {model}", result.measurement, names, "median request")
        if result.first is not None:
            title = f"measured, first request on fresh connections: {model}"
            yield _Process(3, title, result.first, names, "first request", FIRST_NOTE)


def _check_same_stages(document: PlanDocument, measured: Breakdown) -> None:
    plan = document.solution.plan
    planned = [] if plan is None else [(s.node, s.start, s.stop) for s in plan.stages]
    ran = [(term.node, term.start, term.stop) for term in measured.stages]
    if ran != planned:
        raise MismatchError(f"the run has the stages {ran}, but the plan has {planned}")


def _other_data(document: PlanDocument) -> dict[str, str]:
    return {
        "format": f"Trace Event Format, {FORMAT_URL}",
        "model": plain_text(document.model),
        "backend": plain_text(document.backend),
        "layout": LAYOUT_NOTE,
        "times": "ts and dur are in whole microseconds; args are in seconds and bytes",
    }


def _events(process: _Process) -> Iterator[_Event]:
    """Names of the process and its tracks, then the request and its terms."""
    spans = lay_out(process.breakdown)
    # Numbers of threads differ over all processes, as on a machine, and none is its process's own.
    request_tid = 1000 * process.pid
    tracks = dict.fromkeys(span.track for span in spans)
    tids = {track: tid for tid, track in enumerate(tracks, start=request_tid + 1)}
    yield _metadata(process.pid, request_tid, "process_name", name=process.name)
    yield _metadata(process.pid, request_tid, "process_sort_index", sort_index=process.pid)
    names = {request_tid: _REQUEST_TRACK} | {tid: track.name for track, tid in tids.items()}
    for tid, name in names.items():
        yield _metadata(process.pid, tid, "thread_name", name=plain_text(name))
        yield _metadata(process.pid, tid, "thread_sort_index", sort_index=tid)
    yield _request(process, request_tid)
    for span in spans:
        yield {
            **_words(span, process.block_names),
            **_complete(process.pid, tids[span.track], span.start_s, span.stop_s),
            "args": _args(span.term),
        }


def _metadata(pid: int, tid: int, kind: str, **args: str | int) -> _Event:
    return {"name": kind, "ph": "M", "pid": pid, "tid": tid, "args": args}


def _complete(pid: int, tid: int, start_s: float, stop_s: float) -> _Event:
    """An event that lasts; its end is rounded, not its duration, so that it meets the next."""
    start_us, stop_us = round(start_s * 1e6), round(stop_s * 1e6)
    return {"ph": "X", "pid": pid, "tid": tid, "ts": start_us, "dur": stop_us - start_us}


def _request(process: _Process, tid: int) -> _Event:
    latency_s, spread = process.breakdown.latency_s, process.breakdown.requests
    args: dict[str, object] = {"latency_s": latency_s, "note": process.note}
    if spread is not None and spread.n > 1:
        args |= {"p10_s": spread.p10_s, "p90_s": spread.p90_s, "requests": spread.n}
    return {
        "name": process.request,
        "cat": "request",
        **_complete(process.pid, tid, 0.0, latency_s),
        "args": args,
    }


def _words(span: Span, block_names: tuple[str, ...]) -> _Event:
    if isinstance(span.term, HopTerm):
        size = format_size(span.term.n_bytes)
        return {"name": f"hop {span.index}: {size}", "cat": "hop"}
    blocks = blocks_text(span.term, block_names)
    return {"name": plain_text(f"stage {span.index}: {blocks}"), "cat": "stage"}


def _args(term: StageTerm | HopTerm) -> dict[str, object]:
    """The numbers of a term that are known."""
    if isinstance(term, HopTerm):
        args: dict[str, object] = {
            "from": plain_text(term.source),
            "to": plain_text(term.target),
            "n_bytes": term.n_bytes,
            "transfer_s": term.transfer_s,
        }
        return args | {k: v for k in ("busy_s", "cold_s") if (v := getattr(term, k))}
    args = {
        "node": plain_text(term.node),
        "blocks": f"[{term.start}, {term.stop})",
        "compute_s": term.compute_s,
        "cap_bytes": term.cap_bytes,
    }
    if term.replicas:
        args["in turn with"] = plain_text(", ".join(term.replicas))
    return args | {k: v for k in ("busy_s", "peak_bytes") if (v := getattr(term, k))}
