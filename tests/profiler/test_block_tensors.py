import numpy as np
import pytest

from profiler.block_order import block_dag, reordered
from profiler.block_tensors import BlockTensors
from profiler.graph import ModelGraph
from tests.profiler.branching import diamond, every_order, make_profile, random_branching
from tests.profiler.models import Branches, InPlace, TupleOutput, captured


def done_before(order):
    """[B + 1, B]: the blocks that are done at each boundary of an order."""
    rows = np.zeros((len(order) + 1, len(order)), dtype=np.bool_)
    for index, block in enumerate(order):
        rows[index + 1 :, block] = True
    return rows


def assert_as_in_every_order(profile):
    tensors, least = BlockTensors(profile), BlockTensors(profile).least_live_bytes()
    for order in every_order(block_dag(profile)):
        other, done = reordered(profile, order), done_before(order)
        assert tensors.crossing_bytes(done).tolist() == [cut.n_bytes for cut in other.cuts]
        for index, block in enumerate(order):
            live = tensors.live_bytes(block, done[index : index + 1])
            assert live.tolist() == [other.blocks[index].peak_live_bytes]
            assert least[block] <= live[0]


@pytest.mark.parametrize("seed", range(60))
def test_sets_of_blocks_have_what_every_order_says_of_its_boundaries(seed):
    assert_as_in_every_order(random_branching(seed))


@pytest.mark.parametrize("model", [Branches, InPlace, TupleOutput])
def test_captured_models_too(model):
    graph = captured(model).graph
    borders = sorted({0, len(graph.ops), *range(0, len(graph.ops), 2)})
    assert_as_in_every_order(make_profile(graph, borders, [1.0] * (len(borders) - 1)))


def test_an_input_that_nothing_reads_is_live_for_one_operator_only():
    graph = diamond().graph
    extra = graph.tensors[0].model_copy(update={"name": "unread", "storage": "unread"})
    content = graph.model_dump()
    content["inputs"] = ("unread", "x")
    content["tensors"] = (extra.model_dump(), *content["tensors"])
    graph = ModelGraph.model_validate(content)
    profile = make_profile(graph, range(6), [1.0] * 5)
    assert profile.blocks[0].peak_live_bytes == diamond().blocks[0].peak_live_bytes + 4
    assert profile.cuts[0].tensors == ("x",)
    assert_as_in_every_order(profile)


def test_the_least_live_bytes_of_a_block_by_hand():
    """left1 reads t of 8 bytes and writes 30; what passes by does not count."""
    assert BlockTensors(diamond()).least_live_bytes().tolist() == [12, 38, 40, 28, 32]
