"""Machine: how many devices a split may use, and what processors can take off accelerators."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.placement.blocks import Blocks
from planner.placement.instance import PlacementInstance


@dataclass(frozen=True)
class Machine:
    """Numbers of devices that can be of use, and the accelerators' memory."""

    n_accelerators: int
    n_cpus: int
    cap_bytes: float


def useful_machine(instance: PlacementInstance, blocks: Blocks) -> Machine:
    """The instance's machine, without devices beyond one per block."""
    return Machine(
        n_accelerators=min(instance.n_accelerators, len(blocks)),
        n_cpus=min(instance.n_cpus, len(blocks)),
        cap_bytes=instance.cap_bytes,
    )


class Relief:
    """The most accelerator time that processors can take over in a given time of theirs.

    A relaxation: blocks may be cut up, those that save most per processor second go first.
    """

    def __init__(self, blocks: Blocks) -> None:
        able = blocks.on_accelerator
        saved_s, cpu_s = blocks.accelerator_s[able], blocks.cpu_s[able]
        free = cpu_s == 0
        order = np.argsort(-saved_s[~free] / cpu_s[~free], kind="stable")
        self._cpu_s = np.concatenate(([0.0], np.cumsum(cpu_s[~free][order])))
        self._saved_s = np.concatenate(([0.0], np.cumsum(saved_s[~free][order])))
        self._saved_s += saved_s[free].sum()
        self.must_cpu_s = float(blocks.cpu_s[~able].sum())
        """Processor time of the blocks that cannot run elsewhere."""

    def saved_s(self, cpu_s: NDArray[np.float64] | float) -> NDArray[np.float64]:
        """Accelerator time saved within so much processor time; 0 if there is none at all."""
        saved = np.interp(cpu_s, self._cpu_s, self._saved_s)
        return np.asarray(np.where(np.asarray(cpu_s) > 0, saved, 0.0))
