import pytest

from experiments.bandwidth.summary import plan_in_words, summarise
from experiments.bandwidth.tables import choices, overview, rules
from experiments.contest import ContestRow

SLOW, FAST = "1Mbit/s+0ms", "10Mbit/s+0ms"


def visits(nodes, by, *seconds, link=SLOW, predicted_s=1.0, fits=True, result="ok", cuts="none"):
    return [
        ContestRow(
            case="tiny", link=link, cuts=cuts, nodes=nodes, visit=number, chosen_by=by,
            result=result, fits=fits, predicted_s=predicted_s, measured_s=measured_s,
        )
        for number, measured_s in enumerate(seconds)
    ]  # fmt: skip


def test_ours_stands_beside_the_best_other_plan_that_fits():
    found = summarise([
        *visits("c", "careless", 0.1, 0.1, fits=False),
        *visits("b", "greedy", 2.0, 2.0),
        *visits("a", "partway", 1.0, 1.2),
        *visits("d", "even; odd", 1.0, 1.0),
    ])  # fmt: skip
    (cell,) = found.cells
    assert (cell.best_others, cell.best_other_s) == (("even", "odd"), 1.0)
    assert (cell.over_best, cell.noise) == (pytest.approx(1.1), pytest.approx(0.2))
    assert (found.compared, found.equal, found.better, found.within) == (1, 0, 0, 0)
    assert (found.worst_over_best, found.worst_in) == (pytest.approx(1.1), f"tiny, {SLOW}")


def test_the_claim_allows_two_per_cent():
    rows = [
        *visits("a", "partway", 1.019, 1.019),
        *visits("b", "even", 1.0, 1.0),
        *visits("a", "partway", 1.021, 1.021, link=FAST),
        *visits("b", "even", 1.0, 1.0, link=FAST),
    ]
    found = summarise(rows)
    assert (found.compared, found.within) == (2, 1)
    assert [cell.is_worse for cell in found.cells] == [False, True]
    assert list(overview(found))[3:] == [
        f"more than 2% slower: tiny, {FAST}: 1.021 of even, noise 0.0 %"
    ]


def test_one_plan_chosen_by_both_is_equal_and_a_quicker_one_is_better():
    found = summarise([
        *visits("a", "partway; even", 1.0, 1.2),
        *visits("b", "greedy", 2.0, 2.0),
        *visits("a", "partway", 1.0, 1.0, link=FAST),
        *visits("b", "greedy", 4.0, 4.0, link=FAST),
    ])  # fmt: skip
    assert (found.equal, found.better, found.within) == (1, 1, 2)
    even, greedy = found.rules
    assert (even.name, even.cells, even.same, even.worst_over_ours) == ("even", 1, 1, 1.0)
    # 2 / 1.1 over the slow link, 4 / 1 over the fast one.
    assert greedy.median_over_ours == pytest.approx((2 / 1.1 + 4) / 2)
    assert (greedy.worst_over_ours, greedy.worst_in) == (4.0, f"tiny, {FAST}")


def test_a_plan_that_was_left_out_counts_by_its_prediction():
    found = summarise([
        *visits("b", "slow", None, predicted_s=5.0, result="LeftOut: predicted to take long"),
        *visits("a", "partway", 1.0, 1.0, predicted_s=1.25),
    ])  # fmt: skip
    (rule,) = found.rules
    assert (rule.fits, rule.measured, rule.worst_over_ours) == (1, 0, 4.0)
    assert (found.too_slow, found.least_too_slow, found.failed) == (1, 4.0, 0)
    assert found.least_of_predicted == found.most_of_predicted == pytest.approx(0.8)
    assert found.compared == 0


def test_a_cell_in_which_ours_failed_stands_against_the_claim_and_in_no_ratio():
    found = summarise([
        *visits("a", "partway", 1.0, None, result="OutOfMemoryError: stage 0 was killed"),
        *visits("b", "even", 4.0, 4.0, predicted_s=4.0),
        *visits("c", "slow", None, predicted_s=9.0, result="LeftOut: predicted to take long"),
    ])  # fmt: skip
    assert (found.compared, found.within, found.worst_over_best) == (1, 0, None)
    assert found.ours_failed == (f"tiny, {SLOW}: OutOfMemoryError: stage 0 was killed",)
    assert [rule.median_over_ours for rule in found.rules] == [None, None]
    assert f"our plan failed: {found.ours_failed[0]}" in list(overview(found))
    # Nothing is won by being the only one that ran: it is no cell that is measured again.
    assert [cell.is_worse for cell in found.cells] == [False]


