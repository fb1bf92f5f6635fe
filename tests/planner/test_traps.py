"""Wrong results that other planners give, each as a test that ours does not."""

from functools import cache
from itertools import pairwise

import numpy as np
import pytest
import torch
from torch import nn

from planner.baselines.deepspeed_balanced import DeepspeedBalanced, least_spread_parts
from planner.baselines.parameter_balanced import ParameterBalanced
from planner.baselines.pipedream import PipeDream
from planner.baselines.pipeedge import PipeEdge
from planner.baselines.time_balanced import TimeBalanced, block_partition
from planner.compare import compare
from planner.costs.evaluate import evaluate
from planner.solution import Status
from planner.solvers.chain_dp import ChainDp
from profiler.capture import capture
from profiler.carve import carve
from profiler.cuts import cuts_at
from profiler.liveness import crossing_tensors
from profiler.sources import ModelSource, vary_constants
from tests.planner.baselines.least_longest import least_longest_parts
from tests.planner.instances import limited, make_link, make_node, make_problem, mesh
from tests.profiler.models import chained_outputs, noise


def parts(plan):
    return [(stage.start, stage.stop, stage.node) for stage in plan.stages]


# PipeDream's optimiser ignores transfers unless an unrelated option is set.


def wide_in_the_middle(bytes_per_s):
    """Four equal blocks; the cut that balances them carries 100 bytes, the others 1."""
    nodes = [make_node(name, (1.0,) * 4, 350) for name in ("a", "b")]
    links = mesh(["a", "b"], bytes_per_s)
    return make_problem(nodes, links, (1, 1, 100, 1, 1), weight_bytes=(100,) * 4)


def test_pipedream_ignoring_transfers_ours_moves_the_cut_when_the_wire_is_slow():
    """Whole, the model fits no node. Value with 100 bytes/s: 4 compute, 0.01 between and back."""
    fast, slow = (ChainDp().solve(wide_in_the_middle(bytes_per_s)) for bytes_per_s in (1e9, 100.0))
    assert {stop for _, stop, _ in parts(slow.plan)[:-1]} <= {1, 3}
    assert slow.value == pytest.approx(4.0 + 0.01 + 0.01)
    assert fast.value == pytest.approx(4.0, abs=1e-6)
    balanced = wide_in_the_middle(100.0)
    price = evaluate(balanced, balanced.plan((2,), ("a", "b")))
    assert price.latency_s == pytest.approx(4.0 + 1.0 + 0.01)


def test_pipedream_ignoring_transfers_its_rule_as_published_does_not():
    """The balanced cut takes max(2 s, 100 bytes): 2.5 s at 40 bytes/s beat 3 + 1 s, 5 s do not."""
    assert parts(PipeDream().propose(wide_in_the_middle(40.0))) == [(0, 2, "a"), (2, 4, "b")]
    assert parts(PipeDream().propose(wide_in_the_middle(20.0))) == [(0, 1, "a"), (1, 4, "b")]


# PipeDream returns a four-way plan under a memory cap of one byte.


def four_machines_of_one_byte():
    nodes = [make_node(name, (1.0,) * 4, 1) for name in "abcd"]
    return make_problem(nodes, mesh("abcd"), (1,) * 5, weight_bytes=(10,) * 4)


def test_pipedream_planning_under_a_cap_of_one_byte_ours_is_infeasible_with_the_reason():
    solution = ChainDp().solve(four_machines_of_one_byte())
    assert solution.status is Status.INFEASIBLE
    assert solution.plan is None
    assert solution.value is None
    assert solution.reason.startswith("no plan fits the memory caps: ")


def test_pipedream_planning_under_a_cap_of_one_byte_its_plan_is_shown_as_not_fitting():
    problem = four_machines_of_one_byte()
    rows = {row.name: row for row in compare(problem, ChainDp().solve(problem))}
    assert len(rows["pipedream"].plan.stages) == 4
    assert not rows["pipedream"].fits


# PipeEdge takes the second host of the first type for the first host of the second type.


def test_pipeedge_reading_a_type_by_a_hosts_number_the_bottleneck_is_2_and_not_4():
    """Two hosts of 2 s a block and one of 1 s: 1 + 1 + 2 blocks. All as slow as the first: 4 s."""
    nodes = [make_node(name, (2.0,) * 4) for name in ("slow-1", "slow-2")]
    nodes.append(make_node("quick", (1.0,) * 4))
    problem = make_problem(nodes, mesh(["slow-1", "slow-2", "quick"], 1e9), (1,) * 5)
    stages = evaluate(problem, PipeEdge().propose(problem)).stages
    assert max(stage.compute_s for stage in stages) == 2.0
    assert {stage.node for stage in stages} == {"slow-1", "slow-2", "quick"}


