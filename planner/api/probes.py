"""Measuring links. What fits them is imported by what measures."""

from __future__ import annotations

from netmodel.probe_records import Probe
from planner.api.progress import Progress
from planner.engines.hosts import Hosts
from planner.runtime.probe_messages import DEFAULT_PORT


def probe(
    host: str,
    port: int = DEFAULT_PORT,
    ends: tuple[str, str] = ("here", "there"),
    *,
    deadline_s: float = 60.0,
    on_step: Progress = lambda step: None,
) -> Probe:
    """Measures the link to a place where `partway probe serve` runs, both ways, and fits it.

    `cluster.with_measured(probe.cluster_links)` is a cluster with what was measured.

    Args:
        host: name or address of the place.
        port: where it listens.
        ends: names of this node and of that one.
        deadline_s: seconds after which it ends, with a fit or an error.
        on_step: told what is being done.

    Raises:
        ProbeError: the place is not there, silent, something else, or too slow for the deadline.
    """
    from planner.engines.probing import probe_place

    return probe_place(host, port, ends, deadline_s=deadline_s, on_step=on_step)


def probe_between(
    hosts: Hosts,
    source: str,
    target: str,
    *,
    deadline_s: float = 60.0,
    on_step: Progress = lambda step: None,
) -> Probe:
    """Measures the link between two nodes' hosts, as an engine would start workers on them.

    Raises:
        ProbeError: as `probe`.
    """
    from planner.engines.probing import probe_between as measure_between

    return measure_between(hosts, source, target, deadline_s=deadline_s, on_step=on_step)
