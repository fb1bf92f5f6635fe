import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from netmodel.cluster import Cluster, Link, Node
from netmodel.links.affine import AffineLink
from planner.breakdown import Breakdown, HopTerm, Origin, StageTerm
from planner.costs.evaluate import evaluate
from planner.errors import FileFormatError, MismatchError
from planner.files import read_record, write_record
from planner.plan import Plan
from planner.problem import Problem, build_problem
from planner.solution import PlanDocument, Solution, Status
from profiler.graph import ModelGraph, Op, TensorSpec
from profiler.profile_records import (
    BlockCost,
    Cut,
    Environment,
    FlopCount,
    Profile,
    Runtime,
    SharedWeight,
    Timing,
    Whole,
)
from tests.planner.instances import NAMED, make_link, random_problem, two_phones_one_server


def two_block_profile(**changes):
    """A model of two operators, one per block, that takes 2 ms and 4 ms."""
    tensors = [
        TensorSpec(name=n, shape=(2,), dtype="float32", n_bytes=8, storage=n, storage_bytes=8)
        for n in ("x", "a", "b")
    ]
    ops = [
        Op(name=out, target="aten.relu", modules=(), inputs=(read,), outputs=(out,),
           parameters=(), arguments="")
        for read, out in (("x", "a"), ("a", "b"))
    ]  # fmt: skip
    graph = ModelGraph(
        model="two", ops=ops, tensors=tensors, parameters=(), inputs=("x",), outputs=("b",)
    )
    content = {
        "backend": "torch",
        "granularity": "op",
        "graph": graph,
        "blocks": [block(0, 0.002), block(1, 0.004)],
        "cuts": [Cut(position=i, tensors=(n,), n_bytes=8) for i, n in enumerate("xab")],
        "stage_positions": (0, 2),
        "runtime": Runtime(base_bytes=100, margin_ratio=0.5, margin_bytes=7),
        "whole": Whole(latency=timing(0.005), blocks_over_whole=1.2, noise=0.0),
        "flops": FlopCount(total=0, fvcore_total=None, unpriced={}, unpriced_latency_share=0.0),
        "environment": Environment(
            machine="m", processor="p", device="cpu", threads=1, python="3", packages={},
            allocator="pinned",
        ),
        "provenance": {},
    }  # fmt: skip
    return Profile.model_validate(content | changes)


def timing(median_s):
    return Timing(median_s=median_s, p10_s=median_s, p90_s=median_s, n=3)


def block(index, median_s):
    return BlockCost(
        name=f"block{index}",
        op_start=index,
        op_stop=index + 1,
        flops=0,
        weight_bytes=10 * (index + 1),
        latency=timing(median_s),
        peak_live_bytes=16,
        resident_bytes=12 * (index + 1),
        workspace_bytes=4 * index,
        load_bytes=30 * (1 - index),
    )


def phone_and_server(**server):
    wire = AffineLink(bandwidth_bytes_per_s=1000.0, latency_s=0.5)
    nodes = (
        Node(name="phone", memory_bytes=400, speed=0.5),
        Node(name="server", memory_bytes=800, **(server or {"profile": "server.json"})),
    )
    ends = (("phone", "server"), ("server", "phone"))
    links = tuple(Link(source=a, target=b, model=wire) for a, b in ends)
    return Cluster(source="phone", sink="phone", nodes=nodes, links=links)


def cluster_of(problem):
    nodes = tuple(
        Node(
            name=node.name,
            memory_bytes=node.memory_bytes,
            speed=node.speed,
            price_per_s=node.price_per_s,
        )
        for node in problem.nodes
    )
    return Cluster(source=problem.source, sink=problem.sink, nodes=nodes, links=problem.links)


def document():
    problem = two_phones_one_server()
    plan = problem.plan((2,), ("phone-2", "server"))
    solution = Solution(
        status=Status.OPTIMAL, method="by hand", plan=plan, value=12.0, lower_bound=12.0
    )
    return PlanDocument(
        model="two",
        backend="torch",
        threads=1,
        granularity="op",
        solution=solution,
        estimate=evaluate(problem, plan),
        cluster=cluster_of(problem),
        block_names=("a", "b", "c", "d"),
        provenance={"latency": "measured"},
    )


