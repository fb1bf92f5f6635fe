import weakref

import pytest

from profiler.devices.fake import FakeDevice
from profiler.measure import Part, time_blocks, timing
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
    return [
        Part(FakeBlock(device, column), (names[i],), (names[i + 1],))
        for i, column in enumerate(times_s)
    ]


def whole_of(device, times_s):
    return Part(FakeBlock(device, times_s), ("x",), ("out",))


def rounds(n):
    return Rounds(least=n, most=n, budget_s=1e9)


def test_blocks_get_their_medians_and_percentiles_over_the_rounds_after_the_warm_up():
    device = FakeDevice()
    warm_up = [100.0] * WARM_UP
    blocks = chain_of(device, [*warm_up, 1, 5, 3], [*warm_up, 10, 10, 40])
    whole = whole_of(device, [*warm_up, 8, 26, 20])
    result = time_blocks(blocks, whole, {"x": Value()}, device=device, rounds=rounds(3))
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


def test_noise_is_the_difference_between_the_odd_and_the_even_rounds_of_the_whole():
    device = FakeDevice()
    blocks = chain_of(device, [1.0] * 7)
    whole = whole_of(device, [1.0] * WARM_UP + [10, 12, 10, 12])
    result = time_blocks(blocks, whole, {"x": Value()}, device=device, rounds=rounds(4))
    assert result.whole.noise == pytest.approx(2 / 11)


def test_one_round_has_no_noise():
    device = FakeDevice()
    result = time_blocks(
        chain_of(device, [1.0] * 4),
        whole_of(device, [2.0] * 4),
        {"x": Value()},
        device=device,
        rounds=rounds(1),
    )
    assert result.whole.noise == 0
    assert result.whole.blocks_over_whole == 0.5


def test_rounds_end_with_the_budget_but_not_before_the_least_of_them():
    def count(least, budget_s):
        device = FakeDevice()
        result = time_blocks(
            chain_of(device, [100.0] * WARM_UP + [1.0] * 20),
            whole_of(device, [100.0] * WARM_UP + [1.0] * 20),
            {"x": Value()},
            device=device,
            rounds=Rounds(least=least, most=20, budget_s=budget_s),
        )
        return result.whole.latency.n

    assert count(least=2, budget_s=9.0) == 5  # the fifth round of two seconds exceeds nine
    assert count(least=8, budget_s=9.0) == 8
    assert count(least=2, budget_s=1e9) == 20


def test_progress_counts_the_rounds_that_count():
    device = FakeDevice()
    told = []
    time_blocks(
        chain_of(device, [1.0] * 5),
        whole_of(device, [1.0] * 5),
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
        blocks, whole_of(device, [1.0] * 4), {"x": Value()}, device=device, rounds=rounds(1)
    )
    assert list(seen) == ["a+skip+spare", "b", "c", "d"]


def test_the_sample_input_is_given_again_in_every_round():
    device = FakeDevice()
    given = Value()
    read = []
    block = Part(FakeBlock(device, [1.0] * 5, watch=read.extend), ("x",), ("out",))
    time_blocks([block], whole_of(device, [1.0] * 5), {"x": given}, device=device, rounds=rounds(2))
    assert read == [given] * 5


def test_a_timing_is_the_median_with_the_tenth_and_the_ninetieth_percentile():
    result = timing([float(i) for i in range(11)])
    assert (result.median_s, result.p10_s, result.p90_s, result.n) == (5, 1, 9, 11)


def test_samples_are_kept_in_their_order_to_the_nanosecond():
    result = timing([0.00312345678912, 0.001, 0.002])
    assert result.samples_s == (0.003123457, 0.001, 0.002)
