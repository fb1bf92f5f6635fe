"""Close calls: cells in which another plan seems quicker than ours, and may be so by chance."""

from __future__ import annotations

from collections.abc import Sequence

from experiments.bandwidth.summary import cells_of
from experiments.contest import OURS, ContestRow, Entries
from experiments.stages import stage_words
from experiments.standings import standings


def close_calls(case: str, rows: Sequence[ContestRow], entries: Entries) -> Entries:
    """Our plan and all that seem quicker, over the links where one does by more than is claimed.

    They are measured more often: of a dozen plans that take nearly as long, the one that two visits
    make look quickest need not be quicker.

    Args:
        case: the model.
        rows: of all cases.
        entries: what was measured of this one.
    """
    worse = {cell.link for cell in cells_of(rows) if cell.case == case and cell.is_worse}
    quicker = {
        (standing.link, standing.cuts, standing.nodes)
        for standing in standings([row for row in rows if row.case == case])
        if standing.link in worse and (standing.name == OURS or (standing.over_ours or 1) < 1)
    }
    found = {
        stages: [entry for entry in visits if (entry.link, *stage_words(stages)) in quicker]
        for stages, visits in entries.items()
    }
    return {stages: visits for stages, visits in found.items() if visits}
