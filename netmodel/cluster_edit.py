"""Cluster edit: measured links put into a cluster file's text, the rest of which stays as it is."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

import yaml

from netmodel.cluster import Link
from netmodel.cluster_file import parse_cluster
from netmodel.errors import ClusterError
from netmodel.links.affine import AffineLink
from netmodel.links.spread import format_level
from netmodel.units import write_bandwidth, write_duration, write_size


def with_measured_links(text: str, links: Sequence[Link]) -> str:
    """The text of a cluster file in which the links have the given times.

    An entry of the same direction is replaced, and its price and medium stay; else an entry is
    added at the end of `links`. Comments and all other lines stay.

    Raises:
        ClusterError: the text is no cluster file, or does not know the links' nodes.
    """
    known = {(link.source, link.target): link for link in parse_cluster(text).links}
    for link in links:
        before = known.get((link.source, link.target), link)
        text = _with_entry(text, before.timed_as(link))
    parse_cluster(text)
    return text


def write_link(link: Link) -> str:
    """One direction of a link as an entry of a cluster file, which reads back as the same link."""
    entry: dict[str, object] = {"from": link.source, "to": link.target}
    model = link.model
    if isinstance(model, AffineLink):
        entry["bandwidth"] = write_bandwidth(model.bandwidth_bytes_per_s)
    entry["latency"] = write_duration(model.latency_s)
    if not isinstance(model, AffineLink):
        knots = {write_size(knot.n_bytes): write_duration(knot.seconds) for knot in model.knots}
        entry["knots"] = knots
    elif model.overhead_s:
        entry["overhead"] = write_duration(model.overhead_s)
    if model.initial_window_bytes is not None:
        entry["cold_start"] = write_size(round(model.initial_window_bytes))
    if link.medium is not None:
        entry["medium"] = link.medium
    if link.price_per_byte:
        entry["price_per_byte"] = link.price_per_byte
    return _one_line(entry | _spread_entry(link))


def _spread_entry(link: Link) -> dict[str, object]:
    if link.spread is None:
        return {}
    if not link.spread.levels:
        return {"samples": list(link.spread.ratios)}
    named = zip(link.spread.levels, link.spread.ratios, strict=True)
    return {"quantiles": {format_level(level): ratio for level, ratio in named}}


def _one_line(entry: dict[str, object]) -> str:
    text = yaml.safe_dump(
        entry, default_flow_style=True, sort_keys=False, allow_unicode=True, width=inf
    )
    return text.strip()


def _with_entry(text: str, link: Link) -> str:
    try:
        root = yaml.compose(text, yaml.SafeLoader)
    except yaml.YAMLError as error:
        raise ClusterError(f"not valid YAML: {' '.join(str(error).split())}") from error
    if not isinstance(root, yaml.MappingNode):  # it was read as one before
        raise ClusterError("the file is no mapping")
    pairs = {key.value: value for key, value in root.value}
    listed, entry = pairs.get("links"), write_link(link)
    if not isinstance(listed, yaml.SequenceNode):
        return _with_list(text, root, entry, listed)
    for node in listed.value:
        fields = {key.value: value.value for key, value in node.value}
        if (fields.get("from"), fields.get("to")) == (link.source, link.target):
            return text[: node.start_mark.index] + entry + text[_end(node) :]
    if listed.flow_style:
        comma = ", " if listed.value else ""
        place = listed.end_mark.index - 1
        return text[:place] + comma + entry + text[place:]
    return _with_line(text, _end(listed), f"{' ' * listed.start_mark.column}- {entry}")


def _with_list(text: str, root: yaml.MappingNode, entry: str, empty: yaml.Node | None) -> str:
    """With the first entry of all."""
    if root.flow_style:
        raise ClusterError("the file is one mapping in braces: give it a list `links: []` first")
    if empty is not None:
        text = text[: empty.start_mark.index] + text[empty.end_mark.index :]  # null, as a word
        key = next(key for key, _ in root.value if key.value == "links")
        return _with_line(text, key.end_mark.index, f"  - {entry}")
    return _with_line(text, _end(root), f"links:\n  - {entry}")


def _with_line(text: str, place: int, line: str) -> str:
    """With a line after the one that the place is in."""
    end = text.find("\n", place)
    end = len(text) if end < 0 else end
    return f"{text[:end]}\n{line}{text[end:] or chr(10)}"


def _end(node: yaml.Node) -> int:
    """Where a node's own text ends; the parser counts comments behind a block as its part."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _end(last[1] if isinstance(last, tuple) else last)
    index: int = node.end_mark.index
    return index
