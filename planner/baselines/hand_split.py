"""The cuts that a person would make by hand."""

from __future__ import annotations

from planner.baselines.even_split import even_bounds
from planner.plan import Plan
from planner.problem import Problem


class HandSplit:
    """Cuts where the model's author named its stages: between its top-level children.

    The parts go to the nodes in order. If there are more parts than nodes, neighbours are joined so
    that every node gets as many parts as the others, or one more; if there are fewer, the last
    nodes get none.
    """

    name = "hand split"
    note = "follows the model's own stages; ignores times, speeds, memory and links"

    def skip_reason(self, problem: Problem) -> str | None:
        """Why there is nothing to cut by hand; none if there is."""
        inner = _inner_positions(problem)
        if not inner:
            return "the model has a single stage by hand: there is nothing to cut"
        inside = [position for position in inner if position not in problem.positions]
        if inside:
            return (
                f"hand cuts at operators {', '.join(map(str, inside))} fall inside blocks: "
                "profile at a finer granularity"
            )
        return None

    def propose(self, problem: Problem) -> Plan:
        """The stages by hand on the nodes in order."""
        cuts = [problem.positions.index(position) for position in _inner_positions(problem)]
        bounds = (0, *cuts, problem.n_blocks)
        n_parts = min(len(problem.nodes), len(bounds) - 1)
        kept = even_bounds(len(bounds) - 1, n_parts)[1:-1]
        names = tuple(node.name for node in problem.nodes[:n_parts])
        return problem.plan(tuple(bounds[index] for index in kept), names)


def _inner_positions(problem: Problem) -> list[int]:
    """The hand cuts strictly inside the model."""
    first, last = problem.positions[0], problem.positions[-1]
    return sorted({position for position in problem.stage_positions if first < position < last})
