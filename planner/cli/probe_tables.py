"""What `partway probe` prints of a link."""

from __future__ import annotations

from statistics import median

from rich.table import Table

from netmodel.links.piecewise import PiecewiseLink
from netmodel.links.spread import TransferSpread, format_level
from netmodel.probe_records import LinkFit, Probe
from netmodel.units import format_bandwidth, format_duration, format_size
from planner.cli.tables import plain_table


def probe_table(probe: Probe) -> Table:
    """A row per direction."""
    table = plain_table(
        f"link to {probe.host}, fitted to what was measured",
        ["direction", "model"],
        ["bandwidth", "latency", "overhead", "cold start", "rms residual", "messages"],
    )
    for measured in probe.links:
        fit = measured.fit
        error = format_bandwidth(fit.bandwidth_error_bytes_per_s)
        table.add_row(
            f"{measured.source} → {measured.target}",
            fit.model.model,
            f"{format_bandwidth(fit.model.bandwidth_bytes_per_s)} ± {error}",
            format_duration(fit.model.latency_s),
            f"{format_duration(fit.model.overhead_s)} ± {format_duration(fit.start_error_s)}",
            _cold_start(fit),
            _residual(fit),
            f"{fit.n_warm} warm, {fit.n_cold} cold",
        )
    return table


def probe_summary(probe: Probe) -> str:
    """How it was measured, and what the numbers leave open."""
    lines = [
        f"{probe.rounds} rounds; latency is half of the time to open a connection, "
        f"{format_duration(median(probe.connects_s))} (median of {len(probe.connects_s)}), as only "
        "round trips can be measured",
        "residuals: of each size's median, relative to the model, warm and on fresh ones",
    ]
    for measured in probe.links:
        fit = measured.fit
        if fit.is_rough:
            lines.append(
                f"{measured.source} → {measured.target}: the model is {fit.rms_residual:.0%} "
                "off what was measured: probe again while link and machines are idle"
            )
        if isinstance(fit.model, PiecewiseLink):
            knots = ", ".join(
                f"{format_size(knot.n_bytes)} {format_duration(knot.seconds)}"
                for knot in fit.model.knots
            )
            lines.append(
                f"{measured.source} → {measured.target} is no line (rms residual "
                f"{fit.affine_rms_residual:.1%}): {knots}"
            )
        if fit.spread is not None:
            lines.append(
                f"{measured.source} → {measured.target} single messages over the model's time: "
                f"{_quantiles(fit.spread)}"
            )
    return "\n".join(lines)


def _cold_start(fit: LinkFit) -> str:
    if fit.model.initial_window_bytes is None:
        return "unknown"
    least = "≥ " if fit.cold_is_bound else ""
    return f"{least}{format_size(fit.model.initial_window_bytes)}"


def _residual(fit: LinkFit) -> str:
    warm = f"{fit.rms_residual:.1%}"
    return warm if fit.cold_rms_residual is None else f"{warm}, cold {fit.cold_rms_residual:.1%}"


def _quantiles(spread: TransferSpread) -> str:
    named = zip(spread.levels, spread.ratios, strict=True)
    return ", ".join(f"{format_level(level)} {ratio:.3g}" for level, ratio in named)
