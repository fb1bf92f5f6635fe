"""The whole model on one node: the quickest plan to find."""

from __future__ import annotations

import numpy as np

from planner.solvers.chain_recurrence import Chain
from planner.solvers.chain_tables import ChainTables


def best_single_node(tables: ChainTables) -> Chain | None:
    """All blocks on the node of least value, by its blocks' sum; none if no node holds them. O(N).

    Among equal values the first node wins.
    """
    fits = tables.stops[:, 0] == tables.stops.shape[1]
    value = np.where(fits, tables.entry + tables.prefix[:, -1] + tables.exit, np.inf)
    node = int(value.argmin())
    return Chain((), (node,)) if np.isfinite(value[node]) else None
