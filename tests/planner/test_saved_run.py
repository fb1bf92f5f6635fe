"""A run file: it reads back, and holds a run of the plan that stands in it."""

import pytest
from pydantic import ValidationError

from planner.breakdown import Breakdown, HopTerm, Origin, StageTerm
from planner.engines.interface import RunResult
from planner.files import read_record, write_record
from planner.manifest import Verification
from planner.saved_run import SavedRun
from planner.solution import Solution, Status
from profiler.profile_records import Timing
from tests.planner.instances import two_phones_one_server
from tests.planner.test_records import document


def measured(plan_document):
    """Every stage took twice and every hop half as long as predicted."""
    estimate = plan_document.estimate
    stages = [
        StageTerm(
            node=term.node, start=term.start, stop=term.stop, compute_s=2 * term.compute_s,
            peak_bytes=7, cap_bytes=term.cap_bytes,
        )
        for term in estimate.stages
    ]  # fmt: skip
    hops = [
        HopTerm(
            source=hop.source, target=hop.target, n_bytes=hop.n_bytes, transfer_s=hop.transfer_s / 2
        )
        for hop in estimate.hops
    ]
    latency_s = sum(s.compute_s for s in stages) + sum(hop.transfer_s for hop in hops)
    requests = Timing(median_s=latency_s, p10_s=latency_s, p90_s=latency_s, n=5)
    return Breakdown(
        origin=Origin.MEASURED, stages=stages, hops=hops, latency_s=latency_s, requests=requests
    )


def saved_run(plan_document=None):
    plan_document = plan_document or document()
    result = RunResult(
        engine="inline",
        measurement=measured(plan_document),
        check=Verification(
            bit_identical=True, max_abs_difference=0, max_rel_difference=0, tolerance=0
        ),
        hosts="this machine",
        emulated_links=True,
        emulated_speeds=False,
    )
    return SavedRun(document=plan_document, result=result)


def test_a_run_is_read_back_as_it_was_written(tmp_path):
    write_record(tmp_path / "run.json", saved_run())
    assert read_record(tmp_path / "run.json", SavedRun) == saved_run()


def test_a_run_of_another_plan_is_refused():
    run = saved_run()
    other = two_phones_one_server().plan((1,), ("phone-2", "server"))
    solution = run.document.solution.model_copy(update={"plan": other})
    changed = run.document.model_copy(update={"solution": solution, "estimate": None})
    with pytest.raises(ValidationError, match="its stages are not those of the plan"):
        SavedRun(document=changed, result=run.result)


def test_a_run_over_other_hops_is_refused():
    """The plan goes phone-2, server and back."""
    run = saved_run()
    first, *others = run.result.measurement.hops
    elsewhere = (first.model_copy(update={"source": "server"}), *others)
    measurement = run.result.measurement.model_copy(update={"hops": elsewhere})
    result = run.result.model_copy(update={"measurement": measurement})
    with pytest.raises(ValidationError, match="its hops are not those of the plan"):
        SavedRun(document=run.document, result=result)


def test_a_run_without_a_plan_is_refused():
    run = saved_run()
    nothing = Solution(status=Status.INFEASIBLE, method="by hand", reason="too large")
    changed = run.document.model_copy(update={"solution": nothing, "estimate": None})
    with pytest.raises(ValidationError, match="has no plan"):
        SavedRun(document=changed, result=run.result)
