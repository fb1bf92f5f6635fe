"""First fit by parameter bytes, as accelerate's automatic device map does."""

from __future__ import annotations

from planner.plan import Plan
from planner.problem import Problem

_SLACK = 1.25


class ParameterBalanced:
    """Fills nodes in order with parameter bytes, each up to a balanced budget.

    Every node but the last may hold `min(cap, total // nodes + buffer)` bytes, where the buffer is
    1.25 times the mean of the blocks that have parameters. Blocks are taken in order; one that
    exceeds the node's budget opens the next node, which stays empty if it is too small even for
    that block alone. The last node takes the rest, whatever its cap.

    Left out: accelerate splits modules that do not fit, keeps shared parameters together, reserves
    room on the first device for layers it offloads, and offloads the rest to disk. Blocks here are
    never split and nothing is offloaded; a shared parameter counts in every block that reads it.

    Source: Hugging Face accelerate, `utils/modeling.py`: `get_balanced_memory` and
    `infer_auto_device_map`.
    """

    name = "parameter balanced"
    note = "counts parameter bytes only; ignores activations, times, speeds and links"

    def skip_reason(self, problem: Problem) -> str | None:
        """Why there is nothing to balance; none if there is."""
        return None if any(problem.weight_bytes) else "the model has no parameters to balance"

    def propose(self, problem: Problem) -> Plan:
        """The first fit."""
        budgets = _budgets(problem)
        used, node = 0, 0
        owners: list[int] = []
        for n_bytes in problem.weight_bytes:
            while node < len(budgets) and used + n_bytes > budgets[node]:
                node, used = node + 1, 0
            used += n_bytes
            owners.append(node)
        return _plan(problem, owners)


def _budgets(problem: Problem) -> list[int]:
    """Of every node but the last."""
    sizes = [n_bytes for n_bytes in problem.weight_bytes if n_bytes]
    buffer = int(_SLACK * int(sum(sizes) / len(sizes)))
    share = sum(sizes) // len(problem.nodes) + buffer
    return [min(node.memory_bytes, share) for node in problem.nodes[:-1]]


def _plan(problem: Problem, owners: list[int]) -> Plan:
    cuts = [block for block in range(1, len(owners)) if owners[block] != owners[block - 1]]
    names = tuple(problem.nodes[owners[start]].name for start in (0, *cuts))
    return problem.plan(tuple(cuts), names)
