"""Summary and tables of the tools' splits beside ours, from rows that were worked out by hand."""

from types import SimpleNamespace

import pytest

from experiments.contest import KEY, ContestRow
from experiments.peers.choices import (
    Choice,
    Choices,
    chosen_by_tools,
    kept_choices,
    positions_of,
)
from experiments.peers.other_orders import best_order, best_orders
from experiments.peers.plot import draw
from experiments.peers.split import Split, SplitError, ToolFailedError
from experiments.peers.summary import Outcome, PeersSummary, summarise
from experiments.peers.tables import by_cell, by_tool, sum_up, wins, write
from experiments.rows import RowFile
from planner.costs.evaluate import evaluate
from planner.files import read_record, write_record
from tests.planner.instances import two_phones_one_server, with_caps


def row(by, visit, measured_s, *, nodes="a", link="slow", result="ok", fits=True):
    return ContestRow(
        case="tiny",
        link=link,
        cuts="none",
        nodes=nodes,
        visit=visit,
        chosen_by=by,
        result=result,
        fits=fits,
        predicted_s=1.0,
        measured_s=measured_s,
    )


KILLED = "OutOfMemoryError: stage 0 was killed"
ROWS = [
    *(row("partway; even", visit, seconds) for visit, seconds in ((0, 1.0), (1, 1.0))),
    *(row("greedy", visit, seconds, nodes="b", fits=False) for visit, seconds in ((0, 2), (1, 3))),
    *(row("careless", visit, None, nodes="c", result=KILLED) for visit in (0, 1)),
    row("partway", 0, 2.0, link="fast"),
    row("even", 0, 1.5, link="fast", nodes="b"),
    row("greedy", 0, 8.0, link="fast", nodes="c"),
    row("careless", 0, None, link="fast", nodes="d", result="RunError: no answer"),
]
CHOICES = {"tiny": Choices(choices=(Choice(tool="graph", version="1", reason="a cycle"),))}


@pytest.fixture
def summary():
    reordered = {("tiny", "slow", "greedy"): 1.25, ("tiny", "fast", "greedy"): None}
    return summarise(ROWS, CHOICES, reordered)


def test_a_tool_is_told_by_its_ratios_and_what_was_not_measured(summary):
    even, greedy = summary.tools["even"], summary.tools["greedy"]
    assert (even.median, even.worst, even.measured) == (0.875, 1.0, 2)
    assert even.wins == ("tiny, fast",)
    # (2 + 3) / 2 over 1, and 8 over 2.
    assert (greedy.median, greedy.worst, greedy.wins) == (3.25, 4.0, ())
    assert greedy.reordered_median == 1.25
    careless = summary.tools["careless"]
    assert (careless.measured, careless.killed, careless.failed) == (0, 1, 1)
    assert (careless.median, careless.worst) == (None, None)
    assert summary.tools["graph"].no_split == 2
    assert summary.ours_failed == ()


def test_a_cell_has_the_larger_noise_of_both_plans(summary):
    slow = {cell.tool: cell for cell in summary.cells if cell.link == "slow"}
    assert slow["greedy"].noise == pytest.approx(0.5)
    assert slow["even"].noise == 0
    assert slow["graph"].outcome is Outcome.NO_SPLIT
    assert slow["graph"].reason == "a cycle"


def test_nothing_is_compared_with_a_plan_of_ours_that_failed():
    found = summarise([row("partway", 0, None, result=KILLED), row("even", 0, 1.0, nodes="b")],
                      {}, {})  # fmt: skip
    assert found.ours_failed == found.ours_killed == ("tiny, slow",)
    (cell,) = found.cells
    assert (cell.outcome, cell.reason) == (Outcome.FAILED, "our plan was not measured")


def test_tables_say_ratios_stars_and_wins(summary):
    assert list(by_cell(summary))[2:] == [
        "| tiny | slow | 1.000 | 2.5 * | killed | no split |",
        "| tiny | fast | 0.750 | 4.0 | failed | no split |",
    ]
    assert list(by_tool(summary))[3] == (
        "| greedy | 2 | 0 | 0 | 0 | 3.2 | 4.0 | 0 | 0 | 0 | 1.250 |"
    )
    assert list(wins(summary)) == [
        "splits faster than our plan: 1; by more than the noise of the visits: 1; by more than 2%: "
        "1; cells in which our plan was killed: 0",
        "* even, tiny, fast: 0.750 of ours, visits differ by not known (beyond noise)",
    ]


def test_the_picture_has_the_stars_of_the_table_and_says_what_they_are(summary, tmp_path):
    write_record(tmp_path / "summary.json", summary)
    figure = draw(tmp_path)
    slow, fast = figure.axes
    assert sorted(text.get_text() for text in slow.texts) == ["*", "killed", "no split"]
    (star,) = [text for text in slow.texts if text.get_text() == "*"]
    # The mark of greedy, which takes (2 + 3) / 2 of ours and is above a cap.
    greedy = list(summary.tools).index("greedy")
    assert star.xy == pytest.approx((2.5, greedy))
    assert "*" not in [text.get_text() for text in fast.texts]
    words = [text.get_text() for text in figure.legends[0].get_texts()]
    assert words == ["tiny", "as fast as ours", "predicted above a cap"]


