"""Node types: nodes that could swap their names without changing the problem."""

from __future__ import annotations

from collections.abc import Mapping

from planner.problem import Problem


def node_types(problem: Problem) -> tuple[tuple[int, ...], ...]:
    """Groups of interchangeable nodes by their place in the list, each group ascending.

    Two nodes are of one type if they cost the same, are neither source nor sink, and have equal
    links to and from every other node, and to each other. Each node is in exactly one group;
    groups come in the order of their first node.
    """
    groups: list[list[int]] = []
    links = {
        (link.source, link.target): (link.model, link.price_per_byte, link.spread)
        for link in problem.links
    }
    unnamed = [node.model_copy(update={"name": ""}) for node in problem.nodes]
    for index in range(len(problem.nodes)):
        for group in groups:
            is_alike = unnamed[group[0]] == unnamed[index]
            if is_alike and _can_swap(problem, links, group[0], index):
                group.append(index)
                break
        else:
            groups.append([index])
    return tuple(tuple(group) for group in groups)


def _can_swap(problem: Problem, links: Mapping[tuple[str, str], object], a: int, b: int) -> bool:
    """Whether the links to and from two nodes that cost the same let them."""
    names = (problem.nodes[a].name, problem.nodes[b].name)
    if problem.source in names or problem.sink in names:
        return False
    if links.get(names) != links.get((names[1], names[0])):
        return False
    others = (node.name for node in problem.nodes if node.name not in names)
    return all(
        links.get((names[0], other)) == links.get((names[1], other))
        and links.get((other, names[0])) == links.get((other, names[1]))
        for other in others
    )
