import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from profiler.measure import timing
from profiler.profile_records import Whole
from profiler.stage_start import even_spans, stage_start_s


@pytest.mark.parametrize(
    ("flops", "expected"),
    [
        ([], ()),
        ([5], ()),
        ([1, 9], ((0, 1), (1, 2))),
        ([4, 4, 4, 4, 4, 4], ((0, 2), (2, 4), (4, 6))),
        ([100, 1, 1, 1], ((0, 1), (1, 2), (2, 4))),
        ([1, 1, 1, 100], ((0, 2), (2, 3), (3, 4))),
        ([0, 0, 0], ((0, 1), (1, 2), (2, 3))),
    ],
)
def test_stages_have_about_equal_work_and_are_never_empty(flops, expected):
    assert even_spans(flops) == expected


@given(st.lists(st.integers(0, 10**12), max_size=12))
def test_stages_make_up_the_model(flops):
    spans = even_spans(flops)
    assert [k for start, stop in spans for k in range(start, stop)] == (
        list(range(len(flops))) if len(flops) > 1 else []
    )


@given(st.floats(0.01, 0.5), st.lists(st.floats(0.1, 10), min_size=3, max_size=9))
def test_a_start_that_every_stage_has_is_found(start_s, blocks_s):
    blocks = np.array(blocks_s)
    spans = ((0, 1), (1, 2), (2, len(blocks)))
    # Blocks by themselves take 1.3 times what they take in a stage.
    stages = np.array([start_s + blocks[a:b].sum() for a, b in spans])
    found = stage_start_s(
        stages, spans, blocks_s=1.3 * blocks, whole_s=start_s + float(blocks.sum())
    )
    assert found == pytest.approx(start_s)


def test_stages_that_take_no_longer_than_the_whole_have_no_start():
    blocks = np.array([1.0, 1.0])
    stages = np.array([0.9, 0.9])
    assert stage_start_s(stages, ((0, 1), (1, 2)), blocks_s=blocks, whole_s=2.0) == 0.0


def test_a_start_leaves_the_blocks_some_time():
    stages, blocks = np.array([1.0, 1.0]), np.array([1e-3, 1e-3])
    found = stage_start_s(stages, ((0, 1), (1, 2)), blocks_s=blocks, whole_s=0.8)
    assert found == pytest.approx(0.72)


@pytest.mark.parametrize("start_s", [2.0, 3.0])
def test_a_profile_whose_start_leaves_the_blocks_nothing_is_refused(start_s):
    with pytest.raises(ValidationError, match="must leave the blocks some time"):
        Whole(latency=timing([2.0]), blocks_over_whole=1.0, noise=0.0, stage_start_s=start_s)


def test_blocks_of_no_time_have_no_start_to_be_scaled_by():
    whole = Whole(latency=timing([0.0]), blocks_over_whole=1.0, noise=0.0)
    assert whole.blocks_over_rest == 1.0
