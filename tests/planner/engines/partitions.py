"""A tiny hand-made partition: three ONNX stages on two nodes, with a tensor that passes through.

x, y ─> [h = relu(x @ w0)] ─ h, y ─> [h2 = h @ w1] ─ h2, y ─> [z = h2 + y] ─> z, y
        phone                        server                   server
"""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from netmodel.cluster import Cluster, Link, Node
from netmodel.links.affine import AffineLink
from planner.files import stamp, write_record
from planner.manifest import Manifest, Port, StageFile, Verification
from planner.partition import MANIFEST_NAME, open_partition
from planner.plan import Plan, Stage
from planner.runtime import frames
from planner.solution import PlanDocument, Solution, Status

WIDTH = 32
LATENCY_S = 0.03
MIB = 2**20


def write_stage(path, nodes, inputs, output, weights):
    """Saves a float32 [1, WIDTH] model of the given (operator, inputs, output) triples."""
    ports = [
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, WIDTH]) for name in names]
        for names in (inputs, [output])
    ]
    graph = helper.make_graph(
        [helper.make_node(op, sources, [target]) for op, sources, target in nodes],
        "stage",
        *ports,
        [numpy_helper.from_array(value, name) for name, value in weights.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, path)


def make_partition(folder, *, nodes=("phone", "server", "server"), speed=0.5):
    """Writes the partition; returns it opened."""
    rng = np.random.default_rng(0)
    x, y, w0, w1 = (
        rng.standard_normal(shape, np.float32)
        for shape in ((1, WIDTH), (1, WIDTH), (WIDTH, WIDTH), (WIDTH, WIDTH))
    )
    write_stage(
        folder / "0.onnx",
        [("MatMul", ["x", "w0"], "a"), ("Relu", ["a"], "h")],
        ["x"],
        "h",
        {"w0": w0},
    )
    write_stage(folder / "1.onnx", [("MatMul", ["h", "w1"], "h2")], ["h"], "h2", {"w1": w1})
    write_stage(folder / "2.onnx", [("Add", ["h2", "y"], "z")], ["h2", "y"], "z", {})
    frames.save(folder / "sample.frame", {"x": x, "y": y})
    z = np.maximum(x @ w0, 0) @ w1 + y
    frames.save(folder / "expected.frame", {"out": z, "again": z, "y": y})
    ends = zip(nodes, (("x",), ("h",), ("h2", "y")), ("h", "h2", "z"), strict=True)
    stages = [stage_file(folder, i, *end) for i, end in enumerate(ends)]
    manifest = Manifest(
        document=make_document(nodes, speed),
        stages=stages,
        input_names=("x", "y"),
        output_names=("z", "z", "y"),
        output_labels=("out", "again", "y"),
        sample=stamp(folder / "sample.frame", folder),
        expected=stamp(folder / "expected.frame", folder),
        verification=Verification(
            bit_identical=False, max_abs_difference=0, max_rel_difference=0, tolerance=1e-4
        ),
        packages={},
    )
    write_record(folder / MANIFEST_NAME, manifest)
    return open_partition(folder)


def stage_file(folder, index, node, inputs, output):
    """The manifest's entry of one stage."""
    return StageFile(
        file=stamp(folder / f"{index}.onnx", folder),
        node=node,
        op_start=2 * index,
        op_stop=2 * index + 2,
        weight_bytes=0,
        inputs=[Port(name=name, shape=(1, WIDTH), dtype="float32") for name in inputs],
        outputs=[Port(name=output, shape=(1, WIDTH), dtype="float32")],
    )


def make_document(nodes, speed):
    """The plan file: the cut that the stages follow."""
    stages = [
        Stage(start=i, stop=i + 1, op_start=2 * i, op_stop=2 * i + 2, node=node)
        for i, node in enumerate(nodes)
    ]
    hops = (("x", "y"), ("h", "y"), ("h2", "y"), ("z", "y"))
    plan = Plan(problem_digest="p", graph_digest="g", stages=stages, hops=hops)
    link = AffineLink(bandwidth_bytes_per_s=1e7, latency_s=LATENCY_S)
    return PlanDocument(
        model="tiny",
        backend="onnx",
        threads=1,
        granularity="op",
        block_names=("a", "b", "c"),
        solution=Solution(status=Status.FEASIBLE, method="by hand", plan=plan),
        cluster=Cluster(
            source="phone",
            sink="phone",
            nodes=(
                Node(name="phone", memory_bytes=200 * MIB, speed=speed),
                Node(name="server", memory_bytes=400 * MIB, speed=1.0),
            ),
            links=(
                Link(source="phone", target="server", model=link),
                Link(source="server", target="phone", model=link),
            ),
        ),
        node_speeds={"phone": speed, "server": 1.0},
        provenance={},
    )


def edit_manifest(partition, **changes):
    """Rewrites the manifest with other fields."""
    manifest = partition.manifest.model_copy(update=changes)
    write_record(partition.folder / MANIFEST_NAME, manifest)
