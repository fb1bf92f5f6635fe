import weakref

import pytest

from profiler.block_timer import BlocksInSequence, Part
from profiler.devices.fake import FakeDevice
from profiler.measure import Forms, Stages, time_blocks, timing
from profiler.precision import noise_of
from profiler.profile_options import Rounds

WARM_UP = 3


class Value:
    """A tensor that can be watched."""


class FakeBlock:
    """Takes the next of its times; returns new values."""

    def __init__(self, device, times_s, n_outputs=1, watch=lambda inputs: None):
        self._device = device
        self._times_s = iter(times_s)
        self._n_outputs = n_outputs
        self._watch = watch

    def run(self, inputs):
        self._watch(inputs)
        self._device.pass_s(next(self._times_s))
        return [Value() for _ in range(self._n_outputs)]


def chain_of(device, *times_s):
    """Blocks x ─> t0 ─> t1 … that take the given times per round."""
    names = ["x", *(f"t{i}" for i in range(len(times_s)))]
    blocks = [
        Part(FakeBlock(device, column), (names[i],), (names[i + 1],))
        for i, column in enumerate(times_s)
    ]
    return in_sequence(device, blocks)


def in_sequence(device, blocks, given=None):
    return BlocksInSequence(blocks, {"x": given or Value()}, device)


def whole_of(device, times_s):
    return Part(FakeBlock(device, times_s), ("x",), ("out",))


def rounds(n, *, floor=0, rest_s=0.0):
    """So many rounds; without a floor unless one is asked for, so that times begin with rounds."""
    return Rounds(least=n, most=n, budget_s=1e9, floor=floor, rest_s=rest_s)


def test_blocks_get_their_medians_and_percentiles_over_the_rounds_after_the_warm_up():
    device = FakeDevice()
    warm_up = [100.0] * WARM_UP
    blocks = chain_of(device, [*warm_up, 1, 5, 3], [*warm_up, 10, 10, 40])
    whole = whole_of(device, [*warm_up, 8, 26, 20])
    result = time_blocks(Forms(blocks, whole), {"x": Value()}, device=device, rounds=rounds(3))
    assert [t.median_s for t in result.blocks] == [3, 10]
    assert [(t.p10_s, t.p90_s) for t in result.blocks] == [
        pytest.approx((1.4, 4.6)),
        pytest.approx((10, 34)),
    ]
    assert [t.n for t in (*result.blocks, result.whole.latency)] == [3, 3, 3]
    assert result.whole.latency.median_s == 20
    assert [t.samples_s for t in result.blocks] == [(1, 5, 3), (10, 10, 40)]
    assert result.whole.latency.samples_s == (8, 26, 20)
    assert result.whole.blocks_over_whole == pytest.approx(13 / 20)


def test_the_floor_comes_first_and_alternates_rested_with_busy_runs():
    """Rested runs take 12, busy ones 10: a factor of 1.2, and no noise of A against A."""
    device = FakeDevice()
    result = time_blocks(
        Forms(
            chain_of(device, [1.0] * 4),
            whole_of(device, [100.0] * 2 * WARM_UP + [12.0, 10.0] * 4 + [20.0] * 4),
        ),
        {"x": Value()},
        device=device,
        rounds=rounds(1, floor=4),
    )
    assert result.whole.noise == 0
    assert result.whole.rest_factor == pytest.approx(1.2)
    assert result.whole.latency.median_s == 20


def test_a_floor_that_varies_is_noise():
    device = FakeDevice()
    rested = [10.0, 11.0, 12.0, 10.0]
    floor = [time for time in rested for time in (time, 5.0)]
    result = time_blocks(
        Forms(
            chain_of(device, [1.0] * 4), whole_of(device, [9.0] * 2 * WARM_UP + floor + [20.0] * 4)
        ),
        {"x": Value()},
        device=device,
        rounds=rounds(1, floor=4),
    )
    assert result.whole.noise == noise_of(rested) > 0


