"""torchgpipe's balance by time."""

from __future__ import annotations

from itertools import accumulate

from experiments.peers.layers import layers_of, sequential_of, units_between
from experiments.peers.split import Split, SplitError, split_at
from experiments.peers.tools.interface import Task, missing

_TIMEOUT_S = 5.0
"""Longer than the default of 1 s, which is one or two rounds of these models on one core."""


class TorchgpipeBalance:
    """Even time per part: each layer's forward and backward, timed by torchgpipe on this machine.

    Limits: an `nn.Sequential` only, so the model is rebuilt as the chain of its layers, with
    activations that overwrite nothing; times are of training, in eager torch, and differ from run
    to run; ignores activations, memory, speeds and links.

    Source: https://torchgpipe.readthedocs.io/en/stable/guide.html, "Automatic Balancing".
    """

    name = "torchgpipe"
    note = "training time"
    package = "torchgpipe"

    def skip_reason(self) -> str | None:
        """Whether torchgpipe is there."""
        return missing(self.package)

    def propose(self, task: Task) -> Split:
        """The balanced parts."""
        from torchgpipe.balance import balance_by_time

        layers = layers_of(task.module)
        if len(layers) < task.n_parts:
            raise SplitError(f"{len(layers)} layers are too few for {task.n_parts} parts")
        sizes = balance_by_time(
            task.n_parts, sequential_of(layers), task.sample, timeout=_TIMEOUT_S, device="cpu"
        )
        return split_at(task.graph, units_between(layers, list(accumulate(sizes, initial=0))))
