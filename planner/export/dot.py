"""DOT: a plan as text for Graphviz.

Source: Graphviz, "DOT Language" (quoted strings), https://graphviz.org/doc/info/lang.html, and
"escString" (backslashes in labels), https://graphviz.org/docs/attr-types/escString/.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from planner.export.plain import plain_text
from planner.export.plan_graph import Arrow, Box, Group, PlanGraph, plan_graph
from planner.solution import PlanDocument


def dot_text(document: PlanDocument) -> str:
    """A directed graph with a cluster per node; hops that cross no wire are dashed.

    Raises:
        MismatchError: the document has no plan.
    """
    return "\n".join(_lines(plan_graph(document))) + "\n"


def _lines(graph: PlanGraph) -> Iterator[str]:
    yield "digraph plan {"
    # With `newrank` boxes stand in the order of a request even if it comes back to a node.
    yield "  graph [rankdir=LR, newrank=true, fontname=Helvetica, labelloc=t];"
    yield f"  graph [label={_label([graph.title])}];"
    yield "  node [shape=box, fontname=Helvetica];"
    yield "  edge [fontname=Helvetica, fontsize=10];"
    for number, group in enumerate(graph.groups):
        yield from _group(number, group)
    yield from map(_arrow, graph.arrows)
    yield "}"


def _group(number: int, group: Group) -> Iterator[str]:
    yield f"  subgraph cluster_{number} {{"
    yield f"    graph [style=rounded, label={_label([group.label])}];"
    yield from (f"    {_box(box)}" for box in group.boxes)
    yield "  }"


def _box(box: Box) -> str:
    shape = "" if box.is_stage else "shape=ellipse, "
    return f"{box.key} [{shape}label={_label(box.lines)}];"


def _arrow(arrow: Arrow) -> str:
    style = "" if arrow.crosses_wire else "style=dashed, "
    return f"  {arrow.tail} -> {arrow.head} [{style}label={_label(arrow.lines)}];"


def _label(lines: Iterable[str]) -> str:
    r"""A quoted string whose lines are divided by `\n`."""
    return '"' + r"\n".join(map(_escaped, lines)) + '"'


def _escaped(text: str) -> str:
    """Text as a label shows it: Graphviz reads backslashes, and entities as HTML has them."""
    return plain_text(text).replace("\\", "\\\\").replace('"', '\\"').replace("&", "&amp;")
