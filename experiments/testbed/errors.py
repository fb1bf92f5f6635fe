"""Errors of the testbed.

PlannerError
└── TestbedError    a testbed that cannot be built here, or not as described
"""

from planner.errors import PlannerError


class TestbedError(PlannerError):
    """A testbed cannot be built on this machine, or not as it is described."""

    __test__ = False  # pytest would take the name for that of a test
