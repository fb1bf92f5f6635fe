"""`partway speed`: time a few kernels here, so that profiles can be carried between machines."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from planner.cli.console import stderr, stdout
from planner.cli.options import check_output


def speed(
    output: Annotated[Path, typer.Option("--output", "-o", help="Speed file to write.")],
    threads: Annotated[
        int, typer.Option(min=1, max=1024, help="Threads that a kernel may use.")
    ] = 1,
) -> None:
    """Time a few kernels that models are made of, on this machine; it needs no torch.

    With such a file of two machines, `partway carry` estimates for one what was profiled on the
    other.

    \b
    Examples:
      partway speed -o here.speed.json
    """
    from planner import api
    from planner.cli.tables import plain_table
    from planner.files import write_record

    check_output(output)
    record = api.measure_speed(threads)
    write_record(output, record)
    table = plain_table(
        f"kernels by {record.runtime} on {record.environment.processor}, {threads} thread(s)",
        ["kernel", "bound by"],
        ["measured", "p10 … p90"],
    )
    for kernel in record.kernels:
        spread = f"{kernel.latency.p10_s * 1e3:.3f} … {kernel.latency.p90_s * 1e3:.3f} ms"
        median = f"{kernel.latency.median_s * 1e3:.3f} ms"
        table.add_row(kernel.name, kernel.work.value, median, spread)
    stdout().print(table)
    stderr().print(f"wrote {output}", markup=False)
