import math

import pytest

from planner.errors import MismatchError
from planner.export.plan_graph import Arrow, Box, Group, plan_graph
from tests.planner.export.documents import document_of, phone_and_server, without_plan
from tests.planner.instances import make_node, make_problem, mesh


def test_the_graph_of_a_plan_by_hand():
    graph = plan_graph(phone_and_server())
    assert graph.title == "toy, onnx, predicted latency 8.5 s"
    assert graph.groups == (
        Group(
            "phone, cap 200 B",
            (
                Box("source", ("input",), is_stage=False),
                Box("stage0", ("stage 0", "stem", "2 s, 60 B")),
                Box("sink", ("output",), is_stage=False),
            ),
        ),
        Group("server, cap 2 KiB", (Box("stage1", ("stage 1", "body to head", "1.5 s, 130 B")),)),
    )
    assert graph.arrows == (
        Arrow("source", "stage0", ("t0", "40 B"), crosses_wire=False),
        Arrow("stage0", "stage1", ("t1", "20 B, 3 s"), crosses_wire=True),
        Arrow("stage1", "sink", ("t4", "10 B, 2 s"), crosses_wire=True),
    )


def test_a_plan_without_a_price_has_names_and_no_numbers():
    graph = plan_graph(phone_and_server().model_copy(update={"estimate": None}))
    assert graph.title == "toy, onnx"
    assert graph.groups[1].boxes[0].lines == ("stage 1", "body to head")
    assert graph.arrows[1].lines == ("t1",)


def test_many_tensors_are_counted():
    document = phone_and_server()
    plan = document.solution.plan
    hops = (("a",), ("a", "b"), ("a", "b", "c", "d"))
    solution = document.solution.model_copy(update={"plan": plan.model_copy(update={"hops": hops})})
    graph = plan_graph(document.model_copy(update={"solution": solution}))
    assert [arrow.lines[0] for arrow in graph.arrows] == ["a", "a, b", "a, b and 2 more"]


def replicated(places):
    """Four blocks in two stages on the given nodes."""
    nodes = [make_node(name, (1.0,) * 4, 500) for name in ("a", "b", "c")]
    problem = make_problem(nodes, mesh(["a", "b", "c"]), (1,) * 5)
    first, second = places
    plan = problem.plan((2,), (first[0], second[0]), (first[1:], second[1:]))
    return plan_graph(document_of(problem, plan))


def test_equal_nodes_that_take_requests_in_turn_are_a_group():
    graph = replicated((("a",), ("b", "c")))
    assert [group.label for group in graph.groups] == [
        "a, cap 500 B",
        "b, cap 500 B in turn with c, cap 500 B",
    ]
    assert [arrow.crosses_wire for arrow in graph.arrows] == [False, True, True]


@pytest.mark.parametrize(
    ("second", "crosses"),
    [
        (("b", "c"), False),  # the same turns: each request stays where it is
        (("c", "b"), True),
        (("b",), True),  # every other request crosses
    ],
)
def test_a_hop_between_nodes_in_turn_crosses_a_wire_if_any_request_does(second, crosses):
    assert replicated((("b", "c"), second)).arrows[1].crosses_wire is crosses


def test_a_hop_without_a_link_says_so():
    document = phone_and_server()
    hops = list(document.estimate.hops)
    hops[1] = hops[1].model_copy(update={"transfer_s": math.inf})
    estimate = document.estimate.model_copy(update={"hops": tuple(hops), "latency_s": math.inf})
    graph = plan_graph(document.model_copy(update={"estimate": estimate}))
    assert graph.arrows[1].lines == ("t1", "20 B, no link")


def test_a_plan_file_without_a_plan_is_refused_with_its_reason():
    with pytest.raises(MismatchError, match="holds no plan: phone is 12 B short"):
        plan_graph(without_plan())
