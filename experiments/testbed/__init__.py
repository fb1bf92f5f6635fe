"""Testbed: a cluster of unequal nodes and wires, built out of one Linux machine's kernel.

    driver ──── stdin, stdout ────> relay (one process, owns the far end of every TUN device)
      │                               ║           ║           ║
      │ sh, nsenter                 ┌─╨─────┐   ┌─╨─────┐   ┌─╨─────┐
      └──────── workers ──────────> │ node  │   │ node  │   │ node  │   a network namespace each,
                                    └───────┘   └───────┘   └───────┘   a memory cap, a CPU quota

A node's packets come out of its TUN device at the relay, which holds each one back for as long as
the link to its receiver takes, and hands it to that node's device.

The names below are imported when they are asked for: the relay is a module of this package too,
and must start without pydantic and the like.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from experiments.testbed.cluster_wires import check_covers, notes_on
    from experiments.testbed.errors import TestbedError
    from experiments.testbed.options import TestbedOptions
    from experiments.testbed.requirements import skip_reason
    from experiments.testbed.testbed import Testbed, open_testbed

__all__ = [
    "Testbed",
    "TestbedError",
    "TestbedOptions",
    "check_covers",
    "notes_on",
    "open_testbed",
    "skip_reason",
]
_HOMES = {
    "Testbed": "testbed",
    "TestbedError": "errors",
    "TestbedOptions": "options",
    "check_covers": "cluster_wires",
    "notes_on": "cluster_wires",
    "open_testbed": "testbed",
    "skip_reason": "requirements",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
