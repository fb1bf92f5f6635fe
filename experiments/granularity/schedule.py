"""Which rows are made, in which order, and which are there already."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import TYPE_CHECKING

from experiments.failures import Failures
from experiments.granularity.config import GranularityConfig
from experiments.granularity.granularity_row import KEY, OK, GranularityRow, Sweep
from experiments.granularity.measuring import Measuring
from experiments.granularity.predictions import Setting, by_hand, by_level, by_parts
from experiments.kept_profiles import kept_profile
from experiments.link_settings import with_links
from experiments.rows import RowFile
from netmodel.cluster import Cluster
from netmodel.links.any_link import AnyLink
from planner import api
from planner.problem import build_problem
from profiler.blocks import Granularity, cut_positions
from profiler.profile_records import Profile

if TYPE_CHECKING:
    from profiler.capture import CapturedModel

_BY_BLOCK = (Sweep.PARTS, Sweep.HAND)
"""Sweeps that are predicted from the profile of the blocks."""


@dataclass(frozen=True)
class Schedule:
    """One run of the experiment."""

    config: GranularityConfig
    cluster: Cluster
    fits: Mapping[str, AnyLink]
    rows: RowFile[GranularityRow]
    out_of_time: Callable[[], bool]
    failures: Failures = field(default_factory=Failures)
    """What was passed over."""

    def run(self) -> None:
        """Adds the rows that are missing, until the time is over; passes over what fails."""
        for model in self.config.models:
            wanted = [self.config.backend] if self._missing_levels(model) else []
            self.failures.run_model(model, wanted, self._run_model, out_of_time=self.out_of_time)

    @property
    def missing(self) -> int:
        """Rows of levels that are not there; a model's levels come last."""
        return sum(self._missing_levels(model) for model in self.config.models)

    def _missing_levels(self, model: str) -> int:
        wanted = product(self.config.links, self.config.levels)
        keys = [(model, link, Sweep.LEVEL, level, None) for link, level in wanted]
        return sum(key not in self.rows for key in keys)

    def _run_model(self, captured: CapturedModel, backend: str) -> None:
        """Parts by a profile of the blocks, whose times are the best known; levels by a finer."""
        level = Granularity.BLOCK
        profile = self._profile(captured, level, self._sweeps(captured, *_BY_BLOCK))
        rows = self._new(
            row
            for setting in self._settings(profile)
            for row in (*by_parts(setting, level), *by_hand(setting, level))
        )
        to_measure = [row for row in rows if self._is_measured(row)]
        for row in rows:
            if row not in to_measure:
                self._add(row)
        if to_measure:
            measuring = Measuring(
                captured, profile, self.cluster, fits=self.fits, on_testbed=self.config.on_testbed
            )
            for row in measuring.rows(to_measure, self.out_of_time):
                self._add(row)
        if not self.out_of_time():
            self._add_levels(captured)

    def _add_levels(self, captured: CapturedModel) -> None:
        finest = Granularity(self.config.levels[0])
        profile = self._profile(captured, finest, self._sweeps(captured, Sweep.LEVEL))
        levels = {
            name: cut_positions(captured.graph, Granularity(name)) for name in self.config.levels
        }
        for setting in self._settings(profile):
            for row in self._new(by_level(setting, levels)):
                self._add(row)

    def _profile(self, captured: CapturedModel, level: Granularity, has_rows: bool) -> Profile:
        name = captured.graph.model.replace(":", "-")
        path = self.rows.path.parent / "profiles" / f"{name}.{level}.json"
        options = api.ProfileOptions(
            backend=self.config.backend, granularity=level, rounds=self.config.rounds
        )
        return kept_profile(path, lambda: api.profile(captured, options), has_rows=has_rows)

    def _sweeps(self, captured: CapturedModel, *sweeps: Sweep) -> bool:
        """Whether a model has rows of these sweeps."""
        model = captured.graph.model
        return any(row.model == model and row.sweep in sweeps for row in self.rows.rows)

    def _settings(self, profile: Profile) -> Iterator[Setting]:
        for link, model in self.fits.items():
            problem = build_problem(profile, with_links(self.cluster, model))
            yield Setting(profile.graph.model, link, problem)

    def _new(self, rows: Iterator[GranularityRow]) -> list[GranularityRow]:
        return [row for row in rows if tuple(getattr(row, name) for name in KEY) not in self.rows]

    def _is_measured(self, row: GranularityRow) -> bool:
        wanted = row.sweep is Sweep.HAND or row.wanted in self.config.measured_parts
        return row.model in self.config.measured_models and wanted and row.result == OK

    def _add(self, row: GranularityRow) -> None:
        self.rows.append(row)
        print(_line(row), flush=True)


def _line(row: GranularityRow) -> str:
    head = f"{row.model} {row.link} {row.sweep} {row.level} {row.wanted or ''}".rstrip()
    if row.predicted_s is None:
        return f"{head}: needs {row.threshold_bytes / 2**20:.1f} MiB a node; {row.result}"
    words = [f"{row.parts} parts [{row.cuts}], predicted {row.predicted_s * 1e3:.1f} ms"]
    if row.error is not None and row.measured_s is not None:
        words.append(f"measured {row.measured_s * 1e3:.1f} ms, {row.error:+.1%}")
    elif row.result != OK:
        words.append(row.result)
    return f"{head}: {', '.join(words)}"
