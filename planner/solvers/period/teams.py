"""Teams: equal nodes that share a stage, and which of them are still free along a plan.

A team is a kind of node and how many of them. Nodes of one kind can swap names without changing
any price (`node_types`), so a search only counts them; names are given at the end.

A usage says which nodes a partial plan has used up, as a tuple of integers, the key. Every step
makes the key lexicographically larger. Of two keys that differ in the first number only, the
smaller one leaves at least as much to choose from.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Protocol

from planner.limits import Order
from planner.problem import Problem
from planner.solvers.node_types import node_types

Key = tuple[int, ...]
Groups = tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Team:
    """So many nodes of a kind, by the kind's place among the groups."""

    kind: int
    size: int


@dataclass(frozen=True)
class CountRange:
    """How many stages a plan may have, and whether a search has to count them at all."""

    least: int
    most: int
    is_limited: bool


def count_range(problem: Problem) -> CountRange:
    """The numbers of stages that the limits allow."""
    limits = problem.limits
    possible = problem.n_blocks
    if not limits.revisits:
        possible = min(possible, len(problem.nodes))
    most = possible if limits.max_stages is None else min(possible, limits.max_stages)
    return CountRange(limits.min_stages, most, limits.min_stages > 1 or most < possible)


class Usage(Protocol):
    """Which teams may come after each other."""

    @property
    def groups(self) -> Groups:
        """Nodes of each kind by their place in the list."""
        ...

    @property
    def teams(self) -> tuple[Team, ...]:
        """All that may run a stage."""
        ...

    @property
    def counts(self) -> CountRange:
        """Of stages."""
        ...

    @property
    def start(self) -> Key:
        """Nothing is used."""
        ...

    @property
    def n_states(self) -> int:
        """No fewer than the keys, times the teams."""
        ...

    def after(self, key: Key, team: int) -> Key | None:
        """What is used once this team has run a stage too; none if it cannot."""
        ...

    def left(self, key: Key) -> list[int]:
        """How many nodes of each kind are not used up."""
        ...

    def named(self, teams: Sequence[int]) -> list[tuple[int, ...]]:
        """Nodes for a sequence of teams that the usage allowed."""
        ...


class _Counted:
    """What all usages share: teams, and the count of stages as the key's last number."""

    def __init__(self, problem: Problem, groups: Groups) -> None:
        self.groups = groups
        self.counts = count_range(problem)
        most = problem.limits.max_replicas
        self.teams = tuple(
            Team(kind, size)
            for kind, group in enumerate(groups)
            for size in range(1, min(most, len(group)) + 1)
        )
        self._tail: Key = (0,) if self.counts.is_limited else ()

    def _counted(self, tail: Key) -> Key | None:
        """The key's tail after one stage more."""
        if not tail:
            return tail
        return (tail[0] + 1,) if tail[0] < self.counts.most else None

    @property
    def _layers(self) -> int:
        return self.counts.most if self.counts.is_limited else 1


class ListedUsage(_Counted):
    """Nodes in one order: the key is the number of nodes of the order that are behind.

    The earliest nodes that can form a team leave most to choose from.
    """

    def __init__(self, problem: Problem, order: Sequence[int] | None = None) -> None:
        super().__init__(problem, node_types(problem))
        self._order = tuple(range(len(problem.nodes)) if order is None else order)
        places = {node: place for place, node in enumerate(self._order)}
        self._places = [sorted(places[node] for node in group) for group in self.groups]
        self.start: Key = (0, *self._tail)
        self.n_states = len(self._order) * len(self.teams) * self._layers

    def after(self, key: Key, team: int) -> Key | None:
        """What is used once this team has run a stage too; none if it cannot."""
        members, tail = self._members(key[0], team), self._counted(key[1:])
        return None if not members or tail is None else (members[-1] + 1, *tail)

    def left(self, key: Key) -> list[int]:
        """How many nodes of each kind are not used up."""
        return [len(places) - bisect_left(places, key[0]) for places in self._places]

    def named(self, teams: Sequence[int]) -> list[tuple[int, ...]]:
        """Nodes for a sequence of teams that the usage allowed."""
        behind, named = 0, []
        for team in teams:
            members = self._members(behind, team)
            named.append(tuple(self._order[place] for place in members))
            behind = members[-1] + 1
        return named

    def _members(self, behind: int, team: int) -> list[int]:
        """Places of the earliest nodes ahead that form the team; none if too few are left."""
        places, size = self._places[self.teams[team].kind], self.teams[team].size
        first = bisect_left(places, behind)
        return places[first : first + size] if first + size <= len(places) else []


