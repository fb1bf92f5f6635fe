"""Colours, hatches, markers and dashes that stay apart for every colour vision, and in grey.

Neighbours in a picture differ by a colour and by a hatch or a marker. The colours are those of
Okabe and Ito, "Color Universal Design", 2008, and a grey.
"""

from __future__ import annotations

from typing import NamedTuple

BLUE, ORANGE, GREEN, VERMILION = "#0072B2", "#E69F00", "#009E73", "#D55E00"
SKY, PURPLE, YELLOW, GREY = "#56B4E9", "#CC79A7", "#F0E442", "#666666"


class Style(NamedTuple):
    """How one of several things is drawn."""

    colour: str
    hatch: str
    marker: str
    line: str = "-"


STYLES = (
    Style(BLUE, "", "o"),
    Style(ORANGE, "///", "s"),
    Style(GREEN, "...", "^"),
    Style(SKY, "xxx", "v"),
    Style(VERMILION, "\\\\\\", "D"),
    Style(PURPLE, "---", "P"),
    Style(GREY, "+++", "*"),
    Style(YELLOW, "ooo", "X"),
)


LINES = ("-", "--", "-.")


def style_of(index: int) -> Style:
    """The style of the index-th thing; after the last they repeat with other dashes."""
    turn, place = divmod(index, len(STYLES))
    return STYLES[place]._replace(line=LINES[turn % len(LINES)])
