"""Parameter bytes by the recurrence of least spread."""

from itertools import combinations, pairwise

import numpy as np
import pytest

from planner.baselines.deepspeed_balanced import DeepspeedBalanced, least_spread_parts
from planner.costs.evaluate import evaluate
from tests.planner.instances import make_node, make_problem, mesh


def sums(values, cuts):
    return [sum(values[start:stop]) for start, stop in pairwise((0, *cuts, len(values)))]


def spread(values, cuts):
    return max(sums(values, cuts)) - min(sums(values, cuts))


def described(values, n_parts):
    """The rule as its description tells it: one partition for every end and number of parts."""
    kept = {(end, 1): () for end in range(1, len(values) + 1)}
    for k in range(2, n_parts + 1):
        for end in range(k, len(values) + 1):
            offers = [(*kept[start, k - 1], start) for start in range(k - 1, end)]
            kept[end, k] = min(offers, key=lambda cuts: (spread(values[:end], cuts), -cuts[-1]))
    return kept[len(values), n_parts]


@pytest.mark.parametrize("seed", range(200))
def test_it_keeps_one_partition_for_every_end_and_number_of_parts(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 13))
    values = [int(value) for value in rng.integers(0, 9, n)]
    n_parts = int(rng.integers(1, n + 1))
    assert least_spread_parts(values, n_parts) == described(values, n_parts)


@pytest.mark.parametrize("seed", range(50))
def test_two_parts_are_of_least_spread(seed):
    values = [int(value) for value in np.random.default_rng(seed).integers(0, 50, 9)]
    best = min(spread(values, cuts) for cuts in combinations(range(1, 9), 1))
    assert spread(values, least_spread_parts(values, 2)) == best


def test_parameters_are_evened_out_whatever_the_caps():
    nodes = [make_node(name, (1.0,) * 4, 1) for name in ("a", "b")]
    problem = make_problem(nodes, mesh(["a", "b"]), (1,) * 5, weight_bytes=(30, 10, 10, 10))
    plan = DeepspeedBalanced().propose(problem)
    assert [(stage.start, stage.stop, stage.node) for stage in plan.stages] == [
        (0, 1, "a"),
        (1, 4, "b"),
    ]
    assert not evaluate(problem, plan).fits


def test_a_model_without_parameters_has_nothing_to_balance():
    problem = make_problem([make_node("a", (1.0,))], [], (0, 0))
    assert DeepspeedBalanced().skip_reason(problem) == "the model has no parameters to balance"
