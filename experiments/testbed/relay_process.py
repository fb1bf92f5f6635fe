"""The relay as its driver sees it."""

from __future__ import annotations

import json
import select
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, Self

from experiments.testbed.errors import TestbedError
from experiments.testbed.wires import Wire

_COMMAND = (sys.executable, "-m", "experiments.testbed.relay")
_ROOT = Path(__file__).parents[2]
_GRACE_S = 1.0
_LONGEST_ANSWER_S = 30.0
"""A relay that says nothing for so long is stuck; the longest answer is that to its devices."""


class RelayProcess:
    """Starts a relay between namespaces; a context that ends it.

    Args:
        namespaces: descriptors, by position of the node; each gets its TUN device.
        wires: between the positions.

    Raises:
        TestbedError: the relay cannot make the devices.
    """

    def __init__(self, namespaces: Sequence[int], wires: Sequence[Wire]) -> None:
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115  closed in `close`
        self._process = subprocess.Popen(
            _COMMAND,
            cwd=_ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            pass_fds=namespaces,
            start_new_session=True,  # Ctrl-C is the driver's: it still needs the network to end
        )
        try:
            answer = self._ask({"namespaces": list(namespaces), "wires": _plain(wires)})
            self.priority: str = answer["priority"]
        except BaseException:
            self.close()
            raise

    @property
    def pid(self) -> int:
        """Process id."""
        return self._process.pid

    def set_wires(self, wires: Sequence[Wire]) -> None:
        """Replaces all wires at once.

        Raises:
            TestbedError: the relay has died, or is stuck.
        """
        self._ask({"wires": _plain(wires)})

    def close(self) -> None:
        """Ends the relay, and with it the devices."""
        try:
            if self._process.stdin is not None:
                with suppress(OSError):
                    self._process.stdin.close()
            self._process.wait(_GRACE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
        finally:
            self._process.wait()
            if self._process.stdout is not None:
                self._process.stdout.close()
            self._stderr.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def _ask(self, order: dict[str, Any]) -> dict[str, Any]:
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise TestbedError("the relay has no streams")
        with suppress(OSError):  # a broken pipe: the answer below is missing too
            stdin.write(json.dumps(order).encode() + b"\n")
            stdin.flush()
        if not select.select([stdout], [], [], _LONGEST_ANSWER_S)[0]:
            raise TestbedError(f"the relay has said nothing for {_LONGEST_ANSWER_S:g} s")
        line = stdout.readline()
        if not line:
            self._stderr.seek(0)
            said = self._stderr.read().decode(errors="replace").strip().splitlines()
            raise TestbedError(f"the relay has ended: {said[-1] if said else 'it says nothing'}")
        answer: dict[str, Any] = json.loads(line)
        return answer


def _plain(wires: Sequence[Wire]) -> list[dict[str, Any]]:
    return [asdict(wire) for wire in wires]
