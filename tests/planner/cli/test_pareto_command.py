"""`partway pareto`: the front as table and picture, and what cannot be written."""

import csv
import re
from pathlib import Path

import pytest
from matplotlib.figure import Figure

from planner.cli.pictures import picture_of, write_with_picture
from planner.files import write_record
from tests.planner.cli.conftest import TWO_NODES, assert_one_error
from tests.planner.test_records import two_block_profile


@pytest.fixture
def pareto(partway, tmp_path):
    """Fronts of a profile of two blocks on two nodes."""
    write_record(tmp_path / "profile.json", two_block_profile())
    (tmp_path / "cluster.yaml").write_text(TWO_NODES)
    inputs = (tmp_path / "profile.json", "-c", tmp_path / "cluster.yaml")

    def run(*words):
        return partway("pareto", *inputs, *words)

    return run


def test_a_front_is_printed_and_written_with_its_picture(pareto, tmp_path):
    output = tmp_path / "made" / "front.csv"
    status, out, err = pareto("--against", "throughput", "-o", output)
    assert status == 0, err
    assert re.search("^complete; by ", out, re.MULTILINE)
    with output.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows
    assert output.with_suffix(".png").read_bytes().startswith(b"\x89PNG")
    assert err.count("wrote ") == 2


def test_without_an_output_nothing_is_written(pareto, tmp_path):
    before = set(tmp_path.rglob("*"))
    assert pareto("--against", "throughput")[0] == 0
    assert set(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    ("table", "picture"), [("front.csv", "front.png"), ("front.v2", "front.v2.png")]
)
def test_the_picture_of_a_table_is_named_after_it(table, picture):
    assert picture_of(Path("made") / table) == Path("made") / picture


def test_where_the_picture_fails_no_table_is_written(tmp_path):
    class Unable(Figure):
        def savefig(self, *_, **__):
            raise OSError("no space left")

    (tmp_path / "front.csv").write_text("old")
    with pytest.raises(OSError, match="no space"):
        write_with_picture(tmp_path / "front.csv", "new", Unable())
    assert [path.name for path in tmp_path.iterdir()] == ["front.csv"]
    assert (tmp_path / "front.csv").read_text() == "old"


@pytest.mark.parametrize("taken", [".", "/"])
def test_a_folder_is_no_csv_file(pareto, taken):
    assert_one_error(pareto("--against", "throughput", "-o", taken), "it is a folder")


def test_a_csv_file_that_is_named_like_its_picture_is_one_error(pareto, tmp_path):
    outcome = pareto("--against", "throughput", "-o", tmp_path / "front.png")
    assert_one_error(outcome, "front.png", "Name the CSV file")
    assert not (tmp_path / "front.png").exists()


def test_a_folder_in_the_picture_s_place_is_one_error_before_anything_is_written(pareto, tmp_path):
    (tmp_path / "front.png").mkdir()
    outcome = pareto("--against", "throughput", "-o", tmp_path / "front.csv")
    assert_one_error(outcome, f"cannot write {tmp_path / 'front.png'}", "folder")
    assert not (tmp_path / "front.csv").exists()
