"""Do predictions rank plans as measurements do? Every plan of small cases, on the testbed."""

from __future__ import annotations

import argparse
import os
from functools import partial
from pathlib import Path

from experiments.bench import choose_testbed
from experiments.contest import KEY, Contest, ContestRow, entries, kept_profile
from experiments.failures import Failures
from experiments.linked_runs import begin
from experiments.plan_ranking.config import SMOKE, Case, RankingConfig, even_cuts
from experiments.plan_ranking.every_plan import unnamed
from experiments.plan_ranking.ranking import summarise, write
from experiments.rows import RowFile
from netmodel.cluster import Cluster
from planner import api
from profiler.blocks import Granularity, cut_positions
from profiler.capture import CapturedModel
from profiler.profile_options import Rounds
from profiler.profile_records import Profile

HERE = Path(__file__).parent


def main() -> None:
    """Measures the plans that the output folder does not have yet, and sums all of them up."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--smoke", action="store_true", help="two blocks on two nodes")
    parser.add_argument("-o", "--output", type=Path, default=Path("out/plan_ranking"))
    options = parser.parse_args()
    on_testbed = choose_testbed(required=not options.smoke or "CI" in os.environ)
    config = RankingConfig(**(SMOKE if options.smoke else {}))
    folder: Path = options.output
    fits = begin(folder, config, on_testbed=on_testbed)
    rows = RowFile(folder / "rows.csv", ContestRow, key=KEY)
    cluster = api.read_cluster(HERE / "cluster.yaml")
    failures = Failures()
    for case in config.cases:
        with failures.passing_over(case.name):
            captured = api.capture(case.model)
            profile = kept_profile(
                case.name, rows, partial(_profile, config.rounds, case, captured)
            )
            small = _first_nodes(cluster, case.n_nodes)
            plans = entries(profile, small, fits, choose=unnamed, failures=failures)
            contest = Contest(case.name, small, plans, rows)
            contest.measure(captured, n_visits=config.visits, on_testbed=on_testbed)
    write(summarise(rows.rows), folder)
    failures.end()


def _profile(rounds: Rounds, case: Case, captured: CapturedModel) -> Profile:
    cuts = even_cuts(cut_positions(captured.graph, Granularity.BLOCK), case.n_blocks)
    options = api.ProfileOptions(backend=case.backend, cuts=cuts, rounds=rounds)
    return api.profile(captured, options)


def _first_nodes(cluster: Cluster, n_nodes: int) -> Cluster:
    """The cluster's first so many nodes with the links between them."""
    nodes = cluster.nodes[:n_nodes]
    names = {node.name for node in nodes}
    links = tuple(link for link in cluster.links if {link.source, link.target} <= names)
    return cluster.model_copy(update={"nodes": nodes, "links": links})


if __name__ == "__main__":
    main()
