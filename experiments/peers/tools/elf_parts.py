"""ELF's partition of the traced graph."""

from __future__ import annotations

import contextlib
import copy
import shutil
import tempfile

from experiments.peers.layers import host_of
from experiments.peers.split import Split, ToolFailedError, split_at
from experiments.peers.tools.interface import Task, missing


class ElfParts:
    """Traces a model, times every operation, and divides the graph by one of its partitioners.

    `constrained` is its default: even times, with few tensors at each cut. `metis` gives times as
    vertex weights and activation bytes as volumes to the graph partitioner of that name.

    Limits: equal devices and links, no memory; times are of eager torch and differ from run to
    run. Its parts may be no ranges of operators: METIS knows no direction. A stage could run them
    in another order of operators, but no such plan is measured here.

    Source: elf-pipeline, `elf/partitioners/partition.py` (`partition`).
    """

    package = "elf-pipeline"

    def __init__(self, partitioner: str) -> None:
        self.name = f"elf {partitioner}"
        self._partitioner = partitioner
        self.note = {
            "constrained": "time, number of tensors",
            "metis": "time, activation bytes",
        }[partitioner]

    def skip_reason(self) -> str | None:
        """Whether ELF is there, and METIS, instead of which it would quietly do something else."""
        if self._partitioner == "metis" and not shutil.which("gpmetis"):
            return "METIS is not installed: it needs the program gpmetis (Debian package metis)"
        return missing(self.package)

    def propose(self, task: Task) -> Split:
        """The parts, in the order in which ELF sorts them."""
        from elf.partitioners import partition

        # METIS' files are written where the process is.
        with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
            try:
                result = partition(
                    copy.deepcopy(task.module), task.n_parts, task.sample, self._partitioner
                )
            except Exception as error:
                reason = f"{self.name}: {type(error).__name__}: {error}"
                raise ToolFailedError(reason) from error
        part_of = {node.name: part for part, nodes in enumerate(result.parts) for node in nodes}
        return split_at(task.graph, [
            (host_of(node), part_of[node.name])
            for node in result.graph_module.graph.nodes
            if node.name in part_of
        ])  # fmt: skip
