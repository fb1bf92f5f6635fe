"""Measuring every plan of a case, in one order and then in the opposite one."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from experiments.bench import open_bench
from experiments.plan_ranking.config import Case, even_cuts
from experiments.plan_ranking.every_plan import RankedVisit, visits_of
from experiments.plan_ranking.ranking import PlanRow, row_of
from experiments.rows import RowFile
from experiments.stages import Stages, emit_once
from experiments.visits import measure
from netmodel.cluster import Cluster
from netmodel.links.any_link import AnyLink
from planner import api
from planner.files import write_record
from profiler.blocks import Granularity, cut_positions
from profiler.capture import CapturedModel
from profiler.profile_records import Profile

_Wanted = tuple[int, Stages, list[RankedVisit]]
"""Number of the visit, the plan, and the link settings that have no row yet."""


def measure_case(
    case: Case,
    cluster: Cluster,
    fits: Mapping[str, AnyLink],
    *,
    n_visits: int,
    rows: RowFile[PlanRow],
    on_testbed: bool,
) -> None:
    """Adds the rows of a case that are missing.

    Args:
        case: the model, its blocks and its nodes.
        cluster: with the case's nodes and more.
        fits: the links of each setting as they were measured.
        n_visits: how often every plan is measured.
        rows: where they go.
        on_testbed: whether links are real, not paced.
    """
    captured = api.capture(case.model)
    profile = profile_of(case, captured, rows)
    small = _first_nodes(cluster, case.n_nodes)
    plans = visits_of(profile, small, fits)
    documents = [visits[0].document for visits in plans.values()]
    with tempfile.TemporaryDirectory() as folder, open_bench(small, on_testbed=on_testbed) as bench:
        parts = emit_once(documents, captured, Path(folder))
        for number, stages, visits in _missing(case, plans, n_visits, rows):
            for visit, found in measure(bench, parts[stages[0]], visits):
                row = row_of(case.name, visit, number, found)
                rows.append(row)
                print(_line(row), flush=True)


def profile_of(case: Case, captured: CapturedModel, rows: RowFile[PlanRow]) -> Profile:
    """The profile of a case, kept beside its rows: another one would predict otherwise.

    Raises:
        SystemExit: there are rows, and the profile that they were predicted from is gone.
    """
    path = rows.path.parent / "profiles" / f"{case.name}.json"
    if path.exists():
        return api.read_profile(path)
    if any(row.case == case.name for row in rows.rows):
        raise SystemExit(f"{path}: is missing, and rows were predicted from it: "
                         "name another folder with -o")  # fmt: skip
    cuts = even_cuts(cut_positions(captured.graph, Granularity.BLOCK), case.n_blocks)
    profile = api.profile(captured, api.ProfileOptions(backend=case.backend, cuts=cuts))
    write_record(path, profile)
    return profile


def _missing(
    case: Case,
    plans: Mapping[Stages, list[RankedVisit]],
    n_visits: int,
    rows: RowFile[PlanRow],
) -> Iterator[_Wanted]:
    order = list(plans)
    for number in range(n_visits):
        for stages in reversed(order) if number % 2 else order:
            words = (" ".join(map(str, stages[0])) or "none", " ".join(stages[1]), number)
            wanted = [v for v in plans[stages] if (case.name, v.link, *words) not in rows]
            if wanted:
                yield number, stages, wanted


def _first_nodes(cluster: Cluster, n_nodes: int) -> Cluster:
    """The cluster's first so many nodes with the links between them."""
    nodes = cluster.nodes[:n_nodes]
    names = {node.name for node in nodes}
    links = tuple(link for link in cluster.links if {link.source, link.target} <= names)
    return cluster.model_copy(update={"nodes": nodes, "links": links})


def _line(row: PlanRow) -> str:
    head = f"{row.case}, {row.link} [{row.cuts}] {row.nodes}"
    if row.measured_s is None:
        return f"{head}: {row.result}"
    predicted, measured = row.predicted_s * 1e3, row.measured_s * 1e3
    return f"{head}: predicted {predicted:.1f} ms, measured {measured:.1f} ms"
