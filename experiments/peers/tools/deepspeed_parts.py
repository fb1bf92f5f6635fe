"""DeepSpeed's balanced partition of layers."""

from __future__ import annotations

from experiments.peers.layers import layers_of, units_between
from experiments.peers.split import Split, split_at
from experiments.peers.tools.interface import Task, missing


class DeepspeedParts:
    """Even parameters per part, the default of DeepSpeed's `PipelineModule`.

    `partition_balanced` is called with the trainable parameters of each layer, as the module calls
    it for `partition_method="parameters"`; the module itself needs a process group.

    Limits: a list of layers only; ignores activations, times, memory, speeds and links. Parts may
    be empty, and nodes with an empty part are passed over.

    Source: DeepSpeed, `deepspeed/runtime/pipe/module.py` (`_partition_layers`).
    """

    name = "deepspeed"
    note = "parameter count"
    package = "deepspeed"

    def skip_reason(self) -> str | None:
        """Whether DeepSpeed is there."""
        return missing(self.package)

    def propose(self, task: Task) -> Split:
        """The balanced parts."""
        from deepspeed.runtime.utils import partition_balanced

        layers = layers_of(task.module)
        counts = [
            sum(weight.numel() for weight in layer.module.parameters() if weight.requires_grad)
            for layer in layers
        ]
        bounds = [int(bound) for bound in partition_balanced(counts, task.n_parts)]
        return split_at(task.graph, units_between(layers, bounds))
