"""The picture of solvers' time against the number of plans."""

import pytest

from planner.errors import PlannerError
from planner.plotting.solver_effort import plot_solver_effort, solver_effort
from planner.solution import Status
from planner.solvers.solve import solve
from tests.planner.instances import random_problem, two_phones_one_server
from tests.planner.plotting.drawing import drawn, legend_words


def answered(problem, ms, *, is_proved=True):
    solution = solve(problem).model_copy(update={"runtime_s": ms / 1e3})
    if is_proved:
        return problem, solution
    opened = {"status": Status.FEASIBLE, "lower_bound": 0.0}
    return problem, solution.model_copy(update=opened)


FOUR_BLOCKS = two_phones_one_server()
"""On three nodes in listed order: 3 plans in one part, 3 · 3 in two, 3 · 1 in three."""


def test_points_count_blocks_nodes_and_plans():
    ((method, (point,)),) = solver_effort({"dp": [answered(FOUR_BLOCKS, 250)]}).lines
    assert method == "dp"
    assert (point.n_blocks, point.n_nodes, point.n_plans) == (4, 3, 15)
    assert (point.ms, point.is_proved) == (250.0, True)


def test_points_ascend_in_the_number_of_plans():
    problems = [random_problem(seed, most_blocks=8) for seed in range(6)]
    table = solver_effort({"dp": [answered(problem, 1) for problem in problems]})
    counts = [point.n_plans for point in table.lines[0][1]]
    assert counts == sorted(counts)
    assert len(set(counts)) > 1


def test_an_open_proof_is_hollow():
    solved = {
        "dp": [answered(FOUR_BLOCKS, 2)],
        "cut off": [answered(FOUR_BLOCKS, 9, is_proved=False)],
    }
    ax = drawn(plot_solver_effort, solver_effort(solved))
    assert legend_words(ax) == ["dp", "cut off", "cut off, not proved"]
    (hollow,) = [line for line in ax.lines if line.get_markerfacecolor() == "white"]
    assert list(hollow.get_ydata()) == [9.0]


def test_nothing_solved_is_an_error():
    with pytest.raises(PlannerError, match="no problem was solved"):
        solver_effort({"dp": []})
