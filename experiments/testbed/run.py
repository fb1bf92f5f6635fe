"""How close a testbed's transfers are to α + n/β, over the runtime's own connections."""

from __future__ import annotations

import argparse
import csv
import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from experiments.testbed import open_testbed, skip_reason
from netmodel.cluster import Cluster, Link, Node
from netmodel.links.affine import AffineLink
from planner.engines.hosts import THIS_MACHINE, Hosts
from planner.runtime.connection import Connection, accept, connect, listen
from planner.runtime.frames import Frame

RATES_MBIT_PER_S, DELAYS_MS = (10, 100, 1000), (0, 1, 20)
SIZES = (1_000, 10_000, 100_000, 600_000, 3_000_000)
LONGEST_S = 1.0
"""Sizes that take longer are left out."""
HEADER = (
    "rate set (Mbit/s)", "delay set (ms)", "bytes", "set (s)", "fastest (s)", "median (s)",
    "p90 (s)", "runs", "rate of medians (Mbit/s)", "delay of medians (ms)", "median over its line",
    "rate of fastest (Mbit/s)", "delay of fastest (ms)", "fastest over its line",
)  # fmt: skip


def main() -> None:
    """Measures every size on every link, sizes in turn, and writes a row for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--smoke", action="store_true", help="one link, three runs")
    parser.add_argument("-o", "--output", type=Path, default=Path("out/testbed"))
    options = parser.parse_args()
    runs = 3 if options.smoke else options.runs
    links = [
        AffineLink(bandwidth_bytes_per_s=rate * 125e3, latency_s=delay / 1e3)
        for rate in ((100,) if options.smoke else RATES_MBIT_PER_S)
        for delay in ((1,) if options.smoke else DELAYS_MS)
    ]
    options.output.mkdir(parents=True, exist_ok=True)
    with (options.output / "results.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(HEADER)
        for link, samples_s in measured(links, runs):
            rows = rows_of(link, samples_s)
            table.writerows(rows)
            print(*(dict(zip(HEADER, row, strict=True)) for row in rows), sep="\n", flush=True)


def measured(
    links: list[AffineLink], runs: int
) -> Iterator[tuple[AffineLink | None, dict[int, list[float]]]]:
    """Samples by size, for every link; of no link but this machine's loopback without a testbed."""
    reason = skip_reason()
    if reason is not None and os.environ.get("CI"):
        sys.exit(f"no testbed: {reason}")
    if reason is not None:
        print(f"no testbed: {reason}; this machine's loopback is measured instead")
        with connected(THIS_MACHINE) as ends:
            yield None, sample(None, ends, runs)
        return
    with open_testbed(cluster_of(links[0])) as testbed:
        print(f"{testbed.description}; relay at {testbed.relay_priority}")
        for link in links:
            testbed.set_links(cluster_of(link))
            with connected(testbed) as ends:
                yield link, sample(link, ends, runs)


def cluster_of(link: AffineLink) -> Cluster:
    """Two nodes with the link both ways."""
    nodes = tuple(Node(name=name, memory_bytes=2**30, speed=1.0) for name in ("a", "b"))
    ends = (("a", "b"), ("b", "a"))
    wires = tuple(Link(source=source, target=target, model=link) for source, target in ends)
    return Cluster(source="a", sink="a", nodes=nodes, links=wires)


@contextmanager
def connected(hosts: Hosts) -> Iterator[tuple[Connection, Connection]]:
    """Both ends of a connection from a to b."""
    deadline_s = time.monotonic() + 60
    with hosts.inside("b"):
        listener = listen(hosts.address("b"))
    port = listener.getsockname()[1]
    with hosts.inside("a"):
        first = connect(port, host=hosts.address("b"), deadline_s=deadline_s)
    with listener, first, accept(listener, deadline_s=deadline_s) as last:
        yield first, last


def sample(
    link: AffineLink | None, ends: tuple[Connection, Connection], runs: int
) -> dict[int, list[float]]:
    """Transfer times by size: the connection is warmed first, then the sizes take turns."""
    longest = max(SIZES) if link is None else LONGEST_S * link.bandwidth_bytes_per_s
    sizes = [size for size in SIZES if size <= longest]
    for _ in range(4):
        transfer_s(ends, max(sizes))
    samples_s: dict[int, list[float]] = {size: [] for size in sizes}
    for _ in range(runs):
        for size in sizes:
            samples_s[size].append(transfer_s(ends, size))
    return samples_s


def transfer_s(ends: tuple[Connection, Connection], n_bytes: int) -> float:
    """From before the sending to the last byte's arrival."""
    first, last = ends
    frame = Frame({"x": np.zeros(n_bytes, np.uint8)})
    ended_s: list[float] = []
    waiting = threading.Thread(target=lambda: ended_s.append(last.receive().end_s))
    waiting.start()
    time.sleep(0.01)  # the receiver waits in the kernel, as a worker does
    start_s = time.monotonic()
    first.send(frame)
    waiting.join()
    return ended_s[0] - start_s


def rows_of(link: AffineLink | None, samples_s: dict[int, list[float]]) -> list[tuple[object, ...]]:
    """A row per size, with a straight line through the medians, and one through the fastest.

    Nothing stands under what was set if there was no link that could be.
    """
    sizes = np.array(list(samples_s), np.int64)
    fastest_s, median_s, p90_s = np.quantile(list(samples_s.values()), (0, 0.5, 0.9), axis=1)
    of_medians, of_fastest = line(sizes, median_s), line(sizes, fastest_s)
    rows: list[tuple[object, ...]] = []
    for index, size in enumerate(sizes):
        times_s = (fastest_s[index], median_s[index], p90_s[index])
        rows.append(
            (
                "" if link is None else link.bandwidth_bytes_per_s / 125e3,
                "" if link is None else link.latency_s * 1e3,
                int(size),
                "" if link is None else round(float(link.transfer_s(sizes)[index]), 6),
                *(round(float(time_s), 6) for time_s in times_s),
                len(samples_s[int(size)]),
                *beside(of_medians, size, median_s[index]),
                *beside(of_fastest, size, fastest_s[index]),
            )
        )
    return rows


def beside(fitted: tuple[float, float], size: int, time_s: float) -> tuple[float, float, float]:
    """A line's rate in Mbit/s and delay in ms, and a time over what the line says."""
    slope, start_s = fitted
    over = float(time_s / (start_s + slope * size))
    return round(1 / slope / 125e3, 3), round(start_s * 1e3, 3), round(over, 4)


def line(sizes: np.ndarray, seconds: np.ndarray) -> tuple[float, float]:
    """Slope and start of the line with the least relative squares."""
    slope, start_s = np.polyfit(sizes, seconds, 1, w=1 / seconds)
    return float(slope), float(start_s)


if __name__ == "__main__":
    main()
