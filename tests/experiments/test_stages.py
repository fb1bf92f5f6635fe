from types import SimpleNamespace

import pytest

from experiments import stages
from planner.errors import PlannerError


def document(starts, nodes):
    parts = [SimpleNamespace(start=a, node=node) for a, node in zip(starts, nodes, strict=True)]
    plan = SimpleNamespace(stages=parts)
    return SimpleNamespace(model="m", solution=SimpleNamespace(plan=plan))


def test_stages_are_the_borders_within_the_model_and_the_nodes():
    assert stages.stages_of(document((0, 3, 5), "abc")) == ((3, 5), ("a", "b", "c"))
    assert stages.stages_of(document((0,), "a")) == ((), ("a",))
    nothing = SimpleNamespace(model="m", solution=SimpleNamespace(plan=None))
    with pytest.raises(PlannerError, match="m: no plan was found"):
        stages.stages_of(nothing)


def test_plans_with_equal_cuts_share_one_set_of_files(tmp_path, monkeypatch):
    def emit_all(targets, captured):
        return [(document, folder.name) for document, folder in targets]

    monkeypatch.setattr(stages.api, "emit_all", emit_all)
    first, other = document((0, 3), "ab"), document((0, 4), "ab")
    found = stages.emit_once([first, document((0, 3), "ba"), other], None, tmp_path)
    assert found == {(3,): (first, "0"), (4,): (other, "1")}
