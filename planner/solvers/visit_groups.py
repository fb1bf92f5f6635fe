"""Visit groups: types of nodes that reach each other over cheap links, such as a local network."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

from planner.solvers.type_tables import TypeTables

_CHEAP = 0.3
"""Hops within a group cost at most so much of the median hop."""
_MOST_CELLS = 2**24
"""Above so many values in one table of the relaxation, types are not grouped."""


def visit_groups(tables: TypeTables) -> tuple[tuple[int, ...], ...]:
    """Groups of types with cheap links among all their members, by ascending first type.

    Any partition gives a valid bound, and a better one than each type alone; see
    `relaxed_chain`. Groups are complete-linkage clusters of the hops' median prices.
    """
    alone = tuple((t,) for t in range(len(tables.members)))
    if len(alone) == 1:
        return alone
    distance = _hop_distance(tables)
    apart = distance[~np.eye(len(alone), dtype=bool)]
    tree = linkage(squareform(distance, checks=False), "complete")
    labels = fcluster(tree, _CHEAP * float(np.median(apart)), "distance")
    groups: dict[int, list[int]] = {}
    for index, label in enumerate(labels.tolist()):
        groups.setdefault(label, []).append(index)
    found = tuple(tuple(group) for group in sorted(groups.values()))
    most_visits = max(int(tables.counts[list(group)].sum()) for group in found)
    levels = int(tables.n_blocks).bit_length()
    if most_visits * tables.stops.size * levels > _MOST_CELLS:
        return alone
    return found


def _hop_distance(tables: TypeTables) -> NDArray[np.float64]:
    """[T, T]: the dearer direction's median hop; a missing link is twice as far as any other."""
    median = np.median(tables.hop, axis=0)
    distance = np.maximum(median, median.T)
    finite = np.isfinite(distance)
    farthest = 2 * distance[finite].max() if finite.any() else 1.0
    distance = np.where(finite, distance, farthest)
    np.fill_diagonal(distance, 0.0)
    return distance
