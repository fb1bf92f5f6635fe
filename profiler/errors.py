"""Errors of the profiler.

ProfilerError
├── SourceError     a model that cannot be found or built, or an input that does not suit it
├── CaptureError    a model that cannot be turned into a graph
├── GranularityError   cut positions or a granularity that the graph does not have
├── OrderError      an order of blocks or operators in which the model cannot run
├── SpeedError      kernel times that do not belong to a profile, or not to each other
└── BackendError    a backend or device that is missing or cannot express the model
"""


class ProfilerError(ValueError):
    """Something about the model, its input or the machine stops the profiler."""


class SourceError(ProfilerError):
    """The model cannot be found or built, or its input does not suit it."""


class CaptureError(ProfilerError):
    """The model cannot be turned into a graph."""


class GranularityError(ProfilerError):
    """The graph has no such granularity or cut position."""


class OrderError(ProfilerError):
    """The model's blocks or operators cannot run in that order."""


class SpeedError(ProfilerError):
    """Kernel times do not belong to a profile, or not to each other."""


class BackendError(ProfilerError):
    """A backend or device is missing or cannot express the model."""
