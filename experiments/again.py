"""Again: the commands that sum up or draw the rows of a folder, without any run."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from planner.errors import PlannerError
from planner.files import replacing

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def sum_up_again(sum_up: Callable[[Path], None], default: Path) -> None:
    """Reads a folder off the command line, and sums its rows up.

    Args:
        sum_up: writes the summary of a folder and prints its tables.
        default: the experiment's own folder.

    Raises:
        SystemExit: a file of the folder is missing, or of no use, or the summary cannot be written.
    """
    parser = argparse.ArgumentParser(description="Sums up the rows of a folder again.")
    parser.add_argument("folder", type=Path, nargs="?", default=default)
    folder = parser.parse_args().folder
    try:
        sum_up(folder)
    except PlannerError as error:
        raise SystemExit(str(error)) from error
    except OSError as error:
        raise SystemExit(f"cannot sum up {folder}: {error}") from error


def draw_again(draw: Callable[[Path], Figure], default: Path, name: str = "") -> None:
    """Reads a folder off the command line, and draws its rows.

    Args:
        draw: the picture of a folder.
        default: the experiment's own folder.
        name: of the picture; that of the experiment if empty.

    Raises:
        SystemExit: a file of the folder is missing, or of no use, or the picture cannot be written.
    """
    parser = argparse.ArgumentParser(description="Draws the rows of a folder.")
    parser.add_argument("folder", type=Path, nargs="?", default=default)
    parser.add_argument("-o", "--output", type=Path, help="picture; without it, beside the rows")
    options = parser.parse_args()
    try:
        figure = draw(options.folder)
    except PlannerError as error:
        raise SystemExit(str(error)) from error
    target = options.output or options.folder / f"{name or default.name}.png"
    try:
        write_picture(figure, target)
    except OSError as error:
        reason = f"{error.strerror or error}. Name another picture with -o"
        raise SystemExit(f"cannot write {target}: {reason}") from error


def write_picture(figure: Figure, path: Path) -> None:
    """Writes a picture as PNG; readers see the old one or the new one."""
    with replacing(path) as temporary:
        figure.savefig(temporary, dpi=110, format="png")
