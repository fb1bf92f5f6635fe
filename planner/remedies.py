"""Remedies: which further nodes would make an infeasible problem feasible."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from netmodel.cluster import Link
from planner.problem import NodeCosts, Problem
from planner.solution import Solution
from planner.solvers.node_types import node_types
from profiler.record import Record

MOST_MORE = 4


class MoreNodes(Record):
    """So many more nodes like one that is there, and some plan fits."""

    like: str
    count: int

    @property
    def text(self) -> str:
        """In words."""
        return f"{self.count} more node{'s' if self.count > 1 else ''} like {self.like!r}"


def more_nodes(
    problem: Problem,
    *,
    solve: Callable[[Problem], Solution],
    out_of_time: Callable[[], bool] = lambda: False,
) -> MoreNodes | None:
    """The fewest further nodes of one kind with which some plan fits; none if `MOST_MORE` do not.

    A further node costs what the one that it is like costs, and has the same links to all others.
    Between the two is the link that nodes of that kind have among each other, or else the quickest
    link that the node has.

    Args:
        problem: one without a feasible plan.
        solve: finds any plan.
        out_of_time: whether to stop asking.
    """
    kinds = [group[0] for group in node_types(problem)]
    for count in range(1, MOST_MORE + 1):
        for index in kinds:
            if out_of_time():
                return None
            if solve(with_more(problem, index, count)).plan is not None:
                return MoreNodes(like=problem.nodes[index].name, count=count)
    return None


def with_more(problem: Problem, index: int, count: int) -> Problem:
    """The problem with further nodes like the one at `index`, listed behind it."""
    for _ in range(count):
        problem = _with_one_more(problem, problem.nodes[index])
    return problem


def _with_one_more(problem: Problem, node: NodeCosts) -> Problem:
    numbers = (f"{node.name}+{i}" for i in range(1, len(problem.nodes) + 1))
    name = next(n for n in numbers if n not in problem.node_index)
    place = problem.node_index[node.name] + 1
    nodes = (*problem.nodes[:place], node.model_copy(update={"name": name}), *problem.nodes[place:])
    return problem.replaced(nodes=nodes, links=(*problem.links, *_links(problem, node.name, name)))


def _links(problem: Problem, like: str, name: str) -> Iterator[Link]:
    touching = [link for link in problem.links if like in (link.source, link.target)]
    for link in touching:
        ends = (name if end == like else end for end in (link.source, link.target))
        source, target = ends
        yield link.model_copy(update={"source": source, "target": target})
    if touching:
        among = _quickest(touching, problem, like)
        yield among.model_copy(update={"source": like, "target": name})
        yield among.model_copy(update={"source": name, "target": like})


def _quickest(touching: list[Link], problem: Problem, like: str) -> Link:
    """The link to a node of the same kind, else the one of most bandwidth."""
    place = problem.node_index[like]
    kind = next(group for group in node_types(problem) if place in group)
    equals = {problem.nodes[i].name for i in kind} - {like}
    siblings = [link for link in touching if {link.source, link.target} & equals]
    return max(siblings or touching, key=lambda link: link.model.bandwidth_bytes_per_s)
