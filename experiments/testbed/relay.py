"""Relay: the process between the nodes, `python -m experiments.testbed.relay`.

It is told on standard input, one JSON object per line, and answers each on standard output:

    {"namespaces": [7, 9, …], "wires": [{"source": 0, "target": 1, …}, …]}    once, descriptors
    {"priority": "SCHED_FIFO"}
    {"wires": […]}                                                            as often as wanted
    {}

It ends when standard input does, or when its parent is gone.
"""

from __future__ import annotations

import gc
import json
import os
import select
import sys
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any

from experiments.testbed.media import Exchange
from experiments.testbed.packets import MAX_FRAME_BYTES, parse, unreachable
from experiments.testbed.priority import raise_priority
from experiments.testbed.tun import open_tun
from experiments.testbed.wires import Wire

_LOOK_AFTER_PARENT_S = 0.5
_BATCH = 32
"""Frames taken from one device before the others and what is due have their turn."""


class Relay:
    """Forwards between TUN devices; `devices` are their descriptors, by position of the node."""

    def __init__(self, devices: Sequence[int], wires: Iterable[Wire]) -> None:
        self._devices = devices
        self._positions = {descriptor: index for index, descriptor in enumerate(devices)}
        self.exchange = Exchange(wires)

    def turn(self, control: int) -> bool:
        """Waits for something to do and does it; true if it is the control stream's."""
        wait_s = self.exchange.next_s() - time.monotonic()
        wait_s = min(max(wait_s, 0.0), _LOOK_AFTER_PARENT_S)
        # Not epoll, which counts in milliseconds.
        ready, _, _ = select.select([control, *self._devices], [], [], wait_s)
        now_s = time.monotonic()
        for descriptor in ready:
            if descriptor != control:
                self._take(descriptor, now_s)
        for target, frame in self.exchange.due(time.monotonic()):
            self._hand(target, frame)
        return control in ready

    def _take(self, descriptor: int, now_s: float) -> None:
        source = self._positions[descriptor]
        for _ in range(_BATCH):
            try:
                packet = parse(os.read(descriptor, MAX_FRAME_BYTES))
            except BlockingIOError:
                return
            if packet is not None and not self.exchange.offer(source, packet, now_s):
                self._hand(source, unreachable(packet))

    def _hand(self, target: int, frame: bytes) -> None:
        # A namespace whose device is down refuses frames, as an unplugged machine would.
        with suppress(OSError):
            os.write(self._devices[target], frame)


def serve(parent: int) -> None:
    """Works until standard input ends, or the parent with the given process id is gone."""
    control, received = sys.stdin.fileno(), b""
    relay: Relay | None = None
    while os.getppid() == parent:
        if relay is not None and not relay.turn(control):
            continue
        data = os.read(control, 2**16)
        if not data:
            return
        *lines, received = (received + data).split(b"\n")
        for line in lines:
            relay, answer = _obey(relay, json.loads(line))
            sys.stdout.write(json.dumps(answer) + "\n")
            sys.stdout.flush()


def _obey(relay: Relay | None, order: dict[str, Any]) -> tuple[Relay, dict[str, str]]:
    wires = [Wire(**wire) for wire in order["wires"]]
    if relay is not None:
        relay.exchange.set_wires(wires)
        return relay, {}
    relay = Relay([open_tun(descriptor) for descriptor in order["namespaces"]], wires)
    return relay, {"priority": raise_priority()}


def main() -> int:
    """Runs the relay; returns the exit code."""
    gc.disable()  # nothing here makes cycles, and a collection would hold packets up
    try:
        serve(os.getppid())
    except OSError as error:
        sys.stderr.write(f"relay: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
