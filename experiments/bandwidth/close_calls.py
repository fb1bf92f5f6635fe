"""Close calls: cells in which another plan takes about as long as ours, or seems quicker."""

from __future__ import annotations

from collections.abc import Sequence

from experiments.contest import OURS, ContestRow, Entries
from experiments.stages import stage_words
from experiments.standings import standings


def close_calls(
    case: str, rows: Sequence[ContestRow], entries: Entries, *, within: float
) -> Entries:
    """Every other plan that does not seem clearly slower, and ours over the same links.

    They are measured more often, whichever of the two seems quicker: to look again only where ours
    seems slower would keep all the luck that it had.

    Args:
        case: the model.
        rows: of all cases.
        entries: what was measured of this one.
        within: how much longer than ours another plan takes, relative to ours, that is not clear.
    """
    found = standings([row for row in rows if row.case == case])
    ours = {each.link: (each.cuts, each.nodes) for each in found if each.name == OURS}
    close = {
        (each.link, each.cuts, each.nodes)
        for each in found
        if each.fits
        and each.over_ours is not None
        and each.over_ours < 1 + within
        and (each.cuts, each.nodes) != ours[each.link]
    }
    close |= {(link, *ours[link]) for link, *_ in close}
    again = {
        stages: [entry for entry in visits if (entry.link, *stage_words(stages)) in close]
        for stages, visits in entries.items()
    }
    return {stages: visits for stages, visits in again.items() if visits}
