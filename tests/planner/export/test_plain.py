import pytest

from planner.export.plain import plain_text


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("layer1.0", "layer1.0"),
        ("two\nlines\tand\r\n  more ", "two lines and more"),
        ("bell\x07, delete\x7f", "bell , delete"),
        ("line\u2028paragraph\u2029", "line paragraph"),
        ("reversed\u202etxt", "reversed txt"),
        ("é → 層", "é → 層"),  # letters of any script stay
        ("\x00", ""),
    ],
)
def test_a_name_stands_on_one_line_without_control_characters(name, shown):
    assert plain_text(name) == shown
