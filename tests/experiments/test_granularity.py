from types import SimpleNamespace

import pytest

from experiments.granularity import schedule as schedules
from experiments.granularity.config import GranularityConfig
from experiments.granularity.granularity_row import (
    KEY,
    MISFIT,
    GranularityRow,
    Sweep,
    with_measurement,
)
from experiments.granularity.predictions import Setting, by_hand, by_level, by_parts
from experiments.granularity.schedule import Schedule
from experiments.granularity.summary import summarise
from experiments.granularity.tables import tables
from experiments.rows import RowFile
from planner.errors import OutOfMemoryError, RunError
from planner.limits import Limits
from profiler.errors import BackendError
from tests.planner.instances import make_node, make_problem, mesh

MIB = 2**20


def four_blocks(cap_bytes=1000):
    """A slow sensor and two equal boxes; the middle of the model is narrow."""
    names = ["sensor", "box-1", "box-2"]
    speeds = (0.5, 1.0, 1.0)
    nodes = [
        make_node(name, (1.0,) * 4, cap_bytes, base_bytes=10, speed=speed)
        for name, speed in zip(names, speeds, strict=True)
    ]
    problem = make_problem(
        nodes,
        mesh(names, bytes_per_s=10.0),
        cut_bytes=(20, 30, 10, 30, 10),
        weight_bytes=(100,) * 4,
        live_bytes=(40,) * 4,
        stage_positions=(2,),
        limits=Limits(),
    )
    return Setting("m", "l", problem)


def row(wanted=None, predicted_s=None, *, sweep=Sweep.PARTS, **changes):
    fields = {
        "model": "hub:m",
        "link": "fast",
        "sweep": sweep,
        "level": "block",
        "wanted": wanted,
        "blocks": 4,
        "result": "ok" if predicted_s else "nothing fits",
        "proved": True,
        "parts": wanted if predicted_s else None,
        "threshold_bytes": 100 * MIB // (wanted or 1),
        "predicted_s": predicted_s,
    }
    return GranularityRow(**(fields | changes))


def test_every_number_of_parts_has_its_best_plan_and_its_least_cap():
    one, two, three = by_parts(four_blocks(), "block")
    # On a box: 4 s, 2 s to get the input there, 1 s for the output.
    assert (one.nodes, one.predicted_s) == ("box-1", pytest.approx(7.0))
    # Base 10, weights 400, live 40, received 20.
    assert one.threshold_bytes == 470
    # Halves: base 10, weights 200, live 40, received 20 or 10.
    assert (two.threshold_bytes, two.cuts, two.predicted_s) == (270, "2", pytest.approx(8.0))
    # One part still has two blocks; behind the narrow cut it receives 10.
    assert three.threshold_bytes == 260
    assert all(found.proved for found in (one, two, three))


def test_a_number_of_parts_that_does_not_fit_still_says_what_it_needs():
    one, two, _ = by_parts(four_blocks(cap_bytes=270), "block")
    assert (one.parts, one.predicted_s, one.threshold_bytes) == (None, None, 470)
    assert "lacks 200 bytes" in one.result
    assert two.result == "ok"


def test_the_split_by_hand_is_priced_also_where_it_does_not_fit():
    (wide,) = by_hand(four_blocks(), "block")
    (narrow,) = by_hand(four_blocks(cap_bytes=300), "block")
    # One block of 2 s on the sensor, 3 s to send 30 bytes, 3 s, and 1 s for the output.
    assert wide.predicted_s == narrow.predicted_s == pytest.approx(9.0)
    assert (wide.result, narrow.result) == ("ok", MISFIT)
    # The larger part: base 10, weights 300, live 40, received 30.
    assert narrow.threshold_bytes == narrow.peak_bytes == 380
    assert not narrow.fits


def test_a_level_needs_the_least_cap_of_any_number_of_its_parts():
    levels = {"fine": (0, 2, 4, 6, 8), "halves": (0, 4, 8), "model": (0, 8)}
    fine, halves, model = by_level(four_blocks(cap_bytes=300), levels)
    # In three fine parts, in two halves, in one.
    assert (fine.threshold_bytes, halves.threshold_bytes, model.threshold_bytes) == (260, 270, 470)
    assert (fine.parts, halves.parts, model.parts) == (2, 2, None)


def test_a_run_adds_its_highest_peak_to_the_row():
    stages = [SimpleNamespace(peak_bytes=n) for n in (30, 50, 40)]
    spread = SimpleNamespace(p10_s=1.9, p90_s=2.2, n=5)
    measurement = SimpleNamespace(latency_s=2.0, requests=spread, stages=stages)
    found = with_measurement(row(3, 2.1, peak_bytes=60), SimpleNamespace(measurement=measurement))
    assert (found.measured_s, found.requests, found.measured_peak_bytes) == (2.0, 5, 50)
    assert found.error == pytest.approx(0.05)
    assert found.over_estimate == pytest.approx(0.2)


def test_the_price_of_further_parts_is_that_from_the_best_plan_to_the_most_parts():
    rows = [row(1), row(2, 1.0), row(3, 1.5), row(4, 3.0)]
    hand = row(sweep=Sweep.HAND, predicted_s=1.2, parts=3)
    cost = summarise([*rows, hand]).parts["hub:m"]["fast"]
    assert (cost.best_parts, cost.best_s, cost.most_parts) == (2, 1.0, 4)
    assert cost.further_part_s == pytest.approx((3.0 - 1.0) / 2)
    assert cost.hand_over_best == pytest.approx(0.2)
    assert (cost.whole_bytes, cost.best_threshold_bytes) == (100 * MIB, 50 * MIB)
    assert (cost.least_threshold_bytes, cost.least_threshold_parts) == (25 * MIB, 4)


