import sys

import pytest
from matplotlib.figure import Figure

from experiments.again import draw_again, sum_up_again
from planner.files import write_text_atomic


def draw_to(target, folder, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["plot", "-o", str(target)])
    draw_again(lambda _: Figure(), folder)


def test_a_picture_is_drawn_beside_the_rows_or_where_it_is_wanted(tmp_path, monkeypatch):
    draw_to(tmp_path / "new" / "wanted.png", tmp_path, monkeypatch)
    assert (tmp_path / "new" / "wanted.png").read_bytes().startswith(b"\x89PNG")
    monkeypatch.setattr(sys, "argv", ["plot"])
    draw_again(lambda _: Figure(), tmp_path)
    assert (tmp_path / f"{tmp_path.name}.png").exists()


@pytest.mark.parametrize(
    ("target", "reason"),
    [("folder", "Is a directory"), ("file/x.png", "File exists"), ("file/x/y.png", "Not a dir")],
)
def test_a_picture_that_cannot_be_written_is_refused_by_name(target, reason, tmp_path, monkeypatch):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("kept")
    with pytest.raises(SystemExit, match=rf"^cannot write {tmp_path / target}: {reason}.* -o$"):
        draw_to(tmp_path / target, tmp_path, monkeypatch)
    assert (tmp_path / "file").read_text() == "kept"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder"]


def test_a_summary_that_cannot_be_written_is_refused_by_name(tmp_path, monkeypatch):
    (tmp_path / "summary.json").mkdir()
    monkeypatch.setattr(sys, "argv", ["summary", str(tmp_path)])
    with pytest.raises(SystemExit, match=rf"^cannot sum up {tmp_path}: .*summary.json"):
        sum_up_again(lambda folder: write_text_atomic(folder / "summary.json", "{}"), tmp_path)
