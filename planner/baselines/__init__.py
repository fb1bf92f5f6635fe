"""Baselines: what others would choose. One file per rule."""

from __future__ import annotations

from planner.baselines.deepspeed_balanced import DeepspeedBalanced
from planner.baselines.equal_layers import EqualLayers
from planner.baselines.gillis import Gillis
from planner.baselines.hand_split import HandSplit
from planner.baselines.interface import Baseline
from planner.baselines.neurosurgeon import Neurosurgeon
from planner.baselines.parameter_balanced import ParameterBalanced
from planner.baselines.pipedream import PipeDream
from planner.baselines.pipeedge import PipeEdge
from planner.baselines.ram_proportional import RamProportional
from planner.baselines.single_node import SingleNode
from planner.baselines.time_balanced import TimeBalanced
from planner.problem import Problem

__all__ = ["Baseline", "baselines"]


def baselines(problem: Problem) -> tuple[Baseline, ...]:
    """Every baseline, in the order in which tables show them."""
    singles = tuple(SingleNode(node.name) for node in problem.nodes)
    return (
        *singles,
        HandSplit(),
        EqualLayers(),
        ParameterBalanced(),
        RamProportional(),
        TimeBalanced(),
        DeepspeedBalanced(),
        Neurosurgeon(),
        PipeDream(),
        PipeEdge(),
        Gillis(),
    )
