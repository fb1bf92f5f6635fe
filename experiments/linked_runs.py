"""Linked runs: what a run over several link settings keeps in its folder before its first row."""

from __future__ import annotations

from pathlib import Path

from experiments.configs import keep_config
from experiments.link_fits import fitted_settings
from experiments.link_settings import setting_named
from experiments.surroundings import keep_surroundings
from netmodel.links.any_link import AnyLink
from profiler.profile_options import Rounds, rounds_within
from profiler.record import Record


class LinkedConfig(Record):
    """What the config of every such experiment has."""

    links: tuple[str, ...]
    """Names of the link settings."""
    probe_deadline_s: float = 45.0
    """For each link setting; the longer, the larger the messages that are measured."""
    profile_budget_s: float | None = None
    """Of the rounds of every profile; none for the usual one."""

    @property
    def rounds(self) -> Rounds:
        """Of every profile."""
        return Rounds() if self.profile_budget_s is None else rounds_within(self.profile_budget_s)


def begin(folder: Path, config: LinkedConfig, *, on_testbed: bool) -> dict[str, AnyLink]:
    """Keeps config and surroundings, and gives the link of each setting, probed once per folder.

    Raises:
        SystemExit: a link setting is none, or the folder's runs had another config.
        ProbeError: a link could not be measured.
    """
    for link in config.links:
        setting_named(link)
    keep_config(folder / "config.json", config)
    hosts = "the testbed" if on_testbed else "this machine, links paced by the senders"
    keep_surroundings(folder / "surroundings.json", hosts)
    return fitted_settings(
        config.links,
        folder / "links.json",
        on_testbed=on_testbed,
        deadline_s=config.probe_deadline_s,
    )
