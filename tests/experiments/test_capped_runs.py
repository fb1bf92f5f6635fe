from experiments.memory_promise.capped_runs import CappedRun, Limit
from experiments.memory_promise.summary import summarise


def run(limit, result, *, predicted="110 200", measured="100 160", share=0.0):
    return CappedRun(
        model="m",
        backend="onnx",
        limit=limit,
        share=share,
        cap_bytes=300,
        result=result,
        enforced=True,
        cuts="3",
        nodes="a b",
        limits="300 300",
        predicted=predicted,
        measured=measured if result == "ok" else "",
    )


def test_kills_are_counted_apart_where_they_must_not_and_where_they_should_be():
    found = summarise(
        [
            run(Limit.DECLARED, "ok"),
            run(Limit.EXACT, "killed"),
            run(Limit.BELOW, "killed"),
            run(Limit.BELOW, "ok", share=1.0),
            run(Limit.EXACT, "RunError: gone", share=1.0),
        ]
    )
    assert (found.promised.runs, found.promised.killed, found.promised.failed) == (3, 1, 1)
    assert (found.below.runs, found.below.killed) == (2, 1)


def test_over_estimates_are_of_every_stage_of_promised_runs_that_lived():
    found = summarise(
        [
            run(Limit.DECLARED, "ok"),
            run(Limit.EXACT, "ok", predicted="90 100", measured="100 100"),
            run(Limit.BELOW, "ok", predicted="900 900"),
        ]
    ).over_estimate["onnx"]
    assert found.stages == 4
    assert round(found.median, 9) == 0.05
    assert (round(found.worst, 9), round(found.least, 9)) == (0.25, -0.1)
    assert found.below_measured == 1
