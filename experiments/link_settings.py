"""Link settings: rate and one-way delay of all wires of a cluster at once."""

from __future__ import annotations

from netmodel.cluster import Cluster
from netmodel.errors import UnitError
from netmodel.links.affine import AffineLink
from netmodel.links.any_link import AnyLink
from netmodel.units import parse_bandwidth_bytes_per_s, parse_duration_s
from profiler.record import Record


class LinkSetting(Record):
    """One rate and one delay."""

    name: str
    rate_bit_per_s: float
    delay_s: float
    """One way."""

    @property
    def model(self) -> AffineLink:
        """The link as it is set, before anybody has measured it."""
        return AffineLink(bandwidth_bytes_per_s=self.rate_bit_per_s / 8, latency_s=self.delay_s)


def setting_named(name: str) -> LinkSetting:
    """The setting of a name such as `100Mbit/s+20ms`.

    Raises:
        SystemExit: the name is none.
    """
    rate, _, delay = name.partition("+")
    try:
        bytes_per_s, delay_s = parse_bandwidth_bytes_per_s(rate), parse_duration_s(delay)
    except UnitError as error:
        raise SystemExit(f"link setting {name!r}: {error}; write it as 100Mbit/s+20ms") from error
    return LinkSetting(name=name, rate_bit_per_s=8 * bytes_per_s, delay_s=delay_s)


def with_links(cluster: Cluster, model: AnyLink) -> Cluster:
    """The cluster with every wire as the given one."""
    links = tuple(link.model_copy(update={"model": model}) for link in cluster.links)
    return cluster.model_copy(update={"links": links})
