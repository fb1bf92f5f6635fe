"""Configs of an experiment: what all the runs that share an output folder cover together."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from planner.files import read_record, write_record
from profiler.record import Record

Config = TypeVar("Config", bound=Record)


def keep_config(path: Path, config: Config) -> Config:
    """Writes and returns the config of a run, with what the runs before it covered.

    Args:
        path: JSON file beside the rows.
        config: tuples are what is covered; all else must be the same in every run.

    Raises:
        SystemExit: it is not, so that the rows would not belong together.
        FileFormatError: the file has the config of another experiment.
    """
    if path.exists():
        config = _joined(read_record(path, type(config)), config, path)
    write_record(path, config)
    return config


def _joined(before: Config, config: Config, path: Path) -> Config:
    covered: dict[str, object] = {}
    for name in type(config).model_fields:
        old, new = getattr(before, name), getattr(config, name)
        if isinstance(old, tuple) and isinstance(new, tuple):
            covered[name] = tuple(dict.fromkeys(old + new))
        elif old != new:
            raise SystemExit(
                f"{path}: {name} is {old} there and {new} here: name another folder with -o"
            )
    return config.model_copy(update=covered)
