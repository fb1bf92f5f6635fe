"""`partway plan --instance`: a published placement instance, solved and shown."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from planner.cli.console import stderr, stdout, stop_without_plan

if TYPE_CHECKING:
    from planner.cli.search import Search


def plan_instance(path: Path, search: Search, *, output: Path | None, as_json: bool) -> None:
    """Solves the instance in a file, prints the answer, and writes it if a place is named."""
    from planner import api
    from planner.cli.placement_tables import devices_table, placement_summary
    from planner.errors import PlannerError
    from planner.files import write_record

    options = search.options()
    if options != api.PlanOptions(
        objective=api.Objective(kind=options.objective.kind),
        time_limit_s=options.time_limit_s,
        seed=options.seed,
    ):
        raise PlannerError(
            "with --instance only --objective, --time-limit and --seed have a meaning"
        )
    instance = api.read_instance(path)
    solution = api.place(instance, options)
    if solution.placement is None:
        stop_without_plan(solution, None)
    if output is not None:
        write_record(output, solution)
    if as_json:
        stdout().print_json(solution.model_dump_json(by_alias=True))
        return
    stdout().print(devices_table(instance, solution))
    stdout().print(placement_summary(instance, solution), markup=False)
    stderr().print(f"solved in {solution.runtime_s:.3f} s", markup=False)
    if output is not None:
        stderr().print(f"wrote {output}", markup=False)
