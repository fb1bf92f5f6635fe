"""`partway sweep` over each axis: table, files, and what cannot be tried."""

import csv

import pytest

from planner.files import write_record
from planner.solution import Solution, Status
from tests.planner.cli.conftest import TWO_NODES, assert_one_error, cluster_with
from tests.planner.test_records import two_block_profile


@pytest.fixture
def swept(partway, files, tmp_path):
    """Sweeps over an axis; returns the printed table and the rows of the CSV."""

    def run(axis, *words):
        status, out, err = partway(
            "sweep", files / "cnn.profile.json", "-c", files / "two.yaml", "--over", axis,
            *words, "-o", tmp_path / "sweep",
        )  # fmt: skip
        assert status == 0, err
        assert (tmp_path / "sweep" / f"{axis}.png").read_bytes().startswith(b"\x89PNG")
        with (tmp_path / "sweep" / f"{axis}.csv").open(newline="") as file:
            return out, list(csv.DictReader(file))

    return run


def test_numbers_of_parts_can_be_chosen(swept):
    _, rows = swept("parts", "--values", "2")
    assert [(row["parts"], row["feasible"]) for row in rows] == [("2", "yes")]


def test_the_levels_are_those_that_the_profile_is_fine_enough_for(swept):
    out, rows = swept("granularity")
    assert [row["level"] for row in rows] == ["block", "stage", "model"]
    counts = [int(row["blocks"]) for row in rows]
    assert counts == sorted(counts, reverse=True)
    assert counts[-1] == 1
    assert rows[-1]["feasible"] == "no"  # no node takes it in one piece
    assert "granularity level" in out


def test_bandwidths_are_tried_in_ascending_order_and_more_is_never_worse(swept):
    out, rows = swept("bandwidth", "--values", "1Gbit/s, 2Mbit/s,50Mbit/s")
    assert [float(row["bandwidth (bytes/s)"]) for row in rows] == [250e3, 6.25e6, 125e6]
    latencies = [float(row["latency (s)"]) for row in rows]
    assert latencies == sorted(latencies, reverse=True)
    for words in ("2 Mbit/s", "50 Mbit/s", "1 Gbit/s"):
        assert words in out
    _, every = swept("bandwidth")
    assert len(every) == 10


@pytest.mark.parametrize(
    ("axis", "words", "column", "tried"),
    [
        ("parts", "2,02,1", "parts", ["1", "2"]),
        ("granularity", "model,block,model", "level", ["block", "model"]),
        (
            "bandwidth",
            "1Gbit/s,1000Mbit/s,2Mbit/s",
            "bandwidth (bytes/s)",
            ["250000.0", "125000000.0"],
        ),
        ("memory", "1GiB,1024MiB,512MiB", "memory cap (bytes)", ["536870912", "1073741824"]),
    ],
)
def test_a_value_that_is_written_twice_is_tried_once_and_the_least_first(
    swept, axis, words, column, tried
):
    _, rows = swept(axis, "--values", words)
    assert [row[column] for row in rows] == tried


def test_caps_begin_with_the_least_that_has_a_plan(swept):
    _, rows = swept("memory")
    caps = [int(row["memory cap (bytes)"]) for row in rows]
    assert all(row["feasible"] == "yes" for row in rows)
    assert rows[-1]["cuts (block boundaries)"] == ""  # the whole model on one node
    below, first = swept("memory", "--values", f"{caps[0] - 1024}B,{caps[0]}B")[1]
    assert (below["feasible"], first["feasible"]) == ("no", "yes")


