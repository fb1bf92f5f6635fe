"""What reports are made of here: a plan that a cap forces to cut, and a run of it."""

from planner.costs.evaluate import evaluate
from planner.objectives import LATENCY
from planner.solution import PlanDocument
from planner.solvers.brute_force import BruteForce
from tests.planner.test_explain import small_fast_and_roomy_slow
from tests.planner.test_records import cluster_of

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
