"""What holds for every module of pictures."""

import ast
from pathlib import Path

import pytest
from matplotlib.colors import to_rgb

from planner import plotting
from planner.plotting.palette import LINES, STYLES, style_of

FOLDER = Path(plotting.__file__).parent
PICTURES = [
    path for path in sorted(FOLDER.glob("*.py")) if "\ndef plot_" in path.read_text("utf-8")
]


@pytest.mark.parametrize("path", PICTURES, ids=lambda path: path.stem)
def test_a_picture_asks_a_question_and_has_a_table_and_a_drawing_function(path):
    tree = ast.parse(path.read_text("utf-8"))
    assert "?" in ast.get_docstring(tree).split("\n\n")[0]
    public = [
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
    ]
    assert len([name for name in public if name.startswith("plot_")]) == 1
    assert len(public) >= 2


@pytest.mark.parametrize("path", PICTURES, ids=lambda path: path.stem)
def test_a_picture_has_tests_of_its_own(path):
    assert (Path(__file__).parent / f"test_plotting_{path.stem}.py").exists()


def test_neighbouring_styles_differ_in_colour_lightness_and_shape():
    for one, two in zip(STYLES, (*STYLES[1:], STYLES[0]), strict=True):
        assert one.hatch != two.hatch
        assert one.marker != two.marker
        assert abs(lightness(one.colour) - lightness(two.colour)) > 0.05


def test_all_styles_are_different():
    for field in ("colour", "hatch", "marker"):
        assert len({getattr(style, field) for style in STYLES}) == len(STYLES)


def test_styles_repeat_with_other_dashes():
    styles = [style_of(index) for index in range(len(LINES) * len(STYLES))]
    assert tuple(styles[: len(STYLES)]) == STYLES
    assert len(set(styles)) == len(styles)


def lightness(colour):
    """Relative luminance by ITU-R BT.709, without gamma."""
    red, green, blue = to_rgb(colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
