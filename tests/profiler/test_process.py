import mmap
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
    hold_mapped(Path("/nowhere/at/all"))
