"""The tables of the page, in Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from experiments.granularity.findings import LevelCost, MeasuredPlans, PartsCost, Summary
from experiments.granularity.granularity_row import GranularityRow, Sweep
from experiments.markdown import UNKNOWN, mib, percent, table


def tables(summary: Summary, rows: Sequence[GranularityRow]) -> str:
    """By parts, by level, and predicted beside measured, each under its caption."""
    return "\n\n".join(
        (
            "### By number of parts, predicted",
            _table(
                ("model", "links", "blocks", "best plan", "with the most parts",
                 "a further part adds, on average", "split by hand over the best",
                 "its memory over the best of as many parts"),
                _parts_rows(summary),
            ),
            "### Least cap on every node, predicted",
            _table(
                ("model", "the whole on one node", "parts of the best plans", "least of all"),
                _threshold_rows(summary),
            ),
            "### By level, predicted",
            _table(("model", "links", *_levels(summary)), _level_rows(summary)),
            "### Least cap by level, predicted",
            _table(("model", *_levels(summary)), _level_cap_rows(summary)),
            "### Predicted beside measured",
            _measured_words(summary.measured),
            _table(
                ("model", "links", "plan", "predicted", "measured", "error",
                 "highest peak predicted", "measured"),
                _measured_rows(rows),
            ),
        )
    )  # fmt: skip


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return "\n".join(table(header, rows))


def _parts_rows(summary: Summary) -> Iterator[tuple[str, ...]]:
    for model, links in summary.parts.items():
        for link, cost in links.items():
            yield (
                _short(model), link, str(cost.blocks),
                _parts_and_time(cost.best_parts, cost.best_s),
                _parts_and_time(cost.most_parts, cost.most_s),
                _ms(cost.further_part_s), _hand(cost),
                _signed(cost.hand_peak_over_best),
            )  # fmt: skip


def _hand(cost: PartsCost) -> str:
    if cost.hand_parts is None:
        return "there is none"
    if cost.hand_over_best is None:
        return f"{_counted(cost.hand_parts)}: does not fit"
    return f"{_counted(cost.hand_parts)}: {_signed(cost.hand_over_best)}"


def _threshold_rows(summary: Summary) -> Iterator[tuple[str, ...]]:
    for model, links in summary.parts.items():
        costs = list(links.values())
        best = {cost.best_parts: cost.best_threshold_bytes for cost in costs if cost.best_parts}
        first = costs[0]
        yield (
            _short(model), mib(first.whole_bytes),
            ", ".join(f"{_counted(parts)}: {mib(cap)}" for parts, cap in sorted(best.items()))
            or "no plan fits",
            f"{_counted(first.least_threshold_parts)}: {mib(first.least_threshold_bytes)}",
        )  # fmt: skip


def _levels(summary: Summary) -> list[str]:
    """From fine to coarse."""
    links = next(iter(summary.levels.values()), {})
    return list(next(iter(links.values()), {}))


def _level_rows(summary: Summary) -> Iterator[tuple[str, ...]]:
    for model, links in summary.levels.items():
        for link, levels in links.items():
            yield _short(model), link, *(_level_cell(cost) for cost in levels.values())


def _level_cell(cost: LevelCost) -> str:
    if cost.parts is None:
        return "none fits"
    return (
        f"{_parts_and_time(cost.parts, cost.latency_s)} ({_signed(cost.over_finest)}), "
        f"{mib(cost.moved_bytes)} moved"
    )


def _level_cap_rows(summary: Summary) -> Iterator[tuple[str, ...]]:
    """Caps do not depend on the links."""
    for model, links in summary.levels.items():
        levels = next(iter(links.values()))
        cells = (
            f"{_counted(c.blocks, 'block')}: {mib(c.threshold_bytes)}" for c in levels.values()
        )
        yield _short(model), *cells


def _measured_words(found: MeasuredPlans) -> str:
    return (
        f"{found.runs} runs, {found.killed} killed for their memory, {found.failed} failed "
        f"otherwise. Latency: median |error| {percent(found.median_error)}, worst "
        f"{_signed(found.worst_error)}. Highest peak: {_signed(found.median_over_estimate)} "
        f"(median), {found.below_measured} above the prediction. The quickest of the measured "
        f"numbers of parts was the predicted one in {found.same_best} of {found.compared}."
    )


def _measured_rows(rows: Sequence[GranularityRow]) -> Iterator[tuple[str, ...]]:
    order = {model: place for place, model in enumerate(dict.fromkeys(r.model for r in rows))}
    run = [row for row in rows if row.error is not None or row.run_failed]
    for row in sorted(run, key=lambda r: (order[r.model], r.link, r.sweep == Sweep.HAND, r.parts)):
        name = "by hand, " if row.sweep is Sweep.HAND else ""
        yield (
            _short(row.model), row.link, name + _counted(row.parts or 0), _ms(row.predicted_s),
            row.result if row.run_failed else _ms(row.measured_s), _signed(row.error),
            mib(row.peak_bytes), mib(row.measured_peak_bytes),
        )  # fmt: skip


def _signed(share: float | None) -> str:
    return percent(share, signed=True)


def _short(model: str) -> str:
    return model.rpartition(":")[2]


def _counted(number: int, noun: str = "part") -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _parts_and_time(parts: int | None, seconds: float | None) -> str:
    if parts is None:
        return "none fits"
    return f"{_counted(parts)}: {'does not fit' if seconds is None else _ms(seconds)}"


def _ms(seconds: float | None) -> str:
    return UNKNOWN if seconds is None else f"{seconds * 1e3:.1f} ms"
