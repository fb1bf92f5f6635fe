import pytest

from experiments.fidelity.cells import CellRow
from experiments.fidelity.summary import summarise


def row(predicted, measured, **changes):
    """A row of (compute, transfer) predicted, and (latency, compute, transfer) measured."""
    fields = {
        "model": "m",
        "backend": "onnx",
        "cluster": "c",
        "link": "l",
        "plan": "odd",
        "visit": 0,
        "result": "ok",
        "nodes": "a b",
        "status": "feasible",
        "predicted_s": sum(predicted),
        "predicted_compute_s": predicted[0],
        "predicted_transfer_s": predicted[1],
        "measured_s": measured[0],
        "measured_compute_s": measured[1],
        "measured_transfer_s": measured[2],
        "measured_rest_s": measured[0] - measured[1] - measured[2],
        "profile_noise": 0.01,
        "seconds_since_profile": 1.0,
    }
    return CellRow(**(fields | changes))


def test_an_error_is_predicted_over_measured_and_splits_into_its_terms():
    found = summarise([row((6.0, 5.0), (10.0, 5.0, 4.5))])
    assert found.all.signed == pytest.approx(0.1)
    terms = {name: term.signed for name, term in found.terms.items()}
    assert terms == pytest.approx({"compute": 0.1, "transfer": 0.05, "rest": -0.05})
    assert sum(terms.values()) == pytest.approx(found.all.signed)


def test_cells_are_link_dominated_by_what_was_predicted():
    rows = [row((1.0, 9.0), (10.0, 1.0, 9.0)), row((9.0, 2.0), (10.0, 9.0, 1.0), link="fast")]
    found = summarise(rows)
    assert (found.all.n, found.link_dominated.n) == (2, 1)
    assert found.link_dominated.worst == pytest.approx(0.0)
    assert found.by_group["link fast"].worst == pytest.approx(0.1)


def test_the_limit_is_one_and_a_half_times_the_noise_where_that_is_more_than_a_tenth():
    # Measured 10 and then 12: noise 0.2, limit 0.3. Errors: 0.3 - 1e-9, 0.08.
    rows = [
        row((6.5, 6.4999999), (10.0, 5.0, 5.0)),
        row((6.5, 6.4999999), (12.0, 6.0, 6.0), visit=1),
    ]
    found = summarise(rows)
    assert found.noise.median == pytest.approx(0.2)
    assert found.all.within == pytest.approx(1.0)
    assert summarise(rows[:1]).noise is None
    assert summarise(rows[:1]).all.within == pytest.approx(0.0)


def test_failed_cells_are_counted():
    failed = row((1.0, 1.0), (2.0, 1.0, 1.0), result="RunError: gone", measured_s=None)
    assert summarise([row((1.0, 1.0), (2.0, 1.0, 1.0)), failed]).failed == 1
    with pytest.raises(SystemExit, match="no cell was measured"):
        summarise([failed])


def test_kills_are_counted_apart_from_other_failures():
    good = row((1.0, 1.0), (2.0, 1.0, 1.0))
    killed = "OutOfMemoryError: stage 1 on node 'a' was killed by the kernel"
    bad = [
        row((1.0, 1.0), (2.0, 1.0, 1.0), result=result, measured_s=None)
        for result in (killed, killed, "RunError: gone")
    ]
    found = summarise([good, *bad])
    assert (found.killed, found.failed) == (2, 1)


@pytest.mark.parametrize("other", [{"cuts": "3"}, {"nodes": "b a"}, {"predicted_s": 11.5}])
def test_noise_is_of_one_plan_of_one_profile(other):
    first = row((6.0, 5.0), (10.0, 5.0, 5.0), cuts="2")
    second = row((6.0, 5.0), (12.0, 6.0, 6.0), cuts="2", visit=1)
    assert summarise([first, second]).noise.median == pytest.approx(0.2)
    assert summarise([first, second.model_copy(update=other)]).noise is None
