"""Links fitted by a probe beside those that the testbed was set to, and two links on one medium."""

from __future__ import annotations

import argparse
import csv
import os
import sys
from collections.abc import Iterator
from itertools import product
from pathlib import Path

from experiments.link_fit.sharing import together_s
from experiments.testbed import open_testbed, skip_reason
from experiments.testbed.priority import raise_priority
from netmodel.cluster import Cluster, Link, Node
from netmodel.links.affine import AffineLink
from netmodel.probe_records import Probe
from planner import api
from planner.engines.hosts import THIS_MACHINE

RATES_MBIT_PER_S, DELAYS_MS = (10, 100, 1000), (0.3, 20)
DEADLINE_S, SMOKE_DEADLINE_S = 40.0, 4.0
NODES = ("a", "b", "c")
HEADER = (
    "what", "rate set (Mbit/s)", "delay set (ms)", "model", "rate (Mbit/s)", "rate error",
    "latency (ms)", "overhead (ms)", "rms residual", "scatter", "initial window (B)",
    "window is bound", "cold rms residual", "rounds",
)  # fmt: skip


def main() -> None:
    """Probes every setting and writes a row for each direction, then one for a shared medium."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--deadline", type=float, help="seconds for each probe")
    parser.add_argument("--smoke", action="store_true", help="one setting, short probes")
    parser.add_argument("-o", "--output", type=Path, default=Path("out/link_fit"))
    options = parser.parse_args()
    usual_s = SMOKE_DEADLINE_S if options.smoke else DEADLINE_S
    deadline_s = usual_s if options.deadline is None else options.deadline
    settings = [(100, 0.3)] if options.smoke else list(product(RATES_MBIT_PER_S, DELAYS_MS))
    options.output.mkdir(parents=True, exist_ok=True)
    with (options.output / "results.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(HEADER)
        for row in rows(settings, deadline_s):
            table.writerow(row)
            file.flush()
            print(dict(zip(HEADER, row, strict=True)), flush=True)


def rows(settings: list[tuple[float, float]], deadline_s: float) -> Iterator[tuple[object, ...]]:
    """Rows of every setting; of this machine's loopback where there is no testbed."""
    reason = skip_reason()
    if reason is not None and os.environ.get("CI"):
        sys.exit(f"no testbed: {reason}")
    if reason is not None:
        print(f"no testbed: {reason}; this machine's loopback is measured instead")
        yield from probe_rows(
            api.probe_between(THIS_MACHINE, "a", "b", deadline_s=deadline_s), "", ""
        )
        return
    with open_testbed(cluster_of(*settings[0])) as testbed:
        # Who is kept waiting measures the machine's other work, not the link.
        print(
            f"{testbed.description}; relay at {testbed.relay_priority}, ends at {raise_priority()}"
        )
        for rate, delay in settings:
            testbed.set_links(cluster_of(rate, delay))
            found = api.probe_between(testbed, "a", "b", deadline_s=deadline_s)
            yield from probe_rows(found, rate, delay)
        for medium in (None, "air"):
            testbed.set_links(cluster_of(100, 0.3, medium=medium))
            alone, both = together_s(testbed, "a", ("b", "c"))
            what = "1 MB to b and c at once over 1 MB to one"
            name = f"{what}, {'wires of their own' if medium is None else 'one medium'}"
            yield (name, 100, 0.3, f"{both / alone:.3f}", *("",) * (len(HEADER) - 4))


def cluster_of(rate_mbit: float, delay_ms: float, *, medium: str | None = None) -> Cluster:
    """Three nodes with equal links between all of them."""
    model = AffineLink(bandwidth_bytes_per_s=rate_mbit * 125e3, latency_s=delay_ms / 1e3)
    nodes = tuple(Node(name=name, memory_bytes=2**30, speed=1.0) for name in NODES)
    links = tuple(
        Link(source=source, target=target, model=model, medium=medium)
        for source, target in product(NODES, NODES)
        if source != target
    )
    return Cluster(source="a", sink="a", nodes=nodes, links=links)


def probe_rows(found: Probe, rate: object, delay: object) -> Iterator[tuple[object, ...]]:
    """One for each direction."""
    for link in found.links:
        fit, model = link.fit, link.fit.model
        mbit, cold = model.bandwidth_bytes_per_s / 125e3, fit.cold_rms_residual
        yield (
            f"{link.source} to {link.target}", rate, delay, model.model, f"{mbit:.3f}",
            f"{mbit / rate - 1:.4f}" if isinstance(rate, int | float) else "",
            f"{model.latency_s * 1e3:.3f}", f"{model.overhead_s * 1e3:.3f}",
            f"{fit.rms_residual:.4f}", f"{fit.scatter:.4f}",
            "" if model.initial_window_bytes is None else round(model.initial_window_bytes),
            fit.cold_is_bound, "" if cold is None else f"{cold:.4f}", found.rounds,
        )  # fmt: skip


if __name__ == "__main__":
    main()
