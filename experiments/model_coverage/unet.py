"""A U-Net: at every level a skip connection passes the whole lower half of the model."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class DoubleConv(nn.Sequential):
    """Two convolutions of one resolution."""

    def __init__(self, c_in: int, c_out: int) -> None:
        super().__init__(
            nn.Conv2d(c_in, c_out, 3, padding=1, bias=False),
            nn.BatchNorm2d(c_out),
            nn.ReLU(inplace=True),
            nn.Conv2d(c_out, c_out, 3, padding=1, bias=False),
            nn.BatchNorm2d(c_out),
            nn.ReLU(inplace=True),
        )


class UNet(nn.Module):
    """Source: Ronneberger et al., "U-Net", MICCAI 2015, figure 1, with padding and batch norm."""

    def __init__(self, widths: tuple[int, ...] = (16, 32, 64, 128, 256), classes: int = 4) -> None:
        super().__init__()
        self.down = nn.ModuleList(
            DoubleConv(a, b) for a, b in zip((3, *widths), widths, strict=False)
        )
        pairs = list(zip(widths[:0:-1], widths[-2::-1], strict=True))
        self.lift = nn.ModuleList(nn.ConvTranspose2d(a, b, 2, stride=2) for a, b in pairs)
        self.up = nn.ModuleList(DoubleConv(2 * b, b) for _, b in pairs)
        self.pool = nn.MaxPool2d(2)
        self.head = nn.Conv2d(widths[0], classes, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Logits of each class at each pixel: (N, 3, H, W) to (N, classes, H, W)."""
        skips = []
        for level, block in enumerate(self.down):
            x = block(self.pool(x) if level else x)
            skips.append(x)
        for lift, block, skip in zip(self.lift, self.up, skips[-2::-1], strict=True):
            x = block(torch.cat((skip, lift(x)), dim=1))
        return self.head(x)


def make() -> tuple[nn.Module, tuple[Tensor]]:
    """A U-Net with seeded weights and a 128 by 128 input."""
    from profiler.sources import vary_constants

    model = UNet().eval()
    vary_constants(model)
    return model, (torch.randn(1, 3, 128, 128, generator=torch.Generator().manual_seed(0)),)
