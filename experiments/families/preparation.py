"""Preparation: all contenders of a run, and the stages of those that have to be measured."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path

from experiments.contest import kept_profile
from experiments.failures import Failures
from experiments.families.config import FamiliesConfig, case_of
from experiments.families.contenders import Contender, contenders
from experiments.families.family_rows import FamilyRow
from experiments.families.tour import Parts, Tour
from experiments.rows import RowFile
from experiments.stages import emit_once
from netmodel.cluster import Cluster
from netmodel.links.any_link import AnyLink
from planner import api


def prepared(
    config: FamiliesConfig,
    cluster: Cluster,
    fits: Mapping[str, AnyLink],
    *,
    rows: RowFile[FamilyRow],
    folder: Path,
    failures: Failures,
) -> tuple[Tour, Parts]:
    """Profiles, plans and emits one model after another; passes over what fails.

    Args:
        config: models and caps.
        cluster: equal nodes.
        fits: the links of each setting as they were measured.
        rows: those that there are; profiles are kept beside them.
        folder: for stage files.
        failures: of the run.
    """
    everybody: list[Contender] = []
    parts: Parts = {}
    for model in config.models:
        case = case_of(model)
        with failures.passing_over(case):
            captured = api.capture(model)
            options = api.ProfileOptions(backend=config.backend, rounds=config.rounds)
            profile = kept_profile(case, rows, partial(api.profile, captured, options))
            mine = list(contenders(case, profile, cluster, caps_bytes=config.caps_bytes, fits=fits))
            wanted = [each.document for each in Tour(mine, config.visits, rows).missing()]
            made = emit_once(wanted, captured, folder / case)
            parts |= {(case, cuts): partition for cuts, partition in made.items()}
            everybody += mine
            print(f"{case}: planned and emitted, {len(wanted)} contenders to run", flush=True)
    return Tour(everybody, config.visits, rows), parts
