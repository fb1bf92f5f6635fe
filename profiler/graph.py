"""ModelGraph: the operators of a model in execution order and the tensors between them.

Positions are 0-based and ranges half-open: position `p` is the place before operator `p`, so a
graph of N operators has the positions 0 (the inputs) to N (the outputs).
"""

from __future__ import annotations

import hashlib
from functools import cached_property

from profiler.record import Record


class TensorSpec(Record):
    """One activation: a graph input or something an operator produced."""

    name: str
    """Unique in the graph; also its name in stage files and on the wire."""
    shape: tuple[int, ...]
    dtype: str
    """Without the library's prefix: `float32`, `int64`, `bfloat16`."""
    n_bytes: int
    """Elements times element size: what a transfer moves."""
    storage: str
    """Name of the tensor that owns the memory: views share it with what they view."""
    storage_bytes: int
    """Size of that memory."""


class ParameterSpec(Record):
    """One parameter, buffer or folded constant, named once however often it is tied."""

    name: str
    n_bytes: int
    n_dims: int
    aliases: tuple[str, ...] = ()
    """Other names of the same memory (tied weights)."""


class ModuleCall(Record):
    """One entry of the module stack that an operator was traced in."""

    call: str
    """Unique for every call, also of a module that is called twice."""
    path: str
    """Dotted path in the model, empty for the model itself."""
    type_name: str


class Op(Record):
    """One operator, with the `getitem`s of its results folded in."""

    name: str
    target: str
    modules: tuple[ModuleCall, ...]
    """From the model itself down to the innermost module."""
    inputs: tuple[str, ...]
    """Tensors it reads; parameters are not among them."""
    outputs: tuple[str, ...]
    parameters: tuple[str, ...]
    arguments: str
    """Its constant arguments, as text: part of the graph's identity."""

    @property
    def module_path(self) -> str:
        """Dotted path of the innermost module, empty for the model itself."""
        return self.modules[-1].path if self.modules else ""


class ModelGraph(Record):
    """What a captured model is made of, without its weights."""

    model: str
    """The source it was captured from, as the user named it."""
    ops: tuple[Op, ...]
    tensors: tuple[TensorSpec, ...]
    parameters: tuple[ParameterSpec, ...]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    """Tensors the model returns, flattened; a name may stand twice."""

    @cached_property
    def tensor(self) -> dict[str, TensorSpec]:
        """Tensors by name."""
        return {spec.name: spec for spec in self.tensors}

    @cached_property
    def parameter(self) -> dict[str, ParameterSpec]:
        """Parameters by name."""
        return {spec.name: spec for spec in self.parameters}

    @cached_property
    def digest(self) -> str:
        """SHA-256 of everything but the model's name: two captures of one architecture agree."""
        return hashlib.sha256(self.model_dump_json(exclude={"model"}).encode()).hexdigest()

    @property
    def weight_bytes(self) -> int:
        """Bytes of all parameters, tied ones counted once."""
        return sum(spec.n_bytes for spec in self.parameters)
