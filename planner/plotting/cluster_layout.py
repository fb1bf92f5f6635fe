"""Where the nodes of a cluster and the words at its links have room, in inches.

The nodes that a request comes to go down on the left and up on the right in its order, so that
links between neighbours cross nothing; the others stand in rows below. Links bow to the left of
their way, which is inward here, and words stand on the outer side of the bow.

     first ┐   ┌ last
    second │ ↺ │ fourth
           └ third
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import hypot

WIDTH_IN = 6.9
_BOW, _MOST_BOW_IN = 0.2, 0.4
"""Of a link's arc, in parts of its length, and at most."""
_CHARACTER_IN, _LINE_IN, _MARGIN_IN = 0.073, 0.14, 0.13
"""Of small text, rather too much, and what is left free around it."""
_ASIDE_IN, _ROW_IN = 2.3, 1.3
"""From the middle to either side, and from one node to the one below it."""
_REST_IN_ROW, _REST_ROW_IN = 4, 0.55
_GAP_IN = 0.06
_STANDS = ((0.5, 1), (0.5, -1), (0.4, 1), (0.6, 1), (0.25, 1), (0.75, 1))
"""Where the words at a link may be: how far along its arc, and to the left or right of it."""


@dataclass(frozen=True)
class Box:
    """A rectangle around its middle."""

    x: float
    y: float
    width: float
    height: float

    def overlaps(self, other: Box) -> bool:
        """Whether they share more than an edge."""
        return (
            abs(self.x - other.x) < (self.width + other.width) / 2
            and abs(self.y - other.y) < (self.height + other.height) / 2
        )


@dataclass(frozen=True)
class ClusterLayout:
    """What is where."""

    nodes: Mapping[str, Box]
    words: Mapping[tuple[str, str], Box]
    """At links, by their ends."""

    @property
    def low(self) -> float:
        """The lowest edge of all."""
        return min(box.y - box.height / 2 for box in self._boxes)

    @property
    def high(self) -> float:
        """The highest edge of all."""
        return max(box.y + box.height / 2 for box in self._boxes)

    @property
    def _boxes(self) -> tuple[Box, ...]:
        return (*self.nodes.values(), *self.words.values())


def lay_out(
    visited: Mapping[str, str], rest: Mapping[str, str], words: Mapping[tuple[str, str], str]
) -> ClusterLayout:
    """Places all.

    Args:
        visited: nodes in the order in which a request comes to them, with the words in them.
        rest: the other nodes.
        words: at links between visited nodes, by source and target.
    """
    nodes: dict[str, Box] = {}
    for (name, text), (x, y) in zip(visited.items(), _round_trip(len(visited)), strict=True):
        nodes[name] = Box(x, y, *_size(text))
    labels: dict[tuple[str, str], Box] = {}
    for (source, target), text in words.items():
        taken = [*nodes.values(), *labels.values()]
        labels[source, target] = _beside(nodes[source], nodes[target], _size(text), taken)
    top = ClusterLayout(nodes, labels).low - _REST_ROW_IN
    for index, (name, text) in enumerate(rest.items()):
        row, column = divmod(index, _REST_IN_ROW)
        in_row = min(len(rest) - row * _REST_IN_ROW, _REST_IN_ROW)
        x = (column - (in_row - 1) / 2) * WIDTH_IN / _REST_IN_ROW
        nodes[name] = Box(x, top - row * _REST_ROW_IN, *_size(text))
    return ClusterLayout(nodes, labels)


def bow(source: Box, target: Box) -> float:
    """By how much a link leans to the left of its way, in parts of its length."""
    return min(_BOW, _MOST_BOW_IN / hypot(target.x - source.x, target.y - source.y))


def _size(text: str) -> tuple[float, float]:
    lines = text.splitlines()
    width = _CHARACTER_IN * max(map(len, lines)) + _MARGIN_IN
    return width, _LINE_IN * len(lines) + _MARGIN_IN


def _round_trip(n: int) -> list[tuple[float, float]]:
    """Down on the left, up on the right."""
    if n == 1:
        return [(0.0, 0.0)]
    n_left = (n + 1) // 2
    down = [(-_ASIDE_IN, y) for y in _column(n_left)]
    return down + [(_ASIDE_IN, y) for y in reversed(_column(n - n_left))]


def _column(n: int) -> list[float]:
    return [_ROW_IN * ((n - 1) / 2 - row) for row in range(n)]


def _beside(source: Box, target: Box, size: tuple[float, float], taken: Sequence[Box]) -> Box:
    """Next to the arc, where nothing else is if there is such a place."""
    dx, dy = target.x - source.x, target.y - source.y
    length = hypot(dx, dy)
    left_x, left_y = -dy / length, dx / length
    away = abs(left_x) * size[0] / 2 + abs(left_y) * size[1] / 2 + _GAP_IN
    most = (WIDTH_IN - size[0]) / 2
    places = []
    for share, side in _STANDS:
        # The arc is a parabola whose control point is off by its bow.
        aside = 2 * share * (1 - share) * bow(source, target) * length + side * away
        x, y = source.x + share * dx + aside * left_x, source.y + share * dy + aside * left_y
        places.append(Box(max(-most, min(x, most)), y, *size))
    free = (place for place in places if not any(place.overlaps(other) for other in taken))
    return next(free, places[0])
