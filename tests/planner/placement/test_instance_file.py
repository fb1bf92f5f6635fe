"""The published format: what it reads, and one clear error for each way to get it wrong."""

import json

import pytest

from planner.errors import FileFormatError
from planner.placement.instance_file import read_instance


def node(number, **more):
    fields = {"id": number, "supportedOnFpga": 1, "cpuLatency": 20.0, "fpgaLatency": 2.0}
    return {**fields, **more}


def edge(source, target, cost=1.0):
    return {"sourceId": source, "destId": target, "cost": cost}


def content(**changes):
    fields = {
        "maxSizePerFPGA": 1000.0,
        "maxFPGAs": 2,
        "maxCPUs": 1,
        "nodes": [node(3, size=10.0, colorClass=5), node(7, isBackwardNode=True), node(1)],
        "edges": [edge(3, 7, 4.0), edge(3, 1, 4.0), edge(7, 1, 0.5)],
    }
    return {**fields, **changes}


def read(tmp_path, data):
    path = tmp_path / "made.json"
    path.write_text(data if isinstance(data, str) else json.dumps(data))
    return read_instance(path)


def test_milliseconds_become_seconds_and_ids_become_places(tmp_path):
    made = read(tmp_path, content())
    first, second, third = made.operators
    assert (made.name, made.n_accelerators, made.n_cpus, made.cap_bytes) == ("made", 2, 1, 1000.0)
    assert (first.id, first.cpu_s, first.accelerator_s, first.transfer_s) == (3, 0.02, 0.002, 0.004)
    assert (first.size_bytes, first.colour, first.backward) == (10.0, 5, False)
    assert (second.transfer_s, second.colour, second.backward) == (0.0005, None, True)
    assert (third.transfer_s, third.size_bytes) == (0.0, 0.0)
    assert made.edges == ((0, 1), (0, 2), (1, 2))


def test_a_colour_of_a_single_operator_is_no_class(tmp_path):
    assert read(tmp_path, content()).colour_classes == ()


def test_fields_that_the_format_does_not_name_are_ignored_and_repeated_edges_are_one(tmp_path):
    data = content(comment="for people", edges=[edge(3, 7), edge(3, 7), edge(7, 1)])
    data["nodes"][0]["name"] = "conv"
    assert read(tmp_path, data).edges == ((0, 1), (1, 2))


def without(key):
    return {name: value for name, value in content().items() if name != key}


def node_without(key):
    broken = {name: value for name, value in node(1).items() if name != key}
    return content(nodes=[node(3), node(7), broken])


@pytest.mark.parametrize(
    ("data", "message"),
    [
        *[(without(key), f"{key}: Field required") for key in content()],
        *[(node_without(key), f"nodes.2.{key}: Field required") for key in node(0)],
        (content(edges=[{"sourceId": 3, "destId": 7}]), "edges.0.cost: Field required"),
        ("{", "made.json: Invalid JSON"),
        ("[]", "made.json: "),
        (content(nodes=[]), "nodes: .*at least 1"),
        (content(edges=[edge(3, 99)]), "edge 3 -> 99 names the unknown node 99"),
        (content(edges=[edge(98, 3)]), "edge 98 -> 3 names the unknown node 98"),
        (content(edges=[edge(3, 7), edge(7, 1), edge(1, 3)]), "feed each other in a circle"),
        (content(edges=[edge(3, 3)]), "feed each other in a circle"),
        (content(edges=[edge(3, 7, 1.0), edge(3, 1, 2.0)]), "node 3 has outgoing edges of cost"),
        (content(nodes=[node(3), node(3)], edges=[]), "id 3 stands twice"),
        (json.dumps(content(maxSizePerFPGA=float("nan"))), "maxSizePerFPGA"),
        (content(nodes=[node(1, cpuLatency=float("nan"))], edges=[]), "nodes.0.cpuLatency"),
        (content(nodes=[node(1, fpgaLatency=float("inf"))], edges=[]), "nodes.0.fpgaLatency"),
        (content(nodes=[node(1, fpgaLatency=-1)], edges=[]), "nodes.0.fpgaLatency: .*greater"),
        (content(nodes=[node(1, size=-1)], edges=[]), "nodes.0.size: .*greater"),
        (content(edges=[edge(3, 7, -1)]), "edges.0.cost: .*greater"),
        (content(maxFPGAs=-1), "maxFPGAs: .*greater"),
        (content(maxCPUs=0.5), "maxCPUs: .*integer"),
        (content(maxCPUs=10**9), "maxCPUs: .*less"),
        (content(nodes=[node(1, cpuLatency=1e30)], edges=[]), "cpu_s: .*less"),
        (content(nodes=[node("conv")], edges=[]), "nodes.0.id: .*integer"),
    ],
)
def test_bad_input_is_one_error_that_names_the_file_and_the_place(tmp_path, data, message):
    with pytest.raises(FileFormatError, match=message) as caught:
        read(tmp_path, data)
    text = str(caught.value)
    assert text.count("made.json") == 1
    assert "\n" not in text


def test_a_missing_file_is_said_to_be_missing(tmp_path):
    with pytest.raises(FileFormatError, match=r"nowhere\.json: cannot be read: No such file"):
        read_instance(tmp_path / "nowhere.json")
