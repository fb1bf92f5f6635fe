from itertools import combinations

import pytest
from matplotlib.figure import Figure

from experiments.families.contenders import Way
from experiments.families.family_rows import FamilyRow
from experiments.families.plot import plot_accuracies, plot_latencies, split_cap_bytes
from experiments.families.published import (
    PublishedAccuracy,
    PublishedWeights,
    keep_published,
    refuse_unpublished,
)
from experiments.families.summary import cells, summarise
from experiments.families.tables import latency_table, misfit_table, parts_table, verdicts
from planner.plotting.palette import style_of

MIB = 2**20
PUBLISHED = PublishedAccuracy(
    weights=(
        PublishedWeights(case="large", weights="IMAGENET1K_V1", top1_percent=76.0),
        PublishedWeights(case="large", weights="IMAGENET1K_V2", top1_percent=80.0),
        PublishedWeights(case="small", weights="IMAGENET1K_V1", top1_percent=70.0),
    )
)


def row(case, visit=0, measured_s=None, *, way=Way.BEST, cap=100, **more):
    content = {
        "case": case,
        "cap_bytes": cap * MIB,
        "link": "fast",
        "way": way,
        "visit": visit,
        "result": "ok" if measured_s else "OutOfMemoryError: stage 0 was killed",
        "parts": 2 if case == "large" else 1,
        "nodes": "a b",
        "predicted_s": 1.0,
        "predicted_bytes": f"{90 * MIB} {60 * MIB}",
        "measured_s": measured_s,
        "measured_bytes": f"{80 * MIB} {50 * MIB}" if measured_s else "",
        "moved_bytes": 2048,
        "rel_difference": 1e-6 * (1 + visit),
    }
    return FamilyRow(**(content | more))


ROWS = [
    row("large", 0, 1.0),
    row("large", 1, 1.5),
    row("large", way=Way.WHOLE, parts=1, predicted_bytes=str(150 * MIB)),
    row("small", 0, 0.5),
    row("small", 1, 0.5),
]


def test_a_cell_is_the_median_of_its_visits_beside_the_familiar_model():
    large, whole, small = summarise(ROWS, PUBLISHED, "large").cells
    assert (large.measured_s, large.noise, large.over_familiar) == (1.25, 0.5, 1.0)
    assert (large.predicted_bytes, large.measured_bytes) == (90 * MIB, 80 * MIB)
    assert small.over_familiar == pytest.approx(0.4)
    assert (whole.killed, whole.measured_s, whole.over_familiar) == (True, None, None)


@pytest.mark.parametrize("peaks", [(70, 80), (80, 70)])
def test_the_memory_of_a_cell_is_the_most_of_its_visits(peaks):
    visits = [row("small", n, 1.0, measured_bytes=str(peak)) for n, peak in enumerate(peaks)]
    (cell,) = cells(visits)
    assert cell.measured_bytes == 80


def test_a_cell_with_a_failed_visit_has_no_latency():
    first, second = row("large", 0, 1.0), row("large", 1)
    (cell,) = cells([first, second])
    assert (cell.measured_s, cell.killed) == (None, True)
    assert "killed" in cell.failure


def test_only_what_was_said_to_fit_counts_as_killed_or_failed():
    lost = row("small", 1, cap=200, result="RunError: gone")
    found = summarise([*ROWS, row("small", 0, cap=200), lost], PUBLISHED, "large")
    assert (found.killed, found.failed) == (1, 1)
    nothing = row("large", cap=50, result="infeasible: no plan", parts=None, predicted_s=None)
    assert summarise([*ROWS, nothing], PUBLISHED, "large").failed == 0


def test_errors_and_margins_are_of_single_visits_and_nodes():
    found = summarise(ROWS, PUBLISHED, "large")
    # |1/1 - 1|, |1/1.5 - 1|, and twice |1/0.5 - 1|
    assert found.median_error == pytest.approx((1 / 3 + 1) / 2)
    # 90/80 - 1 and 60/50 - 1, as often
    assert found.memory_over == (pytest.approx(0.125), pytest.approx(0.1625))


def test_points_are_lost_from_the_best_weights_to_the_best_weights():
    found = summarise(ROWS, PUBLISHED, "large")
    assert found.points_lost == {"small": 10.0}
    assert found.familiar == "large"
    assert found.rel_differences == {"large": 2e-6, "small": 2e-6}


