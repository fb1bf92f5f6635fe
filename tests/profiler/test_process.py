import mmap
import subprocess
import sys
from pathlib import Path

import pytest

from profiler.process import anonymous_bytes, hold_mapped

MIB = 2**20

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="asks Linux for its memory")


def test_mapped_pages_become_memory_of_the_process(tmp_path):
    path = tmp_path / "weights with spaces.bin"
    path.write_bytes(b"w" * (8 * MIB))
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY) as mapped:
        before = anonymous_bytes()
        hold_mapped(path)
        assert anonymous_bytes() - before >= 8 * MIB
        assert mapped[:] == b"w" * (8 * MIB)
    assert path.read_bytes() == b"w" * (8 * MIB)


def test_what_cannot_be_written_stays_in_its_file(tmp_path):
    path = tmp_path / "weights.bin"
    path.write_bytes(b"w" * (8 * MIB))
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ):
        before = anonymous_bytes()
        hold_mapped(path)
        assert anonymous_bytes() - before < MIB


def test_a_file_that_is_not_mapped_is_none_of_its_business():
    before = anonymous_bytes()
    hold_mapped(Path("/nowhere/at/all"))
    assert anonymous_bytes() - before < MIB


def test_memory_that_was_given_back_counts_for_loading_though_files_are_mapped_later(tmp_path):
    """20 MiB are held for a while, and 30 MiB of a file read after that."""
    path = tmp_path / "library.so"
    path.write_bytes(b"l" * (30 * MIB))
    program = """
import mmap, sys, time
from profiler.process import LoadingPeak, anonymous_bytes
before = anonymous_bytes()
end_s = time.monotonic() + 30
with LoadingPeak() as peak:
    with mmap.mmap(-1, 20 << 20, flags=mmap.MAP_PRIVATE) as held:
        held.write(b"h" * (20 << 20))
        while peak.n_bytes < anonymous_bytes() and time.monotonic() < end_s:
            time.sleep(0.001)
    with open(sys.argv[1], "rb") as file:
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        sum(mapped[::4096])
print(peak.n_bytes - before >= 20 << 20, anonymous_bytes() - before < 5 << 20)
"""
    command = [sys.executable, "-c", program, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "True"]
