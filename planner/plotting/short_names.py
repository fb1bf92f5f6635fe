"""Names that are short enough for a picture, those of nodes still different from each other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

MOST_CHARACTERS = 14


def short_names(names: Iterable[str], most: int = MOST_CHARACTERS) -> Mapping[str, str]:
    """Leaves out a domain, then the middle of long names: `edge-f…rt-03` for `edge-frankfurt-03`.

    Names that differ in their middles keep what is around the first difference.

    Args:
        names: all that must stay apart.
        most: characters, three or more; exceeded where shorter names would be the same.
    """
    hosts = {name: _host(name) if len(name) > most else name for name in names}
    if len(set(hosts.values())) < len(hosts):
        hosts = {name: name for name in hosts}
    columns = zip(*(host for host in hosts.values() if len(host) > most), strict=False)
    at = next((i for i, characters in enumerate(columns) if len(set(characters)) > 1), 0)
    for limit in range(most, max(map(len, hosts.values()), default=0)):
        ends = {name: shortened(host, limit) for name, host in hosts.items()}
        around = {name: _around(host, at, limit) for name, host in hosts.items()}
        for shorter in (ends, around):
            if len(set(shorter.values())) == len(hosts):
                return shorter
    return hosts


def _host(name: str) -> str:
    """Without the domain; an address has none."""
    host = name.partition(".")[0]
    return host if any(map(str.isalpha, host)) else name


def _around(name: str, at: int, most: int) -> str:
    if len(name) <= most:
        return name
    start = max(min(at - most // 2, len(name) - most + 1), 0)
    if not start:
        return f"{name[: most - 1]}…"
    kept = name[start : start + most - 2]
    return f"…{kept}…" if start + len(kept) < len(name) else f"…{kept}"


def shortened(name: str, most: int) -> str:
    """At most so many characters of a name, from both of its ends."""
    if len(name) <= most:
        return name
    tail = most // 2
    return f"{name[: most - tail - 1]}…{name[-tail:]}"
