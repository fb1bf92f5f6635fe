"""Plans by hand that the exports show, and what running one gave."""

from planner.breakdown import Breakdown, HopTerm, Origin, StageTerm
from planner.costs.evaluate import evaluate
from planner.engines.interface import RunResult
from planner.manifest import Verification
from planner.solution import PlanDocument, Solution, Status
from profiler.profile_records import Timing
from tests.planner.instances import make_node, make_problem, mesh
from tests.planner.test_records import cluster_of

NASTY = 'a"b\\n<i>&amp;#35;|`%%{*_x_*}\n[1. ](y):;→ é'
"""A name with what quoted strings, escapes, entities, Markdown and comments end or begin with."""


def phone_and_server(block_names=("stem", "body", "neck", "head"), names=("phone", "server")):
    """Four blocks: the first on the phone, where inputs arrive and answers end; the rest away.

    A block takes 2 s on the phone and 0.5 s on the server; bytes take 0.1 s each and messages 1 s.
    """
    phone, server = names
    nodes = [
        make_node(phone, (2.0,) * 4, 200, base_bytes=10),
        make_node(server, (0.5,) * 4, 2048, base_bytes=20),
    ]
    problem = make_problem(
        nodes,
        mesh(names, bytes_per_s=10.0, latency_s=1.0),
        cut_bytes=(40, 20, 5, 20, 10),
        weight_bytes=(10, 20, 30, 40),
    )
    return document_of(problem, problem.plan((1,), names), block_names)


def document_of(problem, plan, block_names=("stem", "body", "neck", "head")):
    """The plan file of a plan, with its price."""
    return PlanDocument(
        model="toy",
        backend="onnx",
        threads=1,
        granularity="op",
        solution=Solution(status=Status.FEASIBLE, method="by hand", plan=plan),
        estimate=evaluate(problem, plan),
        cluster=cluster_of(problem),
        block_names=block_names,
        provenance={},
    )


def without_plan():
    """A plan file that says why there is no plan."""
    reason = "phone is 12 B short"
    solution = Solution(status=Status.INFEASIBLE, method="by hand", reason=reason)
    changes = {"solution": solution, "estimate": None}
    return phone_and_server().model_copy(update=changes)


def run_of(document, *, hop_s=(0.25, 3.5, 2.5), compute_s=(2.5, 1.0), latency_s=10.0):
    """What a run of two stages gave: medians, which add up to less than the median request."""
    plan, cluster = document.solution.plan, document.cluster
    stages = [
        StageTerm(
            node=stage.node,
            start=stage.start,
            stop=stage.stop,
            compute_s=seconds,
            peak_bytes=0,
            cap_bytes=200,
        )
        for stage, seconds in zip(plan.stages, compute_s, strict=True)
    ]
    nodes = [cluster.source, *(stage.node for stage in plan.stages), cluster.sink]
    hops = [
        HopTerm(source=a, target=b, n_bytes=n_bytes, transfer_s=seconds)
        for a, b, n_bytes, seconds in zip(nodes, nodes[1:], (40, 20, 10), hop_s, strict=False)
    ]
    measurement = Breakdown(
        origin=Origin.MEASURED,
        stages=stages,
        hops=hops,
        latency_s=latency_s,
        requests=Timing(median_s=latency_s, p10_s=9.0, p90_s=12.0, n=20),
    )
    return RunResult(
        engine="processes",
        measurement=measurement,
        check=Verification(
            bit_identical=True, max_abs_difference=0, max_rel_difference=0, tolerance=0
        ),
        hosts="this machine",
        emulated_links=True,
        emulated_speeds=False,
    )
