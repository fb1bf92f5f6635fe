"""Models that the command-line tests name."""

import torch
from torch import nn


def make_cnn():
    """Three convolutions and a classifier; a fifth of a million weights."""
    torch.manual_seed(0)
    layers = [nn.Conv2d(3, 16, 3), nn.ReLU(), nn.Conv2d(16, 32, 3), nn.ReLU()]
    layers += [nn.Conv2d(32, 64, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(4), nn.Flatten()]
    return nn.Sequential(*layers, nn.Linear(1024, 200)), (torch.randn(1, 3, 32, 32),)


def make_other():
    """Not the same architecture."""
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 2)), (torch.randn(1, 8),)


def make_broken():
    """A factory with a mistake of its own."""
    raise ValueError("no such width")


class Scaled(nn.Module):
    """Looks tokens up, and scales them by a keyword-only input."""

    def __init__(self):
        super().__init__()
        self.table = nn.Embedding(5, 4)

    def forward(self, tokens, *, scale):
        return self.table(tokens) * scale


def make_tokens():
    """Whole-number tokens below 5, and a keyword input."""
    return Scaled(), (torch.tensor([[0, 4, 2]]),), {"scale": torch.tensor(2.0)}
