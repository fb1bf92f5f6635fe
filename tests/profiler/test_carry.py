"""A carried profile against factors worked out by hand."""

import math

import pytest
from pydantic import ValidationError

from planner import api
from planner.files import read_record, write_record
from profiler.carry import carry
from profiler.errors import SpeedError
from profiler.profile_records import Profile, Provenance, Timing
from profiler.speed_records import KernelTime, SpeedRecord, Work
from tests.planner.test_records import phone_and_server, timing, two_block_profile


def speed(seconds, **environment):
    """A dense kernel of 1,000 FLOPs and one that copies, which take the given seconds."""
    kernels = [
        KernelTime(name="dense", work=Work.ARITHMETIC, flops=1000, latency=timing(seconds[0])),
        KernelTime(name="copy", work=Work.MEMORY, flops=0, latency=timing(seconds[1])),
    ]
    given = two_block_profile().environment.model_copy(update=environment)
    return SpeedRecord(runtime="onnxruntime", kernels=kernels, environment=given)


HERE = speed((0.001, 0.010))
THERE = speed((0.002, 0.080), processor="q", threads=2)
"""Twice as long for arithmetic, eight times for memory: four times on geometric average."""


def test_all_times_grow_by_the_geometric_mean_of_the_factors():
    before = two_block_profile()
    after = carry(before, HERE, THERE)
    assert [b.latency.median_s for b in after.blocks] == pytest.approx([0.008, 0.016])
    assert after.whole.latency.median_s == pytest.approx(0.020)
    assert after.whole.blocks_over_whole == before.whole.blocks_over_whole
    assert after.carried.factor == pytest.approx(4.0)
    assert after.carried.kernels == pytest.approx({"dense": 2.0, "copy": 8.0})
    assert after.carried.error == pytest.approx(1.0)  # 8 is 100 % above 4, 2 is 50 % below
    assert (after.carried.processor, after.environment.processor) == ("p", "q")
    assert after.environment.threads == 2


def test_the_software_stays_that_of_the_profile():
    """What timed the kernels is in the speed files; the blocks ran on what was profiled."""
    ours = two_block_profile().environment
    there = speed((1, 1), packages={"numpy": "9"}, python="9", machine="n", device=ours.device)
    after = carry(two_block_profile(), HERE, there).environment
    assert (after.packages, after.python) == (ours.packages, ours.python)
    assert after.machine == "n"


def test_memory_and_graph_stay_and_times_are_marked_as_estimated():
    before = two_block_profile(provenance={"latency": "measured", "cuts": "computed"})
    after = carry(before, HERE, THERE)
    assert after.runtime == before.runtime
    assert after.graph == before.graph
    assert after.provenance["latency"] is Provenance.ESTIMATED
    assert after.provenance["whole"] is Provenance.ESTIMATED
    assert after.provenance["cuts"] is Provenance.COMPUTED


def test_by_work_a_block_grows_as_its_share_of_arithmetic_says():
    """1,000 FLOPs take 1 ms here: 1,000 of a block of 2 ms are half of it."""
    before = two_block_profile()
    blocks = [
        before.blocks[0].model_copy(update={"flops": 1000}),
        before.blocks[1].model_copy(update={"flops": 10**9}),
    ]
    after = carry(before.model_copy(update={"blocks": tuple(blocks)}), HERE, THERE, by_work=True)
    assert [b.latency.median_s for b in after.blocks] == pytest.approx(
        [0.002 * (0.5 * 2 + 0.5 * 8), 0.004 * 2]
    )
    assert after.carried.by_work


def test_samples_grow_with_their_median():
    before = two_block_profile()
    samples = Timing(median_s=0.002, p10_s=0.001, p90_s=0.003, n=2, samples_s=(0.001, 0.003))
    blocks = tuple(block.model_copy(update={"latency": samples}) for block in before.blocks)
    after = carry(before.model_copy(update={"blocks": blocks}), HERE, THERE)
    assert after.blocks[0].latency.samples_s == pytest.approx((0.004, 0.012))


