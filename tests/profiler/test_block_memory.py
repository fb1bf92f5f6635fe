from dataclasses import astuple
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profiler.backends import backend_named
from profiler.block_memory import (
    BlockMemory,
    fitted_to_whole,
    groups_of,
    memory_of_blocks,
    share_out,
)
from profiler.blocks import Block
from profiler.footprint import Footprint
from profiler.liveness import crossing_tensors, live_bytes
from tests.profiler.branching import diamond, straight

ONNX, TORCH = backend_named("onnx"), backend_named("torch")
BASE = Footprint(loading_bytes=900, loaded_bytes=1000, running_bytes=1100)


def first_two():
    """Two blocks of the diamond: 12 and 38 live bytes."""
    graph = diamond().graph
    blocks = diamond().blocks[:2]
    return graph, [Block(b.name, b.op_start, b.op_stop) for b in blocks]


def held(graph, blocks):
    """Weight bytes of the blocks together."""
    names = {n for op in graph.ops[blocks[0].start : blocks[-1].stop] for n in op.parameters}
    return sum(graph.parameter[name].n_bytes for name in names)


@pytest.mark.parametrize(
    ("n_blocks", "backend", "expected"),
    [
        (3, "onnx", [(0, 1), (1, 2), (2, 3)]),
        (10, "torch", [(0, 2), (2, 5), (5, 7), (7, 10)]),
        (200, "onnx", [(2 * i, 2 * i + 2) for i in range(100)]),
    ],
)
def test_few_blocks_are_measured_alone_and_many_in_even_groups(n_blocks, backend, expected):
    blocks = [Block(str(i), i, i + 1) for i in range(n_blocks)]
    assert groups_of(blocks, backend_named(backend)) == expected


def test_what_a_group_keeps_beside_its_weights_is_shared_out_by_weights():
    """A packed copy of a product's weights is the product's, however many operators are near."""
    graph, blocks = first_two()
    footprint = Footprint(0, 1000 + held(graph, blocks) + 20, 0)
    first, second = share_out(graph, blocks, footprint, base=BASE, backend=TORCH)
    assert first == BlockMemory(held(graph, blocks[:1]) + 20, 0, 0)
    assert second == BlockMemory(0, 0, 0)


def test_what_a_group_without_weights_keeps_is_shared_out_by_operators():
    graph = straight(4).graph
    blocks = [Block("one", 0, 1), Block("three", 1, 4)]
    result = share_out(graph, blocks, Footprint(0, 1040, 0), base=BASE, backend=TORCH)
    assert [memory.resident_bytes for memory in result] == [10, 30]


def test_weights_that_stay_in_the_file_count_all_the_same():
    graph, blocks = first_two()
    result = share_out(graph, blocks, Footprint(0, 1000, 0), base=BASE, backend=TORCH)
    assert [memory.resident_bytes for memory in result] == [held(graph, [b]) for b in blocks]


def test_each_block_of_a_group_may_be_the_one_that_took_most():
    """Running takes 60 more than is kept, 4 of it received; 12 and 38 bytes are live."""
    graph, blocks = first_two()
    footprint = Footprint(loading_bytes=5000, loaded_bytes=5000, running_bytes=5000 + 60)
    first, second = share_out(graph, blocks, footprint, base=BASE, backend=TORCH)
    assert (first.workspace_bytes, second.workspace_bytes) == (60 - 4 - 12, 60 - 4 - 38)