def test_a_rule_whose_plan_fits_and_fails_is_counted_and_not_predicted():
    found = summarise([
        *visits("a", "partway", 1.0, 1.0),
        *visits("b", "even", None, None, predicted_s=3.0, result="RunError: gone"),
        *visits("a", "partway", 1.0, 1.0, link=FAST),
        *visits("b", "even", 2.0, 2.0, predicted_s=3.0, link=FAST),
    ])  # fmt: skip
    (even,) = found.rules
    assert (even.fits, even.measured, even.failed) == (2, 1, 1)
    assert (even.median_over_ours, even.worst_over_ours) == (2.0, 2.0)
    assert (found.compared, found.within) == (1, 1)


def test_the_noise_of_all_cells_is_their_median():
    found = summarise([
        row
        for link, second in ((SLOW, 1.5), (FAST, 1.1), ("1Mbit/s+20ms", 1.0))
        for row in (*visits("a", "partway", 1.0, second, link=link),
                    *visits("b", "even", 5.0, 5.0, link=link))
    ])  # fmt: skip
    assert found.median_noise == pytest.approx(0.1)


def test_the_noise_of_a_cell_is_the_larger_one_of_both_plans():
    found = summarise([*visits("a", "partway", 1.0, 1.1), *visits("b", "even", 2.0, 2.6)])
    (cell,) = found.cells
    assert cell.noise == found.median_noise == pytest.approx(0.3)


def test_ours_is_quicker_beyond_noise_where_neither_its_cell_nor_most_cells_are_as_noisy():
    def cell(link, theirs_s, second_s):
        return [*visits("a", "partway", 1.0, 1.0, link=link),
                *visits("b", "even", theirs_s, second_s, link=link)]  # fmt: skip

    def found(*others):
        # Visits differ by nothing here; theirs takes 5 % longer.
        lucky = cell(SLOW, 1.05, 1.05)
        return summarise([*lucky, *(row for other in others for row in other)])

    assert (found().better, found().better_beyond_noise) == (1, 1)
    # The median noise is 2 %, and then 6 %; these cells' own noise hides what they gain.
    quiet, loud = cell(FAST, 1.0, 1.02), cell("1Mbit/s+20ms", 1.0, 1.06)
    assert (found(quiet, loud).better, found(quiet, loud).better_beyond_noise) == (3, 1)
    louder = found(loud, cell(FAST, 1.0, 1.08))
    assert (louder.better, louder.better_beyond_noise) == (3, 0)
    assert "quicker in 3 (beyond the noise in 0), " in next(iter(overview(louder)))


def test_nothing_is_summed_up_from_no_rows():
    with pytest.raises(SystemExit, match="no rows"):
        summarise([])


def test_plans_above_a_cap_are_counted_apart_from_failures():
    found = summarise([
        *visits("a", "partway", 1.0, 1.0),
        *visits("b", "x", None, fits=False, result="OutOfMemoryError: killed"),
        *visits("b", "x", None, fits=False, result="LeftOut: above a cap", link=FAST),
        *visits("c", "y", 0.9, fits=False),
        *visits("d", "z", None, None, result="RunError: gone"),
    ])  # fmt: skip
    assert (found.above_caps, found.above_caps_killed, found.failed) == (2, 1, 2)
    assert (found.too_slow, found.least_too_slow) == (0, None)
    # Not 0.9, of the plan that ran though it does not fit.
    assert (found.least_of_predicted, found.most_of_predicted) == (1.0, 1.0)
    assert {rule.name: (rule.cells, rule.fits) for rule in found.rules} == {
        "z": (1, 1),
        "x": (1, 0),
        "y": (1, 0),
    }


def test_cells_of_slow_links_come_first_whatever_was_measured_first():
    found = summarise([
        *visits("a", "partway", 1.0, link=FAST), *visits("a", "partway", 1.0, link="1Mbit/s+20ms"),
        *visits("a", "partway", 1.0),
    ])  # fmt: skip
    assert [cell.link for cell in found.cells] == [SLOW, FAST, "1Mbit/s+20ms"]


def test_a_plan_in_words_names_its_cuts_between_its_nodes():
    assert plan_in_words("none", "device") == "device"
    assert plan_in_words("3 8", "device server device") == "device [3] server [8] device"


def test_tables_have_a_line_per_model_and_delay_and_per_rule():
    found = summarise([
        *visits("a b", "partway", 1.0, 1.0, cuts="3"), *visits("b", "even", 3.0, 3.0),
        *visits("a", "partway; even", 1.0, 1.0, link=FAST),
    ])  # fmt: skip
    assert list(choices(found.cells)) == [
        "| model | one way | 1 Mbit/s | 10 Mbit/s |",
        "| --- | --- | --- | --- |",
        "| tiny | +0 ms | a [3] b | a |",
    ]
    assert list(rules(found.rules))[2:] == [
        f"| even | 2 | 2 | 1 | 2 | 0 | 2.0 | 3.0 | tiny, {SLOW} |"
    ]
