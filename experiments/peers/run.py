"""Does our plan beat what live tools choose? Their splits and ours, on the testbed."""

from __future__ import annotations

import argparse
import os
from functools import partial
from pathlib import Path

from experiments.bench import choose_testbed
from experiments.contest import KEY, Contest, ContestRow, entries, kept_profile
from experiments.failures import Failures
from experiments.linked_runs import begin
from experiments.peers.choices import Choices, chosen_by_tools, kept_choices, positions_of
from experiments.peers.config import SMOKE, Case, PeersConfig
from experiments.peers.other_orders import OtherOrder, best_orders
from experiments.peers.summary import summarise
from experiments.peers.tables import write
from experiments.peers.tools import TOOLS
from experiments.peers.tools.interface import Task
from experiments.rows import RowFile
from netmodel.cluster import Cluster
from planner import api
from profiler.blocks import Granularity, cut_positions
from profiler.capture import CapturedModel
from profiler.profile_options import Rounds
from profiler.profile_records import Profile
from profiler.sources import load_source

HERE = Path(__file__).parent


def main() -> None:
    """Measures the plans that the output folder does not have yet, and sums all of them up."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--smoke", action="store_true", help="one small model over one link")
    parser.add_argument("-o", "--output", type=Path, default=Path("out/peers"))
    options = parser.parse_args()
    on_testbed = choose_testbed(required=not options.smoke or "CI" in os.environ)
    config = PeersConfig(**(SMOKE if options.smoke else {}))
    folder: Path = options.output
    fits = begin(folder, config, on_testbed=on_testbed)
    rows = RowFile(folder / "rows.csv", ContestRow, key=KEY)
    choices: dict[str, Choices] = {}
    orders: list[OtherOrder] = []
    failures = Failures()
    for case in config.cases:
        with failures.passing_over(case.name):
            source = load_source(case.model)
            captured = api.capture(source)
            cluster = _capped(api.read_cluster(HERE / "cluster.yaml"), case)
            task = Task(source.module, source.args[0], captured.graph, case.cap_bytes,
                        frozenset(config.whole))  # fmt: skip
            found = kept_choices(folder / "answers" / f"{case.name}.json", TOOLS, task)
            choices[case.name] = found
            profile = kept_profile(
                case.name, rows, partial(_profile, config.rounds, case, captured, found)
            )
            plans = entries(
                profile, cluster, fits, choose=chosen_by_tools(found), failures=failures
            )
            orders += best_orders(case.name, plans)
            contest = Contest(case.name, cluster, plans, rows)
            contest.measure(captured, n_visits=config.visits, on_testbed=on_testbed)
    reordered = {(each.case, each.link, each.tool): each.over_ours for each in orders}
    write(summarise(rows.rows, choices, reordered), folder)
    failures.end()


def _profile(rounds: Rounds, case: Case, captured: CapturedModel, choices: Choices) -> Profile:
    """Of blocks that nobody's cut falls inside of."""
    borders = {*cut_positions(captured.graph, Granularity.BLOCK), *positions_of(choices)}
    cuts = tuple(sorted(borders))[1:-1]
    options = api.ProfileOptions(backend=case.backend, cuts=cuts, rounds=rounds)
    return api.profile(captured, options)


def _capped(cluster: Cluster, case: Case) -> Cluster:
    nodes = tuple(
        node.model_copy(update={"memory_bytes": cap})
        for node, cap in zip(cluster.nodes, case.cap_bytes, strict=True)
    )
    return cluster.model_copy(update={"nodes": nodes})


if __name__ == "__main__":
    main()
