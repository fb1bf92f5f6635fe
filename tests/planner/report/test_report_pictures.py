"""Figures as inline SVG."""

import re

from matplotlib.figure import Figure

from planner.report.pictures import svg
from tests.planner.report.page_reader import PageReader


def draw(name="one"):
    figure = Figure(figsize=(2, 1))
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], color="#0072B2", label="less < more")
    axes.axvspan(0, 0.5, facecolor="0.93", hatch="//")
    axes.legend()
    return svg(figure, name, 'shows "it"')


def test_a_picture_is_one_element_with_a_label_and_its_text_is_text():
    reader = PageReader(draw())
    assert reader.tags[0] == "svg"
    assert reader.tags.count("svg") == 1
    assert ("svg", "aria-label", 'shows "it"') in reader.attributes
    assert "less < more" in reader.texts["text"]


def test_a_picture_names_no_address_and_no_date():
    assert not re.search(r"http|<!DOCTYPE|<\?xml|metadata|20\d\d-\d\d", draw())


def test_black_white_and_grey_are_those_of_the_page_and_colours_stay():
    text = draw().lower()
    assert not re.search(r"#([0-9a-f]{2})\1\1", text)
    for part in ("currentcolor", "var(--paper)", "var(--panel)", "#0072b2"):
        assert part in text


def test_pictures_of_two_names_share_no_id_and_equal_ones_are_equal():
    ids = [set(re.findall(r'\bid="([^"]*)"', draw(name))) for name in ("one", "two")]
    assert all(ids)
    assert not ids[0] & ids[1]
    assert draw() == draw()


def test_names_in_scripts_that_the_measuring_font_lacks_stay_as_they_are():
    figure = Figure()
    figure.subplots().set_title("节点一")
    assert "节点一" in PageReader(svg(figure, "one", "names")).texts["text"]


def test_names_stay_as_they_are_whatever_is_in_them():
    name = 'a$_{ -->< id="x" url(#y) #ffffff$'
    figure = Figure()
    figure.subplots().set_title(name)
    reader = PageReader(svg(figure, "one", "names"))
    assert name in reader.texts["text"]
