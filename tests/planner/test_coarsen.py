"""Problems with fewer boundaries."""

import numpy as np
import pytest

from planner.coarsen import coarsened, refined
from planner.costs.evaluate import evaluate
from planner.problem import NodeCosts
from planner.solvers.brute_force import feasible_plans
from tests.planner.instances import limited, random_problem, tied_first_and_last


@pytest.mark.parametrize("seed", range(60))
def test_a_coarse_plan_costs_what_it_costs_in_the_finer_problem(seed):
    problem = limited(random_problem(seed, most_blocks=6, most_nodes=3), order="free")
    rng = np.random.default_rng(seed)
    cuts = [cut for cut in range(1, problem.n_blocks) if rng.random() < 0.6]
    coarse = coarsened(problem, cuts)
    for plan, estimate in feasible_plans(coarse):
        fine = evaluate(problem, refined(problem, plan))
        assert fine.latency_s == pytest.approx(estimate.latency_s, rel=1e-12, abs=1e-12)
        assert fine.period_s == pytest.approx(estimate.period_s, rel=1e-12, abs=1e-12)
        peaks = [stage.peak_bytes for stage in fine.stages]
        assert peaks == [stage.peak_bytes for stage in estimate.stages]


def test_a_weight_shared_inside_one_run_counts_once():
    coarse = coarsened(tied_first_and_last(), [])
    assert coarse.weight_bytes == (100,)
    assert coarse.shared == ()


def test_a_run_with_a_block_that_a_node_cannot_run_cannot_run_there():
    problem = tied_first_and_last()
    nodes = (problem.nodes[0].model_copy(update={"cannot_run": (1,)}), problem.nodes[1])
    coarse = coarsened(problem.replaced(nodes=nodes), [2])
    assert coarse.nodes[0].cannot_run == (0,)
    assert not evaluate(coarse, coarse.plan((), ("one",))).fits
    assert evaluate(coarse, coarse.plan((1,), ("two", "one"))).fits


def test_a_measured_stage_stays_where_it_can_still_be_cut_out():
    """Blocks take 1 s each; [1, 3) was measured as 1.5 s, [0, 1) as 0.5 s."""
    problem = tied_first_and_last()
    stages = ({"start": 1, "stop": 3, "latency_s": 1.5}, {"start": 0, "stop": 1, "latency_s": 0.5})
    nodes = tuple(
        NodeCosts.model_validate(node.model_dump() | {"measured_stages": stages})
        for node in problem.nodes
    )
    coarse = coarsened(problem.replaced(nodes=nodes), [1])
    assert [(s.start, s.stop) for s in coarse.nodes[0].measured_stages] == [(1, 2), (0, 1)]
    assert [
        term.compute_s for term in evaluate(coarse, coarse.plan((1,), ("one", "two"))).stages
    ] == [0.5, 1.5]
    assert coarsened(problem.replaced(nodes=nodes), [2]).nodes[0].measured_stages == ()
