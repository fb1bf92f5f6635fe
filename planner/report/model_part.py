"""The plan on the model: its blocks by stage, what would cross at every boundary, and the cuts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from netmodel.units import format_size
from planner.plan import Plan
from planner.problem import Problem
from planner.report.content import ReportContent
from planner.report.cost_picture import cost_picture
from planner.report.graph_picture import graph_picture
from planner.report.markup import Markup, element, numbers, section, table, words
from planner.report.quantities import count, size
from planner.report.stage_marks import stage_badge, stage_class
from planner.solution import PlanDocument
from planner.wording import first_few, nodes_text

_NAMED_TENSORS = 4
_NAMED_BLOCKS = 20
"""Up to which the names of all blocks have room below the strip."""
_NO_PROFILE = (
    "With --profile, partway report also draws the model's graph by stage, and what its blocks "
    "spend their time on."
)
_PITCH, _BLOCK_WIDTH, _CUT_WIDTH = 10.0, 9.4, 6.0
_LEAST_SENT_SHARE = 1 / 120
"""Of the strip's width: what the plan carries is seen also among hundreds of boundaries."""
_BLOCKS_HEIGHT, _CUTS_TOP, _HEIGHT = 30.0, 40.0, 100.0


def model_part(content: ReportContent) -> Markup:
    """A strip of all blocks, and a row per stage; each block in a list to open."""
    document, plan = content.document, content.document.solution.plan
    if plan is None:
        return Markup("")
    strip = () if document.problem is None else (_figure(document, plan, document.problem),)
    return section(
        "The plan on the model",
        *strip,
        _stage_table(document, plan),
        _block_list(document, plan),
        graph_picture(content, plan),
        cost_picture(content),
        *((element("p", _NO_PROFILE, class_="faint"),) if content.profile is None else ()),
    )


def _figure(document: PlanDocument, plan: Plan, problem: Problem) -> Markup:
    key = [
        element("span", stage_badge(index), " ", nodes_text(stage))
        for index, stage in enumerate(plan.stages)
    ]
    key.append(element("span", element("i", class_="sent"), " carried by the plan"))
    key.append(element("span", element("i"), " would cross if it were cut there"))
    highest = format_size(max(problem.cut_bytes))
    caption = (
        f"Above: the {problem.n_blocks} blocks in the order of execution, by stage. Below: the "
        f"bytes that cross each boundary between blocks, and at both ends; the tallest bar is "
        f"{highest}."
    )
    return element(
        "figure",
        element(
            "svg",
            *_block_marks(document, plan),
            *_cut_marks(plan, problem),
            class_="strip",
            viewBox=f"0 0 {problem.n_blocks * _PITCH:g} {_HEIGHT:g}",
            preserveAspectRatio="none",
            role="img",
            aria_label="Blocks by stage, and the bytes that cross between them",
        ),
        *_names(document.block_names),
        element("div", *key, class_="key"),
        element("figcaption", caption),
    )


def _names(names: Sequence[str]) -> Iterator[Markup]:
    if len(names) <= _NAMED_BLOCKS:
        yield element(
            "div", *(element("span", element("i", name)) for name in names), class_="names"
        )


def _block_marks(document: PlanDocument, plan: Plan) -> Iterator[Markup]:
    for index, stage in enumerate(plan.stages):
        for block in range(stage.start, stage.stop):
            title = f"{document.block_names[block]}: stage {index} on {nodes_text(stage)}"
            yield _bar(
                block * _PITCH,
                (0.0, _BLOCKS_HEIGHT),
                title,
                width=_BLOCK_WIDTH,
                look=f"stage {stage_class(index)}",
            )


def _cut_marks(plan: Plan, problem: Problem) -> Iterator[Markup]:
    """A bar per boundary, as high as the bytes that cross it; those at the ends are halved.

    What the plan carries is drawn last, over its neighbours where bars are narrow.
    """
    sent = {0, problem.n_blocks, *(stage.start for stage in plan.stages)}
    highest, end = max(*problem.cut_bytes, 1), problem.n_blocks * _PITCH
    for boundary in sorted(range(problem.n_blocks + 1), key=sent.__contains__):
        n_bytes, middle = problem.cut_bytes[boundary], boundary * _PITCH
        least = end * _LEAST_SENT_SHARE if boundary in sent else 0.0
        half = max(_CUT_WIDTH, least) / 2
        left, right = max(middle - half, 0.0), min(middle + half, end)
        height = (_HEIGHT - _CUTS_TOP) * n_bytes / highest
        yield _bar(
            left,
            (_HEIGHT - height, height),
            f"before block {boundary}: {format_size(n_bytes)}",
            width=right - left,
            look="sent" if boundary in sent else "cut",
        )


def _bar(left: float, span: tuple[float, float], title: str, *, width: float, look: str) -> Markup:
    """A rectangle; the span is its top and its height."""
    top, height = span
    return element(
        "rect",
        element("title", title),
        class_=look,
        x=f"{left:g}",
        y=f"{top:g}",
        width=f"{width:g}",
        height=f"{height:g}",
    )


def _stage_table(document: PlanDocument, plan: Plan) -> Markup:
    columns = (
        *words("stage", "node", "blocks"),
        *numbers("number of blocks", "operators", "kept in memory", "sends on"),
        *words("tensors sent on"),
    )
    rows = (
        (
            stage_badge(index),
            nodes_text(stage),
            _span(document.block_names[stage.start : stage.stop]),
            count(stage.stop - stage.start),
            count(stage.op_stop - stage.op_start),
            _kept(document.problem, stage.start, stage.stop),
            _sent(document, index + 1),
            first_few(plan.hops[index + 1], _NAMED_TENSORS),
        )
        for index, stage in enumerate(plan.stages)
    )
    inputs = first_few(plan.hops[0], _NAMED_TENSORS)
    source = f"Into stage 0: {inputs}, from {document.cluster.source}"
    return table(f"Stages, numbered as their files are. {source}", columns, rows)


def _span(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]} to {names[-1]}"


def _kept(problem: Problem | None, start: int, stop: int) -> str:
    if problem is None:
        return "–"
    return size(sum(problem.weight_bytes[start:stop]))


def _sent(document: PlanDocument, hop: int) -> str:
    return "–" if document.estimate is None else size(document.estimate.hops[hop].n_bytes)


def _block_list(document: PlanDocument, plan: Plan) -> Markup:
    columns = (
        *words("block", "stage"),
        *numbers("kept in memory", "crosses after it"),
    )
    problem = document.problem
    rows = (
        (
            document.block_names[block],
            stage_badge(index),
            _kept(problem, block, block + 1),
            "–" if problem is None else size(problem.cut_bytes[block + 1]),
        )
        for index, stage in enumerate(plan.stages)
        for block in range(stage.start, stage.stop)
    )
    summary = element("summary", f"All {len(document.block_names)} blocks")
    return element("details", summary, table("Blocks in the order of execution", columns, rows))