def test_pipeedge_reading_a_type_by_a_hosts_number_the_second_types_memory_is_its_own():
    """Read with the first type's 5 bytes, the third host could hold nothing."""
    nodes = [make_node(name, (1.0, 1.0), 5) for name in ("small-1", "small-2")]
    nodes.append(make_node("large", (1.0, 1.0), 50))
    names = ["small-1", "small-2", "large"]
    problem = make_problem(nodes, mesh(names), (1, 1, 1), weight_bytes=(10, 10))
    for plan in (PipeEdge().propose(problem), ChainDp().solve(problem).plan):
        assert parts(plan) == [(0, 2, "large")]
        assert evaluate(problem, plan).fits


# PiPPy's split of a graph loses edges that go through the list that torch.cat takes.


class _ConcatenatesList(nn.Module):
    """Three branches and the input itself meet in a list; one of them is older than the others."""

    def __init__(self):
        super().__init__()
        self.early = nn.Linear(6, 3)
        self.middle = nn.Linear(3, 4)
        self.late = nn.Linear(4, 2)
        self.head = nn.Linear(6 + 3 + 4 + 2, 5)

    def forward(self, x):
        early = torch.relu(self.early(x))
        middle = torch.tanh(self.middle(early))
        late = torch.sigmoid(self.late(middle))
        return self.head(torch.cat([x, early, middle, late], dim=1))


def source_of(model, *args):
    torch.manual_seed(0)
    module = model().eval()
    vary_constants(module)
    return ModelSource(model.__name__, module, args, {})


@cache
def concatenating():
    return capture(source_of(_ConcatenatesList, noise(2, 6)))


def test_pippy_losing_edges_through_cat_lists_every_one_crosses_each_cut_in_ours():
    whole = concatenating()
    graph = whole.graph
    (cat,) = (i for i, op in enumerate(graph.ops) if op.target.startswith("aten.cat"))
    listed = graph.ops[cat].inputs
    assert len(listed) == 4
    crossing = crossing_tensors(graph)
    born = dict.fromkeys(graph.inputs, 0)
    born |= {name: i + 1 for i, op in enumerate(graph.ops) for name in op.outputs}
    for position in range(cat + 1):
        alive = {name for name in listed if born[name] <= position}
        assert alive <= set(crossing[position])
        assert alive <= set(carve(whole, position, len(graph.ops)).inputs)


def test_pippy_losing_edges_through_cat_lists_parts_compute_the_original_at_every_cut():
    whole = concatenating()
    n = len(whole.graph.ops)
    for cuts in ((), *((i,) for i in range(1, n)), tuple(range(1, n))):
        (output,) = chained_outputs(whole, cuts)
        assert torch.equal(output, whole.expected[0])


# torchgpipe's and DeepSpeed's balances are far from the best balance.


def random_chains():
    """300 chains of 8 to 30 uniform times, with 2 to 8 parts each."""
    for seed in range(300):
        rng = np.random.default_rng(seed)
        n = int(rng.integers(8, 31))
        n_parts = int(rng.integers(2, min(n, 8) + 1))
        yield rng.random(n), n_parts


def over_optimum(times_s, n_parts, cuts):
    """The longest part over the longest of the best partition."""

    def longest(inner):
        return max(times_s[a:b].sum() for a, b in pairwise((0, *inner, len(times_s))))

    return longest(cuts) / longest(least_longest_parts(times_s, n_parts))


def test_torchgpipe_balancing_worse_than_the_optimum_in_two_of_three_random_chains():
    ratios = np.array(
        [over_optimum(t, k, block_partition(t.tolist(), k)[1:-1]) for t, k in random_chains()]
    )
    assert (ratios >= 1 - 1e-12).all()
    assert (ratios > 1 + 1e-9).sum() == 198
    assert ratios.mean() == pytest.approx(1.054, abs=5e-4)
    assert ratios.max() == pytest.approx(1.497, abs=5e-4)


def test_deepspeed_balancing_worse_than_the_optimum_in_one_of_eight_random_chains():
    ratios = np.array(
        [over_optimum(t, k, least_spread_parts(t.tolist(), k)) for t, k in random_chains()]
    )
    assert (ratios >= 1 - 1e-12).all()
    assert (ratios > 1 + 1e-9).sum() == 36
    assert ratios.max() == pytest.approx(1.186, abs=5e-4)


