"""What does a finer or coarser cut cost? Latency, memory and traffic by parts and by level."""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path

from experiments.bench import choose_testbed
from experiments.configs import named
from experiments.granularity.config import SMOKE, GranularityConfig
from experiments.granularity.granularity_row import KEY, GranularityRow
from experiments.granularity.schedule import Schedule
from experiments.granularity.summary import summarise, write
from experiments.linked_runs import begin
from experiments.model_names import refuse_unknown
from experiments.rows import RowFile
from planner import api

HERE = Path(__file__).parent


def main() -> None:
    """Makes the rows that the output folder does not have yet, and sums all of them up."""
    options = _options()
    on_testbed = not options.paced and choose_testbed(
        required=not options.smoke or "CI" in os.environ,
        words=("(--paced measures over paced links on this machine)",),
    )
    wanted = named(options, "models")
    if options.smoke:
        # What a smoke shows must be measured, too, whichever model it shows it of.
        wanted = SMOKE | wanted | {f"measured_{name}": found for name, found in wanted.items()}
    config = GranularityConfig(**wanted, on_testbed=on_testbed)
    refuse_unknown(config.models)
    folder: Path = options.output
    fits = begin(folder, config, on_testbed=on_testbed)
    rows = RowFile(folder / "rows.csv", GranularityRow, key=KEY)
    end_s = time.monotonic() + 60 * (options.limit_minutes or float("inf"))
    schedule = Schedule(
        config=config,
        cluster=api.read_cluster(HERE / "cluster.yaml"),
        fits=fits,
        rows=rows,
        out_of_time=lambda: time.monotonic() > end_s,
    )
    schedule.run()
    print(f"{schedule.missing} rows of levels are missing: run again to go on", flush=True)
    write(summarise(rows.rows), folder, rows.rows)
    schedule.failures.end()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", nargs="+", metavar="MODEL", help="such as torchvision:resnet18")
    parser.add_argument("--limit-minutes", type=float, help="begin nothing new after so long")
    parser.add_argument("--paced", action="store_true", help="paced links instead of the testbed")
    parser.add_argument("--smoke", action="store_true", help="one model, one link, few plans")
    parser.add_argument("-o", "--output", type=Path, default=Path("out/granularity"))
    return parser.parse_args()


if __name__ == "__main__":
    main()
