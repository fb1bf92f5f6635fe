"""Link fits: every link setting as the probe measures it on the testbed, or as it is set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from experiments.bench import open_bench
from experiments.link_settings import LinkSetting, setting_named, with_links
from netmodel.cluster import Cluster, Link, Node
from netmodel.links.any_link import AnyLink
from netmodel.probe_records import LinkFit
from planner import api
from planner.engines.hosts import Hosts
from planner.errors import ProbeError
from planner.files import read_record, write_record
from profiler.record import Record

_ENDS = ("left", "right")
_MEMORY_BYTES = 2**31
_LONGER = 8
"""A probe that had too little time, as on a machine that does other work, gets so much more."""
_POOR = 0.02
"""Root mean square of a fit's residuals above which a setting is measured again."""


class SettingFit(Record):
    """One setting and what the probe made of it; the testbed treats all wires of one alike."""

    setting: LinkSetting
    there: LinkFit | None = None
    """None where senders pace themselves to the setting and there is nothing to measure."""
    back: LinkFit | None = None

    @property
    def model(self) -> AnyLink:
        """What plans and predictions use."""
        return self.setting.model if self.there is None else self.there.model

    @property
    def rms_residual(self) -> float:
        """Of the worse direction; 0 where nothing was measured."""
        return max((fit.rms_residual for fit in (self.there, self.back) if fit), default=0.0)


class LinkFits(Record):
    """The settings of one run of an experiment."""

    fits: tuple[SettingFit, ...] = ()


def fitted_settings(
    names: Sequence[str], path: Path, *, on_testbed: bool, deadline_s: float
) -> dict[str, AnyLink]:
    """The link of each setting, kept in a file for when a run is taken up again.

    Args:
        names: of the settings.
        path: JSON file of the fits.
        on_testbed: whether there is a testbed to probe.
        deadline_s: for the probe of each setting.

    Raises:
        ProbeError: a link could not be measured in eight times that either.
    """
    known = {f.setting.name: f for f in read_record(path, LinkFits).fits} if path.exists() else {}
    # Fits of a run with paced links are none for the testbed, and the other way round.
    known = {name: fit for name, fit in known.items() if (fit.there is not None) == on_testbed}
    missing = [setting_named(name) for name in names if name not in known]
    if on_testbed and missing:
        with open_bench(_two_nodes(missing[0]), on_testbed=True) as bench:
            for setting in missing:
                bench.set_links(_two_nodes(setting))
                known[setting.name] = _probed(setting, bench.hosts, deadline_s)
                _keep(path, known)
    else:
        known |= {setting.name: SettingFit(setting=setting) for setting in missing}
    _keep(path, known)
    return {name: known[name].model for name in names}


def _keep(path: Path, known: Mapping[str, SettingFit]) -> None:
    write_record(path, LinkFits(fits=tuple(known.values())))


def _two_nodes(setting: LinkSetting) -> Cluster:
    left, right = _ENDS
    nodes = tuple(Node(name=name, memory_bytes=_MEMORY_BYTES, speed=1.0) for name in _ENDS)
    links = tuple(Link(source=a, target=b, model=setting.model) for a, b in (_ENDS, (right, left)))
    return with_links(Cluster(source=left, sink=left, nodes=nodes, links=links), setting.model)


def _probed(setting: LinkSetting, hosts: Hosts, deadline_s: float) -> SettingFit:
    """The fit of a setting; a poor one is measured once more, and the better of both is kept."""
    found = _probed_once(setting, hosts, deadline_s)
    if found.rms_residual <= _POOR:
        return found
    print(f"{setting.name}: a residual above {_POOR:.0%}; once more", flush=True)
    try:
        again = _probed_once(setting, hosts, deadline_s)
    except ProbeError as error:
        print(f"{setting.name}: {error}; the first fit stays", flush=True)
        return found
    return min(found, again, key=lambda fit: fit.rms_residual)


def _probed_once(setting: LinkSetting, hosts: Hosts, deadline_s: float) -> SettingFit:
    try:
        probe = api.probe_between(hosts, *_ENDS, deadline_s=deadline_s)
    except ProbeError as error:
        print(f"{setting.name}: {error}; once more, with more time", flush=True)
        probe = api.probe_between(hosts, *_ENDS, deadline_s=_LONGER * deadline_s)
    there, back = (link.fit for link in probe.links)
    print(
        f"{setting.name}: measured {there.model.bandwidth_bytes_per_s * 8e-6:.1f} Mbit/s, "
        f"{there.model.latency_s * 1e3:.2f} ms + {there.model.overhead_s * 1e3:.2f} ms, residual "
        f"{there.rms_residual:.1%} there, {back.rms_residual:.1%} back",
        flush=True,
    )
    return SettingFit(setting=setting, there=there, back=back)
