"""As many blocks on each node."""

from __future__ import annotations

from planner.baselines.even_split import even_bounds
from planner.plan import Plan
from planner.problem import Problem


class EqualLayers:
    """Divides the blocks by count as evenly as possible, longer parts first.

    Every node gets a part, or the first nodes one block each if there are fewer blocks than nodes.
    """

    name = "equal layers"
    note = "counts blocks; ignores their time and size, speeds, memory and links"

    def skip_reason(self, problem: Problem) -> str | None:
        """None: every chain can be counted."""
        return None

    def propose(self, problem: Problem) -> Plan:
        """Parts of equal length on the nodes in order."""
        n_parts = min(len(problem.nodes), problem.n_blocks)
        names = tuple(node.name for node in problem.nodes[:n_parts])
        return problem.plan(even_bounds(problem.n_blocks, n_parts)[1:-1], names)
