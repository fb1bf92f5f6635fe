"""Failures of one model, which must not keep an experiment from going on with the others."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from planner import api
from planner.errors import PlannerError
from profiler.errors import ProfilerError

if TYPE_CHECKING:
    from profiler.capture import CapturedModel


class Failures:
    """What failed in a run and was passed over."""

    def __init__(self) -> None:
        """Nothing yet."""
        self._names: list[str] = []

    @contextmanager
    def passing_over(self, name: str) -> Iterator[None]:
        """Says that the block failed for what has that name, and why, and ends it there."""
        try:
            yield
        except (PlannerError, ProfilerError) as error:
            print(f"{name}: {type(error).__name__}: {error}; passed over", flush=True)
            self._names.append(name)

    def run_model(
        self,
        model: str,
        backends: Sequence[str],
        run: Callable[[CapturedModel, str], None],
        *,
        out_of_time: Callable[[], bool],
    ) -> None:
        """Captures a model and runs it on each backend while there is time; passes over failures.

        Args:
            model: as `partway profile` takes it.
            backends: nothing is captured for none of them.
            run: takes the model and one backend.
            out_of_time: whether nothing more is to be begun.
        """
        if not backends or out_of_time():
            return
        with self.passing_over(model):
            captured = api.capture(model)
            for backend in backends:
                if not out_of_time():
                    with self.passing_over(f"{model} {backend}"):
                        run(captured, backend)

    def end(self) -> None:
        """Ends a run that is otherwise done: whoever started it must not take it for complete.

        Raises:
            SystemExit: something was passed over.
        """
        if self._names:
            raise SystemExit(
                f"{len(self._names)} passed over, with the reason above: {'; '.join(self._names)}; "
                "there are no rows of these: run again to try them again"
            )
