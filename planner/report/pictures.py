"""Pictures: figures as inline SVG that follows the colours of the page."""

from __future__ import annotations

import io
import re

import matplotlib as mpl
from matplotlib.figure import Figure

from planner.report.markup import Markup, escaped

_METADATA = ("Creator", "Date", "Format", "Type")
_GREY = re.compile(r"#([0-9a-f]{2})\1\1")
_PANEL, _LINE = 0.85, 0.5
"""Lightness above which a grey is a surface, and above which it is a faint line."""
_REFERENCES = re.compile(r'(\bid="|\bhref="#|url\(#)')


def svg(figure: Figure, name: str, label: str) -> Markup:
    """A figure as an SVG element, the same for the same figure.

    Black becomes the page's ink, white its paper and greys what is between, so that it reads in
    light and dark. Text stays text, in the page's font.

    Args:
        figure: drawn with a background.
        name: of the picture, unlike any other on the page: its ids begin with it.
        label: what it shows, for those who do not see it.
    """
    buffer = io.StringIO()
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": name}):
        figure.savefig(buffer, format="svg", metadata=dict.fromkeys(_METADATA))
    text = buffer.getvalue()
    text = text[text.index("<svg") :]  # no XML prologue, no document type
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r' xmlns(:\w+)?="[^"]*"', "", text).replace("xlink:href", "href")
    text = _REFERENCES.sub(rf"\g<1>{name}-", text)
    text = _GREY.sub(_of_the_page, text)
    return Markup(text.replace("<svg", f'<svg role="img" aria-label="{escaped(label)}"', 1))


def _of_the_page(grey: re.Match[str]) -> str:
    """The colour of the page that plays the part of a grey."""
    lightness = int(grey[1], 16) / 255
    if lightness == 1:
        return "var(--paper)"
    if lightness > _PANEL:
        return "var(--panel)"
    return "var(--line)" if lightness > _LINE else "currentColor"
