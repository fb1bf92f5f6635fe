"""Capturing a model, measuring it, and carrying what was measured to another machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.api.progress import Progress
from profiler.profile_options import ProfileOptions
from profiler.profile_records import Profile

if TYPE_CHECKING:
    from profiler.capture import CapturedModel
    from profiler.sources import ModelSource
    from profiler.speed_records import SpeedRecord


def capture(
    model: str | ModelSource, shapes: tuple[tuple[int, ...], ...] | None = None
) -> CapturedModel:
    """Captures a model for the shapes of its sample input.

    Args:
        model: a name as the command line takes it, or a module with its inputs.
        shapes: of the positional inputs, if the model's own example is not wanted.
    """
    from profiler import capture as capturing
    from profiler.sources import load_source

    source = load_source(model, shapes) if isinstance(model, str) else model
    return capturing.capture(source)


def profile(
    model: str | ModelSource | CapturedModel,
    options: ProfileOptions | None = None,
    *,
    on_step: Progress = lambda step: None,
) -> Profile:
    """Measures what every block of a model costs on this machine."""
    from profiler import profiling

    return profiling.profile(captured(model), options or ProfileOptions(), on_step=on_step)


def measure_speed(threads: int = 1) -> SpeedRecord:
    """Times a few kernels on this machine, so that profiles can be carried; needs no torch."""
    from profiler import speed

    return speed.measure_speed(threads)


def carry(
    profile: Profile, here: SpeedRecord, there: SpeedRecord, *, by_work: bool = False
) -> Profile:
    """The profile as an estimate for another machine, by kernels timed on both."""
    from profiler import carry as carrying

    return carrying.carry(profile, here, there, by_work=by_work)


def captured(model: str | ModelSource | CapturedModel) -> CapturedModel:
    """A model that was captured, or captures it."""
    from profiler.sources import ModelSource

    return capture(model) if isinstance(model, str | ModelSource) else model
