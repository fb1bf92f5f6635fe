"""Completion: what the rest of a plan costs at least, number by number."""

from __future__ import annotations

import numpy as np

from planner.solvers.budget import Budget
from planner.solvers.deadline import check
from planner.solvers.labelling.label_numbers import Floats
from planner.solvers.labelling.measures import Measures
from planner.solvers.period.teams import follow_table


class Completion:
    """Least costs from a boundary to the end, each number on its own, with nodes used again.

    Every number is the least over all continuations of the relaxed problem, so the vector bounds
    every continuation from below, though none may have it.

    Attributes:
        after_start: [T, B, k], of a stage on the team that starts at the boundary, and the rest.
        after_end: [T, B + 1, k], of what follows a stage on the team that ends at the boundary.

    Raises:
        SpentError: the time is over.
    """

    def __init__(self, measures: Measures, budget: Budget) -> None:
        n_teams, n_blocks = measures.stops.shape
        n_numbers = len(measures.limits)
        self.hops: Floats = np.empty((n_teams, n_teams, n_blocks + 1, n_numbers))
        """[T, T, B + 1, k]: of messages between teams; infinite to one that may not follow."""
        for team in range(n_teams):
            check(budget)
            self.hops[team] = measures.hop(team)
        self.hops[~np.array(follow_table(measures.usage))] = np.inf
        self.after_start: Floats = np.full((n_teams, n_blocks, n_numbers), np.inf)
        self.after_end: Floats = np.full((n_teams, n_blocks + 1, n_numbers), np.inf)
        self.after_end[:, -1] = measures.exit
        for start in reversed(range(n_blocks)):
            check(budget)
            for team in range(n_teams):
                stops = np.arange(start + 1, measures.stops[team, start] + 1)
                if len(stops):
                    costs = measures.stage(team, np.array(start), stops)
                    rest = self.after_end[team, stops]
                    self.after_start[team, start] = measures.plus(rest, costs).min(axis=0)
            if start:
                through = measures.plus(self.after_start[:, start], self.hops[:, :, start])
                self.after_end[:, start] = through.min(axis=1)
