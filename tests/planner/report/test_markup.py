"""HTML out of values."""

from planner.report.markup import Markup, element, joined, number, numbers, table, words


def test_text_is_escaped_once_and_markup_never():
    inner = element("b", "a < b & c")
    assert inner == "<b>a &lt; b &amp; c</b>"
    assert element("p", inner, ' "d"') == "<p><b>a &lt; b &amp; c</b> &quot;d&quot;</p>"


def test_markup_that_was_formatted_is_text_again():
    """Otherwise a name beside it would slip through."""
    assert joined([f"{Markup('<b>')}<i>"]) == "&lt;b&gt;&lt;i&gt;"


def test_attributes_are_escaped_and_named_as_in_html():
    made = element("td", class_="number", data_column='a "b" <c>', viewBox="0 0 1 1")
    assert made == (
        '<td class="number" data-column="a &quot;b&quot; &lt;c&gt;" viewBox="0 0 1 1"></td>'
    )


def test_a_number_keeps_its_exact_value():
    assert number(0.1 + 0.2, "0.3") == '<data value="0.30000000000000004">0.3</data>'


def test_every_cell_of_a_table_names_its_column():
    made = table("All", (*words("name"), *numbers("size")), [("a", "1"), ("b", "2")])
    assert made.count('data-column="name"') == made.count('data-column="size"') == 2
    assert '<th scope="col" class="number">size</th>' in made