def end_of_floor_s(budget_s, floor):
    """When the floor ends, where every run of the blocks and of the whole takes a second."""
    device = FakeDevice()
    told = []
    time_blocks(
        Forms(chain_of(device, [1.0] * 100), whole_of(device, [1.0] * 100)),
        {"x": Value()},
        device=device,
        rounds=Rounds(least=1, most=1, budget_s=budget_s, floor=floor, rest_s=0.0),
        on_round=lambda done, most: told.append(device.now_s()),
    )
    return told[0] - 2  # the first round is over


def test_the_floor_ends_with_its_share_of_the_budget():
    """Pairs of two seconds: after the warm-up of 6 s, the sixth is the first beyond 17 s of 68."""
    assert end_of_floor_s(budget_s=68.0, floor=40) == 2 * (WARM_UP + 6)


def test_the_floor_has_four_pairs_whatever_the_budget():
    assert end_of_floor_s(budget_s=4.0, floor=40) == 2 * (WARM_UP + 4)


def test_the_floor_has_no_more_runs_than_asked_for():
    assert end_of_floor_s(budget_s=1e9, floor=9) == 2 * (WARM_UP + 9)


def test_every_timed_run_of_blocks_and_whole_comes_after_a_rest_that_is_not_timed():
    device = FakeDevice()
    starts = []
    blocks = [
        Part(
            FakeBlock(device, [1.0] * 5, watch=lambda _: starts.append(device.now_s())),
            ("x",),
            ("y",),
        )
    ]
    result = time_blocks(
        Forms(in_sequence(device, blocks), whole_of(device, [2.0] * 5)),
        {"x": Value()},
        device=device,
        rounds=rounds(2, rest_s=0.5),
    )
    assert starts == [0.5, 4.5, 8.5, 12.5, 16.5]
    assert result.blocks[0].median_s == 1
    assert result.whole.latency.median_s == 2
    assert result.whole.rest_s == 0.5


def test_what_the_rounds_bought_is_told():
    """Six rounds: the interval at 95 % is from the least to the greatest."""
    device = FakeDevice()
    warm_up = [1.0] * WARM_UP
    result = time_blocks(
        Forms(
            chain_of(device, [*warm_up, 1, 1, 1, 1, 1, 3], [*warm_up, 1, 1, 1, 1, 1, 1]),
            whole_of(device, [*warm_up, 10, 10, 11, 11, 12, 13]),
        ),
        {"x": Value()},
        device=device,
        rounds=rounds(6),
    )
    bought = result.whole.precision
    assert bought.confidence == 0.95
    assert bought.whole == pytest.approx(2 / 11)
    assert bought.worst_block_share == pytest.approx(0.25)  # 3/4 of the last round, else 1/2
    assert bought.spent_s == pytest.approx(WARM_UP * 3 + 14 + 67)


def test_one_round_is_enough_to_go_on():
    device = FakeDevice()
    result = time_blocks(
        Forms(chain_of(device, [1.0] * 4), whole_of(device, [2.0] * 4)),
        {"x": Value()},
        device=device,
        rounds=rounds(1),
    )
    assert (result.whole.noise, result.whole.rest_factor) == (0, 1)
    assert result.whole.blocks_over_whole == 0.5


def test_rounds_end_with_the_budget_but_not_before_the_least_of_them():
    def count(least, budget_s):
        device = FakeDevice()
        result = time_blocks(
            Forms(
                chain_of(device, [1.0] * WARM_UP + [1.0] * 20),
                whole_of(device, [1.0] * WARM_UP + [1.0] * 20),
            ),
            {"x": Value()},
            device=device,
            rounds=Rounds(least=least, most=20, budget_s=budget_s, floor=0, rest_s=0.0),
        )
        return result.whole.latency.n

    assert count(least=2, budget_s=17.0) == 5  # 3 + 5 rounds of two seconds; a ninth is too long
    assert count(least=8, budget_s=17.0) == 8
    assert count(least=2, budget_s=1e9) == 20


