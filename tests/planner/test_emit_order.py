"""A model that branches, cut in another order than its program's, really written and run."""

from functools import cache

import numpy as np
import pytest

from netmodel.cluster import Cluster, Link, Node
from netmodel.links.affine import AffineLink
from planner import api
from planner.emit.emitter import emit
from planner.errors import MismatchError
from planner.files import read_record, write_record
from planner.manifest import Manifest
from planner.partition import open_partition
from planner.problem import build_problem
from planner.solution import PlanDocument, Solution, Status
from profiler.backends import NAMES, backend_named
from profiler.block_order import op_order_of, reordered
from tests.profiler.branching import make_profile
from tests.profiler.models import Branches, SmallCnn, captured

both = pytest.mark.parametrize("backend", NAMES)
NODES = ("camera", "box", "desk")
STEM, NARROW, WIDE, POOLED, HEAD, MEAN = range(6)
LAST_BRANCH_FIRST = (STEM, POOLED, MEAN, NARROW, WIDE, HEAD)


def three_boxes():
    """Inputs arrive at the camera, answers end at the desk; all are linked."""
    wire = AffineLink(bandwidth_bytes_per_s=1e7, latency_s=0.001)
    nodes = tuple(Node(name=name, memory_bytes=2**40, speed=1.0) for name in NODES)
    links = tuple(Link(source=a, target=b, model=wire) for a in NODES for b in NODES if a != b)
    return Cluster(source="camera", sink="desk", nodes=nodes, links=links)


@cache
def program_profile(backend):
    """Branches in six blocks, with made-up times: what matters here is what is computed."""
    borders = (0, 2, 3, 7, 9, 12, 13)
    profile = make_profile(captured(Branches).graph, borders, (1.0, 2.0, 3.0, 4.0, 5.0, 6.0))
    return profile.model_copy(update={"backend": backend})


@cache
def planned(backend, order=LAST_BRANCH_FIRST, cuts=(2, 4)):
    """A plan that counts the blocks in the given order."""
    profile = reordered(program_profile(backend), order)
    problem = build_problem(profile, three_boxes())
    plan = problem.plan(cuts, NODES[: len(cuts) + 1])
    solution = Solution(status=Status.FEASIBLE, method="by hand", plan=plan)
    document = api.describe(profile, three_boxes(), problem, solution)
    order_of_ops = op_order_of(program_profile(backend), order)
    return document.model_copy(update={"op_order": order_of_ops})


@both
def test_stages_in_another_order_compute_what_the_model_computes(backend, tmp_path):
    """Camera: stem and pooled branch; box: the mean and the narrow branch; desk: the rest."""
    emit(planned(backend), captured(Branches), tmp_path / "parts")
    partition = open_partition(tmp_path / "parts")
    result = api.run(partition, api.RunOptions(warmup_requests=0, requests=2), engine="inline")
    assert result.check.max_rel_difference <= backend_named(backend).tolerance
    assert result.check.bit_identical or backend == "onnx"
    verification = partition.manifest.verification
    assert verification.max_rel_difference <= backend_named(backend).tolerance
    assert verification.bit_identical or backend == "onnx"
    assert partition.plan.hops[1:3] == (
        ("relu", "conv2d_4"),
        ("relu", "conv2d_4", "mean", "conv2d_1"),
    )
    wide = 4 * 8 * 12 * 12
    assert partition.hop_bytes[1] == wide + 4 * 4 * 12 * 12
    assert [port.name for port in partition.manifest.stages[1].inputs] == ["relu"]


@both
def test_the_stages_hold_the_operators_of_their_blocks(backend, tmp_path):
    manifest = emit(planned(backend), captured(Branches), tmp_path / "parts")
    whole = captured(Branches).in_order(planned(backend).op_order).graph
    names = [[op.name for op in whole.ops[s.op_start : s.op_stop]] for s in manifest.stages]
    assert names == [
        ["conv2d", "relu", "max_pool2d", "conv2d_4"],
        ["mean", "conv2d_1"],
        [
            "conv2d_2", "_native_batch_norm_legit_no_training", "relu_1", "conv2d_3", "cat",
            "relu_2", "conv2d_5",
        ],
    ]  # fmt: skip
    assert sum(stage.weight_bytes for stage in manifest.stages) == whole.weight_bytes
    assert read_record(tmp_path / "parts" / "manifest.json", Manifest) == manifest


@pytest.mark.parametrize("seed", range(4))
def test_any_order_of_single_operators_is_bit_identical(seed, tmp_path):
    graph = captured(Branches).graph
    profile = make_profile(graph, range(len(graph.ops) + 1), [1.0] * len(graph.ops))
    order = random_order(graph, np.random.default_rng(seed))
    other = reordered(profile, order)
    problem = build_problem(other, three_boxes())
    plan = problem.plan((4, 9), NODES)
    solution = Solution(status=Status.FEASIBLE, method="by hand", plan=plan)
    document = api.describe(other, three_boxes(), problem, solution)
    document = document.model_copy(update={"op_order": order})
    manifest = emit(document, captured(Branches), tmp_path / "parts")
    assert order != tuple(range(len(order)))
    assert manifest.verification.bit_identical


def random_order(graph, rng):
    """A random order in which the operators can run."""
    made, order, left = set(graph.inputs), [], list(range(len(graph.ops)))
    while left:
        ready = [place for place in left if set(graph.ops[place].inputs) <= made]
        chosen = ready[rng.integers(len(ready))]
        order.append(chosen)
        left.remove(chosen)
        made.update(graph.ops[chosen].outputs)
    return tuple(order)


def test_a_plan_file_keeps_its_order(tmp_path):
    write_record(tmp_path / "plan.json", planned("torch"))
    assert read_record(tmp_path / "plan.json", PlanDocument) == planned("torch")
    assert read_record(tmp_path / "plan.json", PlanDocument).op_order[2:4] == (7, 8)


def test_a_plan_in_program_order_has_no_order_of_operators():
    assert planned("torch", order=tuple(range(6))).op_order == ()


def test_a_plan_whose_order_was_lost_is_refused_as_one_of_another_graph(tmp_path):
    document = planned("torch").model_copy(update={"op_order": ()})
    with pytest.raises(MismatchError, match="was captured as graph"):
        emit(document, captured(Branches), tmp_path / "parts")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("swapped", "message"),
    [
        ((1, 0), "runs relu before conv2d is made"),
        ((0, 0), "are not the 13 operators of Branches"),
    ],
)
def test_an_order_in_which_the_model_cannot_run_is_refused(swapped, message, tmp_path):
    order = (*swapped, *planned("torch").op_order[2:])
    document = planned("torch").model_copy(update={"op_order": order})
    with pytest.raises(MismatchError, match=f"op_order is none of Branches: .*{message}"):
        emit(document, captured(Branches), tmp_path / "parts")


def test_an_order_of_another_model_is_refused(tmp_path):
    with pytest.raises(MismatchError, match=r"13 entries that are not the 9 operators of SmallCnn"):
        emit(planned("torch"), captured(SmallCnn), tmp_path / "parts")
