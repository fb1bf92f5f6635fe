"""What reports are made of here: a plan that a cap forces to cut, and what is told of it."""

from planner.costs.evaluate import evaluate
from planner.explain import explain
from planner.objectives import LATENCY, THROUGHPUT
from planner.report.content import ReportContent
from planner.solution import PlanDocument
from planner.solvers.brute_force import BruteForce
from planner.sweep import sweep_parts
from planner.throughput import Throughput
from profiler.profile_records import Timing
from tests.planner.test_explain import small_fast_and_roomy_slow
from tests.planner.test_records import cluster_of
from tests.planner.test_saved_run import saved_run

NAMES = ("stem", "body", "head")


def cut_document(**changes):
    """Two blocks for 2 s on `fast`, 100 bytes for 1 s over the wire, one for 10 s on `slow`."""
    return document_of(small_fast_and_roomy_slow(), **changes)


def document_of(problem, objective=LATENCY, /, **changes):
    """The best plan of a problem of three blocks."""
    solution = BruteForce().solve(problem, objective)
    return PlanDocument(**({
        "model": "tiny",
        "backend": "onnx",
        "threads": 1,
        "granularity": "block",
        "solution": solution,
        "estimate": evaluate(problem, solution.plan),
        "cluster": cluster_of(problem),
        "block_names": NAMES,
        "problem": problem,
        "provenance": {"block latency": "measured on paper", "link time": "computed by hand"},
    } | changes))  # fmt: skip


def full_content(document=None, run=None):
    """With everything that is found by solving again."""
    document = document or cut_document()
    objective = document.solution.objective

    def solve(problem):
        return BruteForce().solve(problem, objective)

    answer = explain(document.problem, document.solution, solve=solve)
    parts = sweep_parts(document.problem, solve)
    return ReportContent(document, answer, answer.alternatives, parts, run)


def planned_for_throughput():
    """The head alone on the slow node: 10 s between answers, 13 s for one request."""
    return document_of(small_fast_and_roomy_slow(), THROUGHPUT)


def overlapping(document, in_flight=4, period_s=16.0):
    """A run of the document with so many requests under way, an answer every 16 s."""
    run = saved_run(document)
    period = Timing(median_s=period_s, p10_s=period_s, p90_s=period_s, n=3)
    measured = Throughput(in_flight=in_flight, requests=3, period=period, peak_bytes=(7, 7))
    return run.model_copy(update={"result": run.result.model_copy(update={"throughput": measured})})
