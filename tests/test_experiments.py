"""Every experiment still runs, on its smallest setting, and writes its rows."""

import csv
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
EXPERIMENTS = sorted(path.parent.name for path in ROOT.glob("experiments/*/run.py"))
PLOTS = [
    *((path.parent.name, "plot") for path in sorted(ROOT.glob("experiments/*/plot.py"))),
    ("granularity", "overview"),
]


def test_there_are_experiments():
    assert "prediction" in EXPERIMENTS


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_an_experiment_runs_and_writes_rows(name, tmp_path):
    command = [sys.executable, "-m", f"experiments.{name}.run", "--smoke", "-o", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (table,) = tmp_path.glob("*.csv")
    with table.open(newline="") as file:
        header, *rows = csv.reader(file)
    assert rows
    assert all(len(row) == len(header) for row in rows)


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_an_experiment_has_a_page_with_its_command_and_rows(name):
    folder = ROOT / "experiments" / name
    page = (folder / "README.md").read_text()
    assert f"python -m experiments.{name}.run" in page
    assert "--smoke" in page
    assert list(folder.glob("*.csv"))


@pytest.mark.parametrize(("name", "module"), PLOTS)
def test_a_picture_is_drawn_from_the_committed_rows(name, module, tmp_path):
    picture = tmp_path / "picture.png"
    command = [sys.executable, "-m", f"experiments.{name}.{module}", "-o", str(picture)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert list((ROOT / "experiments" / name).glob("*.png"))
