"""Pictures: figures as inline SVG that follows the colours of the page."""

from __future__ import annotations

import io
import re
import warnings

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.text import Text

from planner.report.markup import Markup, element, escaped

_METADATA = ("Creator", "Date", "Format", "Type")
_GREY = re.compile(r"#([0-9a-f]{2})\1\1")
_PANEL, _LINE = 0.85, 0.5
"""Lightness above which a grey is a surface, and above which it is a faint line."""
_TAG = re.compile(r"<[^>]*>")
_UNREAD = re.compile(r"<metadata>.*?</metadata>|<!--.*?-->", flags=re.DOTALL)
_NAMESPACES = re.compile(r' xmlns(:\w+)?="[^"]*"')
_REFERENCES = re.compile(r'(\bid="|\bhref="#|url\(#)')


def picture(figure: Figure, name: str, caption: str, *, stays_light: bool = False) -> Markup:
    """A figure with its caption, which also stands for it where it cannot be seen.

    Args:
        figure: drawn with a background.
        name: of the picture, unlike any other on the page.
        caption: what it shows.
        stays_light: whether it has text on areas of colour, which are the same in the dark.
    """
    drawn = svg(figure, name, caption)
    look = "picture light" if stays_light else "picture"
    return element("figure", drawn, element("figcaption", caption), class_=look)


def svg(figure: Figure, name: str, label: str) -> Markup:
    """A figure as an SVG element, the same for the same figure.

    Black becomes the page's ink, white its paper and greys what is between, so that it reads in
    light and dark. Text stays text, in the page's font.

    Args:
        figure: drawn with a background.
        name: of the picture, unlike any other on the page: its ids begin with it.
        label: what it shows, for those who do not see it.
    """
    for text in figure.findobj(Text):
        text.set_parse_math(False)  # names may have dollar signs
    buffer = io.StringIO()
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": name}), warnings.catch_warnings():
        # The page's font draws the text, not the one that it is measured with here.
        warnings.filterwarnings("ignore", message=r"Glyph \d+ .* missing from font")
        figure.savefig(buffer, format="svg", metadata=dict.fromkeys(_METADATA))
    written = buffer.getvalue()
    written = written[written.index("<svg") :]  # no XML prologue, no document type
    written = _UNREAD.sub("", written)
    written = _TAG.sub(lambda tag: _inlined(tag[0], name), written)
    return Markup(written.replace("<svg", f'<svg role="img" aria-label="{escaped(label)}"', 1))


def _inlined(tag: str, name: str) -> str:
    """A tag for a page with more pictures, light or dark; text between tags stays as it is."""
    tag = _NAMESPACES.sub("", tag).replace("xlink:href", "href")
    return _GREY.sub(_of_the_page, _REFERENCES.sub(rf"\g<1>{name}-", tag))


def _of_the_page(grey: re.Match[str]) -> str:
    """The colour of the page that plays the part of a grey."""
    lightness = int(grey[1], 16) / 255
    if lightness == 1:
        return "var(--paper)"
    if lightness > _PANEL:
        return "var(--panel)"
    return "var(--line)" if lightness > _LINE else "currentColor"
