from functools import cache

import pytest
import torch
from torch import nn
from torchvision import models

from profiler.capture import capture
from profiler.flops import count_flops
from profiler.sources import ModelSource
from tests.profiler.models import (
    Attention,
    PositionBias,
    Recurrent,
    SmallCnn,
    TiedWeights,
    captured,
    captured_torchvision,
    noise,
)

PUBLISHED = ("resnet18", "mobilenet_v2", "squeezenet1_1")


@cache
def counted_torchvision(name):
    """Counting the larger ones takes seconds."""
    return count_flops(captured_torchvision(name))


class Distances(nn.Module):
    """Pairwise distances, which neither counter has a formula for, and a product, which has."""

    def forward(self, x):
        return torch.cdist(x, x) @ x


def flops_by_target(whole):
    counts = count_flops(whole).per_op
    return [
        (op.target.removeprefix("aten.").split(".")[0], count)
        for op, count in zip(whole.graph.ops, counts, strict=True)
        if count
    ]


def test_convolutions_and_linear_layers_by_hand():
    assert flops_by_target(captured(SmallCnn)) == [
        ("conv2d", 2 * (3 * 3 * 3) * 8 * 32 * 32),
        ("conv2d", 2 * (8 * 3 * 3) * 16 * 16 * 16),
        ("linear", 2 * 256 * 10),
    ]


def test_an_embedding_is_free_and_a_tied_projection_is_not():
    assert flops_by_target(captured(TiedWeights)) == [
        ("linear", 2 * 5 * 16 * 16),
        ("linear", 2 * 5 * 16 * 50),
    ]


def test_batched_matrix_products_by_hand():
    products = 2 * (2 * 2) * 5 * 5 * 4  # two samples, two heads, 5 x 4 by 4 x 5
    assert flops_by_target(captured(PositionBias)) == [
        ("linear", 2 * (2 * 5) * 8 * 8),
        ("matmul", products),
        ("matmul", products),
    ]


def test_fused_attention_by_hand():
    """On the CPU device the fused operator would hide its two products."""
    batch, length, width = 2, 6, 8
    assert flops_by_target(captured(Attention)) == [
        ("linear", 2 * batch * length * width * 3 * width),
        ("scaled_dot_product_attention", 2 * (2 * batch * length * length * width)),
        ("linear", 2 * batch * length * width * width),
        ("linear", 2 * batch * length * width * 16),
        ("linear", 2 * batch * length * 16 * width),
    ]


def test_an_lstm_is_counted_by_its_gates_or_reported_as_unpriced():
    """The version of torch decides whether the counter sees into it; it is never a silent zero."""
    whole = captured(Recurrent)
    counted = count_flops(whole)
    gates = [4 * 7 * (5 + 7), 4 * 7 * (7 + 7)]  # four gates of 7, from input and state, per layer
    per_op = dict(zip((op.target for op in whole.graph.ops), counted.per_op, strict=True))
    lstm = next(target for target in per_op if "lstm" in target)
    if per_op[lstm]:
        assert per_op[lstm] == 2 * (2 * 6) * sum(gates)
    else:
        assert counted.unpriced_targets(whole) == {lstm: 1}


def test_an_operator_without_a_formula_is_reported_and_what_follows_it_is_counted():
    whole = capture(ModelSource("distances", Distances(), (noise(4, 3),)))
    counted = count_flops(whole)
    (name,) = counted.unpriced_targets(whole)
    assert "cdist" in name
    assert sum(counted.per_op) == 2 * 4 * 4 * 3


def test_grouped_convolutions_count_their_groups_only():
    module = nn.Conv2d(8, 8, 3, padding=1, groups=8, bias=False)
    whole = capture(ModelSource("depthwise", module, (noise(1, 8, 5, 5),)))
    assert count_flops(whole).per_op == (2 * 3 * 3 * 8 * 5 * 5,)


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_count_equals_torchvisions_published_one(name):
    published = models.get_model_weights(name).DEFAULT.meta
    whole = captured_torchvision(name)
    counted = counted_torchvision(name)
    assert round(sum(counted.per_op) / 2e9, 3) == published["_ops"]
    assert counted.unpriced_targets(whole) == {}
    names = {spec.name for spec in whole.graph.parameters if "running" not in spec.name}
    n_parameters = sum(whole.graph.parameter[name].n_bytes for name in names) // 4
    assert n_parameters == published["num_params"]


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_second_counter_agrees_within_five_percent(name):
    counted = counted_torchvision(name)
    assert counted.fvcore_total == pytest.approx(sum(counted.per_op), rel=0.05)
