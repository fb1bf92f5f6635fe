import pytest

from experiments.rows import RowFile, read_rows, rows_of
from profiler.record import Record


class Trial(Record):
    name: str
    visit: int
    seconds: float | None = None
    note: str = ""


FIRST = Trial(name="a, b", visit=0, seconds=0.25)
FAILED = Trial(name="c", visit=1, note='it said "no"')


def trials(path):
    return RowFile(path, Trial, key=("name", "visit"))


def test_rows_come_back_as_they_were_written(tmp_path):
    file = trials(tmp_path / "rows.csv")
    file.append(FIRST)
    file.append(FAILED)
    assert read_rows(file.path, Trial) == [FIRST, FAILED]


def test_a_run_that_is_taken_up_again_knows_what_is_there(tmp_path):
    trials(tmp_path / "rows.csv").append(FIRST)
    again = trials(tmp_path / "rows.csv")
    assert ("a, b", 0) in again
    assert ("a, b", 1) not in again
    again.append(FAILED)
    assert len(read_rows(again.path, Trial)) == 2


def test_half_a_line_that_a_killed_run_left_is_dropped(tmp_path):
    path = tmp_path / "rows.csv"
    trials(path).append(FIRST)
    with path.open("a") as file:
        file.write("c,1,0.")
    again = trials(path)
    assert again.rows == [FIRST]
    again.append(FAILED)
    assert read_rows(path, Trial) == [FIRST, FAILED]


def test_a_file_of_another_experiment_is_left_alone(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("something,else\n1,2\n")
    with pytest.raises(ValueError, match="other columns"):
        trials(path)
    assert path.read_text() == "something,else\n1,2\n"


def test_a_row_that_was_cut_off_within_a_message_of_several_lines_is_dropped(tmp_path):
    path = tmp_path / "rows.csv"
    file = trials(path)
    file.append(FIRST)
    file.append(Trial(name="c", visit=1, note="one\ntwo\nthree"))
    content = path.read_bytes()
    for end in range(content.index(b"one"), len(content)):
        path.write_bytes(content[:end])
        assert read_rows(path, Trial) == [FIRST]


def test_messages_are_kept_on_one_line_whatever_they_call_its_end(tmp_path):
    file = trials(tmp_path / "rows.csv")
    for visit, end in enumerate(("\n", "\r\n", "\r", "\u2028", "\x85")):
        file.append(Trial(name="c", visit=visit, note=f"one{end}two"))
    assert [row.note for row in trials(file.path).rows] == ["one two"] * 5


def test_ends_of_lines_within_an_older_file_do_not_stop_it_from_being_read(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("name,visit,seconds,note\nc,1,,one\u2028two\n", encoding="utf-8")
    assert trials(path).rows == [Trial(name="c", visit=1, note="one\u2028two")]


def test_a_line_that_was_cut_off_within_a_character_is_dropped(tmp_path):
    path = tmp_path / "rows.csv"
    trials(path).append(FIRST)
    with path.open("ab") as file:
        file.write("c,1,,τ".encode()[:-1])
    assert trials(path).rows == [FIRST]


def test_half_of_the_first_row_does_not_stay_before_the_next_one(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("name,visit,seconds,note\nc,1,0.")
    trials(path).append(FIRST)
    assert read_rows(path, Trial) == [FIRST]


def test_rows_in_memory_are_as_they_will_be_read(tmp_path):
    file = trials(tmp_path / "rows.csv")
    file.append(Trial(name="c", visit=1, seconds=1 / 3))
    assert file.rows == read_rows(file.path, Trial)


def test_a_folder_without_rows_is_refused_by_what_is_missing(tmp_path):
    with pytest.raises(SystemExit, match="is missing: name a folder"):
        rows_of(tmp_path, Trial)
    path = tmp_path / "rows.csv"
    path.write_text("name,visit,seconds,note\n")
    with pytest.raises(SystemExit, match="no rows"):
        rows_of(tmp_path, Trial)
    for text in ("something,else\n1,2\n", "name,visit,seconds,note\nc,first,,\n"):
        path.write_text(text)
        with pytest.raises(SystemExit, match=r"rows.csv: "):
            rows_of(tmp_path, Trial)


def test_a_folder_with_rows_gives_them(tmp_path):
    trials(tmp_path / "rows.csv").append(FIRST)
    assert rows_of(tmp_path, Trial) == [FIRST]
