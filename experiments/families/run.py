"""Does splitting a familiar model beat switching to a smaller one? All under the same caps."""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

from experiments.bench import choose_testbed, open_bench
from experiments.configs import named
from experiments.failures import Failures
from experiments.families.config import SMOKE, FamiliesConfig, case_of
from experiments.families.family_rows import KEY, FamilyRow
from experiments.families.preparation import prepared
from experiments.families.published import keep_published, refuse_unpublished
from experiments.families.summary import summarise
from experiments.families.tables import write
from experiments.linked_runs import begin
from experiments.rows import RowFile
from netmodel.errors import UnitError
from netmodel.units import parse_size_bytes
from planner import api
from planner.files import read_record

HERE = Path(__file__).parent


def main() -> None:
    """Measures what the output folder does not have yet, and sums all of it up."""
    options = _options()
    on_testbed = choose_testbed(required=not options.smoke or "CI" in os.environ)
    config = FamiliesConfig(
        **(SMOKE if options.smoke else {}) | named(options, "models", "caps_bytes")
    )
    folder: Path = options.output
    refuse_unpublished(config.models)
    fits = begin(folder, config, on_testbed=on_testbed)
    covered = read_record(folder / "config.json", FamiliesConfig)
    published = keep_published(covered.models, folder / "published.json")
    rows = RowFile(folder / "rows.csv", FamilyRow, key=KEY)
    cluster = api.read_cluster(HERE / "cluster.yaml")
    failures = Failures()
    with tempfile.TemporaryDirectory() as made:
        tour, parts = prepared(
            config, cluster, fits, rows=rows, folder=Path(made), failures=failures
        )
        tour.note_misfits()
        with open_bench(cluster, on_testbed=on_testbed) as bench:
            tour.run(bench, parts)
    write(summarise(rows.rows, published, case_of(config.familiar)), published, folder)
    failures.end()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", nargs="+", metavar="MODEL", help="torchvision:NAME")
    parser.add_argument("--caps", dest="caps_bytes", nargs="+", type=_cap_bytes, metavar="SIZE",
                        help="on every node, such as 72MiB")  # fmt: skip
    parser.add_argument("--smoke", action="store_true", help="one small model under two caps")
    parser.add_argument("-o", "--output", type=Path, default=Path("out/families"))
    return parser.parse_args()


def _cap_bytes(text: str) -> int:
    try:
        return parse_size_bytes(text)
    except UnitError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


if __name__ == "__main__":
    main()
