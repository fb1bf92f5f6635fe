"""Names that are short enough for a picture."""

from hypothesis import given
from hypothesis import strategies as st

from planner.plotting.short_names import short_names, shortened


def test_the_middle_of_a_long_name_is_left_out():
    assert shortened("edge-frankfurt-03", 10) == "edge…rt-03"
    assert shortened("camera", 6) == "camera"


def test_names_that_would_be_the_same_keep_more():
    assert short_names(["aXbbbbbbb1c", "aXbbbbbbb2c", "aYbbbbbbb1c", "b"], 4) == {
        "aXbbbbbbb1c": "aX…1c", "aXbbbbbbb2c": "aX…2c", "aYbbbbbbb1c": "aY…1c", "b": "b",
    }  # fmt: skip


def test_a_domain_is_left_out_and_an_address_is_none():
    assert list(short_names(["box-01.frankfurt.example.org", "10.20.30.40"], 14).values()) == [
        "box-01", "10.20.30.40",
    ]  # fmt: skip
    same = short_names(["box.frankfurt.example", "box.stuttgart.example"], 14)
    assert set(same.values()) == {"box.fr…example", "box.st…example"}


def test_names_that_differ_in_their_middles_keep_what_is_there():
    names = ["worker-1-europe-west-prod", "worker-2-europe-west-prod"]
    assert list(short_names(names, 12).values()) == ["…orker-1-eu…", "…orker-2-eu…"]


def test_a_name_that_cannot_be_shorter_stays_whole():
    names = ["ab", "ac", "abc"]
    assert short_names(names, 3) == {name: name for name in names}


@given(st.lists(st.text("ab-", max_size=12)), st.integers(3, 12))
def test_short_names_stay_apart(names, most):
    short = short_names(names, most)
    assert set(short) == set(names)
    assert len(set(short.values())) == len(set(names))
    assert all(len(short[name]) <= max(len(name), most) for name in names)
