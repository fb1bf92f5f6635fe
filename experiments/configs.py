"""Configs of an experiment: what all the runs that share an output folder cover together."""

from __future__ import annotations

from argparse import Namespace
from collections import Counter
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar

from planner.files import read_record, write_record
from profiler.record import Record

Config = TypeVar("Config", bound=Record)


class Kind(Enum):
    """What a config's tuple may be annotated with."""

    SETTING = "setting"
    """It must be the same in every run; other tuples are what is covered, and grow."""


def named(options: Namespace, *names: str) -> dict[str, tuple[Any, ...]]:
    """The tuples of a config that the command line names; the others keep their defaults."""
    found = {name: getattr(options, name) for name in names}
    return {name: tuple(words) for name, words in found.items() if words}


def keep_config(path: Path, config: Config) -> Config:
    """Writes and returns the config of a run, with what the runs before it covered.

    Args:
        path: JSON file beside the rows.
        config: tuples are what is covered, unless annotated as settings; all else must be the same
            in every run, and what has a name must be the same wherever it is covered.

    Raises:
        SystemExit: it is not, so that the rows would not belong together.
        FileFormatError: the file has the config of another experiment.
    """
    if path.exists():
        config = _joined(read_record(path, type(config)), config, path)
    write_record(path, config)
    return config


def _joined(before: Config, config: Config, path: Path) -> Config:
    covered: dict[str, tuple[object, ...]] = {}
    for name, field in type(config).model_fields.items():
        old, new = getattr(before, name), getattr(config, name)
        if isinstance(old, tuple) and isinstance(new, tuple) and Kind.SETTING not in field.metadata:
            covered[name] = tuple(dict.fromkeys(old + new))
            names = Counter(getattr(each, "name", each) for each in covered[name])
            twice = next((each for each, n in names.items() if n > 1), None)
            if twice is not None:
                raise _refusal(path, f"{name} has another {twice!r} there than here")
        elif old != new:
            raise _refusal(path, f"{name} is {old} there and {new} here")
    return config.model_copy(update=covered)


def _refusal(path: Path, what: str) -> SystemExit:
    return SystemExit(f"{path}: {what}: name another folder with -o")
