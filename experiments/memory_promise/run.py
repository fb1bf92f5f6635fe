"""Do plans that are said to fit run under real limits, and are the predictions close?"""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path

from experiments.bench import choose_testbed
from experiments.configs import keep_config, named
from experiments.memory_promise.capped_runs import KEY, CappedRun
from experiments.memory_promise.config import SMOKE, PromiseConfig
from experiments.memory_promise.schedule import Schedule
from experiments.memory_promise.summary import summarise, write
from experiments.model_names import refuse_unknown
from experiments.rows import RowFile
from experiments.surroundings import keep_surroundings
from planner import api

HERE = Path(__file__).parent


def main() -> None:
    """Makes the runs that the output folder does not have yet, and sums all of them up."""
    options = _options()
    on_testbed = choose_testbed(required=not options.smoke or "CI" in os.environ)
    config = PromiseConfig(
        **(SMOKE if options.smoke else {}) | named(options, "models", "backends")
    )
    refuse_unknown(config.models)
    folder: Path = options.output
    keep_config(folder / "config.json", config)
    hosts = "the testbed, swap off" if on_testbed else "this machine, limits not enforced"
    keep_surroundings(folder / "surroundings.json", hosts)
    rows = RowFile(folder / "rows.csv", CappedRun, key=KEY)
    end_s = time.monotonic() + 60 * (options.limit_minutes or float("inf"))
    schedule = Schedule(
        config=config,
        cluster=api.read_cluster(HERE / "cluster.yaml"),
        rows=rows,
        out_of_time=lambda: time.monotonic() > end_s,
        on_testbed=on_testbed,
    )
    schedule.run()
    print(f"{schedule.missing} declared caps are missing: run again to go on", flush=True)
    write(summarise(rows.rows), folder)
    schedule.failures.end()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("models", "backends"):
        parser.add_argument(f"--{name}", nargs="+", metavar="NAME")
    parser.add_argument("--limit-minutes", type=float, help="begin nothing new after so long")
    parser.add_argument("--smoke", action="store_true", help="one model, a handful of runs")
    parser.add_argument("-o", "--output", type=Path, default=Path("out/memory_promise"))
    return parser.parse_args()


if __name__ == "__main__":
    main()
