"""Markdown: the tables of the experiments' pages, and the words in their cells."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

UNKNOWN = "not known"


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """The lines of a table."""
    yield line(*header)
    yield line(*("---" for _ in header))
    for row in rows:
        yield line(*row)


def line(*cells: object) -> str:
    """One line of a table."""
    return f"| {' | '.join(map(str, cells))} |"


def percent(share: float | None, *, signed: bool = False) -> str:
    """A share of one, as in `1.5 %`."""
    if share is None:
        return UNKNOWN
    return f"{100 * share:+.1f} %" if signed else f"{100 * share:.1f} %"


def ratio(value: float | None) -> str:
    """A ratio, with three digits behind the point where these tell it from one."""
    return UNKNOWN if value is None else f"{value:.3f}" if value < 2 else f"{value:.1f}"


def mib(n_bytes: int | None) -> str:
    """Bytes as MiB, whole ones without a point."""
    return UNKNOWN if n_bytes is None else f"{n_bytes / 2**20:.1f}".removesuffix(".0") + " MiB"
