"""The grid: in which order models, rings and cells are measured, and what is there already."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby, product
from math import sqrt
from pathlib import Path
from typing import TYPE_CHECKING

from experiments.bench import Bench, open_bench
from experiments.failures import Failures
from experiments.fidelity import clusters
from experiments.fidelity.cells import Cell, CellRow, Drift, row_of
from experiments.fidelity.config import FidelityConfig
from experiments.fidelity.rings import Ring, rings_of
from experiments.rows import RowFile
from experiments.stages import Cuts, emit_once
from experiments.visits import measure
from netmodel.links.any_link import AnyLink
from planner import api
from planner.engines.interface import RunResult
from planner.errors import PlannerError
from planner.partition import Partition
from profiler.profile_records import Profile
from profiler.reference import relative_speed

if TYPE_CHECKING:
    from profiler.capture import CapturedModel


@dataclass(frozen=True)
class Grid:
    """One run over the grid."""

    config: FidelityConfig
    fits: Mapping[str, AnyLink]
    rows: RowFile[CellRow]
    out_of_time: Callable[[], bool]
    failures: Failures = field(default_factory=Failures)
    """What was passed over."""

    def run(self) -> None:
        """Adds the rows that are missing, until the time is over; passes over what fails."""
        for model in self.config.models:
            wanted = [b for b in self.config.backends if not self._is_complete(model, b)]
            self.failures.run_model(model, wanted, self._run_model, out_of_time=self.out_of_time)

    @property
    def missing(self) -> int:
        """First visits that have no row."""
        return sum(key not in self.rows for key in self._first_visits(self.config.models))

    def _is_complete(self, model: str, backend: str) -> bool:
        """Whether all first visits have rows; missing second ones are then given up."""
        return all(key in self.rows for key in self._first_visits([model]) if key[1] == backend)

    def _first_visits(self, models: Iterable[str]) -> Iterator[tuple[object, ...]]:
        config = self.config
        for cell in product(
            models, config.backends, config.clusters, config.links, ("optimal", "odd")
        ):
            yield (*cell, 0)

    def _run_model(self, captured: CapturedModel, backend: str) -> None:
        """Profiles and plans; measures every ring, then some again, the last one first."""
        profile = api.profile(
            captured, api.ProfileOptions(backend=backend, rounds=self.config.rounds)
        )
        profiled_s = time.monotonic()
        print(f"{profile.graph.model} {backend}: whole {profile.whole.latency.median_s * 1e3:.1f} "
              f"ms, noise {profile.whole.noise:.1%}", flush=True)  # fmt: skip
        rings = rings_of(profile, self.config, self.fits)
        documents = [cell.document for cells in rings.values() for cell in cells]
        with tempfile.TemporaryDirectory() as folder:
            parts = emit_once(documents, captured, Path(folder))
            measuring = _Measuring(profile, profiled_s, rings, parts)
            self._pass(measuring, list(rings), visit=0)
            self._pass(measuring, list(reversed(rings))[:: self.config.repeat_every], visit=1)

    def _pass(self, measuring: _Measuring, rings: Iterable[Ring], *, visit: int) -> None:
        for name, group in groupby(rings, key=lambda ring: ring[0]):
            with open_bench(clusters.read(name), on_testbed=self.config.on_testbed) as bench:
                for ring in group:
                    if not self.out_of_time():
                        self._measure(bench, measuring, ring, visit=visit)

    def _measure(self, bench: Bench, measuring: _Measuring, ring: Ring, *, visit: int) -> None:
        model, backend = measuring.profile.graph.model, measuring.profile.backend
        cells = [
            cell
            for cell in measuring.rings[ring]
            if (model, backend, cell.cluster, cell.link, cell.plan, visit) not in self.rows
        ]
        if not cells:
            return
        bench.set_caps({node.name: node.memory_bytes for node in cells[0].links.nodes})
        for cell, found in measure(bench, measuring.parts[ring[1]], cells):
            drift = _drift(measuring, found)
            row = row_of(cell, measuring.profile, found, visit=visit, drift=drift)
            self.rows.append(row)
            print(_line(row), flush=True)


@dataclass(frozen=True)
class _Measuring:
    """One model on one backend, ready to be measured."""

    profile: Profile
    profiled_s: float
    """When that was, on the monotonic clock."""
    rings: Mapping[Ring, list[Cell]]
    parts: Mapping[Cuts, Partition]


def _drift(measuring: _Measuring, found: RunResult | PlannerError) -> Drift:
    then, speed = measuring.profile.environment.reference, None
    if then is not None and isinstance(found, RunResult) and found.reference is not None:
        before, after = found.reference
        speed = sqrt(relative_speed(before, then) * relative_speed(after, then))
    return Drift(time.monotonic() - measuring.profiled_s, speed)


def _line(row: CellRow) -> str:
    head = f"  {row.cluster} {row.link} {row.plan} [{row.cuts}] {row.nodes}:"
    if row.measured_s is None:
        return f"{head} {row.result}"
    return (
        f"{head} predicted {row.predicted_s * 1e3:.1f} ms, measured {row.measured_s * 1e3:.1f} ms, "
        f"{row.error:+.1%}"
    )
