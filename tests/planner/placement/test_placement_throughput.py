"""The throughput solver against brute force, published optima, and shapes that break solvers."""

from pathlib import Path
from random import Random

import numpy as np
import pytest

from planner.files import write_record
from planner.placement import placement_search, throughput, throughput_price
from planner.placement.blocks import colour_blocks
from planner.placement.contraction import without_dear_tensors, without_free_blocks
from planner.placement.ideal_prices import IdealPrices
from planner.placement.ideals import bits, enumerate_ideals
from planner.placement.instance_file import read_instance
from planner.placement.machine import useful_machine
from planner.placement.placement import Placement
from planner.placement.throughput import solve_throughput
from planner.placement.throughput_bounds import chain_bound_s, cut_bound_s, quick_bound_s
from planner.placement.throughput_price import loads_s, violations
from planner.solution import Status
from tests.planner.placement.placement_graphs import (
    attention,
    instance,
    oracle_s,
    random_instance,
    random_training_instance,
)

ROOT = Path(__file__).parents[3]
PUBLISHED = ROOT.parent / "shared" / "workloads" / "throughput"
FOREVER = float("inf")


def solved(problem, *, time_limit_s=None, seed=0):
    """The answer, after the checks that every answer has to pass."""
    answer = solve_throughput(problem, time_limit_s=time_limit_s, seed=seed)
    assert answer.objective == "throughput"
    if answer.placement is not None:
        assert violations(problem, answer.placement) == ()
        assert answer.value_s == throughput_price.value_s(problem, answer.placement)
        assert answer.lower_bound_s <= answer.value_s
        if answer.status is Status.OPTIMAL:
            assert answer.lower_bound_s == answer.value_s
    return answer


def check_against_the_oracle(problem):
    answer, least_s = solved(problem), oracle_s(problem)
    if least_s is None:
        assert answer.status is Status.INFEASIBLE
        return answer
    assert answer.value_s >= least_s - 1e-9
    assert answer.lower_bound_s <= least_s + 1e-9
    if answer.status is Status.OPTIMAL:
        assert answer.value_s == pytest.approx(least_s, abs=1e-9)
    return answer


@pytest.mark.parametrize("batch", range(15))
def test_small_graphs_with_colours_caps_and_cpus_are_solved_as_by_trying_everything(batch):
    for seed in range(batch * 30, batch * 30 + 30):
        answer = check_against_the_oracle(random_instance(Random(seed), most=6))
        assert answer.status is not Status.FEASIBLE


@pytest.mark.parametrize("batch", range(10))
def test_the_dynamic_programme_needs_no_help_from_the_bound(batch, monkeypatch):
    monkeypatch.setattr(throughput, "quick_bound_s", lambda *_: 1e-3)
    for seed in range(10_000 + batch * 20, 10_000 + batch * 20 + 20):
        answer = check_against_the_oracle(random_instance(Random(seed), most=6))
        assert answer.status is not Status.FEASIBLE


@pytest.mark.parametrize("batch", range(10))
def test_without_the_ideals_the_answer_is_valid_and_its_bound_holds(batch, monkeypatch):
    monkeypatch.setattr(placement_search, "MOST_PAIRS", -1)
    monkeypatch.setattr(placement_search, "MOST_IDEALS", 0)
    for seed in range(20_000 + batch * 15, 20_000 + batch * 15 + 15):
        answer = check_against_the_oracle(random_instance(Random(seed), most=6))
        if answer.status is Status.FEASIBLE:
            assert "ideals more than 0" in answer.method


@pytest.mark.parametrize("batch", range(6))
def test_a_mirrored_training_step_is_solved_as_by_trying_everything(batch):
    for seed in range(batch * 25, batch * 25 + 25):
        problem = random_training_instance(Random(seed), mirrored=True, most=3)
        assert check_against_the_oracle(problem).status is not Status.FEASIBLE


@pytest.mark.parametrize("batch", range(6))
def test_a_backward_pass_that_is_no_mirror_image_keeps_its_limits_and_its_bound(batch):
    for seed in range(batch * 25, batch * 25 + 25):
        check_against_the_oracle(random_training_instance(Random(seed), mirrored=False, most=3))


