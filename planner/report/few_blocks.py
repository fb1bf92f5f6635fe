"""Blocks that are few enough for a picture: of more, it would be longer than anyone looks."""

from __future__ import annotations

from collections.abc import Iterable

from planner.level_sweep import levels_within
from profiler.profile_records import Profile


def borders_of_few(profile: Profile, most: int, kept: Iterable[int] = ()) -> tuple[int, ...]:
    """Borders of the finest level that has few enough blocks, as operator positions.

    Args:
        profile: its blocks are taken together where they are too many.
        most: blocks.
        kept: borders of the profile's blocks that stay whatever the level.

    Returns:
        Both ends included; empty for the profile's own blocks.
    """
    if len(profile.blocks) <= most:
        return ()
    levels = ({*borders, *kept} for borders in levels_within(profile).values())
    return next((tuple(sorted(borders)) for borders in levels if len(borders) - 1 <= most), ())
