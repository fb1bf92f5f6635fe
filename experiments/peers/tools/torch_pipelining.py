"""torch.distributed.pipelining, told to split where its documentation does."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator

from torch import fx, nn
from torch.distributed.pipelining import SplitPoint, pipeline

from experiments.peers.layers import layers_of
from experiments.peers.split import Split, SplitError, split_at
from experiments.peers.tools.interface import Task

_RUN = re.compile(r"@\d+")
"""How an exported module that runs again is told apart: `relu@1`."""


class TorchPipelining:
    """Splits where it is told to: here at even numbers of layers, the last part with the rest.

    Its documentation splits so (`layers_per_rank = n_layers // world_size`). A layer is a module
    of the chain that the model is; a plain sequence counts each of its modules.

    Limits: it knows neither times, sizes, nodes nor links, and the choice is its user's. Models
    whose forward is no chain of modules have no layers to count.

    Source: https://docs.pytorch.org/docs/stable/distributed.pipelining.html, "Hugging Face
    Examples" and "Option 2: splitting a model automatically".
    """

    name = "torch pipelining"
    note = "layers, by count"
    package = "torch"

    def skip_reason(self) -> str | None:
        """None: it is a part of torch."""
        return None

    def propose(self, task: Task) -> Split:
        """The stages that `pipeline` makes."""
        modules = [layer.path for layer in layers_of(task.module) if not layer.is_function]
        each = len(modules) // task.n_parts
        if not each:
            raise SplitError(f"{len(modules)} layers are too few for {task.n_parts} parts")
        starts = [modules[part * each] for part in range(1, task.n_parts)]
        pipe = pipeline(
            copy.deepcopy(task.module),
            mb_args=(task.sample,),
            split_spec=dict.fromkeys(starts, SplitPoint.BEGINNING),
        )
        stages = [pipe.get_stage_module(stage) for stage in range(pipe.num_stages)]
        return split_at(task.graph, [
            (path, number) for number, stage in enumerate(stages) for path in _runs(stage, "")
        ])  # fmt: skip


def _runs(module: nn.Module, path: str) -> Iterator[str]:
    """Paths of the modules whose own operators a stage runs, once per operator, in order."""
    graph: fx.Graph = module.graph  # type: ignore[assignment]
    for node in graph.nodes:
        if node.op == "call_module":
            child = f"{path}.{node.target}".lstrip(".")
            yield from _runs(module.get_submodule(str(node.target)), _RUN.sub("", child))
        elif node.op == "call_function":
            yield path
