"""A table and its picture, written together: if one cannot be made, the other is not written."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from planner.files import replacing

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def write_with_picture(table: Path, csv: str, figure: Figure) -> tuple[Path, Path]:
    """Writes a CSV file and, beside it, a PNG file of the same name; returns their paths."""
    picture = picture_of(table)
    with replacing(table) as text, replacing(picture) as image:
        text.write_text(csv, encoding="utf-8")
        figure.savefig(image, dpi=150, format="png")
    return table, picture


def picture_of(table: Path) -> Path:
    """Where the picture of a CSV file is written: in place of its ending `.csv` is `.png`."""
    stem = table.name.removesuffix(".csv")
    return table if table.suffix == ".png" else table.with_name(f"{stem}.png")
