"""Markup: HTML elements out of values; text is escaped unless it is markup already."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_VOID = ("meta",)


class Markup(str):
    """Text that is HTML already. Formatting or joining it gives plain text, to be escaped again."""

    __slots__ = ()


def escaped(text: str) -> Markup:
    """A text as HTML."""
    return text if isinstance(text, Markup) else Markup(html.escape(text))


def joined(parts: Iterable[str]) -> Markup:
    """Parts one after another."""
    return Markup("".join(escaped(part) for part in parts))


def element(tag: str, *children: str, **attributes: str) -> Markup:
    """An element. Attributes are named as in HTML, with `_` for `-`, and `class_` for `class`."""
    written = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{html.escape(value)}"'
        for name, value in attributes.items()
    )
    if tag in _VOID:
        return Markup(f"<{tag}{written}>")
    return Markup(f"<{tag}{written}>{joined(children)}</{tag}>")


def number(value: float, text: str) -> Markup:
    """A number as people read it, with the exact one beside it for programs."""
    return element("data", text, value=repr(value))


def bullets(items: Iterable[str]) -> Markup:
    """A list of sentences."""
    return element("ul", *(element("li", item) for item in items))


@dataclass(frozen=True)
class Column:
    """The head of a column."""

    title: str
    is_number: bool = False


def words(*titles: str) -> tuple[Column, ...]:
    """Columns of text."""
    return tuple(Column(title) for title in titles)


def numbers(*titles: str) -> tuple[Column, ...]:
    """Columns of numbers."""
    return tuple(Column(title, is_number=True) for title in titles)


def table(caption: str, columns: Sequence[Column], rows: Iterable[Sequence[str]]) -> Markup:
    """A table. Every cell names its column, so that a narrow page can show a row as a card."""
    head = (
        element("th", column.title, scope="col", class_=_kind(column.is_number))
        for column in columns
    )
    body = (
        element(
            "tr",
            *(
                element("td", cell, class_=_kind(column.is_number), data_column=column.title)
                for column, cell in zip(columns, row, strict=True)
            ),
        )
        for row in rows
    )
    whole = element(
        "table",
        element("caption", caption),
        element("thead", element("tr", *head)),
        element("tbody", *body),
    )
    return element("div", whole, class_="table")


def section(title: str, *children: str) -> Markup:
    """A part of the page under its heading."""
    return element("section", element("h2", title), *children)


def _kind(is_number: bool) -> str:
    return "number" if is_number else "text"
