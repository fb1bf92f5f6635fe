"""What the README and its pages show must work as it stands there."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
import typer

from netmodel.cluster_file import parse_cluster
from planner import api
from planner.cli.main import app

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
PAGES = [README, *sorted((ROOT / "docs").glob("*.md"))]
EXPERIMENTS = sorted(ROOT.glob("experiments/*/README.md"))
ALL_PAGES = [*PAGES, *EXPERIMENTS, *sorted(ROOT.glob("notebooks/*.md"))]


def text_of(page):
    """A page's text, with lines that a backslash continues put together."""
    return page.read_text().replace("\\\n", " ")


def commands_of(page):
    return re.findall(r"^partway (\w+) (.+)$", text_of(page), flags=re.MULTILINE)


def block(page, language):
    return re.findall(rf"```{language}\n(.*?)```", text_of(page), flags=re.DOTALL)


COMMANDS = [command for page in PAGES for command in commands_of(page)]
MODULES = [
    (page.parent.name, *found)
    for page in ALL_PAGES
    for found in re.findall(r"python -m (experiments\.[\w.]+)([^`#\n]*)", text_of(page))
]


def test_the_pages_show_every_command():
    assert {name for name, _ in COMMANDS} | {"demo"} == set(typer.main.get_command(app).commands)


@pytest.mark.parametrize(("name", "words"), COMMANDS)
def test_a_command_of_a_page_is_understood(name, words):
    command = typer.main.get_command(app).commands[name]
    assert command.make_context(name, shlex.split(words, comments=True)).params


def run_here(words, folder):
    """Runs this clone's Python in a folder that has the demo's cluster where the README has it."""
    cluster = Path("planner/cli/demo_cluster.yaml")
    (folder / cluster).parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(ROOT / cluster, folder / cluster)
    done = subprocess.run(
        [sys.executable, "-P", *words],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{shlex.join(words)}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def written_in(target):
    """Files of a folder, or the file itself, each with when it was written."""
    paths = [target, *target.rglob("*")]
    return {(path, path.stat().st_mtime_ns) for path in paths if path.is_file()}


def test_the_commands_of_the_readme_work_one_after_the_other(tmp_path):
    commands = commands_of(README)
    assert [name for name, _ in commands][:2] == ["profile", "plan"]
    for name, words in commands:
        line = shlex.split(words, comments=True)
        targets = [word for option, word in pairwise(line) if option in ("-o", "--save")]
        before = {target: written_in(tmp_path / target) for target in targets}
        run_here(["-m", "planner.cli.main", name, *line], tmp_path)
        for target, files in before.items():
            # Several commands write into one folder.
            assert written_in(tmp_path / target) - files, f"{name} wrote nothing to {target}"


def test_the_python_of_the_readme_works(tmp_path):
    (program,) = block(README, "python")
    lines = program.splitlines()
    assert len(lines) <= 12
    *_, measured = run_here(["-c", program], tmp_path).splitlines()
    latency_s, difference = map(float, measured.split())
    assert latency_s > 0
    assert difference < 1e-4


@pytest.mark.parametrize(("name", "module", "words"), MODULES)
def test_the_command_of_an_experiment_names_what_there_is(name, module, words):
    path = ROOT / Path(*module.split(".")).with_suffix(".py")
    assert path.is_file(), f"{name}: there is no {module}"
    assert 'if __name__ == "__main__":' in path.read_text(), f"{name}: {module} does nothing"
    sources = " ".join(source.read_text() for source in path.parent.glob("*.py"))
    for option in re.findall(r"(?<!\S)--?[a-z][\w-]*", words):
        known = (f'"{option}"', f'"{option.strip("-")}"')  # the latter where a loop adds the dashes
        assert any(word in sources for word in known), f"{name}: {module} has no {option}"


@pytest.mark.parametrize("page", ALL_PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_files_that_a_page_names_exist(page):
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text()):
        assert "://" in target or (page.parent / target).exists(), target


def test_every_picture_of_a_page_has_a_command_that_draws_it():
    for page in ALL_PAGES:
        for target in re.findall(r"!\[[^\]]*\]\(([^)]+)\)", page.read_text()):
            picture = (page.parent / target).resolve()
            folder = picture.parent.name
            drawer = "plot" if picture.stem == folder else picture.stem
            module = f"experiments.{folder}.{drawer}"
            assert module in page.read_text(), f"{page}: {target} is drawn by {module}"


def test_the_cluster_of_the_pages_is_a_cluster():
    (text,) = [text for page in PAGES for text in block(page, "yaml")]
    assert parse_cluster(text).source == "phone"


def test_the_api_has_what_it_says():
    assert all(hasattr(api, name) for name in api.__all__)


def test_the_make_targets_of_the_readme_exist():
    makefile = (ROOT / "Makefile").read_text()
    for target in re.findall(r"^make (\w+)", README.read_text(), flags=re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, flags=re.MULTILINE)
