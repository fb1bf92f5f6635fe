"""Draws predicted against measured, the errors' distribution, and the error by term, from rows."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments.again import draw_again
from experiments.fidelity.cells import OK, CellRow
from experiments.fidelity.summary import LINK_DOMINATED, TERMS, WITHIN
from experiments.rows import refuse_none, rows_of

_COLOURS = {"onnx": "#1b6ca8", "torch": "#c8553d"}
_MARKERS = {"optimal": "o", "odd": "^"}


def draw(folder: Path) -> Figure:
    """The three panels of a folder's rows."""
    rows = [row for row in rows_of(folder, CellRow) if row.result == OK]
    refuse_none(rows)
    figure = Figure(figsize=(15, 4.8), layout="constrained")
    left, middle, right = figure.subplots(1, 3)
    plot_latencies(rows, left)
    plot_errors(rows, middle)
    plot_terms(rows, right)
    return figure


def plot_latencies(rows: Sequence[CellRow], axes: Axes) -> None:
    """Predicted over measured latency of every visit, with the ±10 % band."""
    for backend, colour in _COLOURS.items():
        for plan, marker in _MARKERS.items():
            points = [
                (row.measured.latency_s * 1e3, row.predicted_s * 1e3)
                for row in rows
                if (row.backend, row.plan) == (backend, plan)
            ]
            if points:
                x, y = zip(*points, strict=True)
                axes.scatter(x, y, s=14, c=colour, marker=marker, alpha=0.6, linewidths=0,
                             label=f"{backend}, {plan}")  # fmt: skip
    ends = np.array([min(row.measured.latency_s for row in rows) * 0.8e3,
                     max(row.measured.latency_s for row in rows) * 1.25e3])  # fmt: skip
    axes.plot(ends, ends, color="black", lw=0.8)
    axes.fill_between(ends, ends * (1 - WITHIN), ends * (1 + WITHIN), color="0.85", zorder=0,
                      label="±10 %")  # fmt: skip
    axes.set(xscale="log", yscale="log", xlabel="measured (ms)", ylabel="predicted (ms)",
             title=f"End-to-end latency, {len(rows)} visits")  # fmt: skip
    axes.legend(fontsize=8)


def plot_errors(rows: Sequence[CellRow], axes: Axes) -> None:
    """Share of visits up to each |error|."""
    groups = {"all": rows}
    groups |= {name: [row for row in rows if row.backend == name] for name in _COLOURS}
    groups["link-dominated"] = [
        row for row in rows if row.predicted.transfer_share > LINK_DOMINATED
    ]
    for name, group in groups.items():
        if group:
            sizes = np.sort([100 * abs(row.error) for row in group])
            shares = np.arange(1, len(sizes) + 1) / len(sizes)
            axes.step(sizes, shares, where="post", color=_COLOURS.get(name, "black"),
                      label=f"{name}: median {np.median(sizes):.1f} %",
                      ls="--" if name == "link-dominated" else "-")  # fmt: skip
    axes.axvline(100 * WITHIN, color="0.6", lw=0.8)
    axes.axhline(0.95, color="0.6", lw=0.8)
    axes.set(xlabel="|predicted / measured − 1| (%)", ylabel="share of visits", ylim=(0, 1.01),
             xlim=(0, None), title="Error")  # fmt: skip
    axes.legend(fontsize=8)


def plot_terms(rows: Sequence[CellRow], axes: Axes) -> None:
    """What each term adds to the end-to-end error, by backend."""
    places, values, names = [], [], []
    for number, (name, term) in enumerate(TERMS.items()):
        for offset, backend in enumerate(_COLOURS):
            parts = [
                100 * term(row) / row.measured.latency_s for row in rows if row.backend == backend
            ]
            if parts:
                places.append(3 * number + offset)
                values.append(parts)
                names.append(f"{name}\n{backend}")
    axes.boxplot(values, positions=places, widths=0.7, whis=(5, 95), showfliers=False)
    axes.set_xticks(places, names, fontsize=8)
    axes.axhline(0, color="black", lw=0.8)
    axes.set(ylabel="(predicted − measured) / measured latency (%)",
             title="Error by term: median, quartiles, 5 % and 95 %")  # fmt: skip


if __name__ == "__main__":
    draw_again(draw, Path(__file__).parent)
