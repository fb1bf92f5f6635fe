"""Whether every solver finds what pricing all plans one by one finds, on random instances."""

from __future__ import annotations

import argparse
import csv
import sys
from collections import defaultdict
from multiprocessing import Pool
from pathlib import Path

from experiments.solvers_equal_brute_force.instances import CLASSES, OBJECTIVES, instances
from experiments.solvers_equal_brute_force.tally import Tally
from planner.solvers.brute_force import BruteForce
from planner.solvers.solve import SOLVERS

HEADER = ("class", "limits on values", "objective", "solver", "instances", "feasible share")
HEADER += ("proved share", "mismatches", "worst bound violation")
SEEDS_PER_JOB = 25
Key = tuple[str, bool, str, str]


def compare(job: tuple[str, int, int]) -> dict[Key, Tally]:
    """All solvers on the instances of some seeds."""
    class_name, first, stop = job
    tallies: defaultdict[Key, Tally] = defaultdict(Tally)
    for instance in instances(class_name, range(first, stop)):
        for objective in OBJECTIVES:
            key = (class_name, instance.has_value_limits, str(objective.kind))
            for solver in SOLVERS:
                is_oracle = isinstance(solver, BruteForce)
                if not is_oracle and solver.skip_reason(instance.problem, objective) is None:
                    tallies[*key, solver.name].add(instance, objective, solver)
    return dict(tallies)


def main() -> None:
    """Prints the rows and writes them to the output folder; fails on any mismatch."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--smoke", action="store_true", help="a few instances of each class")
    parser.add_argument("--seeds", type=int, default=1600, help="per class")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("-o", "--output", type=Path, default=Path("out/solvers_equal_brute_force"))
    options = parser.parse_args()
    n_seeds, step = (4, 4) if options.smoke else (options.seeds, SEEDS_PER_JOB)
    jobs = [
        (name, first, min(first + step, n_seeds))
        for name in CLASSES
        for first in range(0, n_seeds, step)
    ]
    tallies: defaultdict[Key, Tally] = defaultdict(Tally)
    with Pool(options.workers) as pool:
        for part in pool.imap(compare, jobs):
            for key, tally in part.items():
                tallies[key].merge(tally)
    options.output.mkdir(parents=True, exist_ok=True)
    with (options.output / "results.csv").open("w", newline="") as file:
        for writer in [csv.writer(out, lineterminator="\n") for out in (file, sys.stdout)]:
            writer.writerow(HEADER)
            writer.writerows([(*key, *tallies[key].row()) for key in tallies])
    if any(tally.mismatches for tally in tallies.values()):
        sys.exit("some answers differ from the oracle's")


if __name__ == "__main__":
    main()
