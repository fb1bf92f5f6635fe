"""The least cap for every number of parts."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.errors import MismatchError
from planner.limits import Order
from planner.memory_threshold import least_caps
from tests.planner.instances import (
    has_a_plan,
    limited,
    make_node,
    make_problem,
    mesh,
    model_too_large_for_each_node,
    tied_first_and_last,
    two_phones_one_server,
    with_caps,
)


def fits(problem, parts, cap_bytes):
    capped = with_caps(problem, {node.name: cap_bytes for node in problem.nodes})
    limits = {"order": Order.FREE, "min_stages": parts, "max_stages": parts}
    return has_a_plan(limited(capped, **limits))


def test_the_whole_takes_450_bytes_and_two_halves_250():
    # A half needs base 30 + weights 200 + live 10 + received 10; the whole has weights of 400.
    assert least_caps(model_too_large_for_each_node()) == (450, 250)


def test_more_parts_can_take_more_memory_where_a_cut_is_wide():
    # In one part 100 + 100 + received 10; in two, the second one receives 500.
    nodes = [make_node(name, (1.0, 1.0)) for name in ("left", "right")]
    problem = make_problem(nodes, mesh(["left", "right"]), (10, 500, 10), weight_bytes=(100, 100))
    assert least_caps(problem) == (210, 600)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_with_one_byte_less_no_plan_with_so_many_parts_fits(data):
    n_blocks, n_nodes = data.draw(st.integers(1, 5)), data.draw(st.integers(1, 3))
    sizes = st.integers(1, 50)
    names = [f"n{i}" for i in range(n_nodes)]
    nodes = [make_node(name, (1.0,) * n_blocks, base_bytes=7, weight_factor=1.3) for name in names]
    problem = make_problem(
        nodes,
        mesh(names),
        [data.draw(sizes) for _ in range(n_blocks + 1)],
        weight_bytes=[data.draw(sizes) for _ in range(n_blocks)],
        live_bytes=[data.draw(sizes) for _ in range(n_blocks)],
        load_bytes=[data.draw(sizes) for _ in range(n_blocks)],
    )
    caps = least_caps(problem)
    assert len(caps) == min(n_blocks, n_nodes)
    for parts, cap in enumerate(caps, start=1):
        assert fits(problem, parts, cap)
        assert not fits(problem, parts, cap - 1)


def test_a_weight_that_blocks_share_counts_once_in_a_part():
    problem = tied_first_and_last()
    for parts, cap in enumerate(least_caps(problem), start=1):
        assert fits(problem, parts, cap)
        assert not fits(problem, parts, cap - 1)


def test_nodes_that_differ_or_are_not_linked_have_no_common_cap():
    with pytest.raises(MismatchError, match="'phone-1' and 'server' need different memory"):
        least_caps(two_phones_one_server())
    nodes = [make_node(name, (1.0, 1.0)) for name in ("left", "right")]
    with pytest.raises(MismatchError, match="no link right -> left"):
        least_caps(make_problem(nodes, mesh(["left", "right"])[:1], (10, 10, 10)))
    unable = nodes[1].model_copy(update={"cannot_run": (1,)})
    with pytest.raises(MismatchError, match="node 'right' cannot run block 1"):
        least_caps(make_problem([nodes[0], unable], mesh(["left", "right"]), (10, 10, 10)))