def unreachable():
    """A breakdown over a missing link."""
    return Breakdown(
        origin=Origin.PREDICTED,
        stages=[StageTerm(node="a", start=0, stop=1, compute_s=1.0, peak_bytes=5, cap_bytes=4)],
        hops=[
            HopTerm(source="a", target="a", n_bytes=3, transfer_s=0.0),
            HopTerm(source="a", target="b", n_bytes=4, transfer_s=math.inf),
        ],
        latency_s=math.inf,
    )


RECORDS = {
    "plan": lambda: document().solution.plan,
    "problem": two_phones_one_server,
    "document": document,
    "breakdown": lambda: document().estimate,
    "breakdown over a missing link": unreachable,
    "profile": two_block_profile,
    "cluster": phone_and_server,
}
every = pytest.mark.parametrize("build", RECORDS.values(), ids=list(RECORDS))


@every
def test_a_record_is_read_back_as_it_was_written(build, tmp_path):
    record = build()
    write_record(tmp_path / "record.json", record)
    again = read_record(tmp_path / "record.json", type(record))
    assert again == record
    write_record(tmp_path / "again.json", again)
    assert (tmp_path / "again.json").read_bytes() == (tmp_path / "record.json").read_bytes()


@pytest.mark.parametrize("name", ["plan", "document", "breakdown", "profile"])
@pytest.mark.parametrize("schema", ["partway.plan/2", "partway.manifest/1", "", 1])
def test_a_file_of_another_kind_or_version_is_refused(name, schema, tmp_path):
    record = RECORDS[name]()
    content = json.loads(record.model_dump_json(by_alias=True))
    path = tmp_path / "record.json"
    path.write_text(json.dumps(content | {"schema": schema}))
    with pytest.raises(FileFormatError, match=r"record\.json: schema: is .*expected 'partway\."):
        read_record(path, type(record))


@every
def test_an_unknown_field_is_refused(build):
    record = build()
    content = json.loads(record.model_dump_json(by_alias=True)) | {"colour": "blue"}
    with pytest.raises(ValidationError, match="colour"):
        type(record).model_validate(content)


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 10**6))
def test_a_problem_keeps_its_digest_through_a_file(seed):
    problem = random_problem(seed)
    again = Problem.model_validate_json(problem.model_dump_json())
    assert again == problem
    assert again.digest == problem.digest


def test_problems_that_differ_have_other_digests():
    assert len({build().digest for build in NAMED}) == len(NAMED)


def test_a_breakdown_adds_up_what_moves_and_says_what_is_missing():
    breakdown = unreachable()
    assert breakdown.moved_bytes == 4
    assert breakdown.peak_bytes == 5
    assert list(breakdown.missing_bytes.values()) == [1]
    assert not breakdown.fits


STAGE = {"start": 0, "stop": 2, "op_start": 0, "op_stop": 4, "node": "a"}


@pytest.mark.parametrize(
    ("stages", "hops", "message"),
    [
        ([STAGE], 2, None),
        ([STAGE | {"start": 1}], 2, r"stage \[1, 2\) does not continue at block 0"),
        ([STAGE | {"op_start": 1}], 2, r"stage \[1, 4\) does not continue at operator 0"),
        ([STAGE, STAGE], 3, r"stage \[0, 2\) does not continue at block 2"),
        ([STAGE, STAGE | {"start": 2, "stop": 2}], 3, r"stage \[2, 2\) does not continue"),
        ([STAGE], 1, "1 stages need 2 hops"),
        ([STAGE], 3, "1 stages need 2 hops"),
        ([], 1, "stages"),
    ],
)
def test_the_stages_of_a_plan_continue_one_another(stages, hops, message):
    content = {
        "problem_digest": "p",
        "graph_digest": "g",
        "stages": stages,
        "hops": [["x"]] * hops,
    }
    if message is None:
        assert Plan.model_validate(content).stages[0].node == "a"
    else:
        with pytest.raises(ValidationError, match=message):
            Plan.model_validate(content)


