import pytest

from profiler.block_order import block_dag, op_order_of, reordered
from profiler.errors import OrderError
from profiler.liveness import crossing_tensors, live_bytes
from profiler.op_order import graph_in_order
from profiler.profile_records import Profile, Provenance
from tests.profiler.branching import diamond, every_order, random_branching, straight
from tests.profiler.models import Branches, SmallCnn, captured


def test_a_block_depends_on_the_blocks_whose_tensors_it_reads():
    dag = block_dag(diamond())
    assert dag.before == ((), (0,), (1,), (0,), (2, 3))
    assert dag.after == ((1, 3), (2,), (4,), (4,), ())
    assert not dag.is_chain


def test_a_model_without_branches_is_a_chain():
    assert block_dag(straight(3)).is_chain
    assert list(every_order(block_dag(straight(3)))) == [(0, 1, 2)]


def test_a_chain_is_what_has_one_order():
    for seed in range(100):
        dag = block_dag(random_branching(seed))
        assert dag.is_chain == (len(list(every_order(dag))) == 1)


def test_the_program_order_gives_the_very_profile():
    profile = diamond()
    assert reordered(profile, range(5)) is profile
    assert op_order_of(profile, range(5)) == ()


def test_the_right_branch_first_by_hand():
    """x top right left1 left2 join: the large result of the right branch is carried along."""
    profile = reordered(diamond(), (0, 3, 1, 2, 4))
    assert [block.name for block in profile.blocks] == [
        "block0", "block3", "block1", "block2", "block4",
    ]  # fmt: skip
    assert [cut.tensors for cut in profile.cuts] == [
        ("x",), ("t",), ("t", "r"), ("r", "l1"), ("r", "l2"), ("y",),
    ]  # fmt: skip
    assert [cut.n_bytes for cut in profile.cuts] == [4, 8, 28, 50, 30, 2]
    assert [block.peak_live_bytes for block in profile.blocks] == [12, 28, 58, 60, 32]
    assert [block.latency.median_s for block in profile.blocks] == [1.0, 4.0, 2.0, 3.0, 5.0]
    assert [(weight.name, weight.blocks) for weight in profile.shared] == [("shared", (0, 1, 3))]
    assert op_order_of(diamond(), (0, 3, 1, 2, 4)) == (0, 3, 1, 2, 4)


def test_hand_cuts_stay_only_where_the_same_operators_are_before_them():
    assert diamond().stage_positions == (0, 1, 3, 4, 5)
    assert reordered(diamond(), (0, 3, 1, 2, 4)).stage_positions == (0, 1, 4, 5)


def test_in_another_order_latencies_count_as_estimated_and_nothing_else_changes_its_origin():
    profile = reordered(diamond(), (0, 3, 1, 2, 4))
    assert diamond().provenance["latency"] is Provenance.MEASURED
    assert profile.provenance == {"latency": Provenance.ESTIMATED, "cuts": Provenance.COMPUTED}
    assert profile.whole == diamond().whole


@pytest.mark.parametrize(
    ("order", "message"),
    [
        ((0, 2, 1, 3, 4), r"block 2 \(block2\) before block 1 \(block1\)"),
        ((0, 1, 2, 3), "not the 5 blocks of diamond"),
        ((0, 1, 1, 3, 4), "not the 5 blocks of diamond"),
    ],
)
def test_an_order_in_which_the_model_cannot_run_is_refused(order, message):
    with pytest.raises(OrderError, match=message):
        reordered(diamond(), order)


@pytest.mark.parametrize("order", [(0, 0, 1, 2, 3), (1, 2, 3, 4)])
def test_an_order_that_is_not_every_operator_once_is_refused(order):
    with pytest.raises(OrderError, match="are not the 5 operators of diamond, each once"):
        graph_in_order(diamond().graph, order)


def test_an_operator_before_what_it_reads_is_refused():
    with pytest.raises(OrderError, match="runs left2 before l1 is made"):
        graph_in_order(diamond().graph, (0, 2, 1, 3, 4))


@pytest.mark.parametrize("seed", range(30))
def test_every_order_of_random_models_is_a_valid_profile_that_agrees_with_its_graph(seed):
    profile = random_branching(seed)
    for order in every_order(block_dag(profile)):
        other = reordered(profile, order)
        assert Profile.model_validate_json(other.model_dump_json(by_alias=True)) == other
        crossing, live = crossing_tensors(other.graph), live_bytes(other.graph)
        assert [cut.tensors for cut in other.cuts] == [crossing[cut.position] for cut in other.cuts]
        for block in other.blocks:
            assert block.peak_live_bytes == max(live[block.op_start : block.op_stop])
        assert (other.graph.digest == profile.graph.digest) == (order == tuple(sorted(order)))
        for index, block in enumerate(order):
            old, new = profile.blocks[block], other.blocks[index]
            assert (
                other.graph.ops[new.op_start : new.op_stop]
                == (profile.graph.ops[old.op_start : old.op_stop])
            )


@pytest.mark.parametrize("seed", range(30))
def test_there_and_back_is_the_profile_again(seed):
    """All but the origin of the latencies, and hand cuts that the other order did not have."""
    profile = random_branching(seed)
    *_, order = every_order(block_dag(profile))
    back = tuple(order.index(block) for block in range(len(order)))
    again = reordered(reordered(profile, order), back)
    same = {"provenance": profile.provenance, "stage_positions": profile.stage_positions}
    assert again.model_copy(update=same) == profile
    assert set(again.stage_positions) <= set(profile.stage_positions)


@pytest.mark.parametrize("seed", range(30))
def test_what_crosses_a_boundary_depends_only_on_the_blocks_before_it(seed):
    profile = random_branching(seed)
    seen: dict[frozenset[int], frozenset[str]] = {}
    for order in every_order(block_dag(profile)):
        for index, cut in enumerate(reordered(profile, order).cuts):
            done = frozenset(order[:index])
            assert seen.setdefault(done, frozenset(cut.tensors)) == frozenset(cut.tensors)


def test_a_capture_in_another_order_describes_its_own_nodes():
    whole = captured(Branches)
    names = [op.name for op in whole.graph.ops]
    late = names.index("max_pool2d")
    order = (0, 1, late, *(i for i in range(len(names)) if i not in (0, 1, late)))
    other = whole.in_order(order)
    assert [group[0].name for group in other.nodes] == [op.name for op in other.graph.ops]
    assert other.graph == graph_in_order(whole.graph, order)
    assert other.graph.digest != whole.graph.digest
    assert captured(SmallCnn).in_order(range(9)).graph.digest == captured(SmallCnn).graph.digest
