"""Clusters of the nodes a, b and c, with the given links."""

from netmodel.cluster_file import parse_cluster


def cluster_of(*links, sink="a", memory="400MiB", speed=1.0):
    """Links are lines of a cluster file."""
    lines = [
        "schema: partway.cluster/1",
        "source: a",
        f"sink: {sink}",
        "nodes:",
        *(f"  - {{name: {name}, memory: {memory}, speed: {speed}}}" for name in "abc"),
        "links:",
        *(f"  - {link}" for link in links),
    ]
    return parse_cluster("\n".join(lines))