def test_carrying_there_and_back_changes_nothing():
    there = carry(two_block_profile(), HERE, THERE)
    back = carry(there.model_copy(update={"carried": None}), THERE, HERE)
    for before, after in zip(two_block_profile().blocks, back.blocks, strict=True):
        assert math.isclose(before.latency.median_s, after.latency.median_s)


def test_a_carried_profile_is_read_back_and_old_ones_still_are(tmp_path):
    for profile in (carry(two_block_profile(), HERE, THERE), two_block_profile()):
        write_record(tmp_path / "p.json", profile)
        assert read_record(tmp_path / "p.json", Profile) == profile


@pytest.mark.parametrize(
    ("here", "there", "message"),
    [
        (speed((1, 1), processor="other"), THERE, "on the machine of the profile"),
        (speed((1, 1), threads=4), THERE, "on the machine of the profile"),
        (HERE, THERE.model_copy(update={"runtime": "numpy"}), "cannot be compared"),
        (HERE, THERE.model_copy(update={"kernels": THERE.kernels[:1]}), "cannot be compared"),
    ],
)
def test_records_that_do_not_belong_together_are_refused(here, there, message):
    with pytest.raises(SpeedError, match=message):
        carry(two_block_profile(), here, there)


@pytest.mark.parametrize(
    ("kernels", "message"),
    [
        ([(0.0, "dense", Work.ARITHMETIC, 1), (1, "copy", Work.MEMORY, 0)], "dense takes 0"),
        ([(1, "dense", Work.ARITHMETIC, 0), (1, "copy", Work.MEMORY, 0)], "dense has no FLOPs"),
        ([(1, "copy", Work.MEMORY, 0)], "none is bound by arithmetic"),
        ([(1, "dense", Work.ARITHMETIC, 1)], "none is bound by memory"),
        ([(1, "k", Work.ARITHMETIC, 1), (1, "k", Work.MEMORY, 0)], "several are named k"),
    ],
)
def test_kernels_that_no_factor_can_be_made_of_are_refused(kernels, message):
    with pytest.raises(ValidationError, match=message):
        SpeedRecord(
            runtime="numpy",
            kernels=[
                KernelTime(name=name, work=work, flops=flops, latency=timing(seconds))
                for seconds, name, work, flops in kernels
            ],
            environment=two_block_profile().environment,
        )


def with_blocks_of(seconds, whole_s=1.0):
    profile = two_block_profile()
    blocks = [block.model_copy(update={"latency": timing(seconds)}) for block in profile.blocks]
    whole = profile.whole.model_copy(update={"latency": timing(whole_s)})
    return profile.model_copy(update={"blocks": tuple(blocks), "whole": whole})


def test_blocks_of_no_time_at_all_are_refused():
    with pytest.raises(SpeedError, match="all blocks of two take 0 s"):
        carry(with_blocks_of(0.0), HERE, THERE)


@pytest.mark.parametrize("seconds", [(3e5, 1.0), (1.0, 3e5)], ids=["block", "whole"])
def test_times_that_a_profile_cannot_hold_are_refused(seconds):
    with pytest.raises(SpeedError, match=r"a time of 1.2e\+06 s, 4 times the measured one"):
        carry(with_blocks_of(*seconds), HERE, THERE)


def test_by_work_a_block_of_no_time_stays_one():
    profile = two_block_profile()
    blocks = (profile.blocks[0].model_copy(update={"latency": timing(0.0)}), profile.blocks[1])
    after = carry(profile.model_copy(update={"blocks": blocks}), HERE, THERE, by_work=True)
    assert after.blocks[0].latency.median_s == 0


def test_an_estimate_is_not_carried_again():
    once = carry(two_block_profile(), HERE, THERE)
    with pytest.raises(SpeedError, match="carried here from p already"):
        carry(once, HERE, THERE)


def test_a_plan_says_that_times_are_estimated_and_how_far_the_kernels_differ():
    document = api.plan(carry(two_block_profile(), HERE, THERE), phone_and_server(speed=2.0))
    said = document.provenance["block latency"]
    assert said.startswith("estimated for q, 2 thread(s), with an error that is not known (2 ")
    assert "differ by up to 100%): measured on p, 1 thread(s), and carried by 4" in said
