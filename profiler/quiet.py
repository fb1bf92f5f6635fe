"""Silence around libraries that talk to their developers: the user gets our one message."""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from collections.abc import Iterator


@contextlib.contextmanager
def quiet(logger: str) -> Iterator[None]:
    """Drops prints, warnings, and log records below critical of one logger while it is open.

    Exceptions pass, and carry what matters.
    """
    log = logging.getLogger(logger)
    level = log.level
    log.setLevel(logging.CRITICAL)
    nowhere = io.StringIO()
    try:
        with (
            warnings.catch_warnings(),
            contextlib.redirect_stdout(nowhere),
            contextlib.redirect_stderr(nowhere),
        ):
            warnings.simplefilter("ignore")
            yield
    finally:
        log.setLevel(level)