@pytest.mark.parametrize("rule", [TimeBalanced(), DeepspeedBalanced()])
def test_balancing_unequal_machines_ours_is_never_slower_than_either_balance(rule):
    for seed in range(40):
        rng = np.random.default_rng(seed)
        n, names = int(rng.integers(4, 12)), ["a", "b", "c"]
        times_s = rng.random(n)
        nodes = [make_node(name, times_s, speed=float(rng.uniform(0.5, 4))) for name in names]
        weights = [int(size) for size in rng.integers(1, 90, n)]
        cut_bytes = [int(size) for size in rng.integers(1, 90, n + 1)]
        problem = make_problem(nodes, mesh(names), cut_bytes, weight_bytes=weights)
        theirs_s = evaluate(problem, rule.propose(problem)).latency_s
        assert ChainDp().solve(problem).value <= theirs_s


# accelerate counts parameters only.


def test_accelerate_counting_parameters_only_its_plan_overflows_and_ours_fits():
    """The first two blocks' activations need a node alone; their parameters are next to nothing."""
    nodes = [make_node(name, (1.0,) * 4, 1200) for name in ("a", "b")]
    problem = make_problem(
        nodes,
        mesh(["a", "b"]),
        (1,) * 5,
        weight_bytes=(10, 10, 300, 300),
        live_bytes=(1000, 1000, 0, 0),
    )
    theirs = ParameterBalanced().propose(problem)
    assert parts(theirs) == [(0, 3, "a"), (3, 4, "b")]
    assert not evaluate(problem, theirs).fits  # 320 + 1000 + 1 bytes
    ours = ChainDp().solve(problem)
    assert ours.status is Status.OPTIMAL
    assert evaluate(problem, ours.plan).fits


# A tensor with several consumers in one stage must be sent once.


class _SeveralReaders(nn.Module):
    """One tensor of 2 × 8 floats is read by three layers, all of them behind the cut."""

    def __init__(self):
        super().__init__()
        self.first = nn.Linear(4, 8)
        self.readers = nn.ModuleList(nn.Linear(8, 8) for _ in range(3))

    def forward(self, x):
        shared = torch.relu(self.first(x))
        return sum(reader(shared) for reader in self.readers)


def test_a_tensor_with_several_consumers_in_one_stage_is_sent_once():
    captured = capture(source_of(_SeveralReaders, noise(2, 4)))
    (shared,) = (op.outputs[0] for op in captured.graph.ops if op.target == "aten.relu.default")
    readers = [op for op in captured.graph.ops if shared in op.inputs]
    cut = next(i for i, op in enumerate(captured.graph.ops) if op is readers[0])
    assert len(readers) == 3
    cuts = cuts_at(captured.graph, (0, cut, len(captured.graph.ops)))
    assert cuts[1].tensors == (shared,)
    nodes = [make_node(name, (1.0, 1.0)) for name in ("a", "b")]
    links = [make_link("a", "b", 64.0)]
    problem = make_problem(nodes, links, [cut.n_bytes for cut in cuts], sink="b")
    hop = evaluate(problem, problem.plan((1,), ("a", "b"))).hops[1]
    assert (hop.n_bytes, hop.transfer_s) == (2 * 8 * 4, 1.0)
    assert carve(captured, cut, len(captured.graph.ops)).inputs == (shared,)


# The last block's output has to go back to the sink.


def test_the_last_block_back_to_the_sink_costs_a_hop():
    """Without the way back of 100 s the server would win with 1 + 2 s over the phone's 20 s."""
    nodes = [make_node("phone", (20.0,)), make_node("server", (2.0,))]
    links = [make_link("phone", "server", 10.0), make_link("server", "phone", 0.1)]
    back = make_problem(nodes, links, (10, 10))
    assert parts(ChainDp().solve(back).plan) == [(0, 1, "phone")]
    assert evaluate(back, back.plan((), ("server",))).latency_s == pytest.approx(1 + 2 + 100)
    stays = make_problem(nodes, links, (10, 10), sink="server")
    solution = ChainDp().solve(stays)
    assert parts(solution.plan) == [(0, 1, "server")]
    assert solution.value == pytest.approx(1 + 2)


# Infeasible must be a status with a reason.


@pytest.mark.parametrize(
    ("problem", "reason"),
    [
        (four_machines_of_one_byte(), "no plan fits the memory caps: node "),
        (
            make_problem([make_node(n, (1.0,)) for n in ("a", "b")], [], (0, 0), sink="b"),
            "no plan can be carried over the links: one would fit with a link a -> b",
        ),
    ],
)
def test_infeasible_is_a_status_with_a_reason(problem, reason):
    for limits in ({}, {"max_stages": 1}):
        solution = ChainDp().solve(limited(problem, **limits))
        assert solution.status is Status.INFEASIBLE
        assert solution.plan is None
        assert solution.lower_bound is None
        assert solution.reason
    assert ChainDp().solve(problem).reason.startswith(reason)
