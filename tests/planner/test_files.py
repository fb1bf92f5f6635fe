from typing import Literal

import pytest
from pydantic import Field

from planner.errors import FileFormatError
from planner.files import read_record, replacing, sha256_of, stamp, write_record, write_text_atomic
from profiler.record import Record


class Inner(Record):
    count: int


class Sheet(Record):
    schema_: Literal["partway.sheet/1"] = Field(alias="schema", default="partway.sheet/1")
    inner: Inner


def test_a_record_is_read_back_as_it_was_written(tmp_path):
    path = tmp_path / "new" / "folder" / "sheet.json"
    write_record(path, Sheet(inner=Inner(count=3)))
    assert read_record(path, Sheet) == Sheet(inner=Inner(count=3))
    assert path.read_text().startswith('{\n  "schema": "partway.sheet/1",\n')
    assert path.read_text().endswith("}\n")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "Invalid JSON"),
        ("\x00\xff", "Invalid JSON"),
        ('{"schema": "partway.sheet/1", "inner": {"count": "many"}}', r"inner\.count: .*integer"),
        ('{"schema": "partway.sheet/1", "inner": {"count": 1}, "extra": 1}', "extra: Extra inputs"),
        ('{"schema": "partway.sheet/1"}', "inner: Field required"),
        ('{"schema": "partway.sheet/2", "inner": 3}', "'partway.sheet/2', expected"),
        ('{"inner": {"count": 1}}', "schema: is missing"),
        ('{"schema": "partway.sheet/1", "inner": 3, "a": 1, "b": 2}', "and 2 more"),
    ],
)
def test_a_malformed_file_is_refused_by_file_and_field(tmp_path, text, message):
    path = tmp_path / "sheet.json"
    path.write_text(text, encoding="latin-1")
    with pytest.raises(FileFormatError, match=f"sheet.json: .*{message}"):
        read_record(path, Sheet)


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    with pytest.raises(FileFormatError, match=r"none\.json: cannot be read: No such file"):
        read_record(tmp_path / "none.json", Sheet)
    with pytest.raises(FileFormatError, match="cannot be read"):
        read_record(tmp_path, Sheet)


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "sheet.json"
    write_text_atomic(path, "old")

    def fail_half_way():
        with replacing(path) as temporary:
            temporary.write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_half_way()
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("sheet.json", "old")]


def test_a_stamp_says_what_the_file_holds(tmp_path):
    path = tmp_path / "parts" / "a.bin"
    write_text_atomic(path, "abc")
    stamped = stamp(path, tmp_path)
    assert (stamped.path, stamped.n_bytes) == ("parts/a.bin", 3)
    assert stamped.sha256 == sha256_of(path)
    assert stamped.sha256.startswith("ba7816bf")


def test_a_file_that_is_replaced_stays_a_link_and_keeps_its_mode(tmp_path):
    target, link = tmp_path / "elsewhere" / "a.yaml", tmp_path / "a.yaml"
    target.parent.mkdir()
    target.write_text("old")
    target.chmod(0o640)
    link.symlink_to(target)
    write_text_atomic(link, "new")
    assert link.is_symlink()
    assert target.read_text() == "new"
    assert target.stat().st_mode & 0o777 == 0o640
    assert [path.name for path in target.parent.iterdir()] == ["a.yaml"]
