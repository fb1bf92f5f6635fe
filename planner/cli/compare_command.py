"""`partway compare`: our plan beside what others would choose."""

from __future__ import annotations

import json

from planner.cli.console import stdout, stop_without_plan
from planner.cli.options import ClusterFile, Json, Profiles, read_inputs
from planner.cli.search import Search, with_search


@with_search
def compare(
    profiles: Profiles,
    cluster: ClusterFile,
    search: Search,
    as_json: Json = False,
) -> None:
    """Price our plan beside every single node, the hand split and other tools' rules.

    \b
    Example:
      partway compare resnet18.profile.json --cluster cluster.yaml
    """
    from planner import api
    from planner.cli.tables import comparison_table
    from planner.wording import comparison_notes

    options = search.options()
    reference, described, named = read_inputs(profiles, cluster)
    document = api.plan(reference, described, node_profiles=named, options=options)
    rows = api.alternatives(document)
    if as_json:
        stdout().print_json(json.dumps([row.model_dump(mode="json") for row in rows]))
    else:
        stdout().print(comparison_table(rows, options.objective))
        stdout().print(comparison_notes(rows), markup=False)
    if document.estimate is None:
        stop_without_plan(document.solution, api.remedy(document, options))
