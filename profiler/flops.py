"""FLOPs per operator of a captured graph.

*Counting semantics.* A multiply-add is 2 FLOPs, once and everywhere. Counted are the
multiply-adds of convolutions, matrix products and attention. By the same convention additions,
normalisation, activation, pooling and data movement count 0: they do no multiply-adds worth
counting, which does not mean that they take no time. Operators that do or may do multiply-adds and
have no formula are reported as unpriced, never silently as 0. FLOPs are not time.

The count is made on the exported graph with tensors on the meta device: on the CPU fused attention
kernels would hide their products. Source: torch.utils.flop_counter (formulas per operator), and
fvcore.nn.FlopCountAnalysis as an independent second count, doubled because fvcore counts a
multiply-add as one.
"""

from __future__ import annotations

import operator
from collections import Counter
from dataclasses import dataclass
from typing import Any

import torch
import torch.utils._pytree as pytree
from torch import Tensor, fx
from torch._ops import OpOverload
from torch.utils.flop_counter import FlopCounterMode

from profiler.capture import CapturedModel
from profiler.quiet import quiet

_FREE = {
    "_adaptive_avg_pool2d", "_log_softmax", "_native_batch_norm_legit_no_training", "_softmax",
    "_to_copy", "_unsafe_view", "adaptive_avg_pool1d", "adaptive_avg_pool2d",
    "adaptive_avg_pool3d", "adaptive_max_pool2d", "all", "amax", "amin", "any", "arange",
    "argmax", "argmin", "avg_pool1d", "avg_pool2d", "avg_pool3d", "batch_norm", "bucketize",
    "cat", "chunk", "clone", "constant_pad_nd", "contiguous", "cumsum", "dropout", "embedding",
    "empty", "empty_like", "fill", "flip", "full", "full_like", "gather", "grid_sampler",
    "group_norm", "index", "index_put", "index_select", "instance_norm", "layer_norm",
    "log_softmax", "masked_fill", "max", "max_pool1d", "max_pool2d", "max_pool2d_with_indices",
    "max_pool3d", "mean", "min", "native_batch_norm", "native_group_norm", "native_layer_norm",
    "new_full", "new_ones", "new_zeros", "nonzero", "norm", "ones", "ones_like", "pad", "prod",
    "reflection_pad2d", "repeat", "repeat_interleave", "replication_pad2d", "rms_norm", "roll",
    "scalar_tensor", "scatter", "select_scatter", "slice_scatter", "softmax", "sort", "stack",
    "std", "sum", "tensor_split", "tile", "topk", "unfold", "upsample_bicubic2d",
    "upsample_bilinear2d", "upsample_nearest1d", "upsample_nearest2d", "upsample_nearest3d",
    "upsample_trilinear3d", "var", "var_mean", "where", "zeros", "zeros_like",
}  # fmt: skip
"""Operators without multiply-adds that torch does not tag as pointwise and that are no views."""


@dataclass(frozen=True)
class OpFlops:
    """Counts per operator of the graph, and what could not be counted."""

    per_op: tuple[int, ...]
    unpriced: tuple[bool, ...]
    """Whether the operator does or may do multiply-adds and has no formula."""
    fvcore_total: int | None
    """fvcore's count of the whole graph in the same convention; none if it cannot trace it."""

    def unpriced_targets(self, captured: CapturedModel) -> dict[str, int]:
        """Names of the unpriced operators with their occurrences."""
        pairs = zip(captured.graph.ops, self.unpriced, strict=True)
        return dict(Counter(op.target for op, unpriced in pairs if unpriced))


def count_flops(captured: CapturedModel) -> OpFlops:
    """Counts the FLOPs of every operator on meta tensors."""
    counts = [_count(group[0]) for group in captured.nodes]
    return OpFlops(
        per_op=tuple(count or 0 for count in counts),
        unpriced=tuple(
            not count and not _is_free(group[0].target)
            for count, group in zip(counts, captured.nodes, strict=True)
        ),
        fvcore_total=_fvcore_total(captured),
    )


def _count(node: fx.Node) -> int | None:
    """Multiply-adds of one call times two, or none if it does not run on the meta device."""
    args: Any
    kwargs: Any
    args, kwargs = fx.node.map_arg((node.args, node.kwargs), _on_meta)
    if "device" in kwargs:
        kwargs = {**kwargs, "device": "meta"}
    if not callable(node.target):
        return None
    try:
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            node.target(*args, **kwargs)
    except (RuntimeError, NotImplementedError, TypeError):
        return None
    return int(counter.get_total_flops())


def _on_meta(node: fx.Node) -> Any:
    value = node.meta.get("val")

    def meta(leaf: Any) -> Any:
        if not isinstance(leaf, Tensor):
            return leaf
        return torch.empty_strided(leaf.shape, leaf.stride(), dtype=leaf.dtype, device="meta")

    return pytree.tree_map(meta, value)


def _is_free(target: Any) -> bool:
    if target is operator.getitem:
        return True
    if not isinstance(target, OpOverload):
        return False
    schema = target._schema  # noqa: SLF001 (the one place that tells views)
    is_view = any(result.alias_info is not None for result in schema.returns)
    name = schema.name.removeprefix("aten::")
    return is_view or torch.Tag.pointwise in target.tags or name in _FREE


def _fvcore_total(captured: CapturedModel) -> int | None:
    try:
        with quiet("fvcore"), torch.no_grad():
            from fvcore.nn import FlopCountAnalysis

            analysis = FlopCountAnalysis(captured.module, tuple(captured.inputs.values()))
            analysis = analysis.unsupported_ops_warnings(False).uncalled_modules_warnings(False)
            return 2 * int(analysis.total())
    except Exception:  # noqa: BLE001 (a second opinion that fails must not stop the first)
        return None
