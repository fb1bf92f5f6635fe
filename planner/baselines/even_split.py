"""Even split: a count divided into parts that differ by at most one."""

from __future__ import annotations


def even_bounds(count: int, n_parts: int) -> tuple[int, ...]:
    """Ends of the parts of 0 … count, the longer parts first: 7 in 3 gives 0, 3, 5, 7."""
    size, longer = divmod(count, n_parts)
    return tuple(size * part + min(part, longer) for part in range(n_parts + 1))
