from argparse import Namespace
from typing import Annotated

import pytest

from experiments.configs import Kind, keep_config, named
from experiments.linked_runs import LinkedConfig, begin
from experiments.model_names import refuse_unknown
from experiments.surroundings import Runs, keep_surroundings
from planner.files import read_record
from profiler.record import Record


class Case(Record):
    name: str
    cap_bytes: int


class Config(Record):
    models: tuple[str, ...] = ("a",)
    cases: tuple[Case, ...] = ()
    whole: Annotated[tuple[str, ...], Kind.SETTING] = ("Block",)
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


def test_a_case_of_one_name_and_other_content_is_refused(tmp_path):
    path = tmp_path / "config.json"
    tight, loose = Case(name="tight", cap_bytes=1), Case(name="loose", cap_bytes=2)
    keep_config(path, Config(cases=(tight,)))
    assert keep_config(path, Config(cases=(loose, tight))).cases == (tight, loose)
    with pytest.raises(SystemExit, match="cases has another 'tight' there than here"):
        keep_config(path, Config(cases=(Case(name="tight", cap_bytes=3),)))
    assert read_record(path, Config).cases == (tight, loose)


def test_a_tuple_that_is_a_setting_does_not_grow(tmp_path):
    path = tmp_path / "config.json"
    keep_config(path, Config())
    with pytest.raises(SystemExit, match=r"whole is .* there and .* here"):
        keep_config(path, Config(whole=("Block", "Fire")))
    assert read_record(path, Config) == Config()


def test_what_the_command_line_names_comes_before_the_settings_of_a_smoke():
    options = Namespace(models=["b", "c"], links=None)
    assert {"models": ("a",), "links": ("l",)} | named(options, "models", "links") == {
        "models": ("b", "c"),
        "links": ("l",),
    }


def test_names_that_are_none_are_refused_before_anything_is_written(tmp_path):
    with pytest.raises(SystemExit, match="link setting 'nonsense'"):
        begin(tmp_path, LinkedConfig(links=("1Mbit/s+0ms", "nonsense")), on_testbed=False)
    assert list(tmp_path.iterdir()) == []
    refuse_unknown(["torchvision:resnet18@DEFAULT", "experiments.model_coverage.unet:make"])
    with pytest.raises(SystemExit, match="torchvision has no 'resnet19'"):
        refuse_unknown(["torchvision:resnet18", "torchvision:resnet19"])


def test_surroundings_of_every_run_are_kept(tmp_path):
    path = tmp_path / "surroundings.json"
    for hosts in ("the testbed", "this machine"):
        keep_surroundings(path, hosts)
    assert [run.hosts for run in read_record(path, Runs).runs] == ["the testbed", "this machine"]
