"""Mermaid: a plan as text that Markdown pages draw.

Source: Mermaid, "Flowcharts", sections "Special characters that break syntax" and "Entity codes to
escape characters", https://mermaid.js.org/syntax/flowchart.html.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from planner.export.plain import plain_text
from planner.export.plan_graph import Arrow, Box, PlanGraph, plan_graph
from planner.solution import PlanDocument

_SPECIAL = re.compile(r"(?<=[^\W_])[._/-](?=[^\W_])|[^\W_]|[ …]|,(?= )|(.)")
"""Letters, digits, spaces, and what joins words and lists; the group is everything else."""


def mermaid_text(document: PlanDocument) -> str:
    """A flow chart with a subgraph per node; hops that cross no wire are dotted.

    Raises:
        MismatchError: the document has no plan.
    """
    return "\n".join(_lines(plan_graph(document))) + "\n"


def _lines(graph: PlanGraph) -> Iterator[str]:
    yield "flowchart LR"
    yield f"  %% {_escaped(graph.title)}"
    for number, group in enumerate(graph.groups):
        yield f"  subgraph node{number}[{_label([group.label])}]"
        yield from (f"    {_box(box)}" for box in group.boxes)
        yield "  end"
    yield from map(_arrow, graph.arrows)


def _box(box: Box) -> str:
    text = _label(box.lines)
    return f"{box.key}[{text}]" if box.is_stage else f"{box.key}([{text}])"


def _arrow(arrow: Arrow) -> str:
    line = "-->" if arrow.crosses_wire else "-.->"
    return f"  {arrow.tail} {line}|{_label(arrow.lines)}| {arrow.head}"


def _label(lines: Iterable[str]) -> str:
    return '"' + "<br/>".join(map(_escaped, lines)) + '"'


def _escaped(text: str) -> str:
    r"""Text with entity codes for all that Mermaid, Markdown or HTML could read as their own.

    More than quotes: a label's `1. x` would be a list, `*x*` emphasis, and a colon before an entity
    code may lose the code its semicolon. `\n` is a line break even if it comes from codes, so a
    space of no width follows each backslash.
    """
    return _SPECIAL.sub(lambda match: _code(match[1]) if match[1] else match[0], plain_text(text))


def _code(char: str) -> str:
    return f"#{ord(char)};" + ("#8203;" if char == "\\" else "")
