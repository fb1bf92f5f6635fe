"""Contest: several plans of one model, measured in turn over several link settings."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments import kept_profiles
from experiments.bench import open_bench
from experiments.failures import Failures
from experiments.link_settings import setting_named, with_links
from experiments.priced_plans import by_hand, optimal
from experiments.rows import RowFile
from experiments.stages import Stages, emit_once, stage_words, stages_of
from experiments.terms import terms_of
from experiments.visits import Visit, measure
from netmodel.cluster import Cluster
from netmodel.links.any_link import AnyLink
from planner.engines.interface import RunResult
from planner.errors import PlannerError
from planner.problem import Problem
from planner.solution import PlanDocument
from profiler.profile_records import Profile
from profiler.record import Record

if TYPE_CHECKING:
    from profiler.capture import CapturedModel

OURS = "partway"
"""Who chose the plan of least predicted latency."""
OK = "ok"
KEY = ("case", "link", "cuts", "nodes", "visit")
_AND = "; "

Choose = Callable[[Problem], Iterable[tuple[str, Stages]]]
"""Names of the others and the plans that they choose for a problem."""


class ContestRow(Record):
    """One measurement of one plan."""

    case: str
    link: str
    cuts: str
    nodes: str
    visit: int
    chosen_by: str = ""
    """Everybody who chose this plan for these links."""
    result: str
    """ok, or why there is no measurement."""
    fits: bool
    """Whether every node's predicted memory is within its cap."""
    predicted_s: float
    measured_s: float | None = None
    p10_s: float | None = None
    p90_s: float | None = None
    requests: int | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Of those who chose the plan."""
        return tuple(filter(None, self.chosen_by.split(_AND)))


@dataclass(frozen=True)
class Entry(Visit):
    """A plan over one link setting, and who chose it there."""

    link: str
    names: tuple[str, ...]


Entries = Mapping[Stages, list[Entry]]
"""Every plan with its visits, one per link setting that it was chosen for."""


def entries(
    profile: Profile,
    cluster: Cluster,
    fits: Mapping[str, AnyLink],
    *,
    choose: Choose,
    failures: Failures,
) -> Entries:
    """Our plan and the others' for every link setting; equal plans of a setting are one entry.

    A setting over which no plan of ours fits is passed over, and no other one with it.

    Args:
        profile: of the model.
        cluster: its nodes; links are replaced.
        fits: the links of each setting as they were measured: what plans are made for.
        choose: the others' plans.
        failures: of the run.
    """
    found: defaultdict[Stages, list[Entry]] = defaultdict(list)
    for link, model in fits.items():
        with failures.passing_over(f"{profile.graph.model}, {link}"):
            best = optimal(profile, with_links(cluster, model))
            for entry in _entries_over(link, best, choose):
                found[entry.stages].append(entry)
    return dict(found)


def _entries_over(link: str, best: PlanDocument, choose: Choose) -> list[Entry]:
    """Those of one link setting, for which our plan was made."""
    links = with_links(best.cluster, setting_named(link).model)
    names: defaultdict[Stages, list[str]] = defaultdict(list, {stages_of(best): [OURS]})
    if best.problem is not None:
        for name, stages in choose(best.problem):
            names[stages].append(name)
    return [
        Entry(by_hand(best, *stages), links, link, tuple(filter(None, by)))
        for stages, by in names.items()
    ]


@dataclass(frozen=True)
class Contest:
    """The plans of one case, and the rows that there are."""

    case: str
    cluster: Cluster
    """Its nodes with their caps; links change with the setting."""
    entries: Entries
    rows: RowFile[ContestRow]

    def measure(self, captured: CapturedModel, *, n_visits: int, on_testbed: bool) -> None:
        """Adds the rows that are missing, plans in one order and then in the opposite one.

        Args:
            captured: the model.
            n_visits: how often every plan is measured.
            on_testbed: whether links and caps are real, not paced and unchecked.
        """
        missing = list(self._missing(n_visits))
        if not missing:
            return
        documents = [visits[0].document for _, _, visits in missing]
        with (
            tempfile.TemporaryDirectory() as folder,
            open_bench(self.cluster, on_testbed=on_testbed) as bench,
        ):
            parts = emit_once(documents, captured, Path(folder))
            for number, (cuts, _), visits in missing:
                for entry, found in measure(bench, parts[cuts], visits):
                    row = row_of(self.case, entry, number, found)
                    self.rows.append(row)
                    print(_line(row), flush=True)

    def _missing(self, n_visits: int) -> Iterator[tuple[int, Stages, list[Entry]]]:
        order = list(self.entries)
        for number in range(n_visits):
            for stages in reversed(order) if number % 2 else order:
                words = (*stage_words(stages), number)
                wanted = [
                    entry
                    for entry in self.entries[stages]
                    if (self.case, entry.link, *words) not in self.rows
                ]
                if wanted:
                    yield number, stages, wanted


def kept_profile(case: str, rows: RowFile[Any], make: Callable[[], Profile]) -> Profile:
    """The profile of a case, kept beside its rows: another one would predict otherwise.

    Args:
        case: its name, which its rows have as `case`.
        rows: of all cases.
        make: measures the profile.

    Raises:
        SystemExit: there are rows, and the profile that they were predicted from is gone.
    """
    path = rows.path.parent / "profiles" / f"{case}.json"
    has_rows = any(row.case == case for row in rows.rows)
    return kept_profiles.kept_profile(path, make, has_rows=has_rows)


def row_of(case: str, entry: Entry, number: int, found: RunResult | PlannerError) -> ContestRow:
    """The row of a visit, of a measurement or of the failure that came instead."""
    estimate = entry.document.estimate
    if estimate is None:
        raise ValueError("a plan without a prediction")
    measured = measured_fields(found)
    cuts, nodes = stage_words(entry.stages)
    return ContestRow(
        case=case,
        link=entry.link,
        cuts=cuts,
        nodes=nodes,
        visit=number,
        chosen_by=_AND.join(entry.names),
        result=OK if measured else f"{type(found).__name__}: {found}",
        fits=estimate.fits,
        predicted_s=estimate.latency_s,
        **measured,
    )


def measured_fields(found: RunResult | PlannerError) -> dict[str, float | int]:
    """A row's latency with its spread over requests; nothing of a failure."""
    if not isinstance(found, RunResult) or found.measurement.requests is None:
        return {}
    spread = found.measurement.requests
    return {
        "measured_s": terms_of(found.measurement).latency_s,
        "p10_s": spread.p10_s,
        "p90_s": spread.p90_s,
        "requests": spread.n,
    }


def _line(row: ContestRow) -> str:
    head = f"{row.case}, {row.link} [{row.cuts}] {row.nodes} ({row.chosen_by or 'nobody'})"
    if row.measured_s is None:
        return f"{head}: {row.result}"
    predicted, measured = row.predicted_s * 1e3, row.measured_s * 1e3
    return f"{head}: predicted {predicted:.1f} ms, measured {measured:.1f} ms"
