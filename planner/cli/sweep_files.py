"""The files of a sweep: CSV and PNG."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from planner.breakdown import Breakdown
    from planner.sweep import SweepRow


def write_sweep(
    rows: Sequence[SweepRow], folder: Path, hand_split: Breakdown | None = None
) -> tuple[Path, Path]:
    """Writes `parts.csv` and `parts.png` into a folder, and returns their paths.

    Args:
        rows: of a sweep over the number of parts.
        folder: for the files.
        hand_split: its price, to be marked in the picture.
    """
    from matplotlib.figure import Figure

    from planner.files import replacing, write_text_atomic
    from planner.plotting.granularity import (
        plans_against_granularity,
        plot_plans_against_granularity,
    )
    from planner.sweep import to_csv

    table, picture = folder / "parts.csv", folder / "parts.png"
    write_text_atomic(table, to_csv(rows))
    figure = Figure(figsize=(7.0, 7.5), layout="constrained")
    plot_plans_against_granularity(plans_against_granularity(rows, hand_split), figure)
    with replacing(picture) as temporary:
        figure.savefig(temporary, dpi=150, format="png")
    return table, picture
