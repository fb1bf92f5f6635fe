"""Draws two of the models alone, so that they can be read in a narrow column."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from experiments.again import draw_again
from experiments.granularity.granularity_row import GranularityRow
from experiments.granularity.plot import draw
from experiments.rows import rows_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_MODELS = ("resnet18", "resnet50")
"""Those that were measured, too."""


def _draw_folder(folder: Path) -> Figure:
    rows = rows_of(folder, GranularityRow)
    return draw([row for row in rows if row.model.rpartition(":")[2] in _MODELS])


if __name__ == "__main__":
    draw_again(_draw_folder, Path(__file__).parent, "overview")