def test_an_arena_leaves_gaps_between_activations_of_which_a_block_alone_shows_none():
    graph, blocks = first_two()
    footprint = Footprint(loading_bytes=5000, loaded_bytes=5000, running_bytes=5000 + 4 + 38)
    first, second = share_out(graph, blocks, footprint, base=BASE, backend=ONNX)
    assert (first.workspace_bytes, second.workspace_bytes) == (38 - 12, 38 // 2)


def test_a_runtime_that_copies_weights_may_have_copied_any_before_the_others_were_there():
    graph, blocks = first_two()
    footprint = Footprint(loading_bytes=5077, loaded_bytes=5000, running_bytes=5000)
    for memory in share_out(graph, blocks, footprint, base=BASE, backend=ONNX):
        assert BASE.loaded_bytes + memory.resident_bytes + memory.load_bytes == 5077


def test_a_runtime_that_copies_no_weight_takes_the_same_beside_what_it_keeps_for_any():
    graph, blocks = first_two()
    footprint = Footprint(loading_bytes=5077, loaded_bytes=5000, running_bytes=5000)
    result = share_out(graph, blocks, footprint, base=BASE, backend=TORCH)
    assert {memory.load_bytes for memory in result} == {77}


def whole_model():
    graph = diamond().graph
    blocks = [Block(b.name, b.op_start, b.op_stop) for b in diamond().blocks]
    kept = BASE.loaded_bytes + held(graph, blocks)
    return graph, blocks, kept


@pytest.mark.parametrize("more", [0, 14])
def test_what_only_the_whole_takes_is_added_to_blocks_by_what_they_take(more):
    graph, blocks, kept = whole_model()
    memory = [BlockMemory(held(graph, [block]), 12, 0) for block in blocks]
    needed = [diamond().blocks[i].peak_live_bytes + 12 for i in range(len(blocks))]
    received = sum(graph.tensor[name].n_bytes for name in graph.inputs)
    whole = Footprint(0, kept, kept + received + max(needed) + more)
    result = fitted_to_whole(graph, blocks, memory, whole, base=BASE)
    expected = [12 + -(-more * own // max(needed)) for own in needed]
    assert [memory.workspace_bytes for memory in result] == expected


def test_loading_of_which_only_the_whole_takes_so_much_is_added_to_blocks_by_what_they_take():
    graph, blocks, kept = whole_model()
    loads = [0, 5, 10, 20, 0]
    memory = [
        BlockMemory(held(graph, [block]), 0, load)
        for block, load in zip(blocks, loads, strict=True)
    ]
    whole = Footprint(kept + 20 + 6, kept, kept)
    result = fitted_to_whole(graph, blocks, memory, whole, base=BASE)
    assert [own.load_bytes for own in result] == [0, 7, 13, 26, 0]


def test_loading_that_only_the_whole_takes_may_be_that_of_any_block():
    graph, blocks, kept = whole_model()
    memory = [BlockMemory(held(graph, [block]), 0, 0) for block in blocks]
    result = fitted_to_whole(graph, blocks, memory, Footprint(kept + 6, kept, kept), base=BASE)
    assert {own.load_bytes for own in result} == {6}


def one_by_one(blocks):
    return [[block] for block in blocks]


def keeping(n_bytes):
    """A process that keeps so much beside what one has before any block, and takes no more."""
    return Footprint(*[BASE.loaded_bytes + n_bytes] * 3)


def test_what_every_process_has_once_is_counted_before_any_block():
    """Blocks keep 30 to 70 beside weights, 20 of it once, and all together 170, not 250."""
    graph, blocks, _ = whole_model()
    beside = [30, 40, 50, 60, 70]
    found = [keeping(held(graph, [block]) + own) for block, own in zip(blocks, beside, strict=True)]
    whole = keeping(held(graph, blocks) + 170)
    base, memory = memory_of_blocks(
        graph, one_by_one(blocks), found, whole=whole, base=BASE, backend=ONNX
    )
    assert base == Footprint(920, 1020, 1120)
    own = [m.resident_bytes - held(graph, [b]) for m, b in zip(memory, blocks, strict=True)]
    assert own == [10, 20, 30, 40, 50]


def test_weights_that_stay_in_the_file_are_nothing_that_every_process_has_once():
    """The first block leaves its weights in the file; the others keep 30, and the whole 20."""
    graph, blocks, _ = whole_model()
    found = [keeping(0), *(keeping(held(graph, [block]) + 30) for block in blocks[1:])]
    base, _ = memory_of_blocks(
        graph, one_by_one(blocks), found, whole=keeping(held(graph, blocks) + 20),
        base=BASE, backend=ONNX,
    )  # fmt: skip
    assert base == BASE


def promised(graph, base, blocks, memory):
    """What a process with the blocks takes by the formula of `Runtime`, without its margin."""
    live = live_bytes(graph)
    kept = held(graph, blocks)
    kept += sum(m.resident_bytes - held(graph, [b]) for m, b in zip(memory, blocks, strict=True))
    work = max(
        max(max(live[block.start : block.stop]) + own.workspace_bytes, own.load_bytes)
        for block, own in zip(blocks, memory, strict=True)
    )
    received = sum(graph.tensor[n].n_bytes for n in crossing_tensors(graph)[blocks[0].start])
    return base.loaded_bytes + kept + work + received


footprints = st.builds(
    lambda loading, loaded, running: Footprint(loaded + loading, loaded, loaded + running),
    st.integers(0, 90), st.integers(900, 1500), st.integers(0, 90),
)  # fmt: skip


@given(
    found=st.lists(footprints, min_size=5, max_size=5),
    whole=footprints,
    backend=st.sampled_from((ONNX, TORCH)),
    borders=st.sampled_from(((0, 1, 2, 3, 4, 5), (0, 2, 3, 5), (0, 5))),
)
def test_no_group_and_no_whole_is_promised_less_than_was_measured_of_it(
    found, whole, backend, borders
):
    graph, blocks, _ = whole_model()
    groups = [blocks[start:stop] for start, stop in pairwise(borders)]
    found = found[: len(groups)]
    base, memory = memory_of_blocks(graph, groups, found, whole=whole, base=BASE, backend=backend)
    spans = [*pairwise(borders), (0, 5)]
    for (start, stop), footprint in zip(spans, [*found, whole], strict=True):
        told = promised(graph, base, blocks[start:stop], memory[start:stop])
        assert told >= max(astuple(footprint))
