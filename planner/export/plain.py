"""Plain text: names as they can stand on one line of any format."""

from __future__ import annotations

import unicodedata


def plain_text(name: str) -> str:
    """The name on one line: white space and control characters in a row become one space.

    Characters without a glyph that reorder or break lines count as control characters.
    """
    return " ".join("".join(" " if _is_control(char) else char for char in name).split())


def _is_control(char: str) -> bool:
    return unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp")