@pytest.mark.parametrize("axis", ["granularity", "bandwidth", "memory"])
def test_plans_can_be_searched_by_another_objective(swept, axis):
    out, rows = swept(axis, "--objective", "throughput")
    assert "by period" in out
    assert {row["objective"] for row in rows} == {"period"}


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        (["--over", "nodes"], ["--over 'nodes'", "parts, granularity, bandwidth, memory"]),
        (["--values", ""], ["nothing to try"]),
        (["--over", "memory", "--values", "1GiB,"], ["nothing to try", "'1GiB,'"]),
        (["--values", "two"], ["'two'", "2,3"]),
        (["--values", "1_0"], ["'1_0' is no number of parts"]),
        (["--values", "0"], ["0 parts", "from 1 to 2"]),
        (["--values", "2,3"], ["3 parts", "from 1 to 2"]),
        (["--over", "granularity", "--values", "tiny"], ["'tiny'", "block, stage, model"]),
        (
            ["--over", "granularity", "--values", "op,block"],
            ["level 'op' has", "inside of a block", "partway profile --granularity"],
        ),
        (["--over", "bandwidth", "--values", "10"], ["'10'", "20Mbit/s"]),
        (["--over", "bandwidth", "--values", "0Mbit/s"], ["below 1 bit/s"]),
        (["--over", "memory", "--values", "10Mbit/s"], ["'Mbit/s'", "MiB"]),
        (["--over", "memory", "--values", "0MiB"], ["'0MiB'", "1 B or more"]),
    ],
)
def test_what_cannot_be_tried_is_one_error_and_no_file(partway, files, tmp_path, words, parts):
    outcome = partway(
        "sweep", files / "cnn.profile.json", "-c", files / "two.yaml", *words,
        "-o", tmp_path / "sweep",
    )  # fmt: skip
    assert_one_error(outcome, *parts)
    assert not (tmp_path / "sweep").exists()


def test_where_the_time_ran_out_nothing_is_said_not_to_fit(partway, tmp_path, monkeypatch):
    def too_late(problem, options):
        return Solution(
            status=Status.UNKNOWN, method="none", objective=options.objective,
            reason="the time ran out",
        )  # fmt: skip

    monkeypatch.setattr("planner.api.sweeps.solve_with", too_late)
    write_record(tmp_path / "profile.json", two_block_profile())
    (tmp_path / "cluster.yaml").write_text(TWO_NODES)
    status, out, err = partway(
        "sweep", tmp_path / "profile.json", "-c", tmp_path / "cluster.yaml",
        "--objective", "throughput", "-o", tmp_path / "sweep",
    )  # fmt: skip
    assert (status, err.splitlines()[-1]) == (1, "partway: no plan was found: the time ran out")
    assert "feasible" not in out
    assert out.count("no plan was found") == 2
    rows = list(csv.DictReader((tmp_path / "sweep" / "parts.csv").read_text().splitlines()))
    assert [(row["feasible"], row["proved"], row["objective"]) for row in rows] == [
        ("unknown", "no", "period"),
        ("unknown", "no", "period"),
    ]


@pytest.mark.parametrize("axis", ["parts", "granularity", "bandwidth", "memory"])
def test_where_nothing_fits_the_files_say_so_and_the_exit_code_is_1(partway, files, tmp_path, axis):
    path = cluster_with(tmp_path, "4GiB", "1MiB")
    words = ("--values", "1KiB") if axis == "memory" else ()
    outcome = partway(
        "sweep", files / "cnn.profile.json", "-c", path, "--over", axis, *words,
        "-o", tmp_path / "sweep",
    )  # fmt: skip
    assert_one_error(
        (outcome[0], outcome[1], outcome[2].splitlines()[-1]), "no feasible plan", code=1
    )
    rows = list(csv.DictReader((tmp_path / "sweep" / f"{axis}.csv").read_text().splitlines()))
    # That there is no plan is proved as well as a plan would be.
    assert {(row["feasible"], row["proved"]) for row in rows} == {("no", "yes")}
    assert (tmp_path / "sweep" / f"{axis}.png").exists()


@pytest.mark.parametrize("taken", ["parts.csv", "parts.png"])
def test_a_folder_in_a_file_s_place_is_one_error_before_anything_is_written(
    partway, files, tmp_path, taken
):
    (tmp_path / "sweep" / taken).mkdir(parents=True)
    outcome = partway(
        "sweep", files / "cnn.profile.json", "-c", files / "two.yaml", "-o", tmp_path / "sweep"
    )
    assert_one_error(outcome, f"cannot write {tmp_path / 'sweep' / taken}", "folder")
    assert [path.name for path in (tmp_path / "sweep").iterdir()] == [taken]


def test_a_place_where_nobody_can_write_is_one_error_before_any_work(partway, files):
    outcome = partway(
        "sweep", files / "cnn.profile.json", "-c", files / "two.yaml", "-o", "/proc/sweep"
    )
    assert_one_error(outcome, "cannot write /proc/sweep: /proc is not a writable folder")
