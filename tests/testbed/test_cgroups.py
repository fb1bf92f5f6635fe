"""Control groups of both versions on fake trees; the real ones are in test_testbed.py."""

import os
import subprocess
import sys

import pytest

from experiments.testbed import TestbedError
from experiments.testbed.cgroups import groups
from experiments.testbed.cgroups.groups import (
    group_name,
    make_group,
    memory_refusal,
    remove_group,
    sweep,
)
from experiments.testbed.cgroups.mounts import CgroupMounts, find_mounts
from experiments.testbed.cgroups.quota import quota_of

V1_LINES = """\
33 24 0:28 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:9 - cgroup cgroup rw,cpu,cpuacct
34 24 0:29 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
35 24 0:30 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
36 24 0:31 / /proc rw - proc proc rw
"""


@pytest.fixture
def v1(tmp_path):
    """Separate memory and cpu hierarchies."""
    for name in ("memory", "cpu"):
        (tmp_path / name).mkdir()
    return CgroupMounts(v1={"memory": tmp_path / "memory", "cpu": tmp_path / "cpu"})


@pytest.fixture
def v2(tmp_path):
    """A unified hierarchy with both controllers."""
    (tmp_path / "cgroup.controllers").write_text("cpuset cpu io memory pids\n")
    return CgroupMounts(v2=tmp_path)


def test_mounts_are_found_by_controller():
    mounts = find_mounts(V1_LINES)
    assert str(mounts.v1["memory"]) == "/sys/fs/cgroup/memory"
    assert mounts.v1["cpu"] == mounts.v1["cpuacct"]
    assert str(mounts.v2) == "/sys/fs/cgroup/unified"


def test_memory_is_capped_with_its_swap_in_version_1(v1):
    group = make_group(v1, "node", with_cpu=True)
    with_swap = group.memory / "memory.memsw.limit_in_bytes"
    with_swap.write_text("9223372036854771712\n")
    group.set_memory(10**8)
    limit = group.memory / "memory.limit_in_bytes"
    assert limit.read_text() == with_swap.read_text() == "100000000"


def test_the_order_of_writing_keeps_swap_above_memory_in_version_1(v1, monkeypatch):
    group = make_group(v1, "node", with_cpu=False)
    (group.memory / "memory.memsw.limit_in_bytes").write_text("5000000")
    written = []
    monkeypatch.setattr(
        "experiments.testbed.cgroups.v1.write", lambda path, text: written.append(path.name)
    )
    group.set_memory(9_000_000)
    group.set_memory(4_000_000)
    limits = [name for name in written if "limit" in name]
    raised, lowered = limits[:2], limits[2:]
    assert raised == ["memory.memsw.limit_in_bytes", "memory.limit_in_bytes"]
    assert lowered == ["memory.limit_in_bytes", "memory.memsw.limit_in_bytes"]


def test_without_swap_accounting_version_1_asks_not_to_swap(v1):
    group = make_group(v1, "node", with_cpu=False)
    (group.memory / "memory.limit_in_bytes").write_text("9223372036854771712\n")
    group.set_memory(10**8)
    assert (group.memory / "memory.swappiness").read_text() == "0"


def test_a_quota_is_set_in_version_1(v1):
    group = make_group(v1, "node", with_cpu=True)
    group.set_cpus(0.5)
    assert (group.cpu / "cpu.cfs_quota_us").read_text() == "2500"
    assert (group.cpu / "cpu.cfs_period_us").read_text() == "5000"


def test_kills_and_peak_are_read_in_version_1(v1):
    group = make_group(v1, "node", with_cpu=False)
    (group.memory / "memory.oom_control").write_text(
        "oom_kill_disable 0\nunder_oom 0\noom_kill 3\n"
    )
    (group.memory / "memory.max_usage_in_bytes").write_text("12345\n")
    assert (group.oom_kills(), group.peak_bytes()) == (3, 12345)


def test_version_2_enables_its_controllers_and_has_one_folder(v2):
    group = make_group(v2, "node", with_cpu=True)
    assert (v2.v2 / "cgroup.subtree_control").read_text() == "+memory +cpu"
    assert group.folders == (v2.v2 / "node",)
    assert group.folder.is_dir()