def test_progress_counts_the_rounds_that_count():
    device = FakeDevice()
    told = []
    time_blocks(
        Forms(chain_of(device, [1.0] * 5), whole_of(device, [1.0] * 5)),
        {"x": Value()},
        device=device,
        rounds=rounds(2),
        on_round=lambda done, most: told.append((done, most)),
    )
    assert told == [(0, 2)] * WARM_UP + [(1, 2), (2, 2)]


def test_a_tensor_is_released_after_its_last_reader_and_not_before():
    """skip is made by the first block and read by the third; spare is read by nobody."""
    device = FakeDevice()
    alive = {}
    seen = {}

    def watch(name, expected):
        def note(inputs):
            seen.setdefault(name, {n for n, ref in alive.items() if ref() is not None})
            assert seen[name] == expected

        return note

    class Named(FakeBlock):
        def __init__(self, names, expected):
            super().__init__(device, [1.0] * 9, len(names), watch("+".join(names), expected))
            self._names = names

        def run(self, inputs):
            outputs = super().run(inputs)
            alive.update(zip(self._names, map(weakref.ref, outputs), strict=True))
            return outputs

    blocks = [
        Part(Named(("a", "skip", "spare"), set()), ("x",), ("a", "skip", "spare")),
        Part(Named(("b",), {"a", "skip"}), ("a",), ("b",)),
        Part(Named(("c",), {"skip", "b"}), ("b", "skip"), ("c",)),
        Part(Named(("d",), {"c"}), ("c", "x"), ("d",)),
    ]
    time_blocks(
        Forms(in_sequence(device, blocks), whole_of(device, [1.0] * 4)),
        {"x": Value()},
        device=device,
        rounds=rounds(1),
    )
    assert list(seen) == ["a+skip+spare", "b", "c", "d"]


def test_the_sample_input_is_given_again_in_every_round():
    device = FakeDevice()
    given = Value()
    read = []
    block = Part(FakeBlock(device, [1.0] * 5, watch=read.extend), ("x",), ("out",))
    time_blocks(
        Forms(in_sequence(device, [block], given), whole_of(device, [1.0] * 5)),
        {"x": given},
        device=device,
        rounds=rounds(2),
    )
    assert read == [given] * 5


def test_a_timing_is_the_median_with_the_tenth_and_the_ninetieth_percentile():
    result = timing([float(i) for i in range(11)])
    assert (result.median_s, result.p10_s, result.p90_s, result.n) == (5, 1, 9, 11)


def test_samples_are_kept_in_their_order_to_the_nanosecond():
    result = timing([0.00312345678912, 0.001, 0.002])
    assert result.samples_s == (0.003123457, 0.001, 0.002)


def test_what_a_stage_takes_beyond_its_blocks_is_told():
    device = FakeDevice()
    blocks = chain_of(device, [1.0] * 6, [2.0] * 6, [3.0] * 6)
    # Each start takes 0.5; the blocks take 1.5, 3 and 4.5 in the stages, and in the whole.
    stages = Stages(chain_of(device, [2.0] * 6, [3.5] * 6, [5.0] * 6), ((0, 1), (1, 2), (2, 3)))
    forms = Forms(blocks, whole_of(device, [9.5] * 6), stages)
    whole = time_blocks(forms, {"x": Value()}, device=device, rounds=rounds(3)).whole
    assert whole.stage_start_s == pytest.approx(0.5)
    assert whole.blocks_over_rest == pytest.approx(6 / 9)


def test_blocks_are_rested_before_each_but_the_first():
    device = FakeDevice()
    parts = [Part(FakeBlock(device, [1.0]), (a,), (b,)) for a, b in (("x", "y"), ("y", "z"))]
    timer = BlocksInSequence(parts, {"x": Value()}, device, rest_s=4.0)
    timer.run()
    assert device.now_s() == 6.0
    assert timer.finish().times_s.tolist() == [[1.0, 1.0]]
