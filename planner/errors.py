"""Errors of the planner.

PlannerError            wrong use or bad input
├── FileFormatError     a file that is missing, malformed or of another kind or version
├── MismatchError       two inputs that do not belong together
└── CheckError          the input was fine, but a check or a run failed
    ├── VerificationError   emitted parts do not compute what the model computes
    ├── ProbeError          a link could not be measured
    └── RunError            a worker died, stalled or refused
        └── OutOfMemoryError    the kernel killed it: its node's memory was not enough
"""


class PlannerError(Exception):
    """Wrong use or bad input; the message names the thing, the value and the next step."""


class FileFormatError(PlannerError):
    """A file is missing, malformed, or of another kind or version."""


class MismatchError(PlannerError):
    """Two inputs do not belong together."""


class CheckError(PlannerError):
    """The input was fine, but a check or a run failed."""


class VerificationError(CheckError):
    """Emitted parts do not compute what the model computes."""


class ProbeError(CheckError):
    """A link could not be measured: nobody is there, or it is too slow."""


class RunError(CheckError):
    """A worker died, stalled or refused."""


class OutOfMemoryError(RunError):
    """The kernel killed a worker, because its node's memory was not enough."""
