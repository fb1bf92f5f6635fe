"""How a run was made, and what it showed beside its times."""

from __future__ import annotations

from collections.abc import Iterator

from planner.report.content import ReportContent
from planner.report.markup import Markup, bullets, section
from planner.report.run_notes import run_notes, setting_text
from planner.saved_run import SavedRun
from planner.wording import drift_summary, time_text, verification_summary


def run_part(content: ReportContent) -> Markup:
    """What was real and what emulated, whether the outputs were right, and what is not included."""
    if content.run is None:
        return Markup("")
    return section("The run", bullets(_lines(content.run)))


def _lines(run: SavedRun) -> Iterator[str]:
    document, result = run.document, run.result
    yield setting_text(result, slowed_by_quotas=run.cpu_quotas)
    yield verification_summary(result.check)
    if result.measurement.requests is not None:
        spread = result.measurement.requests
        yield (
            f"{spread.n} requests one after another: median {time_text(spread.median_s)}, "
            f"p10 {time_text(spread.p10_s)}, p90 {time_text(spread.p90_s)}"
        )
    yield from run_notes(document, result)
    if document.reference is not None and result.reference is not None:
        yield drift_summary(document.reference, result.reference, runs="the machine of the run ran")
