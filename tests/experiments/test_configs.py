import pytest

from experiments.configs import keep_config
from experiments.surroundings import Runs, keep_surroundings
from planner.files import read_record
from profiler.record import Record


class Config(Record):
    models: tuple[str, ...] = ("a",)
    visits: int = 2


def test_a_config_beside_the_rows_covers_all_runs(tmp_path):
    path = tmp_path / "config.json"
    for models in (("a", "b"), ("b",), ("c", "a")):
        covered = keep_config(path, Config(models=models))
    assert covered == read_record(path, Config) == Config(models=("a", "b", "c"))


def test_a_run_with_other_settings_is_refused_and_leaves_the_config(tmp_path):
    path = tmp_path / "config.json"
    keep_config(path, Config())
    with pytest.raises(SystemExit, match="visits is 2 there and 3 here"):
        keep_config(path, Config(models=("b",), visits=3))
    assert read_record(path, Config) == Config()


def test_surroundings_of_every_run_are_kept(tmp_path):
    path = tmp_path / "surroundings.json"
    for hosts in ("the testbed", "this machine"):
        keep_surroundings(path, hosts)
    assert [run.hosts for run in read_record(path, Runs).runs] == ["the testbed", "this machine"]
