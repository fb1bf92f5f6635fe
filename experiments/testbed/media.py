"""Media: when a packet that is sent now arrives. Pure: the time is an argument.

    offered ──> lane of its wire ──> medium, one packet at a time ──> delay ──> due
                lane of another ──┘  n / rate

A wire delivers in the order of sending, so that TCP sees no reordering. The lanes of one medium
get equal shares of its time, as fair queueing gives them; a packet without payload takes none and
waits for nobody but its own lane. Nothing is ever dropped: what waits is bounded by TCP's windows.

Source: P. Goyal, H. Vin, H. Cheng, "Start-time fair queueing", SIGCOMM 1996, equations 4 and 5.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from heapq import heappop, heappush
from math import inf

from experiments.testbed.packets import Packet
from experiments.testbed.wires import Wire


class Medium:
    """Carries the packets of its lanes, one after another."""

    def __init__(self) -> None:
        self.free_s = -inf
        """When the packet that is being carried has left."""
        self.waiting: list[Lane] = []
        """Lanes with packets."""
        self.share = 0.0
        """Start tag of the packet that is being carried."""

    def serve(self, now_s: float) -> Iterable[tuple[float, Packet]]:
        """Begins to carry what can leave by now; each packet with the time at which it arrives."""
        while self.waiting and self.free_s <= now_s:
            lane = min(self.waiting, key=_share_of)
            offered_s, packet = lane.packets.popleft()
            takes_s = packet.payload_bytes / lane.wire.bytes_per_s
            self.free_s = max(self.free_s, offered_s) + takes_s
            self.share = lane.share
            lane.share += takes_s
            if not lane.packets:
                self.waiting.remove(lane)
            yield lane.arrival_s(self.free_s), packet


class Lane:
    """Packets that wait for one wire."""

    def __init__(self, wire: Wire, medium: Medium) -> None:
        self.wire = wire
        self.medium = medium
        self.packets: deque[tuple[float, Packet]] = deque()
        self.share = 0.0
        """Start tag of the first of them: how long the medium has been this lane's."""
        self._last_s = -inf

    def add(self, packet: Packet, now_s: float) -> None:
        """Lets a packet wait for the medium."""
        if not self.packets:
            self.share = max(self.share, self.medium.share)
            self.medium.waiting.append(self)
        self.packets.append((now_s, packet))

    def follow(self, old: Lane) -> None:
        """Goes on where another lane stopped."""
        self.medium.free_s = max(self.medium.free_s, old.medium.free_s)
        self._last_s = old._last_s
        for offered_s, packet in old.packets:
            self.add(packet, offered_s)

    def arrival_s(self, left_s: float) -> float:
        """When a packet arrives that left at a time: not before those that were sent earlier."""
        self._last_s = max(self._last_s, left_s + self.wire.delay_s)
        return self._last_s


class Exchange:
    """All wires of a testbed."""

    def __init__(self, wires: Iterable[Wire]) -> None:
        self._due: list[tuple[float, int, int, bytes]] = []
        self._lanes: dict[tuple[int, int], Lane] = {}
        self._busy: set[Medium] = set()
        """Those with packets that wait."""
        self._count = 0
        self.set_wires(wires)

    def set_wires(self, wires: Iterable[Wire]) -> None:
        """Replaces all wires; what waits goes on over the new one, and is lost if there is none."""
        before, self._lanes, self._busy = self._lanes, {}, set()
        media: dict[object, Medium] = {}
        for wire in wires:
            medium = media.setdefault(wire.medium_key, Medium())
            lane = self._lanes[wire.ends] = Lane(wire, medium)
            if wire.ends in before:
                lane.follow(before[wire.ends])
            if medium.waiting:
                self._busy.add(medium)

    def offer(self, source: int, packet: Packet, now_s: float) -> bool:
        """Takes a packet from a node; false if no wire carries it."""
        if packet.target is None:
            return False
        lane = self._lanes.get((source, packet.target))
        if lane is None or (lane.wire.answers_only and packet.opens):
            return False
        if packet.payload_bytes or lane.packets:
            lane.add(packet, now_s)
            self._serve(lane.medium, now_s)
        else:
            self._hold(lane.arrival_s(now_s), packet)
        return True

    def due(self, now_s: float) -> Iterable[tuple[int, bytes]]:
        """Frames that have arrived by now, each with the position of its receiver, in order."""
        for medium in tuple(self._busy):
            self._serve(medium, now_s)
        while self._due and self._due[0][0] <= now_s:
            _, _, target, frame = heappop(self._due)
            yield target, frame

    def next_s(self) -> float:
        """When there is something to do next; infinity if nothing is on its way."""
        first_s = self._due[0][0] if self._due else inf
        return min([first_s, *(medium.free_s for medium in self._busy)])

    def _serve(self, medium: Medium, now_s: float) -> None:
        for arrival_s, packet in medium.serve(now_s):
            self._hold(arrival_s, packet)
        if medium.waiting:
            self._busy.add(medium)
        else:
            self._busy.discard(medium)

    def _hold(self, arrival_s: float, packet: Packet) -> None:
        if packet.target is not None:
            self._count += 1
            heappush(self._due, (arrival_s, self._count, packet.target, packet.frame))


def _share_of(lane: Lane) -> float:
    return lane.share
