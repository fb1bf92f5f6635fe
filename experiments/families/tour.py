"""Tour: all contenders in turn, models beside each other under one cap after another."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from experiments.bench import Bench
from experiments.families.contenders import Contender, Way
from experiments.families.family_rows import FamilyRow, measured_row, misfit_row
from experiments.rows import RowFile
from experiments.stages import Cuts
from experiments.visits import measure
from planner.partition import Partition

Parts = dict[tuple[str, Cuts], Partition]
"""Emitted stages by model and cuts."""


@dataclass(frozen=True)
class Tour:
    """Who takes part, and the rows that there are."""

    contenders: Sequence[Contender]
    n_visits: int
    rows: RowFile[FamilyRow]

    def note_misfits(self) -> None:
        """Adds the rows of the contenders without a plan, which need no run."""
        for contender in self.contenders:
            if not contender.feasible and self._lacks(contender, 0):
                self._add(misfit_row(contender))

    def missing(self) -> list[Contender]:
        """Contenders that have a plan and not all of their rows."""
        return [
            contender
            for contender in self.contenders
            if contender.feasible
            and any(self._lacks(contender, n) for n in range(self._visits_of(contender)))
        ]

    def run(self, bench: Bench, parts: Parts) -> None:
        """Adds the rows that are missing.

        Args:
            bench: with all nodes.
            parts: of every contender that misses rows.
        """
        for cap_bytes in dict.fromkeys(each.cap_bytes for each in self.contenders):
            for number in range(self.n_visits):
                for group in self._groups(cap_bytes, number):
                    first = group[0]
                    names = [node.name for node in first.links.nodes]
                    bench.set_caps(dict.fromkeys(names, cap_bytes))
                    partition = parts[first.case, first.stages[0]]
                    for visit, found in measure(bench, partition, group):
                        self._add(measured_row(visit, number, partition, found))

    def _groups(self, cap_bytes: int, number: int) -> Iterator[Sequence[Contender]]:
        """Contenders that share workers; every second visit takes them the other way round."""
        groups: defaultdict[object, list[Contender]] = defaultdict(list)
        for each in self.contenders:
            if (
                each.cap_bytes == cap_bytes
                and each.feasible
                and number < self._visits_of(each)
                and self._lacks(each, number)
            ):
                groups[each.case, each.way, each.stages].append(each)
        order = list(groups.values())
        yield from reversed(order) if number % 2 else order

    def _visits_of(self, contender: Contender) -> int:
        """What does not fit is tried once: it is killed, or it is not."""
        return self.n_visits if contender.way is Way.BEST else 1

    def _lacks(self, contender: Contender, number: int) -> bool:
        head = (contender.case, contender.cap_bytes, contender.link, contender.way)
        return (*head, number) not in self.rows

    def _add(self, row: FamilyRow) -> None:
        self.rows.append(row)
        print(_line(row), flush=True)


def _line(row: FamilyRow) -> str:
    head = f"{row.case}, {row.cap_bytes / 2**20:.0f} MiB, {row.link}, {row.way}"
    if row.measured_s is None or row.predicted_s is None:
        return f"{head}: {row.result}"
    predicted, measured = row.predicted_s * 1e3, row.measured_s * 1e3
    return (
        f"{head} [{row.cuts}] {row.nodes}: predicted {predicted:.1f} ms, measured {measured:.1f} ms"
    )
