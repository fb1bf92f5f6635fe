"""Where every number comes from, and the cluster that was planned for."""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite

from matplotlib.figure import Figure

from netmodel.cluster import Cluster, Link, Node
from netmodel.units import format_bandwidth, format_duration
from planner.plotting.cluster_graph import cluster_loads, height_in, plot_cluster
from planner.report.content import ReportContent
from planner.report.markup import Markup, number, numbers, section, table, words
from planner.report.pictures import picture
from planner.report.quantities import size
from planner.report.run_notes import setting_text


def origins_part(content: ReportContent) -> Markup:
    """A row per kind of number."""
    caption = (
        "Measured: read off a clock or a memory counter. Computed: follows exactly from the "
        "captured graph or the cluster file. Estimated: derived from a measurement of something "
        "else. Predicted: what the plan's cost model makes of them."
    )
    columns = words("number", "where it comes from")
    return section("Where the numbers come from", table(caption, columns, _origins(content)))


def _origins(content: ReportContent) -> Iterator[tuple[str, str]]:
    document, run = content.document, content.run
    if document.estimate is not None:
        predicted = "one evaluator, for this plan and every alternative, from the numbers below"
        yield "predicted times, memory and bytes", predicted
    if run is not None:
        yield (
            "measured times and memory",
            f"the saved run: {setting_text(run.result, slowed_by_quotas=run.cpu_quotas)}",
        )
    yield from document.provenance.items()
    if document.tail is not None:
        for basis, parts in document.tail.parts_by_basis.items():
            yield f"spread of {', '.join(parts)}", basis
    if document.solution.plan is not None:
        yield "problem that was solved", f"SHA-256 {document.solution.plan.problem_digest}"


def cluster_part(content: ReportContent) -> Markup:
    """Nodes and links, as the cluster file says."""
    cluster = content.document.cluster
    nodes = table(
        f"Nodes. Requests start at {cluster.source}, answers end at {cluster.sink}",
        (*words("node"), *numbers("memory cap", "speed", "price per second")),
        map(_node_row, cluster.nodes),
    )
    return section("The cluster", *_loads(content), nodes, *_links(cluster))


def _loads(content: ReportContent) -> Iterator[Markup]:
    """Of the prediction: what was measured does not tell how long a link was busy."""
    cluster, estimate = content.document.cluster, content.document.estimate
    if estimate is None or not isfinite(estimate.latency_s):
        return
    loads = cluster_loads(cluster, estimate)
    figure = Figure(figsize=(7, height_in(loads)), layout="constrained")
    plot_cluster(loads, figure.subplots())
    caption = "What one request puts on nodes and links, predicted."
    yield picture(figure, "cluster", caption, stays_light=True)


def _node_row(node: Node) -> tuple[str, ...]:
    speed = node.profile if node.speed is None else f"{node.speed:.3g}×"
    price = f"{node.price_per_s:.4g}" if node.price_per_s else "–"
    cap = size(node.memory_bytes)
    return node.name, cap, speed or "", price


def _links(cluster: Cluster) -> Iterator[Markup]:
    if cluster.links:
        columns = (
            *words("link"),
            *numbers("bandwidth", "delay", "overhead"),
            *words("shared medium"),
        )
        yield table("Links, each direction by itself", columns, map(_link_row, cluster.links))


def _link_row(link: Link) -> tuple[str, ...]:
    model = link.model
    return (
        f"{link.source} → {link.target}",
        number(model.bandwidth_bytes_per_s, format_bandwidth(model.bandwidth_bytes_per_s)),
        number(model.latency_s, format_duration(model.latency_s)),
        number(model.overhead_s, format_duration(model.overhead_s)),
        link.medium or "none",
    )
