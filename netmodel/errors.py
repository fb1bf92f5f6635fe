"""Errors of the network model.

NetModelError
├── UnitError       a quantity without a unit, with a wrong one, or out of range
├── ClusterError    a cluster that contradicts itself
├── FitError        too few samples for a model
└── SlowLinkError   a link that cannot be measured within the deadline
"""


class NetModelError(ValueError):
    """Something about the described machines or wires is wrong."""


class UnitError(NetModelError):
    """A quantity cannot be read."""


class ClusterError(NetModelError):
    """The described cluster contradicts itself."""


class FitError(NetModelError):
    """There are too few samples for a link model."""


class SlowLinkError(NetModelError):
    """A link is too slow to be measured within the deadline."""
