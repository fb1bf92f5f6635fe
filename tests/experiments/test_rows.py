import pytest

from experiments.rows import RowFile, read_rows
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
