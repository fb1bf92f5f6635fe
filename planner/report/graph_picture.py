"""The model's graph by part, which needs the profile: a plan knows its blocks, not their edges."""

from __future__ import annotations

from matplotlib.figure import Figure

from planner.errors import MismatchError
from planner.plan import Plan
from planner.plotting.model_graph import GraphTable, model_graph, plot_model_graph
from planner.report.content import ReportContent
from planner.report.few_blocks import borders_of_few
from planner.report.markup import Markup, element
from planner.report.pictures import picture
from planner.solution import PlanDocument
from profiler.block_order import reordered
from profiler.profile_records import Profile

_MOST_BLOCKS = 80
"""Of more, some are drawn as one."""
_MOST_SHOWN = 40
"""Of more, it is folded away until someone asks for it."""


def graph_picture(content: ReportContent, plan: Plan) -> Markup:
    """Open where it is short; nothing without a profile.

    Raises:
        MismatchError: the plan is not of the profile.
    """
    if content.profile is None:
        return Markup("")
    profile = profile_of_plan(content.profile, content.document)
    cuts = [stage.op_start for stage in plan.stages[1:]]
    borders = borders_of_few(profile, _MOST_BLOCKS, cuts)
    graph = model_graph(profile, plan, borders)
    n_blocks = len(graph.blocks)
    drawn = Figure(figsize=(5, 0.3 * n_blocks + 1), layout="constrained")
    plot_model_graph(graph, drawn.subplots())
    caption = "Lines and arcs are tensors that a block reads; thick ones cross a cut."
    if borders:
        n_own = len(profile.blocks)
        caption += f" The plan's {n_own} blocks are too many: some are drawn together as one."
    return element(
        "details",
        element("summary", "The model's graph"),
        picture(drawn, "graph", caption),
        **({"open": ""} if n_blocks <= _MOST_SHOWN else {}),
    )


def graph_of_plan(profile: Profile, document: PlanDocument, plan: Plan) -> GraphTable:
    """The document's plan on the graph of the model that was profiled.

    Raises:
        MismatchError: the plan is not of the profile.
    """
    return model_graph(profile_of_plan(profile, document), plan)


def profile_of_plan(profile: Profile, document: PlanDocument) -> Profile:
    """The profile in the order of blocks that the plan counts.

    Raises:
        MismatchError: the plan's order is of another number of operators.
    """
    if not document.op_order:
        return profile
    place = {op: index for index, op in enumerate(document.op_order)}
    if len(place) != len(profile.graph.ops):
        raise MismatchError(
            f"the plan orders {len(place)} operators, but the profile of {profile.graph.model} has "
            f"{len(profile.graph.ops)}: give the profile that it was planned with"
        )
    starts = [block.op_start for block in profile.blocks]
    return reordered(profile, sorted(range(len(starts)), key=lambda block: place[starts[block]]))
