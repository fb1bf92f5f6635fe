"""Is there a plan with at most this period? Reachable boundaries as unions of intervals.

A stage that starts at a boundary can end anywhere up to a farthest stop: the nearer of what fits
the memory and what its nodes compute within the period. So the ends that can be reached from a set
of starts on one team are a union of intervals, found in one pass over the boundaries. Partial plans
differ in their team and in what they have used up; keys come in ascending order, and a boundary
that was reached with less is not looked at again.

Source: Pinar and Aykanat, "Fast optimal load balancing algorithms for 1D partitioning", Journal of
Parallel and Distributed Computing 64(8), 2004, section 3 (probing a bottleneck value); the union
of intervals extends the probe to unequal processors and costs of cuts.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from dataclasses import dataclass, field
from math import lcm

import numpy as np
from numpy.typing import NDArray

from planner.solvers.budget import Budget
from planner.solvers.deadline import check
from planner.solvers.period.period_bound import Fluid
from planner.solvers.period.period_cases import PeriodCase
from planner.solvers.period.team_tables import Of, TeamTables
from planner.solvers.period.teams import Key, Usage

_Bools = NDArray[np.bool_]
_Ints = NDArray[np.int64]
_ULP = 4e-16
"""Relative slack of a sum of blocks that is taken from prefix sums."""


@dataclass(frozen=True)
class TeamPath:
    """Teams by their place in the usage, and the inner boundaries between their stages."""

    teams: tuple[int, ...]
    cuts: tuple[int, ...]


def farthest_within(tables: TeamTables, kind: int, size: int, period_s: float) -> _Ints:
    """For each start, the farthest stop that fits the memory and the period. [B].

    Where stages have a time of their own, that which fits the memory: others may not be a window.
    """
    if tables.is_measured:
        within_memory: _Ints = tables.stops[kind]
        return within_memory
    prefix = tables.compute_s[kind]
    ends_s = prefix[:-1] + (period_s * size + _ULP * prefix[-1])
    within = np.searchsorted(prefix, ends_s, side="right") - 1
    stops: _Ints = np.minimum(tables.stops[kind], within)
    return stops


class PeriodReach:
    """Answers for any period whether some plan keeps it, and which."""

    def __init__(
        self, tables: TeamTables, usage: Usage, case: PeriodCase, flow: Fluid | None = None
    ) -> None:
        self._tables, self._usage, self._case, self._flow = tables, usage, case, flow
        self._kinds = np.array([team.kind for team in usage.teams])
        sizes = [team.size for team in usage.teams]
        self._sizes = np.array(sizes)
        self._turns = np.array([[lcm(a, b) for b in sizes] for a in sizes])

    def path(self, period_s: float, budget: Budget) -> TeamPath | None:
        """A plan with at most this period; none if there is none.

        Raises:
            SpentError: the time is over.
        """
        return _Probe(self, period_s, budget).path()

    def stops(self, period_s: float) -> _Ints:
        """[T, B]: where a stage on each team can end at most."""
        teams = self._usage.teams
        return np.array([farthest_within(self._tables, t.kind, t.size, period_s) for t in teams])

    def can_send(self, team: int, period_s: float) -> _Bools:
        """[T, B + 1]: to each team, at each boundary."""
        busy_s = self._tables.hops(Of.BUSY, self._usage.teams[team].kind)[self._kinds]
        within: _Bools = busy_s <= period_s * self._turns[team][:, np.newaxis]
        return within

    def can_enter(self, period_s: float) -> _Bools:
        """[T]: from the source."""
        within: _Bools = self._case.entry_s[self._kinds] <= period_s * self._sizes
        return within

    def can_exit(self, period_s: float) -> _Bools:
        """[T]: to the sink."""
        within: _Bools = self._case.exit_s[self._kinds] <= period_s * self._sizes
        return within

    def first_useful(self, key: Key, period_s: float) -> int:
        """Boundaries before it leave more work than the nodes that are not used up can do."""
        if self._flow is None:
            return 0
        weights = [self._flow.weights[group[0]] for group in self._usage.groups]
        capacity = period_s * float(np.dot(weights, self._usage.left(key)))
        return int(np.searchsorted(-self._flow.work_after, -capacity, side="left"))

    @property
    def usage(self) -> Usage:
        """What may follow what."""
        return self._usage


@dataclass
class _Layer:
    """Partial plans that have used the same; boundaries by team."""

    starts: dict[int, _Bools] = field(default_factory=dict)
    """Where a stage on the team can start."""
    ends: dict[int, _Bools] = field(default_factory=dict)
    """Where it can end, unless that was possible with less."""
    sources: dict[int, list[Key]] = field(default_factory=lambda: defaultdict(list))
    """Layers before a stage on the team."""


class _Probe:
    """One period's search."""

    def __init__(self, reach: PeriodReach, period_s: float, budget: Budget) -> None:
        self._reach, self._period_s, self._budget = reach, period_s, budget
        self._usage = reach.usage
        self._stops = reach.stops(period_s)
        self._exits = reach.can_exit(period_s)
        self._width = self._stops.shape[1] + 1
        self._sends: dict[int, _Bools] = {}
        self._layers: defaultdict[Key, _Layer] = defaultdict(_Layer)
        self._reached: dict[Key, _Bools] = {}

    def path(self) -> TeamPath | None:
        queue = self._entered()
        heapq.heapify(queue)
        while queue:
            check(self._budget)
            key = heapq.heappop(queue)
            last = self._end_stages(key)
            if last is not None:
                return self._walk_back(key, last)
            for following in self._send_on(key):
                heapq.heappush(queue, following)
        return None

    def _entered(self) -> list[Key]:
        keys = set()
        for team in np.flatnonzero(self._reach.can_enter(self._period_s)).tolist():
            key = self._usage.after(self._usage.start, team)
            if key is not None:
                starts = np.zeros(self._width, dtype=np.bool_)
                starts[0] = True
                self._layers[key].starts[team] = starts
                keys.add(key)
        return sorted(keys)

    def _end_stages(self, key: Key) -> int | None:
        """Ends the stages of a layer; the team that ends a whole plan, if one does."""
        layer = self._layers[key]
        rows = sorted(layer.starts)
        starts = np.array([layer.starts[row][:-1] for row in rows])
        farthest = np.where(starts, self._stops[rows], 0)
        np.maximum.accumulate(farthest, axis=1, out=farthest)
        ends = farthest >= np.arange(1, self._width)
        counts = self._usage.counts
        if not counts.is_limited or key[-1] >= counts.least:
            whole = np.flatnonzero(ends[:, -1] & self._exits[rows])
            if len(whole):
                return int(rows[whole[0]])
        shape = len(self._usage.teams), self._width
        reached = self._reached.setdefault(key[1:], np.zeros(shape, dtype=np.bool_))
        useful = self._reach.first_useful(key, self._period_s)
        for row, end in zip(rows, ends, strict=True):
            fresh = np.zeros(self._width, dtype=np.bool_)
            np.greater(end, reached[row, 1:], out=fresh[1:])
            fresh[-1] = fresh[:useful] = False
            if fresh.any():
                reached[row] |= fresh
                layer.ends[row] = fresh
        return None

    def _send_on(self, key: Key) -> list[Key]:
        """Starts the stages that follow a layer's; the layers that are new."""
        layer = self._layers[key]
        following = [(t, self._usage.after(key, t)) for t in range(len(self._usage.teams))]
        allowed = [(team, then) for team, then in following if then is not None]
        if not layer.ends or not allowed:
            return []
        rows = [team for team, _ in allowed]
        arrive = np.zeros((len(rows), self._width), dtype=np.bool_)
        for team, ends in layer.ends.items():
            first, last = np.flatnonzero(ends)[[0, -1]]
            part = slice(first, last + 1)
            arrive[:, part] |= self._sent(team)[rows, part] & ends[part]
        fresh = []
        for (team, then), starts in zip(allowed, arrive, strict=True):
            if starts.any():
                if then not in self._layers:
                    fresh.append(then)
                later = self._layers[then]
                before = later.starts.get(team)
                later.starts[team] = starts if before is None else before | starts
                later.sources[team].append(key)
        return fresh

    def _sent(self, team: int) -> _Bools:
        found = self._sends.get(team)
        if found is None:
            found = self._sends[team] = self._reach.can_send(team, self._period_s)
        return found

    def _walk_back(self, key: Key, team: int) -> TeamPath:
        """Follows the layers from the last boundary to the first."""
        teams, cuts, stop = [team], list[int](), self._width - 1
        while True:
            starts = self._layers[key].starts[team][:-1]
            fits = starts[:stop] & (self._stops[team, :stop] >= stop)
            stop = int(np.flatnonzero(fits)[0])
            if stop == 0:
                return TeamPath(tuple(reversed(teams)), tuple(reversed(cuts)))
            cuts.append(stop)
            key, team = self._before(key, team, stop)
            teams.append(team)

    def _before(self, key: Key, team: int, bound: int) -> tuple[Key, int]:
        """The layer and team from which a stage on this team starts at the boundary."""
        for source in self._layers[key].sources[team]:
            for sender, ends in sorted(self._layers[source].ends.items()):
                if ends[bound] and self._sent(sender)[team, bound]:
                    return source, sender
        raise RuntimeError("a reached boundary was not reached: please report this problem")
