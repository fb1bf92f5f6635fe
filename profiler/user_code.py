"""The line of the model's own code that something comes from, for messages."""

from __future__ import annotations

import importlib
import linecache
import os
import re
import traceback
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import fx

_NOT_THE_MODEL = (
    f"{Path(torch.__file__).parent}{os.sep}",
    f"{Path(__file__).parent}{os.sep}",
    f"{Path(importlib.__file__).parent}{os.sep}",
    "<",
)
_FRAME = re.compile(r'File "([^"]+)", line (\d+)')


def user_line(error: BaseException) -> str:
    """The innermost line of the model's own code in an error's traceback."""
    frames = traceback.walk_tb(error.__traceback__)
    return _innermost([(frame.f_code.co_filename, number) for frame, number in frames])


def line_of(node: fx.Node) -> str:
    """The line of the model's own code that a node was traced from."""
    frames = _FRAME.findall(node.meta.get("stack_trace") or "")
    return _innermost([(name, int(number)) for name, number in frames])


def _innermost(lines: Sequence[tuple[str, int]]) -> str:
    own = [(name, number) for name, number in lines if not name.startswith(_NOT_THE_MODEL)]
    if not own:
        return "no line of the model's own"
    name, number = own[-1]
    return f"{Path(name).name}:{number} `{linecache.getline(name, number).strip()}`"
