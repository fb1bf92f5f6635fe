"""Link settings: rate and one-way delay of all wires of a cluster at once."""

from __future__ import annotations

from netmodel.cluster import Cluster
from netmodel.links.affine import AffineLink
from netmodel.links.any_link import AnyLink
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


_RATES = {"1000": 1e9, "100": 1e8, "10": 1e7}
_DELAYS = {"0.3": 0.3e-3, "20": 20e-3}

SETTINGS: tuple[LinkSetting, ...] = tuple(
    LinkSetting(name=f"{rate}Mbit/s+{delay}ms", rate_bit_per_s=bits, delay_s=seconds)
    for rate, bits in _RATES.items()
    for delay, seconds in _DELAYS.items()
)


def setting_named(name: str) -> LinkSetting:
    """The setting of that name.

    Raises:
        SystemExit: there is none.
    """
    for setting in SETTINGS:
        if setting.name == name:
            return setting
    raise SystemExit(f"no link setting {name!r}: choose from {', '.join(s.name for s in SETTINGS)}")


def with_links(cluster: Cluster, model: AnyLink) -> Cluster:
    """The cluster with every wire as the given one."""
    links = tuple(link.model_copy(update={"model": model}) for link in cluster.links)
    return cluster.model_copy(update={"links": links})
