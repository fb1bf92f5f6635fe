"""CutRelaxation: what the cuts between accelerators carry at least, by minimum cuts.

Number the accelerators in their order. The ideal right after accelerator b holds no more work than
the first b of them and the processors can do, and leaves no more than the rest can do. So a block
with too much work before it is not in the ideal, and one with too little elsewhere than behind it
is. A minimum cut between the two sets is the least transfer time of the tensors open there.

A tensor open at one such ideal alone is carried by two devices next to each other, so its time
counts twice; one that may be open at several is shared out among them. A processor pays nothing:
it stands next to two of the ideals, where tensors may count once, or with other processors never.

Source: Picard, "Maximal Closure of a Graph", Management Science 22, 1976, for the minimum cut under
an order; the windows and the sharing out are ours.
"""

from __future__ import annotations

from time import monotonic

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import maximum_flow

from planner.placement.blocks import Blocks
from planner.placement.ideals import bits, membership
from planner.placement.machine import Machine, Relief

_UNBOUNDED = 2**30
_MOST_FLOW = 2**28
"""Integer flow of all tensors together; rounding down keeps the bound a bound."""
_ROUNDING = 1e-9


class CutRelaxation:
    """The network of the blocks' order and tensors, cut at every accelerator's end."""

    def __init__(self, blocks: Blocks, machine: Machine) -> None:
        self._blocks, self._machine = blocks, machine
        self._relief = Relief(blocks)
        ancestors = membership(blocks.ancestors(), len(blocks)).astype(np.float64)
        work_s = blocks.accelerator_s
        self._total_s = float(work_s.sum())
        self._before_s = ancestors @ work_s + work_s
        self._behind_s = ancestors.T @ work_s + work_s
        carried_s = sum(transfer_s for transfer_s, _ in blocks.tensors)
        self._scale = _MOST_FLOW / carried_s if carried_s > 0 else 0.0
        self._member = np.zeros((len(blocks.tensors), len(blocks)))
        for row, (_, ends) in zip(self._member, blocks.tensors, strict=True):
            row[list(ends)] = 1
        self._transfer_s = np.array([transfer_s for transfer_s, _ in blocks.tensors])
        self._fixed_arcs = self._order_arcs()

    def least_transfer_s(self, limit_s: float, *, deadline: float) -> float:
        """Least transfer time of all accelerators together, if no load is above a limit.

        0 if the deadline passes first.
        """
        sides = [self._sides(number, limit_s) for number in range(1, self._machine.n_accelerators)]
        ends = self._member.sum(axis=1)
        may_open = np.array(
            [
                (self._member @ held < ends) & (self._member @ barred < ends)
                for held, barred in sides
            ]
        ).reshape(len(sides), len(ends))
        shares = self._shares(may_open.sum(axis=0))
        cuts_s = []
        for (held, barred), opens in zip(sides, may_open, strict=True):
            if monotonic() > deadline:
                return 0.0
            cuts_s.append(self._least_cut_s(held, barred, self._transfer_s * shares * opens))
        return self._counted_s(sorted(cuts_s, reverse=True))

    def _sides(self, number: int, limit_s: float) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Blocks that are in the ideal after so many accelerators for certain, and that are not."""
        machine = self._machine
        cpu_s = max(0.0, machine.n_cpus * limit_s - self._relief.must_cpu_s)
        saved_s = float(self._relief.saved_s(cpu_s))
        slack_s = self._total_s * _ROUNDING
        most_s = number * limit_s + saved_s + slack_s
        least_s = self._total_s - (machine.n_accelerators - number) * limit_s - saved_s - slack_s
        return self._total_s - self._behind_s < least_s, self._before_s > most_s

    def _shares(self, n_places: NDArray[np.int64]) -> NDArray[np.float64]:
        """Part of a tensor's time that each ideal may claim, by how many may find it open."""
        shares = 1 / np.maximum(n_places, 1)
        if self._machine.n_cpus == 1:
            shares[n_places > 1] /= 2
        elif self._machine.n_cpus > 1:
            shares[n_places > 1] = 0
        return shares

    def _counted_s(self, cuts_s: list[float]) -> float:
        """Twice the cuts, less what the processors may save on the dearest of them."""
        cpus = self._machine.n_cpus
        saved_s = sum(cuts_s[:2]) if cpus == 1 else 2 * sum(cuts_s[: 2 * cpus])
        return 2 * sum(cuts_s) - saved_s

    def _order_arcs(self) -> NDArray[np.int64]:
        """Arcs that cannot be cut: a block takes those before it along, a tensor its ends.

        Vertices: the blocks, a vertex for "some end is in" and one for "all ends are in" of each
        tensor, the source (in the ideal) and the sink (not in it).
        """
        n, m = len(self._blocks), len(self._blocks.tensors)
        arcs = [(v, u) for v, mask in enumerate(self._blocks.before) for u in bits(mask)]
        for tensor, (_, ends) in enumerate(self._blocks.tensors):
            arcs += [(end, n + tensor) for end in ends]
            arcs += [(n + m + tensor, end) for end in ends]
        return np.array(arcs, dtype=np.int64).reshape(-1, 2)

    def _least_cut_s(
        self, held: NDArray[np.bool_], barred: NDArray[np.bool_], weights_s: NDArray[np.float64]
    ) -> float:
        if (held & barred).any():
            return float(weights_s.sum())  # No split is below the limit: anything is a bound.
        if not held.any() or not barred.any() or not weights_s.any():
            return 0.0
        n, m = len(self._blocks), len(self._blocks.tensors)
        source, sink = n + 2 * m, n + 2 * m + 1
        inside, outside = np.flatnonzero(held), np.flatnonzero(barred)
        tails = (
            self._fixed_arcs[:, 0],
            np.full(len(inside), source),
            outside,
            np.arange(n, n + m),
        )
        heads = (
            self._fixed_arcs[:, 1],
            inside,
            np.full(len(outside), sink),
            np.arange(n + m, n + 2 * m),
        )
        n_fixed = len(self._fixed_arcs) + len(inside) + len(outside)
        capacity = np.concatenate(
            (np.full(n_fixed, _UNBOUNDED), np.floor(weights_s * self._scale).astype(np.int64))
        )
        rows, columns = np.concatenate(tails), np.concatenate(heads)
        shape = (n + 2 * m + 2, n + 2 * m + 2)
        network = coo_array((capacity.astype(np.int32), (rows, columns)), shape=shape).tocsr()
        return float(maximum_flow(network, source, sink).flow_value) / self._scale