class FreeUsage(_Counted):
    """Nodes in any order, one stage each: the key counts the used nodes, the largest kind first."""

    def __init__(self, problem: Problem) -> None:
        groups = sorted(node_types(problem), key=lambda group: (-len(group), group))
        super().__init__(problem, tuple(groups))
        self._sizes = tuple(len(group) for group in groups)
        self.start: Key = (*(0 for _ in groups), *self._tail)
        self.n_states = prod(n + 1 for n in self._sizes) * len(self.teams) * self._layers

    def after(self, key: Key, team: int) -> Key | None:
        """What is used once this team has run a stage too; none if it cannot."""
        kind, size = self.teams[team].kind, self.teams[team].size
        used, tail = key[kind] + size, self._counted(key[len(self._sizes) :])
        if used > self._sizes[kind] or tail is None:
            return None
        return (*key[:kind], used, *key[kind + 1 : len(self._sizes)], *tail)

    def left(self, key: Key) -> list[int]:
        """How many nodes of each kind are not used up."""
        return [size - used for size, used in zip(self._sizes, key, strict=False)]

    def named(self, teams: Sequence[int]) -> list[tuple[int, ...]]:
        """Nodes for a sequence of teams that the usage allowed."""
        used = [0] * len(self.groups)
        named = []
        for team in teams:
            kind, size = self.teams[team].kind, self.teams[team].size
            named.append(self.groups[kind][used[kind] : used[kind] + size])
            used[kind] += size
        return named


class ReuseUsage(_Counted):
    """Every node as often as one likes, but not twice in a row: nothing is ever used up.

    The class with revisits, as far as caps allow; for the other classes, a relaxation. Kinds
    that hold several nodes may follow themselves.
    """

    def __init__(self, problem: Problem) -> None:
        alone = tuple((n,) for n in range(len(problem.nodes)))
        super().__init__(problem, alone if problem.limits.revisits else node_types(problem))
        self._follow = follow_table(self)
        self.start: Key = (-1, *self._tail)
        self.n_states = len(self.teams) ** 2 * self._layers

    def after(self, key: Key, team: int) -> Key | None:
        """The key names the team itself, for the next step to look at."""
        tail = self._counted(key[1:])
        if tail is None or (key[0] >= 0 and not self._follow[key[0]][team]):
            return None
        return (team, *tail)

    def left(self, key: Key) -> list[int]:
        """All nodes of each kind."""
        return [len(group) for group in self.groups]

    def named(self, teams: Sequence[int]) -> list[tuple[int, ...]]:
        """Nodes for a sequence of teams; different ones for neighbours."""
        named: list[tuple[int, ...]] = []
        for team in teams:
            before = named[-1] if named else ()
            group = self.groups[self.teams[team].kind]
            fresh = [node for node in group if node not in before]
            named.append(tuple(fresh[: self.teams[team].size]))
        return named


def usage_of(problem: Problem) -> Usage:
    """The usage of the problem's class of plans."""
    if problem.limits.revisits:
        return ReuseUsage(problem)
    if problem.limits.order is Order.LISTED:
        return ListedUsage(problem)
    return FreeUsage(problem)


def follow_table(usage: Usage) -> list[list[bool]]:
    """Which team (column) may come right after which (row), if both are free."""
    sizes = [len(group) for group in usage.groups]
    return [
        [a.kind != b.kind or a.size + b.size <= sizes[a.kind] for b in usage.teams]
        for a in usage.teams
    ]
