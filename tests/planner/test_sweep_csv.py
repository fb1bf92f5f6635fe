"""Sweeps as CSV."""

import csv
import io

from planner.bandwidth_sweep import sweep_bandwidth
from planner.level_sweep import sweep_levels
from planner.memory_sweep import sweep_memory
from planner.sweep import SweepRow, sweep_parts
from planner.sweep_csv import bandwidths_csv, caps_csv, levels_csv, parts_csv
from tests.planner.instances import model_too_large_for_each_node, two_phones_one_server
from tests.planner.test_bandwidth_sweep import phone_and_server


def rows_of(text):
    return list(csv.DictReader(io.StringIO(text)))


def test_the_csv_has_units_and_keeps_infeasible_rows():
    rows = rows_of(parts_csv(sweep_parts(model_too_large_for_each_node())))
    assert list(rows[0]) == [
        "parts",
        "feasible",
        "proved",
        "latency (s)",
        "peak memory of a node (bytes)",
        "moved (bytes)",
        "nodes",
        "cuts (block boundaries)",
        "objective",
        "value",
        "reason",
    ]
    assert [row["feasible"] for row in rows] == ["no", "yes"]
    assert rows[0]["latency (s)"] == ""
    assert "lacks 200 bytes" in rows[0]["reason"]
    assert rows[1]["value"] == rows[1]["latency (s)"]
    assert rows[1] | {"latency (s)": "", "value": ""} == {
        "parts": "2",
        "feasible": "yes",
        "proved": "yes",
        "latency (s)": "",
        "peak memory of a node (bytes)": "250",
        "moved (bytes)": "20",
        "nodes": "left;right",
        "cuts (block boundaries)": "2",
        "objective": "latency",
        "value": "",
        "reason": "",
    }


def test_the_csv_tells_what_is_not_known_from_what_does_not_fit():
    rows = [
        SweepRow(parts=parts, status=status, reason="why")
        for parts, status in enumerate(("infeasible", "unknown", "feasible"), start=1)
    ]
    told = [(row["feasible"], row["proved"], row["reason"]) for row in rows_of(parts_csv(rows))]
    assert told == [("no", "yes", "why"), ("unknown", "no", "why"), ("yes", "no", "why")]


def test_the_same_problem_gives_the_same_csv():
    first, second = (parts_csv(sweep_parts(two_phones_one_server())) for _ in range(2))
    assert first == second


def test_each_csv_begins_with_what_is_varied():
    problem = model_too_large_for_each_node()
    levels = rows_of(levels_csv(sweep_levels(problem, {"fine": (0, 2, 4, 6, 8), "model": (0, 8)})))
    assert [(row["level"], row["blocks"], row["feasible"]) for row in levels] == [
        ("fine", "4", "yes"),
        ("model", "1", "no"),
    ]
    caps = rows_of(caps_csv(sweep_memory(problem, (249, 250))))
    assert [(row["memory cap (bytes)"], row["feasible"]) for row in caps] == [
        ("249", "no"),
        ("250", "yes"),
    ]


def test_the_csv_over_the_bandwidth_has_what_every_kept_plan_takes():
    slow, fast = rows_of(bandwidths_csv(sweep_bandwidth(phone_and_server(), (1.0, 1000.0))))
    assert (slow["bandwidth (bytes/s)"], fast["bandwidth (bytes/s)"]) == ("1.0", "1000.0")
    assert (slow["nodes"], fast["nodes"]) == ("phone", "server")
    # The phone takes 2 s; the server 0.2 s after 101 bytes.
    assert float(slow["latency if kept: server (s)"]) == 101.2
    assert float(fast["latency if kept: phone (s)"]) == 2.0
