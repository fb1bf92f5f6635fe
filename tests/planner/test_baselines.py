"""What others would choose."""

import numpy as np
import pytest

from planner.baselines import Baseline, baselines
from planner.baselines.deepspeed_balanced import DeepspeedBalanced
from planner.baselines.equal_layers import EqualLayers
from planner.baselines.even_split import even_bounds
from planner.baselines.hand_split import HandSplit
from planner.baselines.parameter_balanced import ParameterBalanced
from planner.baselines.single_node import SingleNode
from planner.baselines.time_balanced import TimeBalanced
from planner.costs.evaluate import evaluate
from tests.planner.instances import (
    NAMED,
    make_node,
    make_problem,
    mesh,
    random_problem,
    two_phones_one_server,
)

CHOOSES_ORDER = {"ram proportional", "neurosurgeon", "pipeedge", "gillis"}
"""Rules that choose in which order nodes are visited; the others keep the listed one."""


def parts(baseline: Baseline, problem) -> list[tuple[int, int, str]]:
    plan = baseline.propose(problem)
    return [(stage.start, stage.stop, stage.node) for stage in plan.stages]


def chain_of(times_s=(1.0,) * 6, n_nodes=3, **content):
    names = [f"n{i}" for i in range(n_nodes)]
    nodes = [make_node(name, times_s, content.pop(f"cap_{name}", 10**9)) for name in names]
    return make_problem(nodes, mesh(names), (1,) * (len(times_s) + 1), **content)


@pytest.mark.parametrize(
    "build", [*NAMED, *(lambda seed=seed: random_problem(seed) for seed in range(60))]
)
def test_every_baseline_gives_a_reason_or_a_plan_that_can_be_priced(build):
    problem = build()
    members = baselines(problem)
    assert len({member.name for member in members}) == len(members)
    for member in members:
        assert member.note
        reason = member.skip_reason(problem)
        if reason is None:
            plan = member.propose(problem)
            assert plan == member.propose(problem)
            assert evaluate(problem, plan).latency_s >= 0
            order = [problem.node_index[stage.node] for stage in plan.stages]
            assert len(set(order)) == len(order)
            if member.name not in CHOOSES_ORDER:
                assert order == sorted(order)
        else:
            assert reason


def test_there_is_one_single_node_baseline_per_node():
    names = [member.name for member in baselines(two_phones_one_server())]
    assert names == [
        "all on phone-1",
        "all on phone-2",
        "all on server",
        "hand split",
        "equal layers",
        "parameter balanced",
        "ram proportional",
        "time balanced",
        "deepspeed balanced",
        "neurosurgeon",
        "pipedream",
        "pipeedge",
        "gillis",
    ]


def test_a_single_node_that_does_not_exist_is_skipped():
    reason = SingleNode("toaster").skip_reason(two_phones_one_server())
    assert reason == "'toaster' is no node: choose from phone-1, phone-2, server"


def test_the_hand_split_follows_the_stages_of_the_model():
    problem = chain_of(stage_positions=(0, 4, 8, 12))
    assert parts(HandSplit(), problem) == [(0, 2, "n0"), (2, 4, "n1"), (4, 6, "n2")]


def test_a_hand_split_with_more_parts_than_nodes_joins_neighbours():
    problem = chain_of(n_nodes=2, stage_positions=(2, 4, 6, 8))
    assert parts(HandSplit(), problem) == [(0, 3, "n0"), (3, 6, "n1")]


def test_a_hand_split_with_fewer_parts_than_nodes_leaves_the_last_ones_out():
    problem = chain_of(n_nodes=3, stage_positions=(4,))
    assert parts(HandSplit(), problem) == [(0, 2, "n0"), (2, 6, "n1")]


@pytest.mark.parametrize(
    ("positions", "words"),
    [
        ((), "single stage"),
        ((0, 12), "single stage"),  # only the ends
        ((3, 4), "operators 3 fall inside blocks"),  # blocks are two operators long
    ],
)
def test_a_hand_split_that_cannot_be_made_says_why(positions, words):
    assert words in (HandSplit().skip_reason(chain_of(stage_positions=positions)) or "")


def test_equal_layers_differ_by_at_most_one_block():
    problem = chain_of((1.0,) * 7)
    assert parts(EqualLayers(), problem) == [(0, 3, "n0"), (3, 5, "n1"), (5, 7, "n2")]


def test_fewer_blocks_than_nodes_go_one_by_one_to_the_first():
    for member in (EqualLayers(), TimeBalanced(), DeepspeedBalanced()):
        assert parts(member, chain_of((1.0, 1.0), weight_bytes=(1, 1))) == [
            (0, 1, "n0"),
            (1, 2, "n1"),
        ]


@pytest.mark.parametrize("count", range(1, 12))
def test_even_bounds_cover_the_count_in_parts_that_differ_by_at_most_one(count):
    for n_parts in range(1, count + 1):
        bounds = even_bounds(count, n_parts)
        sizes = np.diff(bounds)
        assert (bounds[0], bounds[-1], len(sizes)) == (0, count, n_parts)
        assert sizes.max() - sizes.min() <= 1
        assert sorted(sizes, reverse=True) == list(sizes)


def test_parameters_fill_each_node_to_its_share_plus_the_buffer():
    """Share 600 // 3 = 200, buffer 1.25 · 100 = 125: three blocks of 100 fit 325, three remain."""
    problem = chain_of(weight_bytes=(100,) * 6)
    assert parts(ParameterBalanced(), problem) == [(0, 3, "n0"), (3, 6, "n1")]


def test_parameters_skip_a_node_that_is_too_small_for_the_next_block():
    problem = chain_of(weight_bytes=(100,) * 6, cap_n1=99)
    assert parts(ParameterBalanced(), problem) == [(0, 3, "n0"), (3, 6, "n2")]


def test_parameters_beyond_all_budgets_go_to_the_last_node_whatever_its_cap():
    problem = chain_of(weight_bytes=(100,) * 6, cap_n0=100, cap_n1=100, cap_n2=1)
    assert parts(ParameterBalanced(), problem) == [(0, 1, "n0"), (1, 2, "n1"), (2, 6, "n2")]


def test_parameters_ignore_activations():
    """The trap of counting parameters only: the plan breaks a cap by its activations."""
    problem = chain_of(
        weight_bytes=(10,) * 6, live_bytes=(1000, *(0,) * 5), cap_n0=100, cap_n1=100, cap_n2=100
    )
    assert not evaluate(problem, ParameterBalanced().propose(problem)).fits


def test_a_model_without_parameters_has_nothing_to_balance():
    assert ParameterBalanced().skip_reason(chain_of()) is not None


def test_time_balance_ignores_that_a_node_is_slower():
    problem = two_phones_one_server()
    assert len(parts(TimeBalanced(), problem)) == 3
