"""`partway compare`: our plan beside what others would choose."""

from __future__ import annotations

import json

from planner.cli.console import stdout, stop_infeasible
from planner.cli.options import ClusterFile, Json, MaxStages, Profiles, read_inputs


def compare(
    profiles: Profiles,
    cluster: ClusterFile,
    max_stages: MaxStages = None,
    as_json: Json = False,
) -> None:
    """Price our plan beside every single node, the hand split and other tools' rules.

    \b
    Example:
      partway compare resnet18.profile.json --cluster cluster.yaml
    """
    from planner import api
    from planner.cli.tables import comparison_notes, comparison_table

    reference, described, named = read_inputs(profiles, cluster)
    from planner.limits import Limits

    options = api.PlanOptions(limits=Limits(max_stages=max_stages))
    rows = api.compare(reference, described, node_profiles=named, options=options)
    if as_json:
        stdout().print_json(json.dumps([row.model_dump(mode="json") for row in rows]))
    else:
        stdout().print(comparison_table(rows))
        stdout().print(comparison_notes(rows), markup=False)
    if rows[0].plan is None:
        stop_infeasible(rows[0].skip_reason or "")
