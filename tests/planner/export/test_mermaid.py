"""Mermaid, read by a small parser of what we write of the language."""

import re

import pytest

from planner.export.mermaid import mermaid_text
from tests.planner.export.documents import NASTY, phone_and_server

_LABEL = r'"([^"]*)"'
_LINES = {
    "subgraph": re.compile(rf"  subgraph (node\d+)\[{_LABEL}\]"),
    "stage": re.compile(rf"    (stage\d+)\[{_LABEL}\]"),
    "end_of_way": re.compile(rf"    (source|sink)\(\[{_LABEL}\]\)"),
    "arrow": re.compile(rf"  (\w+) (-->|-\.->)\|{_LABEL}\| (\w+)"),
    "end": re.compile("  end"),
}


def shown(label):
    """What a browser shows: line breaks, and characters by number."""
    lines = label.replace("<br/>", "\n")
    text = re.sub(r"#(\d+);", lambda match: chr(int(match[1])), lines)
    return text.replace("\u200b", "")


def read(text):
    """Every line by its kind and its parts; a line of no known kind is an error."""
    header, comment, *lines = text.splitlines()
    assert header == "flowchart LR"
    assert comment.startswith("  %% ")
    found = []
    for line in lines:
        ((kind, match),) = [
            (kind, match) for kind, form in _LINES.items() if (match := form.fullmatch(line))
        ]
        found.append((kind, *match.groups()))
    return found


def test_the_text_holds_nodes_stages_and_hops():
    assert read(mermaid_text(phone_and_server())) == [
        ("subgraph", "node0", "phone, cap 200 B"),
        ("end_of_way", "source", "input"),
        ("stage", "stage0", "stage 0<br/>stem<br/>2 s, 60 B"),
        ("end_of_way", "sink", "output"),
        ("end",),
        ("subgraph", "node1", "server, cap 2 KiB"),
        ("stage", "stage1", "stage 1<br/>body to head<br/>1.5 s, 130 B"),
        ("end",),
        ("arrow", "source", "-.->", "t0<br/>40 B", "stage0"),
        ("arrow", "stage0", "-->", "t1<br/>20 B, 3 s", "stage1"),
        ("arrow", "stage1", "-->", "t4<br/>10 B, 2 s", "sink"),
    ]


def test_names_are_shown_as_they_are_whatever_they_hold():
    lines = read(mermaid_text(phone_and_server((NASTY, "b", "c", "d"), (NASTY, "end"))))
    name = NASTY.replace("\n", " ")
    assert shown(lines[0][2]) == f"{name}, cap 200 B"
    assert shown(lines[2][2]) == f"stage 0\n{name}\n2 s, 60 B"


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("layer1.0/conv_1-a", "layer1.0/conv_1-a"),  # ordinary names stay readable
        ("conv1…pool, 層1, é", "conv1…pool, 層1, é"),
        ('say "x"', "say #34;x#34;"),
        ("#35;", "#35;35#59;"),  # no entity of its own
        ("style: a", "style#58; a"),  # no colon before a code: Mermaid would drop a semicolon
        ("`*_a_*`", "#96;#42;#95;a#95;#42;#96;"),  # no Markdown
        ("1. a", "1#46; a"),  # no list
        ("- a", "#45; a"),
        ("a\\nb", "a#92;#8203;nb"),  # no line break, which even a code for a backslash makes
        ("<br/>&lt;", "#60;br#47;#62;#38;lt#59;"),
        ("%%{init}%%", "#37;#37;#123;init#125;#37;#37;"),  # no directive
    ],
)
def test_what_mermaid_markdown_or_html_could_read_as_their_own_is_a_code(name, written):
    lines = read(mermaid_text(phone_and_server((name, "b", "c", "d"))))
    assert lines[2][2] == f"stage 0<br/>{written}<br/>2 s, 60 B"
