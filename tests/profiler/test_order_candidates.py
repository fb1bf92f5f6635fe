import pytest

from profiler.block_order import block_dag
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
