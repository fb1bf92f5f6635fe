"""Visit groups: types of nodes that reach each other over cheap links, such as a local network."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

from planner.solvers.any_order.relaxed_chain import forgetful
from planner.solvers.any_order.run_memory import RunMemory, counting_groups, watching_groups
from planner.solvers.any_order.type_tables import TypeTables

_CHEAP = 0.3
"""Hops within a group cost at most so much of the median hop."""
_SAMPLE = 200
"""Boundaries, about, whose hops are looked at."""
_MOST_CELLS = 2**25
"""Above so many values in one table of the relaxation, types are not grouped."""


def visit_groups(tables: TypeTables) -> RunMemory:
    """Runs in groups of types with cheap links among all their members, without watched ones.

    Any partition gives a valid bound, and a better one than each type alone; see
    `relaxed_chain`. Groups are complete-linkage clusters of the hops' median prices.
    """
    alone = forgetful(tables)
    if len(tables.members) == 1:
        return alone
    distance = _hop_distance(tables)
    apart = distance[~np.eye(len(distance), dtype=bool)]
    tree = linkage(squareform(distance, checks=False), "complete")
    labels = fcluster(tree, _CHEAP * float(np.median(apart)), "distance")
    groups: dict[int, list[int]] = {}
    for index, label in enumerate(labels.tolist()):
        groups.setdefault(label, []).append(index)
    members = tuple(tuple(group) for group in sorted(groups.values()))
    found = RunMemory(tuple(counting_groups(members, tables.counts)), len(tables.members))
    return found if _cells(tables, found.n_states) <= _MOST_CELLS else alone


def watching(
    tables: TypeTables, runs: RunMemory, prices: NDArray[np.float64], most_cells: int
) -> RunMemory:
    """The same groups, where runs watch the types with the dearest visits.

    Args:
        tables: the problem.
        runs: the groups.
        prices: of visits, by type.
        most_cells: states times types that there may be.
    """
    most = min(most_cells // len(tables.members), _MOST_CELLS // _cells(tables, 1))
    groups = watching_groups(runs.groups, tables.counts, prices, most)
    return RunMemory(tuple(groups), len(tables.members))


def _cells(tables: TypeTables, n_states: int) -> int:
    """Values in the largest table of the relaxation."""
    return n_states * tables.stops.size * int(tables.n_blocks).bit_length()


def _hop_distance(tables: TypeTables) -> NDArray[np.float64]:
    """[T, T]: the dearer direction's median hop; a missing link is twice as far as any other."""
    sample = max(tables.n_blocks // _SAMPLE, 1)
    median = np.median(tables.hop[::sample], axis=0)
    distance = np.maximum(median, median.T)
    finite = np.isfinite(distance)
    farthest = 2 * distance[finite].max() if finite.any() else 1.0
    distance = np.where(finite, distance, farthest)
    np.fill_diagonal(distance, 0.0)
    return distance
