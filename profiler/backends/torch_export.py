"""Backend `torch`: parts run as torch graph modules, stored as torch.export programs."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from profiler.backends.interface import Array
from profiler.errors import BackendError
from profiler.quiet import quiet

if TYPE_CHECKING:
    from torch import Tensor, fx

    from profiler.carve import Carving

_NOT_IN_NUMPY = {"bfloat16": "uint16"}
"""Types that numpy lacks, with the one that carries their bits."""


class TorchBackend:
    """Parts as graph modules; the same operators as the original, so the same bits."""

    name = "torch"
    framework = "torch"
    suffix = ".pt2"
    memory_groups = 4
    """Each takes about 0.7 s to write and to load."""
    loads_in_place = True
    gap_ratio = 0.0
    """Its kernels' own workspace is larger, and measured in groups."""
    margin_bytes = 10 * 2**20
    """Equal workers differed by up to 9 MiB, as addresses are random."""
    tolerance = 0.0

    def skip_reason(self) -> str | None:
        """Why torch cannot be used here, or none."""
        return None if find_spec("torch") is not None else "torch is not installed"

    def build(self, carvings: Sequence[Carving]) -> list[TorchProgram]:
        """Graph modules of the given parts, with sample inputs to store them by."""
        return [TorchProgram(carving) for carving in carvings]

    def weightless(self) -> TorchProgram:
        """A ReLU."""
        import torch

        from profiler.capture import capture
        from profiler.carve import carve
        from profiler.sources import ModelSource

        relu = capture(ModelSource("weightless", torch.nn.ReLU(), (torch.zeros(1),)))
        return TorchProgram(carve(relu, 0, 1))

    def prepare(
        self, program: TorchProgram, *, threads: int, device: str = "cpu"
    ) -> TorchExecutable:
        """Moves the module to the device."""
        return TorchExecutable(program.module.to(device), threads)

    def save(self, program: TorchProgram, path: Path) -> None:
        """Writes a program with its own weights, without sample inputs and source paths."""
        import torch

        with torch.no_grad(), quiet("torch"):
            exported = torch.export.export(program.module, program.samples(), strict=False)
            exported.example_inputs = None
            for node in exported.graph.nodes:
                for private in ("stack_trace", "nn_module_stack", "source_fn_stack"):
                    node.meta.pop(private, None)
            torch.export.save(exported, path)

    def load(self, path: Path, *, threads: int, device: str = "cpu") -> TorchExecutable:
        """Loads a program file."""
        import torch

        try:
            with quiet("torch"):
                exported: Any = torch.export.load(path).module(check_guards=False)
        except Exception as error:
            raise BackendError(f"torch cannot load {path}: {error}") from error
        # Called with tensors in order, a plain module saves what packing and checking a call's
        # arguments takes: 0.1 ms a stage.
        exported.graph.set_codegen(torch.fx.graph.CodeGen())
        module = torch.fx.GraphModule(exported, exported.graph, class_name="Part")
        return TorchExecutable(module.to(device), threads)

    def tracer(self, whole: TorchProgram, blocks: Sequence[TorchProgram], *, threads: int) -> None:
        """None: operators run one by one, in a part as in the whole model."""

    def to_value(self, array: Array, *, device: str = "cpu") -> Tensor:
        """A tensor that shares the array's memory and keeps its strides."""
        import torch

        bits = _NOT_IN_NUMPY.get(array.dtype.name)
        if bits is None:
            return torch.from_numpy(array).to(device)
        return torch.from_numpy(array.view(bits)).view(getattr(torch, array.dtype.name)).to(device)

    def to_array(self, value: Tensor) -> Array:
        """An array that shares the memory of a tensor on the CPU and keeps its strides."""
        name = str(value.dtype).removeprefix("torch.")
        host = value.detach().cpu()
        if name not in _NOT_IN_NUMPY:
            return host.resolve_conj().resolve_neg().numpy()
        import ml_dtypes
        import torch

        bits = host.view(getattr(torch, _NOT_IN_NUMPY[name])).numpy()
        return bits.view(np.dtype(getattr(ml_dtypes, name)))


class TorchProgram:
    """A part's graph module, and the tensors it is exported with."""

    def __init__(self, carving: Carving) -> None:
        from profiler.carve import graph_module

        self._carving = carving
        self.module: fx.GraphModule = graph_module(carving)

    def samples(self) -> tuple[Tensor, ...]:
        """Inputs of the right shapes, strides and types."""
        from profiler.carve import sample_like

        return tuple(sample_like(self._carving.captured, name) for name in self._carving.inputs)


class TorchExecutable:
    """A module that runs without gradients on a fixed number of threads."""

    def __init__(self, module: Any, threads: int) -> None:
        import torch

        torch.set_num_threads(threads)
        self._inference = torch.inference_mode
        self._module = module

    def run(self, inputs: Sequence[Tensor]) -> Sequence[Tensor]:
        """Outputs for inputs, both in the part's order."""
        with self._inference():
            outputs: Sequence[Tensor] = self._module(*inputs)
        return outputs
