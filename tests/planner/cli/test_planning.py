"""The options of a search, what a plan says of itself, and imported instances."""

import json

import pytest

from tests.planner.cli.conftest import ROOT, TWO_NODES, assert_one_error

PRICED = TWO_NODES.replace("speed: 1}", "speed: 1, price_per_s: 2.0e-5}").replace(
    "latency: 1ms}", "latency: 1ms, price_per_byte: 1.0e-12}"
)
LINE = {
    "maxSizePerFPGA": 10.0,
    "maxFPGAs": 2,
    "maxCPUs": 1,
    "nodes": [
        {"id": i, "supportedOnFpga": 1, "cpuLatency": 50.0, "fpgaLatency": 2.0, "size": 4.0,
         "isBackwardNode": 0}
        for i in (7, 8, 9, 10)
    ],
    "edges": [{"sourceId": i, "destId": i + 1, "cost": 1.0} for i in (7, 8, 9)],
}  # fmt: skip
"""Four operators in a row; two fit an accelerator, 4 ms a pair and 1 ms for the output between."""


def planned(partway, files, cluster, *words):
    status, out, err = partway("plan", files / "cnn.profile.json", "-c", cluster, *words, "--json")
    assert status == 0, err
    return json.loads(out)


@pytest.fixture
def priced(tmp_path):
    path = tmp_path / "priced.yaml"
    path.write_text(PRICED)
    return path


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ([], "latency"),
        (["--objective", "throughput"], "throughput"),
        (["--objective", "makespan", "--micro-batches", "8"], "makespan"),
        (["--objective", "price"], "price"),
        (["--objective", "nodes"], "nodes"),
        (["--order", "listed"], "latency"),
        (["--revisits"], "latency"),
        (["--objective", "price", "--max-latency", "10s"], "price"),
        (["--time-limit", "5s", "--seed", "3"], "latency"),
    ],
)
def test_every_objective_and_class_of_plans_gives_a_proved_plan(
    partway, files, priced, words, kind
):
    document = planned(partway, files, priced, *words)
    solution = document["solution"]
    assert solution["objective"]["kind"] == kind
    assert solution["status"] == "optimal"
    assert solution["value"] == solution["lower_bound"]
    assert solution["plan"]["stages"]


def test_money_chooses_the_node_that_costs_nothing(partway, files, priced):
    document = planned(partway, files, priced, "--objective", "price")
    assert document["solution"]["value"] == 0
    assert {stage["node"] for stage in document["solution"]["plan"]["stages"]} == {"near"}


def test_equal_words_give_byte_identical_files(partway, files, tmp_path):
    for name in ("one.json", "two.json"):
        words = ("-c", files / "two.yaml", "-o", tmp_path / name)
        assert partway("plan", files / "cnn.profile.json", *words)[0] == 0
    assert (tmp_path / "one.json").read_bytes() == (tmp_path / "two.json").read_bytes()


def test_explain_tells_what_binds_and_what_more_would_gain(partway, files):
    status, out, _ = partway("explain", files / "plan.json")
    assert status == 0
    for words in (
        "the memory of",
        "binds",
        "next best plan",
        "one piece",
        "+64 MiB",
        "equal layers",
    ):
        assert words in out


def test_explain_gives_the_same_as_json(partway, files):
    status, out, _ = partway("explain", files / "plan.json", "--json")
    answer = json.loads(out)
    assert status == 0
    assert answer["next_best"]["distance"] >= 0
    assert any(use["binds"] for use in answer["memory"])
    assert {"memory", "bandwidth", "speed"} <= {outcome["kind"] for outcome in answer["what_ifs"]}