def shared(*blocks):
    return [SharedWeight(name="w", n_bytes=1, blocks=blocks)]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"source": "toaster"}, "source 'toaster' is no node: the nodes are phone-1, phone-2"),
        ({"sink": "toaster"}, "sink 'toaster' is no node"),
        ({"links": [make_link("phone-1", "toaster")]}, "phone-1 -> toaster names 'toaster', which"),
        ({"links": [make_link("toaster", "phone-1")]}, "toaster -> phone-1 names 'toaster', which"),
        ({"shared": shared(0, 4)}, r"weight 'w' names the blocks \(0, 4\): .*strictly below 4"),
        ({"shared": shared(1, 1)}, r"\(1, 1\): they must ascend strictly"),
        ({"shared": shared(2, 1)}, r"\(2, 1\): they must ascend strictly"),
        ({"shared": shared(0, 3, 2)}, r"\(0, 3, 2\): they must ascend strictly"),
        ({"nodes": []}, "nodes"),
        ({"cut_bytes": (1, 2)}, "cut_bytes has 2 entries, expected 5"),
        ({"cut_tensors": ((),)}, "cut_tensors has 1 entries, expected 5"),
        ({"weight_bytes": (1,)}, "weight_bytes has 1 entries, expected 4"),
        ({"live_bytes": (1,) * 5}, "live_bytes has 5 entries, expected 4"),
        ({"live_bytes": (1, 2, 3, -4)}, "live_bytes"),
    ],
)
def test_a_problem_that_does_not_fit_together_is_refused(change, message):
    content = two_phones_one_server().model_dump() | change
    with pytest.raises(ValidationError, match=message):
        Problem.model_validate(content)


def test_a_problem_with_two_nodes_of_one_name_is_refused():
    content = two_phones_one_server().model_dump()
    content["nodes"][1]["name"] = "phone-1"
    with pytest.raises(ValidationError, match="node 'phone-1' is described twice"):
        Problem.model_validate(content)


def test_a_problem_with_a_missing_block_time_is_refused_by_node():
    content = two_phones_one_server().model_dump()
    content["nodes"][1]["block_latency_s"] = (1.0,)
    with pytest.raises(ValidationError, match=r"nodes\.phone-2\.block_latency_s has 1 entries"):
        Problem.model_validate(content)


def test_a_problem_joins_the_reference_profile_with_the_nodes_own():
    own = two_block_profile(
        blocks=[block(0, 0.02), block(1, 0.04)],
        runtime=Runtime(base_bytes=50, margin_ratio=0.0, margin_bytes=0),
    )
    problem = build_problem(two_block_profile(), phone_and_server(), {"server.json": own})
    phone, server = problem.nodes
    assert (phone.block_latency_s, phone.speed) == ((0.002, 0.004), 0.5)
    assert (phone.base_bytes, phone.weight_factor, phone.memory_bytes) == (157, 1.0, 400)
    assert (server.block_latency_s, server.speed) == ((0.02, 0.04), 1.0)
    assert (server.base_bytes, server.weight_factor, server.memory_bytes) == (50, 12 / 18, 800)
    assert phone.blocks_over_whole == 1.2
    assert problem.positions == (0, 1, 2)
    assert problem.cut_tensors == (("x",), ("a",), ("b",))
    assert problem.cut_bytes == (8, 8, 8)
    # The phone's profile, which is the reference, has a margin of a half, the server's has none.
    assert problem.weight_bytes == (18, 36)
    assert problem.live_bytes == (16, 16)
    assert problem.workspace_bytes == (8, 14)
    assert problem.load_bytes == (45, 0)
    assert problem.stage_positions == (0, 2)
    assert (problem.source, problem.sink) == ("phone", "phone")
    assert problem.graph_digest == two_block_profile().graph.digest