def test_tables_tell_parts_latency_and_what_became_of_what_does_not_fit():
    nothing = row(
        "large", cap=50, result="infeasible: no plan", parts=None, predicted_s=None,
        predicted_bytes="", moved_bytes=None,
    )  # fmt: skip
    found = summarise([*ROWS, nothing], PUBLISHED, "large")
    assert list(latency_table(found, PUBLISHED, "fast")) == [
        "| model | top-1 as published | 50 MiB | 100 MiB |",
        "| --- | --- | --- | --- |",
        "| large | 76.0 % (V1), 80.0 % (V2) | no plan | 2 parts: 1250.0 ms (1000.0) |",
        "| small | 70.0 % (V1) | not measured | whole: 500.0 ms (1000.0) |",
    ]
    assert list(parts_table(found.best))[2:] == [
        "| large | 100 MiB | fast | 2 | 90 MiB | 80 MiB | 2 KiB |"
    ]
    assert list(misfit_table(found.cells))[2:] == ["| large | 100 MiB | 150 MiB | killed |"]


def test_a_verdict_is_what_is_gained_where_the_familiar_model_runs_in_parts_and_what_is_lost():
    more = [
        row("large", 0, 2.0, cap=110),
        row("small", 0, 0.5, cap=110),
        # Here the familiar model runs whole: nobody has to choose.
        row("large", 0, 0.5, cap=200, parts=1),
        row("small", 0, 0.5, cap=200),
        # Here it does not run at all.
        row("large", cap=50, result="infeasible: no plan", parts=None, predicted_s=None),
        row("small", 0, 0.5, cap=50),
    ]
    found = summarise([*ROWS, *more], PUBLISHED, "large")
    assert found.over_split == {"small": (0.25, pytest.approx(0.4))}
    assert list(verdicts(found)) == [
        "small: 0.25 to 0.40 of large's latency where that runs in parts, -10.0 points of accuracy "
        "from best to best published weights"
    ]


def test_which_model_is_the_familiar_one_does_not_depend_on_the_order_of_runs():
    found = summarise(ROWS, PUBLISHED, "small")
    assert (found.familiar, found.points_lost, found.over_split) == ("small", {"large": -10.0}, {})


def test_models_that_take_equally_long_have_marks_and_numbers_beside_each_other():
    equal = [row(case, 0, 1.0, parts=2) for case in ("large", "small")]
    figure = Figure(figsize=(5, 5), layout="constrained")
    ax = figure.subplots()
    styles = {case: style_of(n) for n, case in enumerate(("large", "small"))}
    more = [row("large", 0, 1.0, cap=40), row("large", 0, 1.0, cap=200)]  # as wide as the caps are
    plot_latencies(cells([*equal, *more]), styles, ax)
    figure.draw_without_rendering()
    one, other = (
        next(
            line for line in ax.lines if line.get_marker() == style.marker and 90 < x_of(line) < 110
        )
        for style in styles.values()
    )
    apart = ax.transData.transform([(x_of(other), 1)]) - ax.transData.transform([(x_of(one), 1)])
    assert apart[0][0] > 0.7 * one.get_markersize() * figure.dpi / 72
    numbers = [text.get_window_extent() for text in ax.texts]
    assert len(numbers) == 4
    assert not [one for one, two in combinations(numbers, 2) if one.overlaps(two)]


def x_of(line):
    """Of a single mark."""
    return line.get_xdata()[0]


def test_all_published_weights_of_a_model_are_drawn_at_its_latency():
    ax = Figure().subplots()
    best = [cell for cell in cells(ROWS) if cell.way is Way.BEST]
    styles = {case: style_of(n) for n, case in enumerate(PUBLISHED.cases)}
    plot_accuracies(best, PUBLISHED, styles, ax)
    drawn = [tuple(map(list, line.get_data())) for line in ax.lines]
    assert drawn == [([1250.0, 1250.0], [76.0, 80.0]), ([500.0], [70.0])]


def test_a_model_without_published_accuracy_is_refused_by_name():
    with pytest.raises(SystemExit, match="'torchvision:nonsense': torchvision publishes no"):
        refuse_unpublished(["torchvision:resnet18", "torchvision:nonsense"])


def test_accuracies_are_looked_at_under_the_smallest_cap_that_the_familiar_model_runs_under():
    rows = [
        row("small", 0, 1.0, cap=50),
        row("large", cap=50),
        row("large", 0, 1.0),
        row("large", 0, 1.0, cap=200),
    ]
    assert split_cap_bytes(cells(rows), "large") == 100 * MIB


def test_accuracy_is_what_torchvision_publishes(tmp_path):
    found = keep_published(["torchvision:resnet18", "torchvision:resnet50"], tmp_path / "p.json")
    assert [(each.case, each.weights, each.top1_percent) for each in found.weights] == [
        ("resnet18", "IMAGENET1K_V1", 69.758),
        ("resnet50", "IMAGENET1K_V1", 76.13),
        ("resnet50", "IMAGENET1K_V2", 80.858),
    ]
    assert found.best("resnet50").weights == "IMAGENET1K_V2"
    assert found.best("unknown") is None
