"""Models of a few operators, for experiments that take modules apart."""

import torch
from torch import nn


class Residual(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(4, 4)
        self.relu = nn.ReLU(inplace=True)
        self.second = nn.Linear(4, 4)

    def forward(self, x):
        return self.relu(self.second(self.relu(self.first(x))) + x)


class Tiny(nn.Module):
    """Two residual blocks in a sequence, a function, and a head."""

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(Residual(), Residual())
        self.head = nn.Linear(4, 3)

    def forward(self, x):
        return self.head(torch.sigmoid(self.body(x)))


class Forked(Tiny):
    """Its first block runs twice, the second time beside the others."""

    def forward(self, x):
        return self.head(self.body(x) + self.body[0](x))


class Equal(nn.Module):
    """Six residual blocks, all alike."""

    def __init__(self):
        super().__init__()
        self.blocks = nn.Sequential(*(Residual() for _ in range(6)))

    def forward(self, x):
        return self.blocks(x)
