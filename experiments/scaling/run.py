"""How does the time for a plan grow with blocks and nodes, in listed and in free order?"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from experiments.configs import keep_config
from experiments.rows import RowFile
from experiments.scaling.config import SMOKE, ScalingConfig
from experiments.scaling.solve_times import KEY, ScalingRow, measure
from experiments.scaling.summary import summarise, write
from experiments.surroundings import keep_surroundings


def main() -> None:
    """Makes the rows that the output folder does not have yet, and sums all of them up."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--limit-minutes", type=float, help="begin nothing new after so long")
    parser.add_argument("--smoke", action="store_true", help="tiny sizes, one problem each")
    parser.add_argument("-o", "--output", type=Path, default=Path("out/scaling"))
    options = parser.parse_args()
    config = ScalingConfig(**(SMOKE if options.smoke else {}))
    folder: Path = options.output
    keep_config(folder / "config.json", config)
    keep_surroundings(folder / "surroundings.json", "this process; nothing is run elsewhere")
    rows = RowFile(folder / "rows.csv", ScalingRow, key=KEY)
    end_s = time.monotonic() + 60 * (options.limit_minutes or float("inf"))
    missing = [
        size for size in config.sizes if tuple(getattr(size, name) for name in KEY) not in rows
    ]
    while missing and time.monotonic() < end_s:
        row = measure(missing.pop(0), config.problems)
        rows.append(row)
        print(f"{row.order}, {row.style}, {row.blocks} blocks on {row.nodes} nodes: "
              f"{row.median_cpu_s:.4f} CPU s, {row.method}", flush=True)  # fmt: skip
    print(f"{len(missing)} sizes are missing: run again to go on", flush=True)
    write(summarise(rows.rows), folder, rows.rows)


if __name__ == "__main__":
    main()
