"""Where nodes and the words at links have room."""

import pytest

from planner.plotting.cluster_layout import Box, bow, lay_out


def test_the_request_goes_down_on_the_left_and_up_on_the_right():
    places = lay_out(dict.fromkeys("abcde", "words"), {}, {}).nodes
    assert [places[name].x for name in "abcde"] == [-2.3, -2.3, -2.3, 2.3, 2.3]
    assert [places[name].y for name in "abcde"] == [1.3, 0.0, -1.3, -0.65, 0.65]


def test_nodes_that_a_request_does_not_come_to_stand_in_rows_below():
    layout = lay_out({"a": "words", "b": "words"}, dict.fromkeys("cdefg", "words"), {})
    lowest = min(layout.nodes[name].y for name in "ab")
    assert layout.nodes["c"].y == layout.nodes["f"].y < lowest
    assert layout.nodes["g"].y < layout.nodes["c"].y
    assert layout.nodes["g"].x == 0


def test_words_stand_left_of_the_way_beyond_the_arc():
    """Two nodes 4.6 in apart: the bow is 0.4 in, and half of that in the middle."""
    words = {("a", "b"): "x", ("b", "a"): "x"}
    layout = lay_out({"a": "words", "b": "words"}, {}, words)
    assert bow(layout.nodes["a"], layout.nodes["b"]) == pytest.approx(0.4 / 4.6)
    there, back = layout.words["a", "b"], layout.words["b", "a"]
    assert there.y - there.height / 2 == pytest.approx(0.2 + 0.06)
    assert back.y + back.height / 2 == pytest.approx(-0.2 - 0.06)
    assert (there.x, back.x) == (0, 0)


def test_the_edges_are_those_of_the_outermost_boxes():
    layout = lay_out({"a": "one\ntwo"}, {}, {})
    (box,) = layout.nodes.values()
    assert (layout.low, layout.high) == (-box.height / 2, box.height / 2)


def test_boxes_that_touch_do_not_overlap():
    box = Box(0, 0, 2, 2)
    assert not box.overlaps(Box(2, 0, 2, 2))
    assert not box.overlaps(Box(0, 2, 2, 2))
    assert box.overlaps(Box(1.9, 1.9, 2, 2))
