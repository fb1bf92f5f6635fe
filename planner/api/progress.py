"""How a long call tells what it is doing."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str], None]
"""Called with every step in words; words before a comma stay the same while rounds go on."""
