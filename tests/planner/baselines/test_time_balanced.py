"""The heuristic of block partitions, and the optimum that it aims at."""

from itertools import combinations, pairwise

import numpy as np
import pytest

from planner.baselines.time_balanced import TimeBalanced, block_partition
from tests.planner.baselines.least_longest import least_longest_parts
from tests.planner.instances import make_node, make_problem, mesh


def sums(values, bounds):
    return [sum(values[start:stop]) for start, stop in pairwise(bounds)]


def random_chain(seed, *, least=1, most=12):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(least, most + 1))
    values = rng.integers(0, 6, n).astype(float) if seed % 2 else rng.random(n)
    return values.tolist(), int(rng.integers(1, n + 1))


def test_a_large_value_at_the_end_moves_borders_towards_it():
    """From sums 0, 0, 6 (scaled: 0, 0, 2 · 1) one value goes to the middle: 0, 3, 3."""
    assert block_partition((1.0, 1.0, 1.0, 1.0, 4.0, 4.0), 3) == (0, 2, 5, 6)


def test_values_that_are_all_equal_count_as_nothing_and_stay_where_they_started():
    """Scaled they are all 0, so that seven in three parts stay 2, 2, 3."""
    assert block_partition((5.0,) * 7, 3) == (0, 2, 4, 7)


def test_of_equally_large_parts_the_last_one_gives_first():
    """Sums 2 0 2, of which torchgpipe takes the last 2, and then 2 1 1 is near enough."""
    assert block_partition((1.0, 1.0, 0.0, 0.0, 1.0, 1.0), 3) == (0, 2, 5, 6)


def test_it_stops_while_a_much_better_partition_is_left():
    """Scaled to 1 0 0 0 the first sums are 1 and 0, which is near enough; 3 and 3 were possible."""
    values = (3.0, 1.0, 1.0, 1.0)
    assert sums(values, block_partition(values, 2)) == [4.0, 2.0]
    assert least_longest_parts(np.array(values), 2) == (1,)


@pytest.mark.parametrize("seed", range(300))
def test_scaled_sums_differ_by_at_most_the_largest_value(seed):
    """What Bárány and Grinberg prove, for values between 0 and 1."""
    values, n_parts = random_chain(seed, most=30)
    bounds = block_partition(values, n_parts)
    assert (bounds[0], bounds[-1], len(bounds)) == (0, len(values), n_parts + 1)
    assert list(bounds) == sorted(set(bounds))
    scaled = [value - min(values) for value in values]
    parts = sums(scaled, bounds)
    assert max(parts) - min(parts) <= max(scaled) + 1e-9


def test_a_part_that_gives_its_only_value_away_is_fed_next():
    """Sums 16 8 2 0, 16 8 1 1 (twice), 16 0 9 1 with an empty second part, then 8 8 9 1."""
    values = (8.0, 8.0, 8.0, 0.0, 1.0, 1.0, 0.0, 0.0)
    assert sums(values, block_partition(values, 4)) == [8.0, 8.0, 9.0, 1.0]


def test_the_parts_go_to_the_nodes_in_order_by_the_first_nodes_times():
    nodes = [make_node("a", (3.0, 1.0, 1.0, 1.0)), make_node("b", (1.0, 1.0, 1.0, 9.0), speed=5.0)]
    problem = make_problem(nodes, mesh(["a", "b"]), (1,) * 5)
    stages = TimeBalanced().propose(problem).stages
    assert [(stage.start, stage.stop, stage.node) for stage in stages] == [(0, 2, "a"), (2, 4, "b")]


@pytest.mark.parametrize("seed", range(200))
def test_the_least_longest_parts_are_what_trying_all_cuts_finds(seed):
    values, n_parts = random_chain(seed, most=9)
    cuts = least_longest_parts(np.array(values), n_parts)
    assert len(cuts) == n_parts - 1
    assert list(cuts) == sorted(set(cuts))

    def longest(other):
        return max(sums(values, (0, *other, len(values))))

    best = min(longest(other) for other in combinations(range(1, len(values)), n_parts - 1))
    assert longest(cuts) == pytest.approx(best, rel=1e-12, abs=1e-12)
