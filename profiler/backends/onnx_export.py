"""ONNX models of the parts of a captured model.

The model is exported once, with every tensor that crosses a border of a part as an extra output.
Each part is then the subgraph between its border tensors, so that no part is exported twice and
the parts together compute what the one export computes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch

from profiler.carve import Carving, graph_module, sample_like
from profiler.errors import BackendError
from profiler.quiet import quiet

if TYPE_CHECKING:
    import onnx_ir as ir

    from profiler.capture import CapturedModel

_NOT_ON_ONNXRUNTIME = {"bfloat16", "complex32", "complex64", "complex128"}


def export_parts(carvings: Sequence[Carving]) -> list[bytes]:
    """Serialised ONNX models of the given parts of one captured model, in their order.

    Raises:
        BackendError: the exporter has no translation for an operator.
    """
    captured = carvings[0].captured
    graph = captured.graph
    borders = [name for part in carvings for name in (*part.inputs, *part.outputs)]
    crossing = tuple(dict.fromkeys(name for name in borders if name not in graph.inputs))
    whole = Carving(
        captured=captured,
        start=0,
        stop=len(graph.ops),
        inputs=graph.inputs,
        outputs=crossing,
    )
    _check_types(captured)
    exported = _export(whole)
    values = dict(zip(crossing, exported.graph.outputs, strict=True))
    values |= dict(zip(graph.inputs, exported.graph.inputs, strict=True))
    return [_extract(exported, part, values) for part in carvings]


def _export(whole: Carving) -> ir.Model:
    samples = tuple(sample_like(whole.captured, name) for name in whole.inputs)
    try:
        with quiet("torch"):
            program = torch.export.export(graph_module(whole), samples, strict=False)
            result = torch.onnx.export(program, (), dynamo=True, optimize=False, verbose=False)
    except Exception as error:
        first = str(error).strip().splitlines()[0]
        raise BackendError(
            f"{whole.captured.graph.model} cannot be written as ONNX: {first}. "
            "Use the torch backend for this model"
        ) from error
    if result is None:
        raise BackendError(f"{whole.captured.graph.model}: the ONNX exporter returned nothing")
    return result.model


def _check_types(captured: CapturedModel) -> None:
    for spec in captured.graph.tensors:
        if spec.dtype in _NOT_ON_ONNXRUNTIME:
            raise BackendError(
                f"{captured.graph.model} computes with {spec.dtype} ({spec.name}), for which "
                "onnxruntime has no kernels: use the torch backend for this model"
            )


def _extract(exported: ir.Model, part: Carving, values: dict[str, ir.Value]) -> bytes:
    """The subgraph between a part's border tensors, its ports named as the tensors are."""
    import onnx_ir as ir

    view = ir.convenience.extract(
        exported.graph,
        inputs=[values[name] for name in part.inputs],
        outputs=[values[name] for name in part.outputs],
    )
    for described in (view, *view, *(value for node in view for value in node.outputs)):
        described.metadata_props.clear()  # the exporter's: names of the whole model's weights
    model = ir.Model(view, ir_version=exported.ir_version, producer_name="partway")
    proto = ir.to_proto(model)
    return bytes(proto.SerializeToString())
