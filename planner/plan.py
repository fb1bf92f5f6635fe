"""Plan: which blocks run where. No prices.

Blocks, stages and hops are numbered from 0 and ranges are half-open; nodes go by name.
"""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, NonNegativeInt, PositiveInt, model_validator

from profiler.record import Record


class Stage(Record):
    """A contiguous range of blocks on one node."""

    start: NonNegativeInt
    """First block."""
    stop: PositiveInt
    """One past the last block."""
    op_start: NonNegativeInt
    """Position of the first operator in the captured graph."""
    op_stop: PositiveInt
    node: str
    replicas: tuple[str, ...] = ()
    """More nodes that run the same stage; requests are dealt out to all of them in turn."""

    @property
    def nodes(self) -> tuple[str, ...]:
        """All nodes that run it."""
        return (self.node, *self.replicas)


class Plan(Record):
    """Stages in the order in which a request visits them; together they cover every block."""

    schema_: Literal["partway.plan/1"] = Field(alias="schema", default="partway.plan/1")
    problem_digest: str
    """Of the problem that it answers."""
    graph_digest: str
    """Of the model graph whose operators it counts."""
    stages: tuple[Stage, ...] = Field(min_length=1)
    hops: tuple[tuple[str, ...], ...]
    """Tensors carried into the first stage, between stages, and out of the last: one more."""

    @model_validator(mode="after")
    def _covers_in_order(self) -> Self:
        position = op_position = 0
        for stage in self.stages:
            if stage.start != position or stage.stop <= stage.start:
                raise ValueError(
                    f"stage [{stage.start}, {stage.stop}) does not continue at block {position}"
                )
            if stage.op_start != op_position or stage.op_stop <= stage.op_start:
                raise ValueError(
                    f"stage [{stage.op_start}, {stage.op_stop}) does not continue at operator "
                    f"{op_position}"
                )
            position, op_position = stage.stop, stage.op_stop
            if len(set(stage.nodes)) < len(stage.nodes):
                raise ValueError(f"stage [{stage.start}, {stage.stop}) names a node twice")
        if len(self.hops) != len(self.stages) + 1:
            raise ValueError(f"{len(self.stages)} stages need {len(self.stages) + 1} hops")
        return self
