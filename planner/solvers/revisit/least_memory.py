"""The least memory, in total over all nodes, with which some walk over the segments fits."""

from __future__ import annotations

from math import inf

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array, dia_array, hstack

from planner.solvers.budget import Budget
from planner.solvers.chain_recurrence import Chain
from planner.solvers.revisit.segment_flow import segment_flow, shared_rows
from planner.solvers.revisit.segment_tables import SegmentTables
from planner.solvers.revisit.shared_limits import SharedLimits

_MOST_NODES = 2_000
_LEAST_TIME_S = 1.0
_MOST_TIME_S = 20.0


def least_missing_memory(
    tables: SegmentTables, limits: SharedLimits, budget: Budget
) -> tuple[Chain, bool] | None:
    """The walk that exceeds the caps by least in total, and whether that is proved.

    The segment program with one more variable for each node: the bytes that its cap lacks. None if
    no walk was found in the time.
    """
    if budget.left_s < _LEAST_TIME_S:
        return None
    flow = segment_flow(tables)
    n_nodes = len(tables.entry)
    equal, right = flow.rows()
    caps = limits.limit[:n_nodes]
    most = float(max(tables.n_bytes.max(), caps.max(), 1.0))
    nothing = coo_array((equal.shape[0], n_nodes))
    index = np.arange(n_nodes)
    lacking = coo_array(
        (np.full(n_nodes, -1.0), (index, index)), shape=(len(limits.limit), n_nodes)
    )
    # All caps in one unit, so that a byte weighs the same on every node.
    unit = np.where(np.arange(len(limits.limit)) < n_nodes, most, limits.scale)
    used = dia_array(
        (np.atleast_2d(limits.scale / unit), [0]), shape=(len(unit), len(unit))
    ) @ shared_rows(flow, limits)
    result = milp(
        np.concatenate((np.zeros(flow.n_variables), np.ones(n_nodes))),
        integrality=np.arange(flow.n_variables + n_nodes) < len(flow.segments[0]),
        bounds=Bounds(0, np.concatenate((np.ones(flow.n_variables), np.full(n_nodes, inf)))),
        constraints=[
            LinearConstraint(hstack([equal, nothing]).tocsr(), right, right),
            LinearConstraint(
                hstack([used, lacking]).tocsr(),
                -np.inf,
                limits.limit / unit,
            ),
        ],
        options={
            "time_limit": min(0.8 * budget.left_s, _MOST_TIME_S),
            "node_limit": _MOST_NODES,
            "mip_rel_gap": 0.0,
        },
    )
    if result.x is None:
        return None
    return flow.chain(result.x), result.status == 0
