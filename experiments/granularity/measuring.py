"""Measuring: plans of predicted rows, run over the links and under the caps that they are for."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from experiments.bench import open_bench
from experiments.granularity.granularity_row import GranularityRow, with_measurement
from experiments.link_settings import setting_named, with_links
from experiments.priced_plans import by_hand, optimal
from experiments.stages import Stages, emit_once
from experiments.visits import Visit, measure
from netmodel.cluster import Cluster
from netmodel.links.any_link import AnyLink
from profiler.profile_records import Profile

if TYPE_CHECKING:
    from profiler.capture import CapturedModel


@dataclass(frozen=True)
class RowVisit(Visit):
    """A row whose plan is to be run."""

    row: GranularityRow


@dataclass(frozen=True)
class Measuring:
    """One model, ready to be run on a cluster."""

    captured: CapturedModel
    profile: Profile
    """That its rows were predicted from."""
    cluster: Cluster
    fits: Mapping[str, AnyLink]
    """Links of each setting as they were measured."""
    on_testbed: bool

    def rows(
        self, predicted: Sequence[GranularityRow], out_of_time: Callable[[], bool]
    ) -> Iterator[GranularityRow]:
        """The rows with what their plans took, the fewest parts first, while there is time."""
        visits = self._visits(predicted)
        documents = [group[0].document for group in visits.values()]
        with (
            tempfile.TemporaryDirectory() as folder,
            open_bench(self.cluster, on_testbed=self.on_testbed) as bench,
        ):
            parts = emit_once(documents, self.captured, Path(folder))
            for stages in sorted(visits, key=lambda stages: len(stages[1])):
                if out_of_time():
                    return
                for visit, found in measure(bench, parts[stages[0]], visits[stages]):
                    yield with_measurement(visit.row, found)

    def _visits(self, predicted: Sequence[GranularityRow]) -> dict[Stages, list[RowVisit]]:
        """Visits by plan: links change while its workers stay."""
        found: dict[Stages, list[RowVisit]] = {}
        for link, model in self.fits.items():
            wanted = [row for row in predicted if row.link == link]
            if not wanted:
                continue
            best = optimal(self.profile, with_links(self.cluster, model))
            links = with_links(self.cluster, setting_named(link).model)
            for row in wanted:
                cuts, nodes = tuple(map(int, row.cuts.split())), tuple(row.nodes.split())
                visit = RowVisit(by_hand(best, cuts, nodes), links, row=row)
                found.setdefault((cuts, nodes), []).append(visit)
        return found
