"""`partway pareto`: the front as table and picture, and what cannot be written."""

import csv

import pytest

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
    assert "complete" in out
    with output.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows
    assert output.with_suffix(".png").read_bytes().startswith(b"\x89PNG")
    assert err.count("wrote ") == 2


def test_without_an_output_nothing_is_written(pareto, tmp_path):
    before = set(tmp_path.rglob("*"))
    assert pareto("--against", "throughput")[0] == 0
    assert set(tmp_path.rglob("*")) == before


def test_a_csv_file_that_is_named_like_its_picture_is_one_error(pareto, tmp_path):
    outcome = pareto("--against", "throughput", "-o", tmp_path / "front.png")
    assert_one_error(outcome, "front.png", "Name the CSV file")
    assert not (tmp_path / "front.png").exists()


def test_a_folder_in_the_picture_s_place_is_one_error_before_anything_is_written(pareto, tmp_path):
    (tmp_path / "front.png").mkdir()
    outcome = pareto("--against", "throughput", "-o", tmp_path / "front.csv")
    assert_one_error(outcome, f"cannot write {tmp_path / 'front.png'}", "folder")
    assert not (tmp_path / "front.csv").exists()
