import numpy as np
import pytest

from profiler.block_order import block_dag
from profiler.block_tensors import BlockTensors
from profiler.order_candidates import candidate_orders
from tests.profiler.branching import diamond, every_order, random_branching, straight


def test_a_chain_has_its_own_order_only():
    assert candidate_orders(straight(3)) == ((0, 1, 2),)


def test_the_orders_of_a_diamond_by_hand():
    """All three orders are found; taking the fewest bytes each time gives the program's own."""
    assert candidate_orders(diamond(), n_random=0) == (
        (0, 1, 2, 3, 4), (0, 3, 1, 2, 4), (0, 1, 3, 2, 4),
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(40))
def test_candidates_differ_can_run_and_begin_with_the_program(seed):
    profile = random_branching(seed, most_blocks=7)
    orders = candidate_orders(profile)
    assert orders[0] == tuple(range(len(profile.blocks)))
    assert len(set(orders)) == len(orders)
    assert set(orders) <= set(every_order(block_dag(profile)))


def test_the_same_seed_gives_the_same_orders():
    profile = random_branching(7, most_blocks=9)
    assert candidate_orders(profile, seed=3) == candidate_orders(profile, seed=3)


def test_random_choices_add_orders():
    more = [
        len(candidate_orders(random_branching(seed, most_blocks=8)))
        - len(candidate_orders(random_branching(seed, most_blocks=8), n_random=0))
        for seed in range(40)
    ]
    assert min(more) >= 0
    assert sum(more) > 20


@pytest.mark.parametrize("seed", range(40))
def test_the_greedy_order_leaves_the_fewest_bytes_at_every_step(seed):
    """Its choices are those of whoever counts what crosses after every ready block."""
    profile = random_branching(seed, most_blocks=7)
    dag, tensors = block_dag(profile), BlockTensors(profile)
    if dag.is_chain:
        return
    order = []
    while len(order) < dag.n_blocks:
        ready = [
            b for b in range(dag.n_blocks) if b not in order and set(dag.before[b]) <= {*order}
        ]
        done = np.zeros((len(ready), dag.n_blocks), dtype=np.bool_)
        for row, block in enumerate(ready):
            done[row, [*order, block]] = True
        order.append(min(zip(tensors.crossing_bytes(done), ready, strict=True))[1])
    assert tuple(order) in candidate_orders(profile, n_random=0)
