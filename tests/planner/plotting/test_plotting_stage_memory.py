"""The picture of what takes a stage's memory."""

import pytest

from planner.breakdown import Breakdown, HopTerm, StageTerm
from planner.costs.memory import stage_bytes
from planner.errors import MismatchError
from planner.plotting.stage_memory import plot_stage_memory, stage_memory
from tests.planner.instances import make_link, make_node, make_problem
from tests.planner.plotting.drawing import drawn, legend_words, texts

MIB = 2**20


def a_phone_and_a_large_server():
    """Loading the server's block takes more than running it."""
    nodes = [
        make_node("phone", (1.0,) * 2, 64 * MIB, base_bytes=8 * MIB, weight_factor=1.5),
        make_node("server", (1.0,) * 2, 2048 * MIB, base_bytes=16 * MIB),
    ]
    return make_problem(
        nodes,
        [make_link("phone", "server"), make_link("server", "phone")],
        (MIB, 2 * MIB, 0),
        weight_bytes=(4 * MIB, 10 * MIB),
        live_bytes=(3 * MIB, MIB),
        workspace_bytes=(2 * MIB, 0),
        load_bytes=(0, 7 * MIB),
    )


PROBLEM = a_phone_and_a_large_server()
PLAN = PROBLEM.plan((1,), ("phone", "server"))


def run(peaks_mib, nodes=("phone", "server")):
    stages = [
        StageTerm(node=n, start=i, stop=i + 1, compute_s=1, peak_bytes=peak * MIB, cap_bytes=1)
        for i, (n, peak) in enumerate(zip(nodes, peaks_mib, strict=True))
    ]
    hops = [HopTerm(source="phone", target="phone", n_bytes=0, transfer_s=0.0)] * 3
    return Breakdown(origin="measured", stages=stages, hops=hops, latency_s=2.0)


def test_the_terms_are_process_weights_work_and_message():
    phone, server = stage_memory(PROBLEM, PLAN).bars
    assert phone.terms_mib == (8.0, 6.0, 5.0, 1.0)
    assert server.terms_mib == (16.0, 10.0, 7.0, 2.0)
    assert (phone.cap_mib, server.cap_mib) == (64.0, 2048.0)
    assert phone.measured_mib is None


def test_the_terms_add_up_to_what_the_cost_model_says():
    for bar, stage in zip(stage_memory(PROBLEM, PLAN).bars, PLAN.stages, strict=True):
        node = PROBLEM.nodes[PROBLEM.node_index[stage.node]]
        assert bar.total_mib * MIB == stage_bytes(PROBLEM, node, stage.start, stage.stop)


def test_what_was_not_measured_has_no_mark():
    phone, server = stage_memory(PROBLEM, PLAN, run((18, 0))).bars
    assert (phone.measured_mib, server.measured_mib) == (18.0, None)


def test_another_problem_or_another_run_is_an_error():
    other = make_problem(PROBLEM.nodes, PROBLEM.links, (MIB, MIB, 0))
    with pytest.raises(MismatchError, match="another problem"):
        stage_memory(other, PLAN)
    with pytest.raises(MismatchError, match="another plan"):
        stage_memory(PROBLEM, PLAN, run((1, 1), ("server", "phone")))


def test_bars_say_what_they_come_to_and_a_far_cap_does_not_squeeze_them():
    ax = drawn(plot_stage_memory, stage_memory(PROBLEM, PLAN, run((18, 0))))
    assert texts(ax) == ["20, measured 18 of 64 MiB", "35 of 2048 MiB"]
    assert ax.get_xlim()[1] < 64
    assert legend_words(ax) == [
        "process and margin",
        "kept weights",
        "running or loading a block",
        "received message",
        "measured, most at any time",
    ]


def test_a_near_cap_is_drawn_as_a_line():
    nodes = (PROBLEM.nodes[0].model_copy(update={"memory_bytes": 30 * MIB}), PROBLEM.nodes[1])
    tight = PROBLEM.replaced(nodes=nodes)
    ax = drawn(plot_stage_memory, stage_memory(tight, tight.plan((1,), ("phone", "server"))))
    assert "cap of the node" in legend_words(ax)
    assert [list(line.get_xdata()) for line in ax.lines] == [[30.0, 30.0]]
