"""Memory terms: what profiles measured of blocks, joined for the nodes of one problem."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from profiler.profile_records import Profile


@dataclass(frozen=True)
class MemoryTerms:
    """Per block, in bytes, with the profiles' margins."""

    kept: tuple[int, ...]
    """By the reference profile; where that keeps nothing, the most that another one keeps."""
    workspace: tuple[int, ...]
    """The most of all profiles; with it the live bytes have their margin too."""
    load: tuple[int, ...]
    """The most of all profiles."""


def memory_terms(reference: Profile, used: Sequence[Profile]) -> MemoryTerms:
    """The terms for nodes with the given profiles, which have the same blocks.

    Args:
        reference: what the problem's weights are relative to.
        used: the profiles of the problem's nodes.
    """
    kept = [_kept(profile) for profile in (reference, *used)]
    return MemoryTerms(
        kept=tuple(own[0] or max(own) for own in zip(*kept, strict=True)),
        workspace=tuple(map(max, zip(*map(_workspace, used), strict=True))),
        load=tuple(map(max, zip(*map(_load, used), strict=True))),
    )


def base_bytes(profile: Profile, terms: MemoryTerms) -> int:
    """A process before any block, with the margin that every process has.

    And what blocks keep beyond `kept_factor` times what the terms say: any of them may be there.
    """
    runtime = profile.runtime
    kept = _kept(profile)
    own, told = sum(kept), sum(terms.kept)
    beyond = sum(max(a * told - b * own, 0) for a, b in zip(kept, terms.kept, strict=True))
    beyond_bytes = -(-beyond // max(told, 1))
    return (
        ceil((1 + runtime.margin_ratio) * runtime.base_bytes) + runtime.margin_bytes + beyond_bytes
    )


def kept_factor(profile: Profile, terms: MemoryTerms) -> float:
    """What all blocks keep relative to what the terms say.

    Not the most of one block: what keeps next to nothing may keep twice that in another process.
    """
    return sum(_kept(profile)) / max(sum(terms.kept), 1) or 1.0


def _kept(profile: Profile) -> list[int]:
    factor = 1 + profile.runtime.margin_ratio
    return [ceil(factor * block.resident_bytes) for block in profile.blocks]


def _workspace(profile: Profile) -> list[int]:
    factor = 1 + profile.runtime.margin_ratio
    return [
        ceil(factor * (block.peak_live_bytes + block.workspace_bytes)) - block.peak_live_bytes
        for block in profile.blocks
    ]


def _load(profile: Profile) -> list[int]:
    factor = 1 + profile.runtime.margin_ratio
    return [ceil(factor * block.load_bytes) for block in profile.blocks]
