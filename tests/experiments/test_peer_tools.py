"""What holds for every tool that is installed."""

import pytest
import torch

from experiments.peers.tools import TOOLS
from experiments.peers.tools.interface import Task
from profiler.capture import capture
from profiler.sources import ModelSource
from tests.experiments.tiny_models import Equal

_ENOUGH_BYTES = 2**30


@pytest.fixture(scope="module")
def task():
    torch.manual_seed(0)
    source = ModelSource("equal", Equal().eval(), (torch.randn(64, 4),))
    return Task(
        source.module,
        source.args[0],
        capture(source).graph,
        (_ENOUGH_BYTES,) * 3,
        frozenset({"Residual"}),
    )


def test_there_is_always_a_tool():
    assert [tool.name for tool in TOOLS if tool.skip_reason() is None]
    assert len({tool.name for tool in TOOLS}) == len(TOOLS) >= 5


@pytest.mark.filterwarnings("ignore")  # other packages' own
@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_a_tool_splits_a_chain_into_parts_on_different_nodes_and_leaves_it_alone(tool, task):
    if reason := tool.skip_reason():
        assert "install" in reason
        pytest.skip(reason)
    before = {name: value.clone() for name, value in task.module.state_dict().items()}
    split = tool.propose(task)
    assert len(split.places) == len(split.positions) + 1 > 1
    assert len(set(split.places)) == len(split.places)
    assert set(split.places) <= {0, 1, 2}
    assert list(split.positions) == sorted(set(split.positions))
    assert all(0 < at < len(task.graph.ops) for at in split.positions)
    assert not task.module.training
    assert all(torch.equal(value, before[name]) for name, value in task.module.state_dict().items())


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ["torch pipelining", "deepspeed"])
def test_equal_blocks_are_shared_out_evenly(name, task):
    tool = next(tool for tool in TOOLS if tool.name == name)
    if reason := tool.skip_reason():
        pytest.skip(reason)
    split = tool.propose(task)
    # Five operators each, two blocks each.
    assert (split.positions, split.places) == ((10, 20), (0, 1, 2))
