"""Counts of one solver's answers beside the oracle's."""

from __future__ import annotations

from math import inf

from experiments.solvers_equal_brute_force.instances import Instance
from planner.objectives import Objective
from planner.solvers.interface import Solver

CLOSE = 1e-9


class Tally:
    """Of one solver on one class and objective."""

    def __init__(self) -> None:
        self.n = self.feasible = self.proved = self.mismatches = 0
        self.violation = 0.0

    def add(self, instance: Instance, objective: Objective, solver: Solver) -> None:
        """Solves the instance and compares."""
        found, least = solver.solve(instance.problem, objective), instance.oracle(objective)
        value = inf if found.value is None else found.value
        is_proved = found.status.is_proved
        is_equal = value == least or abs(value - least) <= CLOSE * least
        # Without a proof a worse value is no mismatch, but a better one than the best is.
        is_right = is_equal if is_proved else value >= least * (1 - CLOSE)
        self.n += 1
        self.feasible += least < inf
        self.proved += is_proved
        self.mismatches += not is_right
        if found.lower_bound is not None and 0 < least < inf:
            self.violation = max(self.violation, found.lower_bound / least - 1)

    def merge(self, other: Tally) -> None:
        """Adds another one's counts."""
        for name in ("n", "feasible", "proved", "mismatches"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.violation = max(self.violation, other.violation)

    def row(self) -> tuple[object, ...]:
        """As the table has it."""
        shares = (f"{count / self.n:.3f}" for count in (self.feasible, self.proved))
        return (self.n, *shares, self.mismatches, f"{self.violation:.1e}")