def test_where_nothing_fits_as_many_further_nodes_are_offered_as_would_do(partway, files, tmp_path):
    """Blocks of 10 MiB each, and two nodes that hold just too few of them together."""
    profile = json.loads((files / "cnn.profile.json").read_text())
    weight_bytes = 10 * 2**20
    for block in profile["blocks"]:
        block.update(resident_bytes=weight_bytes, workspace_bytes=0, load_bytes=0)
    (tmp_path / "heavy.json").write_text(json.dumps(profile))
    runtime, n_blocks = profile["runtime"], len(profile["blocks"])
    held = (n_blocks - 1) // 2
    needed_bytes = (1 + runtime["margin_ratio"]) * (runtime["base_bytes"] + weight_bytes * held)
    cap_bytes = int(needed_bytes) + runtime["margin_bytes"] + 2**20
    (tmp_path / "small.yaml").write_text(TWO_NODES.replace("4GiB", f"{cap_bytes}B"))
    outcome = partway("plan", tmp_path / "heavy.json", "-c", tmp_path / "small.yaml")
    further = -(-n_blocks // held) - 2
    assert_one_error(outcome, "no feasible plan", f"{further} more node", "like 'near'", code=1)


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        (["--objective", "speed"], ["'speed'", "latency, throughput"]),
        (["--objective", "makespan"], ["micro-batches"]),
        (["--objective", "latency", "--micro-batches", "3"], ["micro-batches"]),
        (["--order", "random"], ["'random'", "free, listed"]),
        (["--order", "listed", "--revisits"], ["free order"]),
        (["--revisits", "--replicas", "2"], ["choose one"]),
        (["--max-latency", "10"], ["'10'", "no unit"]),
        (["--max-latency", "0ms"], ["--max-latency 0.0", "greater than 0"]),
        (["--max-price", "nan"], ["--max-price", "finite"]),
        (["--time-limit", "0s"], ["0 s"]),
        (["--method", "magic"], ["'magic'", "chain-dp"]),
        (["--method", "chain-dp"], ["chain-dp", "listed order"]),
    ],
)
def test_a_search_that_cannot_be_is_one_error(partway, files, tmp_path, words, parts):
    output = tmp_path / "plan.json"
    outcome = partway(
        "plan", files / "cnn.profile.json", "-c", files / "two.yaml", *words, "-o", output
    )
    assert_one_error(outcome, *parts)
    assert not output.exists()


def test_a_latency_limit_that_no_plan_keeps_is_exit_code_1_and_names_it(partway, files, priced):
    words = ("--objective", "price", "--max-latency", "1us")
    outcome = partway("plan", files / "cnn.profile.json", "-c", priced, *words)
    assert_one_error(outcome, "no feasible plan", "latency", code=1)


def test_planning_nothing_is_one_error(partway, files):
    assert_one_error(partway("plan"), "PROFILE", "--instance")
    assert_one_error(partway("plan", files / "cnn.profile.json"), "--cluster")


@pytest.fixture
def line(tmp_path):
    path = tmp_path / "line.json"
    path.write_text(json.dumps(LINE))
    return path


@pytest.mark.parametrize(("objective", "value_s"), [("throughput", 5e-3), ("latency", 10e-3)])
def test_an_instance_is_solved_with_proof(partway, line, tmp_path, objective, value_s):
    """Two and two: 4 ms and 1 ms out, then 1 ms in and 4 ms. One after the other it takes 10 ms."""
    output = tmp_path / "placement.json"
    words = ("--instance", line, "--objective", objective)
    status, out, err = partway("plan", *words, "-o", output)
    assert status == 0, err
    assert f"{value_s * 1e3:.3f} ms" in out
    solution = json.loads(output.read_text())
    assert solution["status"] == "optimal"
    assert solution["value_s"] == pytest.approx(value_s)
    assert solution["operator_ids"] == [7, 8, 9, 10]
    status, out, _ = partway("plan", *words, "--json")
    assert json.loads(out) == solution


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        (["--objective", "price"], ["latency and throughput", "price"]),
        (["--revisits"], ["--objective, --time-limit and --seed"]),
        (["x.profile.json"], ["--instance", "one or the other"]),
    ],
)
def test_an_instance_with_other_words_is_one_error(partway, line, words, parts):
    assert_one_error(partway("plan", "--instance", line, *words), *parts)


@pytest.mark.parametrize("content", ["", "{}", "[1]", json.dumps(LINE | {"nodes": []})])
def test_a_file_that_is_no_instance_is_one_error(partway, tmp_path, content):
    path = tmp_path / "broken.json"
    path.write_text(content)
    assert_one_error(partway("plan", "--instance", path), "broken.json")


@pytest.mark.parametrize(
    "option", ["--objective", "--order", "--revisits", "--replicas", "--instance"]
)
def test_the_page_of_plans_shows_every_option_of_the_search(option):
    assert option in (ROOT / "docs" / "plans-and-prices.md").read_text()