@pytest.mark.parametrize("batch", range(6))
def test_every_lower_bound_is_below_the_optimum(batch):
    for seed in range(30_000 + batch * 30, 30_000 + batch * 30 + 30):
        problem = random_instance(Random(seed), most=6)
        least_s = oracle_s(problem)
        if least_s is None:
            continue
        blocks = colour_blocks(problem)
        machine = useful_machine(problem, blocks)
        quick_s = quick_bound_s(blocks, machine)
        for bound_s in (chain_bound_s, cut_bound_s):
            for value_s in (least_s, 2 * least_s + 1):
                found_s = bound_s(
                    blocks, machine, least_s=quick_s, value_s=value_s, deadline=FOREVER
                )
                assert quick_s <= found_s <= least_s * (1 + 1e-12)


@pytest.mark.parametrize("seed", range(30))
def test_lower_bounds_of_longer_graphs_are_below_the_proved_optimum(seed):
    random = Random(seed)
    width, length = random.choice((1, 2)), random.randint(6, 12)
    n = width * length
    rows = [
        {"acc": random.uniform(0, 2), "cpu": random.uniform(0, 20), "out": random.uniform(0, 1)}
        for _ in range(n)
    ]
    layers = [(i, j) for j in range(width, n) for i in range(j // width * width - width, j)]
    edges = [edge for edge in layers if edge[0] // width < edge[1] // width]
    problem = instance(rows, edges, k=random.randint(2, 5), cpus=random.choice((0, 0, 1, 2)))
    least_s = solved(problem).value_s
    blocks = colour_blocks(problem)
    machine = useful_machine(problem, blocks)
    for bound_s in (chain_bound_s, cut_bound_s):
        found_s = bound_s(
            blocks,
            machine,
            least_s=quick_bound_s(blocks, machine),
            value_s=1.1 * least_s,
            deadline=FOREVER,
        )
        assert found_s <= least_s * (1 + 1e-9)


@pytest.mark.parametrize("seed", range(40))
def test_prices_of_ideals_equal_those_of_placements(seed):
    random = Random(seed)
    problem = random_instance(random, most=8)
    blocks = colour_blocks(problem)
    prices = IdealPrices(blocks, enumerate_ideals(blocks.before, 10**4))
    for source in random.choices(range(len(prices)), k=10):
        targets = prices.supersets(source, source + 1, len(prices))
        loads = prices.accelerator_loads_s(source, targets)
        cpu_loads = prices.cpu_loads_s(source, targets)
        for target, load_s, cpu_s in zip(targets, loads, cpu_loads, strict=True):
            difference = prices.ideals[target] & ~prices.ideals[source]
            assert difference == prices.ideals[target] ^ prices.ideals[source]
            inside = {place for block in bits(difference) for place in blocks.members[block]}
            if prices.barred[source] == prices.barred[target]:
                assert load_s == pytest.approx(_load_s(problem, inside, "accelerator-0"))
            assert cpu_s == pytest.approx(_load_s(problem, inside, "cpu-0"))


def _load_s(problem, inside, device):
    places = range(len(problem.operators))
    devices = tuple(device if place in inside else "cpu-1" for place in places)
    return loads_s(problem, Placement(devices=devices)).get(device, 0.0)


def test_a_zero_cost_operator_is_merged_only_where_that_cannot_hurt():
    free = {"acc": 0, "cpu": 0}
    cheap = instance([{"out": 1}, free | {"out": 3}, {}], [(0, 1), (1, 2)])
    assert len(without_free_blocks(cheap, colour_blocks(cheap), mirror_all=False)) == 2
    # Memory is short and the free operator has some: it may have to live elsewhere.
    short = instance([{"size": 4}, free | {"size": 2}], [(0, 1)], cap=5)
    assert len(without_free_blocks(short, colour_blocks(short), mirror_all=False)) == 2
    # It runs on processors only, its neighbour should not.
    barred = instance([{}, free | {"runs": False}], [(0, 1)])
    assert len(without_free_blocks(barred, colour_blocks(barred), mirror_all=False)) == 2


def test_a_tensor_that_costs_more_than_the_best_value_is_never_carried():
    problem = instance([{"out": 9}, {"out": 1}, {}], [(0, 1), (1, 2)], cpus=0)
    merged = without_dear_tensors(problem, colour_blocks(problem), 8.0, mirror_all=False)
    assert merged.members == ((0, 1), (2,))


def test_colours_in_a_circle_share_a_device():
    rows = [{"colour": 1}, {"colour": 2}, {"colour": 2}, {"colour": 1}]
    problem = instance(rows, [(0, 1), (2, 3)])
    assert len(colour_blocks(problem)) == 1
    assert solved(problem).value_s == 4


@pytest.mark.parametrize(
    ("name", "optimum_ms"),
    [
        ("LayerGraphs/bert24_inference", 17.790),
        ("LayerGraphs/gnmt_inference", 32.911),
        ("LayerGraphs/resnet50_inference", 33.775),
        ("OperatorGraphs/bert_l-3_inference", 27.919),
    ],
)
def test_published_instances_reach_the_proved_optimum(name, optimum_ms):
    path = PUBLISHED / f"{name}.json"
    if not path.exists():
        pytest.skip("the published instances are not on this machine")
    answer = solved(read_instance(path), time_limit_s=60)
    assert answer.status is Status.OPTIMAL
    assert round(answer.value_s * 1e3, 3) == optimum_ms


def test_equal_inputs_and_seeds_give_files_equal_to_the_byte(tmp_path):
    problem = attention(Random(1), layers=2, heads=4, k=3)
    for name in ("one.json", "two.json"):
        write_record(tmp_path / name, solve_throughput(problem, time_limit_s=None, seed=5))
    assert (tmp_path / "one.json").read_bytes() == (tmp_path / "two.json").read_bytes()


def shapes():
    random = Random(3)

    def row():
        return {"acc": random.uniform(0, 9), "cpu": 50, "out": random.uniform(0, 2)}

    n = 600
    skips = {(i, i + 1) for i in range(n - 1)} | {
        (i, min(n - 1, i + random.randint(2, 40))) for i in range(0, n - 1, 3)
    }
    wide = {(i, j) for j in range(15, n) for i in range(j // 15 * 15 - 15, j // 15 * 15)}
    layered = {edge for edge in wide if random.random() < 0.2}
    fan = {(0, i) for i in range(1, n - 1)} | {(i, n - 1) for i in range(1, n - 1)}
    return {
        "skips": instance([row() for _ in range(n)], skips, k=6),
        "layered": instance([row() for _ in range(n)], layered, k=6),
        "fan": instance([row() for _ in range(n)], fan, k=6),
        "no edges": instance([row() for _ in range(n)], k=6),
        "many devices": instance([row() for _ in range(n)], skips, k=200, cpus=300),
        "attention": attention(random, layers=8, heads=8, k=6),
        "short memory": attention(random, layers=4, heads=4, k=3, cap=100.0),
    }


@pytest.mark.parametrize("name", shapes())
def test_large_graphs_end_with_a_placement_a_bound_and_what_stopped_them(name):
    problem = shapes()[name]
    answer = solved(problem, time_limit_s=1.5)
    assert answer.placement is not None
    assert answer.lower_bound_s > 0
    if answer.status is Status.FEASIBLE:
        assert "ideals more than" in answer.method or "time limit" in answer.method


@pytest.mark.parametrize("limit_s", [0.0, 0.05])
def test_no_time_at_all_still_gives_a_valid_placement(limit_s):
    assert solved(attention(Random(2), layers=6, heads=6, k=4), time_limit_s=limit_s).placement


def test_disconnected_parts_go_to_devices_of_their_own():
    rows = [{"acc": 5, "out": 9}, {"acc": 5}, {"acc": 5, "out": 9}, {"acc": 5}]
    assert solved(instance(rows, [(0, 1), (2, 3)])).value_s == 10


def test_without_accelerators_the_processors_share_the_work():
    answer = solved(instance([{"cpu": 3}, {"cpu": 4}, {"cpu": 5}], k=0, cpus=2))
    assert (answer.status, answer.value_s) == (Status.OPTIMAL, 7)


def test_operators_that_no_accelerator_runs_go_to_the_processor():
    answer = solved(instance([{"runs": False}] * 3, [(0, 1), (1, 2)]))
    assert (answer.status, answer.value_s) == (Status.OPTIMAL, 30)


def test_an_operator_may_take_no_time_at_all():
    answer = solved(instance([{"acc": 0, "cpu": 0}] * 3, [(0, 1)]))
    assert (answer.status, answer.value_s, answer.gap) == (Status.OPTIMAL, 0, 0)


@pytest.mark.parametrize(
    ("problem", "reason"),
    [
        (instance([{}], k=0, cpus=0), "neither accelerators nor CPUs; with 1 CPU a placement fits"),
        (
            instance([{}, {"runs": False}, {"runs": False}], cpus=0),
            "operator 1 and 1 more runs on processors only, and the instance has none; with 1 CPU",
        ),
        (
            instance([{"size": 7}, {"size": 2}], cap=5, cpus=0),
            "every accelerator lacks at least 2 bytes (2 B), and with that one fits",
        ),
        (
            # Together 12 of 12 bytes, but contiguous splits of 5, 5, 2 in sequence need 7.
            instance([{"size": s} for s in (5, 2, 5)], [(0, 1), (1, 2)], cap=6, cpus=0),
            "lacks at least 1 bytes (1 B), and with that one fits; so does one with 3 accelerators",
        ),
    ],
)
def test_what_cannot_fit_has_a_reason_and_the_least_change_that_helps(problem, reason):
    answer = solve_throughput(problem, time_limit_s=5, seed=0)
    assert answer.status is Status.INFEASIBLE
    assert reason in answer.reason


@pytest.mark.parametrize("seed", range(20))
def test_the_bytes_that_a_reason_names_are_the_least_that_help(seed):
    random = Random(seed)
    sizes = [random.randint(1, 9) for _ in range(6)]
    edges = [(i, j) for j in range(6) for i in range(j) if random.random() < 0.4]
    rows = [{"size": size} for size in sizes]
    answer = solve_throughput(instance(rows, edges, cap=1, cpus=0), time_limit_s=None, seed=0)
    extra = int(answer.reason.split("at least ")[1].split(" bytes")[0])
    enough, short = (instance(rows, edges, cap=1 + extra - less, cpus=0) for less in (0, 1))
    assert oracle_s(enough) is not None
    assert oracle_s(short) is None


def test_a_large_instance_that_cannot_fit_says_what_it_knows():
    rows = [{"size": 10.0} for _ in range(300)]
    answer = solve_throughput(instance(rows, cap=100, k=4, cpus=0), time_limit_s=3, seed=0)
    assert "take 3,000 bytes; all accelerators together hold 400" in answer.reason


def test_compute_times_far_apart_keep_subsets_before_their_supersets():
    rows = [{"acc": 1e9, "cpu": 0}, *({"acc": 1e-9, "cpu": 0} for _ in range(6))]
    problem = instance(rows)
    blocks = colour_blocks(problem)
    prices = IdealPrices(blocks, enumerate_ideals(blocks.before, 1000))
    assert prices.ideals[0] == 0
    assert prices.ideals[-1] == (1 << len(rows)) - 1
    for place, ideal in enumerate(prices.ideals):
        earlier = np.array([other & ideal == ideal for other in prices.ideals[:place]])
        assert not earlier.any()


@pytest.mark.parametrize("seed", range(12))
def test_the_accelerators_that_a_reason_names_are_the_fewest_that_help(seed):
    random = Random(seed)
    rows = [{"size": random.randint(3, 9)} for _ in range(5)]
    edges = [(i, j) for j in range(5) for i in range(j) if random.random() < 0.4]
    answer = solve_throughput(instance(rows, edges, k=1, cap=11, cpus=0), time_limit_s=None, seed=0)
    count = int(answer.reason.split("so does one with ")[1].split(" ")[0])
    assert oracle_s(instance(rows, edges, k=count, cap=11, cpus=0)) is not None
    assert oracle_s(instance(rows, edges, k=count - 1, cap=11, cpus=0)) is None
