"""What a testbed is like, beside its cluster."""

from __future__ import annotations

from typing import ClassVar

from pydantic import PositiveInt

from netmodel.record import Record


class TestbedOptions(Record):
    """How nodes and their TCP stacks behave."""

    __test__: ClassVar[bool] = False  # pytest would take the name for that of a test

    cpu_limits: bool = False
    """Whether a node slower than this machine gets that much less of its processors, by a quota."""
    threads: PositiveInt = 1
    """How many processors the quotas are fractions of: as many as a worker has threads."""
    slow_start_after_idle: bool = False
    """Whether a connection that was idle is cold again, as Linux has it when nothing is said."""
    congestion_control: str = "reno"
    """TCP's rule for the congestion window. Wires lose nothing here, so `reno` only ever doubles
    its window; others end slow start where they take a growing queue for congestion."""
