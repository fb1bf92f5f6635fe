"""How far predictions are from measurements: models, clusters, links, plans and backends."""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path

from experiments.bench import choose_testbed
from experiments.configs import named
from experiments.fidelity.cells import KEY, CellRow
from experiments.fidelity.config import SMOKE, FidelityConfig
from experiments.fidelity.grid import Grid
from experiments.fidelity.summary import summarise, write
from experiments.linked_runs import begin
from experiments.model_names import refuse_unknown
from experiments.rows import RowFile


def main() -> None:
    """Measures the cells that the output folder does not have yet, and sums all of them up."""
    options = _options()
    on_testbed = not options.paced and choose_testbed(
        required=not options.smoke or "CI" in os.environ,
        words=("(--paced measures over paced links on this machine)",),
    )
    config = _config(options, on_testbed)
    folder: Path = options.output
    fits = begin(folder, config, on_testbed=on_testbed)
    rows = RowFile(folder / "rows.csv", CellRow, key=KEY)
    end_s = time.monotonic() + 60 * (options.limit_minutes or float("inf"))
    grid = Grid(config, fits, rows, lambda: time.monotonic() > end_s)
    grid.run()
    print(f"{grid.missing} cells are missing: run again to go on", flush=True)
    write(summarise(rows.rows), folder)
    grid.failures.end()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("models", "clusters", "links", "backends"):
        parser.add_argument(f"--{name}", nargs="+", metavar="NAME")
    parser.add_argument("--limit-minutes", type=float, help="begin nothing new after so long")
    parser.add_argument("--paced", action="store_true", help="paced links instead of the testbed")
    parser.add_argument("--smoke", action="store_true", help="one model, one cluster, one link")
    parser.add_argument("-o", "--output", type=Path, default=Path("out/fidelity"))
    return parser.parse_args()


def _config(options: argparse.Namespace, on_testbed: bool) -> FidelityConfig:
    wanted = named(options, "models", "clusters", "links", "backends")
    config = FidelityConfig(**(SMOKE if options.smoke else {}) | wanted, on_testbed=on_testbed)
    refuse_unknown(config.models)
    return config


if __name__ == "__main__":
    main()
