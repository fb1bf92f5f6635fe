"""Is our plan the best from slow to fast links? Against every baseline, on the testbed."""

from __future__ import annotations

import argparse
import os
from functools import partial
from pathlib import Path

from experiments.bandwidth.close_calls import close_calls
from experiments.bandwidth.config import SMOKE, BandwidthConfig
from experiments.bandwidth.selection import Selection, select
from experiments.bandwidth.summary import summarise
from experiments.bandwidth.tables import write
from experiments.baseline_plans import baseline_plans
from experiments.bench import choose_testbed
from experiments.configs import named
from experiments.contest import KEY, Contest, ContestRow, entries, kept_profile
from experiments.failures import Failures
from experiments.linked_runs import begin
from experiments.model_names import refuse_unknown
from experiments.rows import RowFile
from netmodel.units import format_duration
from planner import api

HERE = Path(__file__).parent


def main() -> None:
    """Measures the plans that the output folder does not have yet, and sums all of them up."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--smoke", action="store_true", help="one small model over one link")
    parser.add_argument("--models", nargs="+", metavar="NAME", help="of torchvision")
    parser.add_argument("--links", nargs="+", metavar="RATE+DELAY", help="such as 10Mbit/s+20ms")
    parser.add_argument("-o", "--output", type=Path, default=Path("out/bandwidth"))
    options = parser.parse_args()
    on_testbed = choose_testbed(required=not options.smoke or "CI" in os.environ)
    config = BandwidthConfig(**(SMOKE if options.smoke else {}) | named(options, "models", "links"))
    refuse_unknown(f"torchvision:{model}" for model in config.models)
    folder: Path = options.output
    fits = begin(folder, config, on_testbed=on_testbed)
    rows = RowFile(folder / "rows.csv", ContestRow, key=KEY)
    cluster = api.read_cluster(HERE / "cluster.yaml")
    failures = Failures()
    for model in config.models:
        with failures.passing_over(model):
            captured = api.capture(f"torchvision:{model}")
            profiling = api.ProfileOptions(backend=config.backend, rounds=config.rounds)
            profile = kept_profile(model, rows, partial(api.profile, captured, profiling))
            selection = select(
                entries(profile, cluster, fits, choose=baseline_plans, failures=failures),
                most_over_ours=config.most_over_ours,
                cheap_s=config.cheap_s,
                caps_hold=on_testbed,
            )
            _announce(model, selection, config.visits)
            selection.record_left_out(model, rows)
            # Plans that are killed say so at once, and the same thing every time.
            for plans, n_visits in ((selection.tried, 1), (selection.measured, config.visits)):
                contest = Contest(model, cluster, plans, rows)
                contest.measure(captured, n_visits=n_visits, on_testbed=on_testbed)
            # A run that is taken up again has further visits of what was close, too.
            usual = [row for row in rows.rows if row.visit < config.visits]
            close = close_calls(model, usual, selection.measured, within=config.close_within)
            Contest(model, cluster, close, rows).measure(
                captured, n_visits=config.close_visits, on_testbed=on_testbed
            )
    write(summarise(rows.rows), folder)
    failures.end()


def _announce(model: str, selection: Selection, n_visits: int) -> None:
    """Says what comes and how long it takes."""
    n_entries = sum(map(len, selection.measured.values()))
    print(
        f"{model}: {len(selection.measured)} plans, {n_entries} plan and link pairs, about "
        f"{format_duration(selection.expected_s(n_visits))} for {n_visits} visits; "
        f"{len(selection.tried)} above a cap are tried once, "
        f"{len(selection.left_out)} pairs left out",
        flush=True,
    )


if __name__ == "__main__":
    main()
