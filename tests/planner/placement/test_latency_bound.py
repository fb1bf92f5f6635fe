"""No placement is below the bounds."""

import random

import pytest
from latency_oracle import HOST, instance, is_allowed, least_s, operator, random_instance

from planner.placement.latency_bound import ChainBound, chains
from planner.placement.latency_clock import Deadline
from planner.placement.latency_ends import open_ends_s
from planner.placement.latency_pieces import Piece, PieceSets
from planner.placement.latency_tables import LatencyTables, mask_of


def test_bounds_never_exceed_the_optimum_and_mostly_meet_it():
    n_tight = 0
    for seed in range(500):
        problem = random_instance(seed, most=6)
        optimum_s = least_s(problem)
        tables = LatencyTables.of(problem)
        best_s = 0.0
        for thorough in (False, True):
            bounds = ChainBound(tables, thorough=thorough)
            for chain in chains(tables, n_random=4, seed=seed):
                bound_s = bounds.price(chain, Deadline()).bound_s
                assert bound_s <= optimum_s + 1e-9, (seed, thorough, chain)
                best_s = max(best_s, bound_s)
        n_tight += best_s >= optimum_s - 1e-9
    assert n_tight > 400


def test_a_chain_that_a_deadline_cuts_short_still_bounds():
    class AfterSomeLooks(Deadline):
        looks = 0

        def is_over(self):
            AfterSomeLooks.looks += 1
            return AfterSomeLooks.looks > 2

    for seed in range(300):
        problem = random_instance(seed, most=6)
        optimum_s = least_s(problem)
        tables = LatencyTables.of(problem)
        for thorough in (False, True):
            for chain in chains(tables, n_random=0, seed=0):
                AfterSomeLooks.looks = 0
                priced = ChainBound(tables, thorough=thorough).price(chain, AfterSomeLooks())
                assert priced.operators == chain[len(chain) - len(priced.operators) :]
                assert len(priced.operators) == min(len(chain), 3)
                assert priced.bound_s <= optimum_s + 1e-9


def test_what_is_inside_and_outside_of_a_piece_holds_in_every_allowed_placement():
    for seed in range(200):
        problem = random_instance(seed, most=5)
        tables = LatencyTables.of(problem)
        n = tables.n
        sets = PieceSets(tables)
        blocks = [
            block
            for block in range(1, 1 << n)
            if is_allowed(problem, [0 if block >> v & 1 else HOST for v in range(n)])
        ]
        for chain in chains(tables, n_random=2, seed=seed):
            for a in range(len(chain)):
                pieces = sets.from_start(chain, a)
                for stop in range(a + 1, len(chain) + 1):
                    wanted = mask_of(chain[a:stop])
                    holding = [b for b in blocks if b & mask_of(chain) == wanted]
                    known = pieces[stop - a - 1] if stop - a <= len(pieces) else None
                    if known is None or not known.is_possible:
                        assert not holding, (seed, chain, a, stop)
                        continue
                    for block in holding:
                        assert not known.inside & ~block, (seed, chain, a, stop)
                        assert not known.outside & block, (seed, chain, a, stop)


def branching_instance(seed):
    """Branches between one source and one sink, where much may join a block or stay out."""
    rng = random.Random(seed)
    n, width = rng.randint(5, 7), rng.choice([2, 3])
    edges = {(0 if v <= width else v - width, v) for v in range(1, n - 1)}
    edges |= {(v, n - 1) for v in range(n - 1 - width, n - 1) if v > 0}
    operators = [
        operator(
            v,
            cpu_s=rng.choice([0.0, 5.0, 10.0]),
            accelerator_s=rng.choice([0.0, 1.0, 2.0]),
            transfer_s=rng.choice([0.0, 1.0, 2.0, 3.0]),
            size_bytes=rng.choice([0.0, 1.0, 2.0]),
        )
        for v in range(n)
    ]
    cap_bytes = rng.choice([2.0, 4.0, 100.0])
    return instance(operators, sorted(edges), k=rng.choice([1, 2]), cap_bytes=cap_bytes)


def test_ends_that_nothing_settles_are_never_charged_too_much():
    n_tight = 0
    for seed in range(250):
        problem = branching_instance(seed)
        optimum_s = least_s(problem)
        tables = LatencyTables.of(problem)
        bounds = ChainBound(tables, thorough=True)
        priced = [bounds.price(c, Deadline()) for c in chains(tables, n_random=3, seed=seed)]
        best_s = max(chain.bound_s for chain in priced)
        assert best_s <= optimum_s + 1e-9, seed
        n_tight += best_s >= optimum_s - 1e-9
    assert n_tight > 125


def test_an_input_that_may_join_costs_its_transfer_or_its_compute_and_what_that_needs():
    # 0 reads nothing and feeds 1, which feeds 2: to have 1 inside costs 1 + the cheaper way to 0.
    operators = [
        operator(0, transfer_s=2.0, accelerator_s=5.0),
        operator(1, transfer_s=9.0, accelerator_s=1.0),
        operator(2),
    ]
    tables = LatencyTables.of(instance(operators, [(0, 1), (1, 2)]))
    assert open_ends_s(tables, Piece(inside=0b100, outside=0)) == 1.0 + 2.0
    assert open_ends_s(tables, Piece(inside=0b100, outside=0b001)) == 1.0 + 2.0
    assert open_ends_s(tables, Piece(inside=0b101, outside=0)) == 1.0


def test_an_output_that_may_stay_costs_its_transfer_or_all_its_readers():
    # 0 feeds 1 and 2; 2 feeds 3, which is outside: to keep 0 means 1 and 2 join and 2 is sent.
    operators = [operator(v, transfer_s=5.0 if v == 0 else 2.0) for v in range(4)]
    tables = LatencyTables.of(instance(operators, [(0, 1), (0, 2), (2, 3)]))
    assert open_ends_s(tables, Piece(inside=0b0001, outside=0b1000)) == 1.0 + 1.0 + 2.0
    assert open_ends_s(tables, Piece(inside=0b0001, outside=0)) == 1.0 + 1.0 + 1.0


def test_an_operator_whose_class_is_torn_by_the_chain_pays_its_transfer():
    # 0 and 3 share a colour, but 0 … 3 in one block would not fit: 3 must read 2 from elsewhere.
    operators = [operator(place, transfer_s=4.0, size_bytes=1.0) for place in range(4)]
    operators[3] = operator(3, colour=1, size_bytes=1.0)
    operators[0] = operator(0, colour=1, transfer_s=4.0, size_bytes=1.0)
    problem = instance(operators, [(0, 1), (1, 2), (2, 3)], k=1, cap_bytes=3.0)
    tables = LatencyTables.of(problem)
    (chain,) = chains(tables, n_random=0, seed=0)
    bound_s = ChainBound(tables, thorough=True).price(chain, Deadline()).bound_s
    assert bound_s == pytest.approx(least_s(problem))
    assert bound_s == pytest.approx(10 + (4 + 1 + 1 + 4) + 10)


def test_more_accelerators_than_are_counted_apart_do_not_raise_the_bound():
    n = 80
    operators = [operator(place, transfer_s=0.1, size_bytes=1.0) for place in range(n)]
    problem = instance(operators, [(v, v + 1) for v in range(n - 1)], k=n, cap_bytes=1.0)
    tables = LatencyTables.of(problem)
    (chain,) = chains(tables, n_random=0, seed=0)
    bound_s = ChainBound(tables, thorough=False).price(chain, Deadline()).bound_s
    assert bound_s == pytest.approx(n * 1.0 + 0.2 * (n - 1))
