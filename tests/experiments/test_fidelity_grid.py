import pytest

from experiments.fidelity import grid as grids
from experiments.fidelity import plans, rings
from experiments.fidelity.cells import KEY, CellRow
from experiments.fidelity.config import FidelityConfig
from experiments.fidelity.grid import Grid
from experiments.rows import RowFile
from planner.errors import PlannerError
from profiler.errors import BackendError, CaptureError
from tests.planner.instances import large_problem


@pytest.fixture
def small(monkeypatch):
    """Whatever the profile and the cluster, the problem is one of three blocks on two nodes."""
    monkeypatch.setattr(plans, "build_problem", lambda *_: large_problem(3, 2, cap_bytes=10**9))


@pytest.mark.usefixtures("small")
def test_an_odd_plan_is_none_of_the_optimal_ones():
    first = plans.odd("m", None, besides=(), seed="0")
    others = {first}
    for _ in range(3):
        others.add(plans.odd("m", None, besides=others, seed="0"))
    # Two cuts of three blocks, each on two nodes in either order: all of them.
    assert len(others) == 4
    with pytest.raises(PlannerError, match="no plan beside the optimal ones"):
        plans.odd("m", None, besides=others, seed="0")


def test_caps_grow_until_there_is_an_odd_plan(monkeypatch):
    def cells(name, cluster, *_):
        if cluster != "wide":
            raise PlannerError("no plan beside the optimal ones fits")
        yield name, cluster

    monkeypatch.setattr(rings.clusters, "capped", lambda name, profile: iter(("tight", "wide")))
    monkeypatch.setattr(rings, "_cells", cells)
    assert rings._cells_of("boxes", None, None, {}) == [("boxes", "wide")]


def fail_to_profile(tried):
    """A profiler that notes what it is asked for, and fails in a different way for each backend."""

    def profile(captured, options):
        tried.append((captured, options.backend))
        raise BackendError("missing") if options.backend == "onnx" else PlannerError("no plan")

    return profile


def capture_some(model):
    if model == "broken":
        raise CaptureError("cannot be captured")
    return model


def test_a_model_that_fails_does_not_stop_the_grid_and_is_missing(monkeypatch, tmp_path, capsys):
    tried = []
    monkeypatch.setattr(grids.api, "capture", capture_some)
    monkeypatch.setattr(grids.api, "profile", fail_to_profile(tried))
    config = FidelityConfig(models=("broken", "fine"), clusters=("boxes",), links=("a", "b"))
    rows = RowFile(tmp_path / "rows.csv", CellRow, key=KEY)
    grid = Grid(config, {}, rows, lambda: False)
    grid.run()
    assert tried == [("fine", "onnx"), ("fine", "torch")]
    # Two models on two backends over two links, with two plans each.
    assert grid.missing == 16
    said = capsys.readouterr().out
    assert "broken: CaptureError: cannot be captured" in said
    assert "fine onnx: BackendError: missing" in said
    assert "fine torch: PlannerError: no plan" in said