@pytest.mark.parametrize(
    ("theirs", "beyond_noise", "beyond_tolerance"),
    [
        # Ours takes 1 s and then 1.01 s: 1.005 s.
        ((1.004, 1.004), (), ()),
        ((0.99, 0.99), ("tiny, slow",), ()),
        # Their visits differ by 4 %: 2.5 % are no more than noise.
        ((0.961, 1.0), (), ("tiny, slow",)),
        ((0.9, 0.9), ("tiny, slow",), ("tiny, slow",)),
    ],
)
def test_wins_are_held_against_the_noise_and_against_a_fixed_share(
    theirs, beyond_noise, beyond_tolerance
):
    ours = [row("partway", 0, 1.0), row("partway", 1, 1.01)]
    others = [row("even", visit, seconds, nodes="b") for visit, seconds in enumerate(theirs)]
    even = summarise([*ours, *others], {}, {}).tools["even"]
    assert even.wins == ("tiny, slow",)
    assert (even.wins_beyond_noise, even.wins_beyond_tolerance) == (beyond_noise, beyond_tolerance)


def test_a_folder_is_summed_up_again_from_its_rows_and_answers(tmp_path, summary):
    write(summary, tmp_path)
    with pytest.raises(SystemExit, match=r"rows.csv: is missing"):
        sum_up(tmp_path)
    file = RowFile(tmp_path / "rows.csv", ContestRow, key=KEY)
    for each in ROWS:
        file.append(each)
    write_record(tmp_path / "answers" / "tiny.json", CHOICES["tiny"])
    sum_up(tmp_path)
    assert read_record(tmp_path / "summary.json", PeersSummary) == summary


def test_an_error_within_a_tool_is_no_answer_about_splits(tmp_path):
    broken = Careful("broken", ToolFailedError("broken: KeyError: 'x'"))
    found = kept_choices(tmp_path / "tiny.json", (broken,), task=None)
    assert found.choices[0].tool_failed
    result = summarise(ROWS, {"tiny": found}, {})
    assert (result.tools["broken"].no_split, result.tools["broken"].failed) == (0, 2)
    assert {cell.outcome for cell in result.cells if cell.tool == "broken"} == {Outcome.TOOL_FAILED}


class Careful:
    """Answers once, and counts how often it is asked."""

    package = "torch"

    def __init__(self, name, answer, reason=None):
        self.name, self.answer, self.reason, self.asked = name, answer, reason, 0

    def skip_reason(self):
        return self.reason

    def propose(self, task):
        self.asked += 1
        if isinstance(self.answer, SplitError):
            raise self.answer
        return self.answer


def test_a_tool_is_asked_once_and_its_answer_is_kept(tmp_path):
    split = Split(positions=(2,), places=(0, 1))
    careful, unable = Careful("careful", split), Careful("unable", SplitError("a cycle"))
    absent = Careful("absent", split, "absent is not installed")
    path = tmp_path / "answers" / "tiny.json"
    for _ in range(2):
        found = kept_choices(path, (careful, unable, absent), task=None)
    assert [(choice.tool, choice.split, choice.reason) for choice in found.choices] == [
        ("careful", split, ""), ("unable", None, "a cycle"),
    ]  # fmt: skip
    assert (careful.asked, unable.asked, absent.asked) == (1, 1, 0)


def test_operators_become_boundaries_and_places_become_nodes():
    problem = two_phones_one_server()  # two operators per block
    choices = Choices(choices=(
        Choice(tool="a", version="1", split=Split(positions=(4,), places=(2, 0))),
        Choice(tool="b", version="1", reason="none"),
    ))  # fmt: skip
    assert positions_of(choices) == {4}
    assert list(chosen_by_tools(choices)(problem)) == [("a", ((2,), ("server", "phone-1")))]


def test_a_cut_that_a_kept_profile_does_not_know_is_refused():
    inside = Choice(tool="a", version="1", split=Split(positions=(3,), places=(0, 1)))
    with pytest.raises(SystemExit, match=r"a cuts at operator 3, .* another folder"):
        list(chosen_by_tools(Choices(choices=(inside,)))(two_phones_one_server()))


def test_the_best_order_is_the_fastest_that_fits():
    # The first part needs 10 + 30 + 60 bytes of a phone and the 40 that it receives, the second
    # 10 + 70 + 20 + 5.
    problem = with_caps(two_phones_one_server(), {"phone-1": 140})
    # 4 s on the phone, 5 bytes in 0.5 s + 0.5 s, 1 s on the server, 10 bytes in 1 s + 0.5 s.
    assert best_order(problem, (2,)) == (("phone-1", "server"), 7.5)
    # The other way round: 40 bytes in 4 s + 0.5 s, 1 s, 5 in 0.5 s + 0.5 s, 4 s.
    below = with_caps(problem, {"phone-1": 139})
    assert best_order(below, (2,)) == (("server", "phone-1"), 10.5)
    assert best_order(with_caps(problem, {"phone-1": 104}), (2,)) is None


def test_tools_are_compared_with_ours_as_predicted_in_their_best_order():
    problem = with_caps(two_phones_one_server(), {"phone-1": 140})

    def visit(nodes, *names):
        estimate = evaluate(problem, problem.plan((2,), nodes))
        document = SimpleNamespace(problem=problem, estimate=estimate)
        return SimpleNamespace(link="slow", names=names, document=document, stages=((2,), nodes))

    plans = {1: [visit(("phone-1", "server"), "partway", "even")],
             2: [visit(("server", "phone-1"), "greedy")]}  # fmt: skip
    found = list(best_orders("tiny", plans))
    assert [(each.tool, each.nodes, each.over_ours) for each in found] == [
        ("even", "phone-1 server", 1.0), ("greedy", "phone-1 server", 1.0),
    ]  # fmt: skip
