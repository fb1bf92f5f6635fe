"""Kinds of operators by their targets."""

import pytest

from profiler.op_kinds import OpKind, op_kind
from tests.profiler.branching import make_op


@pytest.mark.parametrize(
    ("target", "kind"),
    [
        ("aten.conv2d.default", OpKind.CONVOLUTION),
        ("aten.linear.default", OpKind.MATRIX_PRODUCT),
        ("aten.scaled_dot_product_attention.default", OpKind.MATRIX_PRODUCT),
        ("aten._native_batch_norm_legit_no_training.default", OpKind.NORMALISATION),
        ("aten.layer_norm.default", OpKind.NORMALISATION),
        ("aten.max_pool2d.default", OpKind.POOLING),
        ("aten.hardtanh.default", OpKind.ACTIVATION),
        ("aten.add.Tensor", OpKind.ARITHMETIC),
        ("aten.cat.default", OpKind.CONCATENATION),
        ("aten.view.default", OpKind.DATA_MOVEMENT),
        ("torchvision.roi_align.default", OpKind.OTHER),  # another library's operator
        ("aten.frobnicate.default", OpKind.OTHER),
        ("conv2d", OpKind.CONVOLUTION),  # without a library
    ],
)
def test_a_target_tells_the_kind(target, kind):
    assert op_kind(make_op("o", [], []).model_copy(update={"target": target})) is kind


def test_only_products_are_vector_work():
    assert {kind for kind in OpKind if kind.is_vector} == {
        OpKind.CONVOLUTION,
        OpKind.MATRIX_PRODUCT,
    }
