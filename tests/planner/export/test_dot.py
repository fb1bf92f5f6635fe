"""DOT, read by a small parser of what we write of the language."""

import re

from planner.export.dot import dot_text
from tests.planner.export.documents import NASTY, phone_and_server

_TOKEN = re.compile(r'\s*("(?:[^"\\]|\\.)*"|->|[\w.]+|[{}\[\]=;,])')
_ESCAPES = {"n": "\n", '"': '"', "\\": "\\"}


def tokens_of(text):
    """The tokens; anything that is none is an error."""
    position, tokens = 0, []
    while text[position:].strip():
        match = _TOKEN.match(text, position)
        assert match, text[position : position + 20]
        tokens.append(match[1])
        position = match.end()
    return tokens


def label_of(quoted):
    """What Graphviz shows: escapes replaced, then entities."""
    assert set(re.findall(r"\\(.)", quoted[1:-1])) <= set(_ESCAPES)
    text = re.sub(r"\\(.)", lambda match: _ESCAPES[match[1]], quoted[1:-1])
    return re.sub(r"&(\w+|#\d+);", lambda match: {"amp": "&"}[match[1]], text)


def read(text):
    """Clusters by label with their nodes, node labels, and edges with their style and label."""
    tokens = tokens_of(text)
    assert tokens[:3] == ["digraph", "plan", "{"]
    clusters, nodes, edges, inside = {}, {}, [], None
    rest = tokens[3:]
    while rest:
        word = rest.pop(0)
        if word == "}":
            inside = None
        elif word == "subgraph":
            name, inside = rest.pop(0), []
            assert name.startswith("cluster_")
            assert rest.pop(0) == "{"
        else:
            head = None
            if rest[0] == "->":
                head = rest[1]
                rest = rest[2:]
            end = rest.index(";")
            traits = attributes(rest[:end])
            rest = rest[end + 1 :]
            if head:
                edges.append((word, head, traits.get("style"), label_of(traits["label"])))
            elif word == "graph" and inside is not None:
                clusters[label_of(traits["label"])] = inside
            elif word not in ("graph", "node", "edge"):
                nodes[word] = label_of(traits["label"])
                inside.append(word)
    assert tokens.count("{") == tokens.count("}")
    return clusters, nodes, edges


def attributes(tokens):
    assert (tokens[0], tokens[-1]) == ("[", "]")
    inner = tokens[1:-1]
    assert inner[1::4] == ["="] * len(inner[1::4])
    assert inner[3::4] == [","] * len(inner[3::4])
    return dict(zip(inner[0::4], inner[2::4], strict=True))


def test_the_text_holds_nodes_stages_and_hops():
    clusters, nodes, edges = read(dot_text(phone_and_server()))
    assert clusters == {
        "phone, cap 200 B": ["source", "stage0", "sink"],
        "server, cap 2 KiB": ["stage1"],
    }
    assert nodes == {
        "source": "input",
        "stage0": "stage 0\nstem\n2 s, 60 B",
        "sink": "output",
        "stage1": "stage 1\nbody to head\n1.5 s, 130 B",
    }
    assert edges == [
        ("source", "stage0", "dashed", "t0\n40 B"),
        ("stage0", "stage1", None, "t1\n20 B, 3 s"),
        ("stage1", "sink", None, "t4\n10 B, 2 s"),
    ]


def test_names_are_shown_as_they_are_whatever_they_hold():
    backslash = "ends with \\"
    clusters, nodes, _ = read(dot_text(phone_and_server((NASTY, "b", "c", backslash))))
    assert nodes["stage0"] == f"stage 0\n{NASTY.replace(chr(10), ' ')}\n2 s, 60 B"
    assert nodes["stage1"] == f"stage 1\nb to {backslash}\n1.5 s, 130 B"
    assert len(clusters) == 2


def test_equal_plans_give_equal_texts():
    assert dot_text(phone_and_server()) == dot_text(phone_and_server())
