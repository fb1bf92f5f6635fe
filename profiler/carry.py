"""Carrying: a profile of one machine as an estimate for another, by kernels timed on both."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, fsum, log

from pydantic import ValidationError

from profiler.errors import SpeedError
from profiler.profile_records import BlockCost, Carried, Environment, Profile, Provenance, Timing
from profiler.speed_records import KernelTime, SpeedRecord, Work

_DIGITS = 9


def carry(
    profile: Profile, here: SpeedRecord, there: SpeedRecord, *, by_work: bool = False
) -> Profile:
    """The profile with every time multiplied by how much slower the other machine is.

    The factor is the geometric mean of the kernels' factors. By work, a block has one of its own:
    the share of its time that its FLOPs would take at the rate of the quickest kernel here grows
    with the arithmetic kernels, the rest with those that memory bounds:

        share = FLOPs / (latency · rate), at most 1
        factor = share · arithmetic + (1 - share) · memory

    Memory, software and everything that follows from the graph stay. It does not include that the
    other machine may run other kernels for the same operator, or hold more or less in its caches:
    how far the kernels' factors lie apart is told, the error of a model's times is not known.

    Source: Williams, Waterman and Patterson, "Roofline", CACM 52(4), 2009 (arithmetic or memory
    bounds a kernel); Fleming and Wallace, "How not to lie with statistics", CACM 29(3), 1986
    (ratios to a reference machine are averaged geometrically).

    Args:
        profile: measured.
        here: kernels on the machine of the profile.
        there: the same kernels on the other machine.
        by_work: whether blocks get a factor by their kind of work.

    Raises:
        SpeedError: the records do not belong together, the profile is an estimate already, or its
            times are too short or too long to be multiplied.
    """
    _check(profile, here, there)
    factors = _factors(here, there)
    factor = _geometric_mean(list(factors.values()))
    by_block = [factor] * len(profile.blocks)
    if by_work:
        by_block = _block_factors(profile, here, factors)
    before_s = fsum(block.latency.median_s for block in profile.blocks)
    blocks = tuple(_scaled(*pair) for pair in zip(profile.blocks, by_block, strict=True))
    after_s = fsum(block.latency.median_s for block in blocks)
    slower = after_s / before_s
    whole = profile.whole.model_copy(
        update={
            "latency": _times(profile.whole.latency, slower),
            "stage_start_s": profile.whole.stage_start_s * slower,
        }
    )
    carried = Carried(
        processor=profile.environment.processor,
        threads=profile.environment.threads,
        runtime=here.runtime,
        factor=factor,
        kernels=factors,
        error=max(abs(value / factor - 1) for value in factors.values()),
        by_work=by_work,
    )
    scaled = ("latency", "whole", "whole.stage_start_s")
    estimated = dict.fromkeys(scaled, Provenance.ESTIMATED)
    return profile.model_copy(
        update={
            "blocks": blocks,
            "whole": whole,
            "environment": _environment(profile, there),
            "provenance": profile.provenance | estimated,
            "carried": carried,
        }
    )


def _check(profile: Profile, here: SpeedRecord, there: SpeedRecord) -> None:
    if profile.carried is not None:
        raise SpeedError(
            f"the profile was carried here from {profile.carried.processor} already: carry the "
            "measured one"
        )
    if not any(block.latency.median_s for block in profile.blocks):
        raise SpeedError(
            f"all blocks of {profile.graph.model} take 0 s: profile it again, there is nothing to "
            "carry"
        )
    ours, theirs = profile.environment, here.environment
    if (ours.processor, ours.device, ours.threads) != (
        theirs.processor,
        theirs.device,
        theirs.threads,
    ):
        raise SpeedError(
            f"the profile is of {ours.processor} ({ours.device}, {ours.threads} threads), but its "
            f"kernels were timed on {theirs.processor} ({theirs.device}, {theirs.threads} "
            "threads): run `partway speed` on the machine of the profile with its threads"
        )
    if (here.runtime, _names(here)) != (there.runtime, _names(there)):
        raise SpeedError(
            f"kernels by {here.runtime} here and by {there.runtime} there, {_names(here)} and "
            f"{_names(there)}, cannot be compared: run one version of `partway speed` on both"
        )


def _environment(profile: Profile, there: SpeedRecord) -> Environment:
    """The other machine with the software that the profile was measured with."""
    ours = profile.environment
    software = {"packages": ours.packages, "python": ours.python, "allocator": ours.allocator}
    return there.environment.model_copy(update=software)


def _names(record: SpeedRecord) -> list[str]:
    return [kernel.name for kernel in record.kernels]


def _factors(here: SpeedRecord, there: SpeedRecord) -> dict[str, float]:
    """How many times longer each kernel takes there."""
    return {
        ours.name: theirs.latency.median_s / ours.latency.median_s
        for ours, theirs in zip(here.kernels, there.kernels, strict=True)
    }


def _block_factors(profile: Profile, here: SpeedRecord, factors: dict[str, float]) -> list[float]:
    arithmetic, memory = (
        _geometric_mean([factors[kernel.name] for kernel in here.kernels if kernel.work is work])
        for work in Work
    )
    rate = max(map(_flops_per_s, here.kernels))
    shares = [_share(block.flops, block.latency.median_s * rate) for block in profile.blocks]
    return [share * arithmetic + (1 - share) * memory for share in shares]


def _share(flops: int, most_flops: float) -> float:
    """Of a block's time that goes into arithmetic; most FLOPs are what it could do in that time."""
    return 1.0 if flops >= most_flops else flops / most_flops


def _flops_per_s(kernel: KernelTime) -> float:
    return kernel.flops / kernel.latency.median_s


def _geometric_mean(values: Sequence[float]) -> float:
    return exp(fsum(map(log, values)) / len(values))


def _scaled(block: BlockCost, factor: float) -> BlockCost:
    return block.model_copy(update={"latency": _times(block.latency, factor)})


def _times(timing: Timing, factor: float) -> Timing:
    try:
        return Timing(
            median_s=timing.median_s * factor,
            p10_s=timing.p10_s * factor,
            p90_s=timing.p90_s * factor,
            n=timing.n,
            samples_s=tuple(round(sample * factor, _DIGITS) for sample in timing.samples_s),
        )
    except ValidationError as error:
        longest_s = factor * max(timing.median_s, timing.p90_s, *timing.samples_s)
        raise SpeedError(
            f"a time of {longest_s:g} s, {factor:.3g} times the measured one, is more than a "
            "profile can hold: are both speed files right?"
        ) from error
