"""Kinds of operators: what a kernel spends its time on, told by the operator's name alone.

Vector work multiplies and adds, and its kernels are bound by arithmetic if they are good. All the
other kinds do few operations with every number that they read. A kind says nothing about time:
only a measurement does.
"""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType

from profiler.graph import Op


class OpKind(StrEnum):
    """What an operator does; its value is the word for legends."""

    CONVOLUTION = "convolution"
    MATRIX_PRODUCT = "matrix product"
    """Also attention as one operator, which is products for the most part."""
    NORMALISATION = "normalisation"
    POOLING = "pooling"
    ACTIVATION = "activation"
    """Also softmax."""
    ARITHMETIC = "element-wise arithmetic"
    """Sums and products of tensors, element by element: residual additions, scales."""
    CONCATENATION = "concatenation"
    DATA_MOVEMENT = "data movement"
    """Copies, views, look-ups, padding and resampling."""
    OTHER = "other operators"
    """Not on the list."""

    @property
    def is_vector(self) -> bool:
        """Whether it multiplies and adds."""
        return self in (OpKind.CONVOLUTION, OpKind.MATRIX_PRODUCT)


_NAMES = {
    OpKind.CONVOLUTION: "conv1d conv2d conv3d conv_transpose1d conv_transpose2d conv_transpose3d "
    "convolution _convolution",
    OpKind.MATRIX_PRODUCT: "linear addmm mm bmm baddbmm matmul einsum dot mv "
    "scaled_dot_product_attention",
    OpKind.NORMALISATION: "batch_norm _native_batch_norm_legit_no_training native_batch_norm "
    "_native_batch_norm_legit layer_norm native_layer_norm group_norm native_group_norm "
    "instance_norm rms_norm local_response_norm linalg_vector_norm",
    OpKind.POOLING: "max_pool1d max_pool2d max_pool3d max_pool2d_with_indices avg_pool1d "
    "avg_pool2d avg_pool3d adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d "
    "adaptive_max_pool2d _adaptive_avg_pool2d mean amax",
    OpKind.ACTIVATION: "relu relu_ relu6 relu6_ hardtanh hardtanh_ hardswish hardswish_ "
    "hardsigmoid hardsigmoid_ silu silu_ gelu elu elu_ leaky_relu leaky_relu_ prelu sigmoid "
    "sigmoid_ tanh tanh_ softplus mish softmax _softmax log_softmax _log_softmax clamp",
    OpKind.ARITHMETIC: "add add_ sub sub_ mul mul_ div div_ pow sqrt rsqrt exp neg abs maximum "
    "minimum where",
    OpKind.CONCATENATION: "cat concat stack hstack vstack",
    OpKind.DATA_MOVEMENT: "view reshape _unsafe_view flatten unflatten permute transpose t "
    "transpose_ movedim squeeze unsqueeze expand expand_as repeat slice select split "
    "split_with_sizes chunk unbind narrow clone copy copy_ contiguous _to_copy to pad "
    "constant_pad_nd roll gather index index_select embedding pixel_shuffle channel_shuffle "
    "upsample_nearest2d upsample_bilinear2d interpolate dropout alias detach detach_",
}
_KINDS = MappingProxyType({name: kind for kind, names in _NAMES.items() for name in names.split()})


def op_kind(op: Op) -> OpKind:
    """The kind of an operator, by its target such as `aten.conv2d.default`."""
    parts = op.target.split(".")
    name = parts[1] if parts[0] == "aten" and len(parts) > 1 else parts[0]
    return _KINDS.get(name, OpKind.OTHER)