def test_memory_is_capped_without_swap_in_version_2(v2):
    group = make_group(v2, "node", with_cpu=False)
    (group.folder / "memory.swap.max").write_text("max\n")
    group.set_memory(10**8)
    assert (group.folder / "memory.max").read_text() == "100000000"
    assert (group.folder / "memory.swap.max").read_text() == "0"


def test_a_quota_is_set_in_version_2(v2):
    group = make_group(v2, "node", with_cpu=True)
    group.set_cpus(0.25)
    assert (group.folder / "cpu.max").read_text() == "1250 5000"


def test_kills_and_peak_are_read_in_version_2(v2):
    group = make_group(v2, "node", with_cpu=False)
    events = "low 0\nhigh 0\nmax 12\noom 2\noom_kill 1\noom_group_kill 0\n"
    (group.folder / "memory.events").write_text(events)
    (group.folder / "memory.peak").write_text("777\n")
    assert (group.oom_kills(), group.peak_bytes()) == (1, 777)


def test_a_kernel_without_peaks_is_named(v2):
    group = make_group(v2, "node", with_cpu=False)
    with pytest.raises(TestbedError, match=r"memory\.peak is missing"):
        group.peak_bytes()


def test_what_is_not_mounted_is_named(tmp_path):
    assert "no memory controller" in memory_refusal(CgroupMounts())
    (tmp_path / "cgroup.controllers").write_text("cpu pids\n")
    only_cpu = CgroupMounts(v2=tmp_path)
    assert "no memory controller" in memory_refusal(only_cpu)
    with pytest.raises(TestbedError, match="no memory controller"):
        make_group(only_cpu, "node", with_cpu=False)


def test_quotas_need_a_cpu_controller(tmp_path):
    with pytest.raises(TestbedError, match="leave out CPU limits"):
        make_group(CgroupMounts(v1={"memory": tmp_path}), "node", with_cpu=True)
    (tmp_path / "cgroup.controllers").write_text("memory\n")
    with pytest.raises(TestbedError, match="leave out CPU limits"):
        make_group(CgroupMounts(v2=tmp_path), "node", with_cpu=True)


@pytest.mark.parametrize(
    ("cpus", "quota"),
    [
        (1.0, (5000, 5000)),
        (0.3, (1500, 5000)),
        (2.0, (10_000, 5000)),
        (0.1, (1000, 10_000)),  # the kernel takes no quota below 1 ms: the period grows
        (0.01, (1000, 100_000)),
    ],
)
def test_a_quota_is_its_part_of_the_period(cpus, quota):
    assert quota_of(cpus) == quota


def dead_pid():
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        pass
    return process.pid


def test_groups_of_dead_drivers_are_swept_and_others_kept(v1):
    names = [group_name(dead_pid(), 7, 0), group_name(os.getpid(), 7, 0), "somebody-else"]
    for name in names:
        for root in v1.v1.values():
            (root / name).mkdir()
    sweep(v1)
    for root in v1.v1.values():
        assert sorted(path.name for path in root.iterdir()) == sorted(names[1:])


def test_a_group_that_cannot_be_made_in_one_hierarchy_leaves_nothing_in_the_other(v1):
    v1.v1["cpu"].rmdir()
    with pytest.raises(TestbedError, match="cannot make the group"):
        make_group(v1, "node", with_cpu=True)
    assert not list(v1.v1["memory"].iterdir())


def test_what_others_left_is_tried_once(v1, monkeypatch):
    left = v1.v1["memory"] / group_name(dead_pid(), 7, 0)
    left.mkdir()
    (left / "busy").touch()
    monkeypatch.setattr(groups.time, "sleep", lambda seconds: pytest.fail("it waits"))
    sweep(v1)
    assert left.exists()


def test_removal_kills_who_is_left(v1):
    """A fake folder cannot be removed while it has files, so it says that a process stays."""
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as process:
        folder = make_group(v1, "node", with_cpu=False).memory
        (folder / "cgroup.procs").write_text(f"{process.pid}\n0\n")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(groups, "_REMOVAL_S", 0.0)
            with pytest.raises(TestbedError, match="cannot be removed"):
                remove_group([folder])
        assert process.wait(20) == -9
