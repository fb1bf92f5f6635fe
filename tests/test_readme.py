"""What the README shows must work as it stands there."""

import ast
import re
import shlex
from pathlib import Path

import pytest
import typer

from netmodel.cluster_file import parse_cluster
from planner import api
from planner.cli.main import app

README = (Path(__file__).parent.parent / "README.md").read_text()
COMMANDS = re.findall(r"^partway (\w+) (.+)$", README.replace("\\\n", " "), flags=re.MULTILINE)


def block(language):
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


def test_the_readme_shows_every_command():
    assert {name for name, _ in COMMANDS} | {"demo"} == set(typer.main.get_command(app).commands)


@pytest.mark.parametrize(("name", "words"), COMMANDS)
def test_a_command_in_the_readme_is_understood(name, words):
    command = typer.main.get_command(app).commands[name]
    assert command.make_context(name, shlex.split(words, comments=True)).params


def test_files_that_the_readme_names_exist():
    root = Path(__file__).parent.parent
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert (root / target).exists(), target


def test_the_cluster_in_the_readme_is_a_cluster():
    (text,) = block("yaml")
    assert parse_cluster(text).source == "phone"


def test_the_python_in_the_readme_uses_what_the_api_has():
    (text,) = block("python")
    used = {
        node.attr
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "api"
    }
    assert used <= set(api.__all__)
    assert all(hasattr(api, name) for name in api.__all__)


def test_the_make_targets_in_the_readme_exist():
    makefile = (Path(__file__).parent.parent / "Makefile").read_text()
    for target in re.findall(r"^make (\w+)", README, flags=re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, flags=re.MULTILINE)
