"""Sentences that commands print, word by word where they could claim too much."""

import pytest

from netmodel.fit import fit_link
from netmodel.probe_records import MeasuredLink, Probe, Sample
from planner.cli.probe_tables import probe_summary
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


def probe(*messages):
    """Of a link that takes these seconds for these bytes, either way."""
    samples = [Sample(n_bytes=n, seconds=seconds) for n, seconds in messages for _ in range(3)]
    fit = fit_link(samples, latency_s=0.0)
    links = tuple(
        MeasuredLink(source=source, target=target, fit=fit) for source, target in ("ab", "ba")
    )
    return Probe(host="b", connects_s=(1e-4,), empty_round_trips_s=(1e-4,), rounds=3, links=links)


@pytest.mark.parametrize(("disturbed", "notes"), [(1.0, 0), (2.0, 2)])
def test_a_model_that_misses_what_was_measured_is_said_of_each_direction(disturbed, notes):
    sizes = [1000 * 2**k for k in range(10)]
    late = [disturbed if k % 2 else 1.0 for k in range(10)]
    said = probe_summary(probe(*((n, n * 1e-8 * w) for n, w in zip(sizes, late, strict=True))))
    assert said.count("off what was measured: probe again") == notes
