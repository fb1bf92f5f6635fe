"""Sentences that commands print, word by word where they could claim too much."""

import pytest

from planner.cli.tables import budget_note
from profiler.profile_options import Rounds
from profiler.profile_records import Precision, Whole
from tests.planner.test_records import timing


def whole(rounds, spent_s):
    return Whole(
        latency=timing(1.0).model_copy(update={"n": rounds}),
        blocks_over_whole=1.0,
        noise=0.0,
        precision=Precision(confidence=0.95, whole=0, worst_block_share=0, spent_s=spent_s),
    )


def test_a_budget_that_the_least_rounds_exceed_is_said_with_the_reason():
    said = budget_note(whole(rounds=6, spent_s=32.0), Rounds(least=6, budget_s=10.0))
    assert said == (
        "budget of 10 s exceeded: noise floor, warm-up and 6 rounds are the least that is "
        "measured, and took 32 s"
    )


@pytest.mark.parametrize(
    ("rounds", "spent_s"),
    [
        (6, 9.0),  # the least was enough
        (7, 10.1),  # the last round was foreseen to fit
    ],
)
def test_a_budget_that_was_kept_needs_no_note(rounds, spent_s):
    assert budget_note(whole(rounds, spent_s), Rounds(least=6, budget_s=10.0)) is None
