from experiments.baseline_plans import baseline_plans
from experiments.stages import stages_of
from planner.baselines import baselines
from tests.planner.instances import large_problem


def test_every_rule_that_has_a_plan_gives_its_stages():
    problem = large_problem(4, 3, cap_bytes=10**9)
    found = dict(baseline_plans(problem))
    rules = {rule.name: rule for rule in baselines(problem)}
    assert {name for name, rule in rules.items() if rule.skip_reason(problem)} == (
        rules.keys() - found.keys()
    )
    first = problem.nodes[0].name
    assert found[f"all on {first}"] == ((), (first,))
    for name, (cuts, nodes) in found.items():
        assert problem.plan(cuts, nodes) == rules[name].propose(problem)
        assert stages_of(rules[name].propose(problem)) == (cuts, nodes)
