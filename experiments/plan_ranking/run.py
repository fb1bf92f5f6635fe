"""Do predictions rank plans as measurements do? Every plan of small cases, on the testbed."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from experiments.bench import choose_testbed
from experiments.configs import keep_config
from experiments.failures import passing_over
from experiments.link_fits import fitted_settings
from experiments.plan_ranking.config import SMOKE, RankingConfig
from experiments.plan_ranking.measuring import measure_case
from experiments.plan_ranking.ranking import KEY, PlanRow, summarise, write
from experiments.rows import RowFile
from experiments.surroundings import keep_surroundings
from planner import api

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
    keep_config(folder / "config.json", config)
    hosts = "the testbed" if on_testbed else "this machine, links paced by the senders"
    keep_surroundings(folder / "surroundings.json", hosts)
    fits = fitted_settings(
        config.links,
        folder / "links.json",
        on_testbed=on_testbed,
        deadline_s=config.probe_deadline_s,
    )
    rows = RowFile(folder / "rows.csv", PlanRow, key=KEY)
    cluster = api.read_cluster(HERE / "cluster.yaml")
    for case in config.cases:
        with passing_over(case.name):
            measure_case(
                case, cluster, fits, n_visits=config.visits, rows=rows, on_testbed=on_testbed
            )
    write(summarise(rows.rows), folder)


if __name__ == "__main__":
    main()
