"""The tables that sweeps print."""

import io

from rich.console import Console

from planner.cli.sweep_tables import parts_table
from planner.objectives import LATENCY, THROUGHPUT
from planner.sweep import SweepRow


def printed(rows, objective=LATENCY):
    text = io.StringIO()
    Console(file=text, width=120).print(parts_table(rows, objective))
    return text.getvalue().splitlines()


def found(parts, status, **changes):
    numbers = {"latency_s": 0.1, "peak_bytes": 2**20, "moved_bytes": 2**10, "value": 0.05}
    return SweepRow(parts=parts, status=status, nodes=("a",), **(numbers | changes))


def test_every_row_says_what_is_known_of_it():
    rows = [
        SweepRow(parts=1, status="infeasible", reason="too large"),
        SweepRow(parts=2, status="unknown", reason="too slow"),
        found(3, "feasible"),
        found(4, "optimal"),
    ]
    lines = printed(rows)
    (one,), (two,), (three,), (four,) = (
        [line for line in lines if line.startswith(f"│ {parts} ")] for parts in (1, 2, 3, 4)
    )
    assert "no feasible plan: too large" in one
    assert "no plan was found: too slow" in two
    assert "≤ 100.00 ms" in three
    assert "≤" not in four
    assert "≤: the search ended before a proof that no plan is better" in lines[-1]


def test_what_was_searched_for_is_what_has_no_proof():
    lines = printed([found(1, "feasible", objective="period")], THROUGHPUT)
    (row,) = [line for line in lines if line.startswith("│ 1 ")]
    assert "≤ 50.00 ms │ 100.00 ms" in row


def test_proved_plans_need_no_note():
    assert "≤" not in "\n".join(printed([found(1, "optimal")]))
