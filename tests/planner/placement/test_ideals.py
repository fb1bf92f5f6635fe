from itertools import product
from random import Random

import pytest

from planner.placement.ideals import (
    IdealNeighbours,
    bits,
    count_ideals,
    enumerate_ideals,
    prefixes,
    successors,
)


def random_order(random):
    n = random.randint(0, 8)
    density = random.random()
    return [sum(1 << i for i in range(j) if random.random() < density) for j in range(n)]


def is_ideal(before, ideal):
    return all(before[v] & ~ideal == 0 for v in bits(ideal))


def all_ideals(before):
    sets = (sum(1 << v for v, has in enumerate(row) if has) for row in _rows(len(before)))
    return {ideal for ideal in sets if is_ideal(before, ideal)}


def _rows(n):
    return product((False, True), repeat=n)


@pytest.mark.parametrize("seed", range(60))
def test_the_ideals_are_those_of_trying_every_set(seed):
    before = random_order(Random(seed))
    ideals = enumerate_ideals(before, 10**6)
    assert set(ideals) == all_ideals(before)
    assert len(ideals) == len(set(ideals)) == count_ideals(before, 10**6)
    assert [i.bit_count() for i in ideals] == sorted(i.bit_count() for i in ideals)


def test_a_chain_has_one_ideal_more_than_vertices_and_an_antichain_every_set():
    assert count_ideals([0, 1, 2, 4], 100) == 5
    assert count_ideals([0] * 10, 5000) == 2**10


def test_counting_stops_at_the_limit_and_at_the_deadline():
    assert count_ideals([0] * 10, 1024) == 1024
    assert count_ideals([0] * 10, 1023) is None
    assert enumerate_ideals([0] * 200, 1000) is None
    assert count_ideals([0] * 200, 10**9, deadline=0.0) is None


def test_prefixes_run_from_the_empty_to_the_full_set():
    assert prefixes([2, 0, 1]) == [0, 0b100, 0b101, 0b111]


def test_successors_mirror_the_predecessors():
    assert successors([0, 0b1, 0b11]) == [[1, 2], [2], []]


@pytest.mark.parametrize("seed", range(40))
def test_all_ideals_are_near_each_other_if_there_is_room(seed):
    random = Random(seed)
    before = random_order(random)
    known = all_ideals(before)
    start = random.choice(sorted(known))
    near = IdealNeighbours(before).near(start, len(known), random)
    assert near[0] == start
    assert set(near) == known
    distances = [(ideal ^ start).bit_count() for ideal in near]
    assert distances == sorted(distances)


def test_no_more_neighbours_are_made_than_asked_for():
    near = IdealNeighbours([0] * 300).near(0b1011, 50, Random(0))
    assert len(near) == len(set(near)) == 50
