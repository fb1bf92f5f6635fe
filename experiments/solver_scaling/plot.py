"""Draws time against blocks and against nodes from the rows, and reads nothing else."""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

from matplotlib.figure import Figure

HERE = Path(__file__).parent
# From the palette of Okabe and Ito, whose colours stay distinct with every kind of colour vision.
COLOURS = {"listed": "#0072B2", "free": "#D55E00"}


def draw(rows: list[dict[str, str]]) -> Figure:
    """Two panels with both scales logarithmic; filled where every run was proved."""
    figure = Figure(figsize=(9, 4), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    for axes, along, fixed, value in (
        (left, "blocks", "nodes", "16"), (right, "nodes", "blocks", "200"),
    ):  # fmt: skip
        for order, colour in COLOURS.items():
            chosen = [
                row for row in rows
                if row["order"] == order and row["style"] == "plain" and row[fixed] == value
            ]  # fmt: skip
            chosen.sort(key=lambda row: int(row[along]))
            xs = [int(row[along]) for row in chosen]
            ys = [float(row["median (CPU s)"]) for row in chosen]
            axes.plot(xs, ys, color=colour, label=f"{order} order", zorder=1)
            for x, y, row in zip(xs, ys, chosen, strict=True):
                proved = row["proved"] == row["runs"]
                face = colour if proved else "white"
                axes.plot(x, y, "o", color=colour, markerfacecolor=face, zorder=2)
        axes.set(xscale="log", yscale="log", xlabel=along, title=f"{value} {fixed}")
        ticks = sorted({int(row[along]) for row in rows if row[fixed] == value})
        axes.set_xticks(ticks, [f"{tick:,}" for tick in ticks], rotation=45)
        axes.minorticks_off()
        axes.set_axisbelow(True)
        axes.grid(color="0.92")
    left.set_ylabel("CPU seconds, median")
    left.legend(frameon=False)
    figure.suptitle("Time for a plan; hollow where some run kept a gap")
    return figure


def main() -> None:
    """Writes the picture beside the rows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", type=Path, nargs="?", default=HERE / "results.csv")
    parser.add_argument("-o", "--output", type=Path, default=HERE / "curves.png")
    options = parser.parse_args()
    with options.rows.open(newline="") as file:
        figure = draw(list(csv.DictReader(file)))
    figure.savefig(options.output, dpi=110)


if __name__ == "__main__":
    main()