def test_a_split_by_hand_that_does_not_fit_is_not_compared():
    hand = row(sweep=Sweep.HAND, predicted_s=1.2, parts=3, result=MISFIT)
    found = summarise([row(1, 1.0), hand])
    assert found.parts["hub:m"]["fast"].hand_over_best is None
    assert found.measured.runs == 0
    assert "3 parts: does not fit" in tables(found, [row(1, 1.0), hand])


def test_memory_of_a_split_by_hand_is_held_against_the_best_plan_of_as_many_parts():
    hand = row(None, 2.0, sweep=Sweep.HAND, parts=2, peak_bytes=60)
    best = [row(1, 1.0, peak_bytes=100), row(2, 1.5, peak_bytes=50)]
    (cost,) = summarise([*best, hand]).parts["hub:m"].values()
    assert cost.hand_peak_over_best == pytest.approx(0.2)
    (cost,) = summarise([best[0], hand]).parts["hub:m"].values()
    assert cost.hand_peak_over_best is None


def test_levels_are_held_against_the_finest():
    rows = [
        row(sweep=Sweep.LEVEL, level=level, blocks=blocks, predicted_s=seconds, parts=parts)
        for level, blocks, seconds, parts in (("stage", 2, 1.5, 2), ("op", 9, 1.0, 3))
    ]
    levels = summarise(rows).levels["hub:m"]["fast"]
    assert list(levels) == ["op", "stage"]
    assert levels["stage"].over_finest == pytest.approx(0.5)


def test_runs_that_were_killed_or_failed_are_counted_and_not_averaged():
    killed = with_measurement(row(3, 1.0), OutOfMemoryError("stage 0 was killed"))
    failed = with_measurement(row(4, 1.0), RunError("gone"))
    rows = [
        row(1),
        row(2, 1.1, measured_s=1.0, peak_bytes=120, measured_peak_bytes=100),
        killed,
        failed,
    ]
    found = summarise(rows).measured
    assert (found.runs, found.killed, found.failed) == (3, 1, 1)
    assert found.median_error == pytest.approx(0.1)
    assert found.median_over_estimate == pytest.approx(0.2)
    assert found.compared == 0
    assert "OutOfMemoryError: stage 0 was killed" in tables(summarise(rows), rows)


@pytest.mark.parametrize(("measured_s", "same"), [((1.0, 1.3), 1), ((1.3, 1.0), 0)])
def test_the_best_of_the_measured_plans_is_compared_with_the_predicted_one(measured_s, same):
    rows = [
        row(parts, predicted_s, measured_s=seconds)
        for parts, predicted_s, seconds in zip((1, 2), (1.0, 1.2), measured_s, strict=True)
    ]
    found = summarise([*rows, row(3, 0.5)]).measured
    assert (found.same_best, found.compared) == (same, 1)


def schedule(folder, **config):
    return Schedule(
        config=GranularityConfig(**config),
        cluster=SimpleNamespace(),
        fits={},
        rows=RowFile(folder / "rows.csv", GranularityRow, key=KEY),
        out_of_time=lambda: False,
    )


def test_a_model_is_taken_up_again_until_all_of_its_levels_have_rows(tmp_path, monkeypatch):
    tried = []

    def profile(captured, options):
        tried.append(captured.graph.model)
        raise BackendError("missing")

    def capture(model):
        return SimpleNamespace(graph=SimpleNamespace(model=model))

    monkeypatch.setattr(schedules.api, "capture", capture)
    monkeypatch.setattr(schedules.api, "profile", profile)
    runs = schedule(tmp_path, models=("a", "b"), links=("l",), levels=("op", "model"))
    for model, level in (("a", "op"), ("b", "op"), ("b", "model")):
        runs.rows.append(
            row(sweep=Sweep.LEVEL, model=model, link="l", level=level, predicted_s=1.0, parts=1)
        )
    assert runs.missing == 1
    runs.run()
    assert tried == ["a"]
    with pytest.raises(SystemExit, match="passed over, with the reason above: a onnx"):
        runs.failures.end()


@pytest.mark.parametrize(
    ("plans", "median_error", "worst_error"),
    [
        # Predicted 1 s each: errors of 25 %, 0 and -50 %.
        ((0.8, 1.0, 2.0), 0.25, -0.5),
        ((0.5, 1.0, 0.8), 0.25, 1.0),
    ],
)
def test_errors_of_runs_are_told_by_their_median_size_and_the_worst_of_either_sign(
    plans, median_error, worst_error
):
    rows = [row(parts, 1.0, measured_s=each) for parts, each in enumerate(plans, 1)]
    found = summarise(rows).measured
    assert found.median_error == pytest.approx(median_error)
    assert found.worst_error == pytest.approx(worst_error)


def test_peaks_above_the_prediction_and_plans_without_a_proof_are_counted():
    rows = [
        row(1, 1.0, measured_s=1.0, peak_bytes=90, measured_peak_bytes=100, proved=False),
        row(2, 1.0, measured_s=1.0, peak_bytes=100, measured_peak_bytes=100),
        row(3, 1.0, measured_s=1.0, peak_bytes=110, measured_peak_bytes=100, proved=False),
        row(4, 1.0, sweep=Sweep.HAND, proved=None),
    ]
    found = summarise(rows)
    assert (found.measured.below_measured, found.unproved) == (1, 2)
    assert found.measured.median_over_estimate == pytest.approx(0.0)
