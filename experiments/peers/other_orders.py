"""Other orders: the nodes on which a tool's parts would be fastest, as far as is predicted."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations

from experiments.contest import OURS, Entries
from planner.costs.evaluate import Evaluator
from planner.problem import Problem
from profiler.record import Record


class OtherOrder(Record):
    """A tool's cuts on the nodes that suit them best over one link setting."""

    case: str
    link: str
    tool: str
    nodes: str
    """None of them if no order fits the caps."""
    over_ours: float | None
    """Predicted latency over the predicted one of our plan; none if no order fits."""


def best_orders(case: str, entries: Entries) -> Iterator[OtherOrder]:
    """The best order of nodes for every tool's cuts over every link setting: all are tried.

    Raises:
        ValueError: an entry without its problem, or none of ours.
    """
    visits = [visit for of_plan in entries.values() for visit in of_plan]
    ours = {
        visit.link: visit.document.estimate.latency_s
        for visit in visits
        if OURS in visit.names and visit.document.estimate is not None
    }
    for visit in visits:
        problem = visit.document.problem
        if problem is None or visit.link not in ours:
            raise ValueError(f"{visit.link}: a plan without its problem, or none of ours")
        found = best_order(problem, visit.stages[0])
        for tool in visit.names:
            if tool != OURS:
                yield OtherOrder(
                    case=case,
                    link=visit.link,
                    tool=tool,
                    nodes=" ".join(found[0]) if found else "",
                    over_ours=found[1] / ours[visit.link] if found else None,
                )


def best_order(problem: Problem, cuts: tuple[int, ...]) -> tuple[tuple[str, ...], float] | None:
    """Nodes and latency in seconds of the fastest order that fits, if one does."""
    evaluator = Evaluator(problem)
    names = [node.name for node in problem.nodes]
    found = []
    for nodes in permutations(names, len(cuts) + 1):
        price = evaluator.evaluate(problem.plan(cuts, nodes))
        if price.fits and price.latency_s < float("inf"):
            found.append((nodes, price.latency_s))
    return min(found, key=lambda order: order[1], default=None)
