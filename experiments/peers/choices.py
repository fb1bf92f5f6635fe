"""Choices: what every tool chose for a case, kept beside the rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from experiments.contest import Choose
from experiments.peers.split import Split, SplitError, ToolFailedError
from experiments.stages import Stages
from planner.files import read_record, write_record
from planner.problem import Problem
from profiler.quiet import quiet
from profiler.record import Record

if TYPE_CHECKING:
    from experiments.peers.tools.interface import Task, Tool


class Choice(Record):
    """One tool's answer."""

    tool: str
    version: str
    """Of its package."""
    split: Split | None = None
    reason: str = ""
    """Why there is no split."""
    tool_failed: bool = False
    """Whether that is an error within the tool, rather than a split that no chain can run."""


class Choices(Record):
    """All tools' answers for one case; tools that are not installed are not among them."""

    choices: tuple[Choice, ...] = ()


def kept_choices(path: Path, tools: Sequence[Tool], task: Task) -> Choices:
    """The answers of a case, from its file; only tools that have none there are asked.

    Some tools time the model, and would choose otherwise the next time.

    Args:
        path: JSON file of the case.
        tools: whom to ask; those that are not installed are named and passed over.
        task: the model and the nodes' memory.
    """
    known = read_record(path, Choices).choices if path.exists() else ()
    answered = {choice.tool for choice in known}
    for tool in tools:
        if tool.name in answered:
            continue
        if reason := tool.skip_reason():
            print(f"{tool.name}: skipped: {reason}", flush=True)
            continue
        known = (*known, _asked(tool, task))
        write_record(path, Choices(choices=known))
    return Choices(choices=known)


def positions_of(choices: Choices) -> set[int]:
    """Operators before every cut that a tool chose."""
    return {at for choice in choices.choices if choice.split for at in choice.split.positions}


def chosen_by_tools(choices: Choices) -> Choose:
    """The tools' plans as entries of a contest, on the nodes in the order of the list."""
    return lambda problem: _entries(choices.choices, problem)


def _entries(choices: Iterable[Choice], problem: Problem) -> Iterator[tuple[str, Stages]]:
    boundary = {position: number for number, position in enumerate(problem.positions)}
    for choice in choices:
        if choice.split is None:
            continue
        lost = [at for at in choice.split.positions if at not in boundary]
        if lost:
            raise SystemExit(
                f"{choice.tool} cuts at operator {lost[0]}, which the kept profile has no boundary "
                "at: name another folder with -o"
            )
        cuts = tuple(boundary[at] for at in choice.split.positions)
        nodes = tuple(problem.nodes[place].name for place in choice.split.places)
        yield choice.tool, (cuts, nodes)


def _asked(tool: Tool, task: Task) -> Choice:
    found = version(tool.package)
    try:
        with quiet(tool.package):
            split = tool.propose(task)
    except SplitError as error:
        print(f"{tool.name}: no split: {error}", flush=True)
        failed = isinstance(error, ToolFailedError)
        return Choice(tool=tool.name, version=found, reason=str(error), tool_failed=failed)
    print(f"{tool.name}: cuts at operators {split.positions}, nodes {split.places}", flush=True)
    return Choice(tool=tool.name, version=found, split=split)
