"""Errors of the network model.

NetModelError
├── UnitError       a quantity without a unit, with a wrong one, or out of range
└── ClusterError    a cluster that contradicts itself
"""


class NetModelError(ValueError):
    """Something about the described machines or wires is wrong."""


class UnitError(NetModelError):
    """A quantity cannot be read."""


class ClusterError(NetModelError):
    """The described cluster contradicts itself."""
