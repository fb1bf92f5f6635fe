import pytest

from experiments import kept_profiles
from experiments.kept_profiles import kept_profile
from planner.files import read_record
from profiler.record import Record


class Kept(Record):
    """Stands for a profile."""

    text: str


@pytest.fixture(autouse=True)
def small_profiles(monkeypatch):
    monkeypatch.setattr(kept_profiles.api, "read_profile", lambda path: read_record(path, Kept))


def test_a_profile_is_made_once_and_then_read(tmp_path):
    made = []

    def make():
        made.append("made")
        return Kept(text=f"number {len(made)}")

    path = tmp_path / "profiles" / "m.json"
    found = [kept_profile(path, make, has_rows=has_rows).text for has_rows in (False, True)]
    assert found == ["number 1"] * 2
    assert made == ["made"]


def test_a_profile_that_rows_were_predicted_from_is_not_made_again(tmp_path):
    with pytest.raises(SystemExit, match=r"gone\.json: is missing, .* name another folder"):
        kept_profile(tmp_path / "gone.json", lambda: Kept(text="other"), has_rows=True)
    assert not list(tmp_path.iterdir())
