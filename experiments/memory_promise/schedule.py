"""Which capped runs are made, in which order, and which are there already."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

from experiments.bench import Bench, open_bench
from experiments.failures import Failures
from experiments.memory_promise.capped_runs import CappedRun, Limit, run_capped
from experiments.memory_promise.caps import Promise, promises
from experiments.memory_promise.config import PromiseConfig
from experiments.rows import RowFile
from experiments.stages import emit_once
from netmodel.cluster import Cluster
from planner import api
from planner.partition import Partition
from profiler.profile_options import Rounds

if TYPE_CHECKING:
    from profiler.capture import CapturedModel

_FEW_ROUNDS = Rounds(least=3, most=5, budget_s=2.0, floor=4)
"""Plans are made for memory here; times only choose between those that fit."""


@dataclass(frozen=True)
class Schedule:
    """One run of the experiment."""

    config: PromiseConfig
    cluster: Cluster
    rows: RowFile[CappedRun]
    out_of_time: Callable[[], bool]
    on_testbed: bool
    failures: Failures = field(default_factory=Failures)
    """What was passed over."""

    def run(self) -> None:
        """Adds the rows that are missing, until the time is over; passes over what fails."""
        for model in self.config.models:
            wanted = [b for b in self.config.backends if not self._is_complete(model, b)]
            self.failures.run_model(model, wanted, self._run_model, out_of_time=self.out_of_time)

    @property
    def missing(self) -> int:
        """Declared caps that have no row; each of them has one, whatever the plans."""
        parts = product(self.config.models, self.config.backends)
        return sum(len(self._missing_shares(model, backend)) for model, backend in parts)

    def _is_complete(self, model: str, backend: str) -> bool:
        return not self._missing_shares(model, backend)

    def _missing_shares(self, model: str, backend: str) -> list[float]:
        """Shares whose declared run, the last one of each, has no row."""
        key = (model, backend, Limit.DECLARED)
        return [share for share in self.config.shares if (*key, share) not in self.rows]

    def _run_model(self, captured: CapturedModel, backend: str) -> None:
        options = api.ProfileOptions(backend=backend, rounds=_FEW_ROUNDS)
        profile = api.profile(captured, options)
        made = list(promises(profile, self.cluster, self.config.shares))
        with (
            tempfile.TemporaryDirectory() as folder,
            open_bench(self.cluster, on_testbed=self.on_testbed) as bench,
        ):
            parts = emit_once([promise.document for promise in made], captured, Path(folder))
            for promise, limit in self._runs(made):
                if not self.out_of_time():
                    self._add(bench, parts[promise.stages[0]], promise, limit)

    def _runs(self, made: Sequence[Promise]) -> Iterator[tuple[Promise, Limit]]:
        """Runs of each promise; a plan that serves several caps needs its exact run once."""
        seen = set()
        for promise in made:
            if promise.stages not in seen:
                yield promise, Limit.EXACT
            seen.add(promise.stages)
            if promise.share in self.config.below_shares:
                yield promise, Limit.BELOW
            yield promise, Limit.DECLARED

    def _add(self, bench: Bench, partition: Partition, promise: Promise, limit: Limit) -> None:
        document = promise.document
        if (document.model, document.backend, limit, promise.share) in self.rows:
            return
        row = run_capped(bench, partition, promise, limit)
        self.rows.append(row)
        over = ", ".join(f"{share:+.1%}" for share in row.over_estimates) or "not known"
        print(
            f"{row.model} {row.backend} cap {row.cap_bytes / 2**20:.1f} MiB, {row.limit} "
            f"[{row.cuts}]: {row.result}; predicted over measured {over}",
            flush=True,
        )