def test_a_block_that_keeps_little_in_one_profile_and_twice_that_in_another_stays_little():
    """The server keeps (4, 2000) where the reference says (2, 1998): no 2 but 1.002 times all."""
    runtime = Runtime(base_bytes=50, margin_ratio=0.0, margin_bytes=0)
    reference, own = (
        two_block_profile(
            runtime=runtime,
            blocks=[
                block(index, 0.02).model_copy(update={"resident_bytes": n_bytes})
                for index, n_bytes in enumerate(kept)
            ],
        )
        for kept in ((2, 1998), (4, 2000))
    )
    phone, server = build_problem(reference, phone_and_server(), {"server.json": own}).nodes
    assert (phone.base_bytes, phone.weight_factor) == (50, 1.0)
    assert (server.base_bytes, server.weight_factor) == (50 + 2, 2004 / 2000)


def test_a_node_profile_that_is_not_given_is_named():
    with pytest.raises(MismatchError, match=r"node 'server' names .*'server.json', which was not"):
        build_problem(two_block_profile(), phone_and_server())


def other_model():
    graph = two_block_profile().graph
    ops = (graph.ops[0].model_copy(update={"target": "aten.tanh"}), graph.ops[1])
    return two_block_profile(graph=graph.model_copy(update={"ops": ops, "model": "other"}))


def with_four_threads():
    environment = two_block_profile().environment
    return two_block_profile(environment=environment.model_copy(update={"threads": 4}))


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (other_model, "'server.json' is of other .*the reference is of two .*the same model"),
        (lambda: two_block_profile(backend="onnx"), "for the backend 'onnx', .*'torch'"),
        (
            lambda: two_block_profile(
                granularity="model",
                blocks=[block(0, 0.006).model_copy(update={"op_stop": 2})],
                cuts=[Cut(position=p, tensors=("x",), n_bytes=8) for p in (0, 2)],
            ),
            r"other blocks \(model\) than the reference \(op\): profile both at one granularity",
        ),
        (with_four_threads, "4 threads, but the reference with 1"),
    ],
    ids=["model", "backend", "blocks", "threads"],
)
def test_a_profile_that_does_not_belong_to_the_reference_is_refused(other, message):
    with pytest.raises(MismatchError, match=message):
        build_problem(two_block_profile(), phone_and_server(), {"server.json": other()})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"cuts": two_block_profile().cuts[:-1]}, "cuts: must be the borders"),
        ({"cuts": ()}, "cuts: must be the borders"),
        ({"blocks": two_block_profile().blocks[:1]}, "end at operator 1, but the graph has 2"),
        ({"blocks": two_block_profile().blocks[::-1]}, "must follow each other"),
        (
            {"cuts": [Cut(position=i, tensors=("y",), n_bytes=8) for i in range(3)]},
            "'y' at 0 is no tensor",
        ),
        (
            {"shared": [SharedWeight(name="w", n_bytes=1, blocks=(0, 7))]},
            r"'w' names the blocks \(0, 7\)",
        ),
        (
            {"shared": [SharedWeight(name="w", n_bytes=1, blocks=(1, 0))]},
            r"'w' names the blocks \(1, 0\)",
        ),
        ({"stage_positions": (-1, 2)}, "stage_positions: must ascend from 0 to 2"),
        ({"stage_positions": (2, 0)}, "stage_positions: must ascend from 0 to 2"),
        ({"stage_positions": (0, 99)}, "stage_positions: must ascend from 0 to 2"),
        ({"runtime": {"base_bytes": 1, "margin_ratio": 1e30, "margin_bytes": 0}}, "equal to 1"),
    ],
)
def test_a_profile_that_contradicts_itself_is_refused(changes, message):
    with pytest.raises(ValidationError, match=message):
        two_block_profile(**changes)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"block_names": ("a",)}, "covers 4 blocks, but 1 are named"),
        ({"threads": 0}, "threads"),
        ({"threads": 10**6}, "threads"),
        ({"node_speeds": {"server": 0.0}}, "node_speeds"),
        ({"cluster": phone_and_server()}, "'phone-2', which is no node"),
        ({"estimate": unreachable()}, "its stages are not those of the plan"),
    ],
)
def test_a_plan_document_that_contradicts_itself_is_refused(changes, message):
    with pytest.raises(ValidationError, match=message):
        PlanDocument.model_validate({**document().model_dump(by_alias=True), **changes})
