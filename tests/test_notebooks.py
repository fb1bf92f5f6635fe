"""The notebooks run as they stand, tell their story in short cells, and keep no results."""

import os
import re
import sys
from itertools import chain
from pathlib import Path

import nbformat
import pytest
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
NAMES = (
    "00_quickstart",
    "01_granularity",
    "02_cost_model",
    "03_network_model",
    "04_solvers",
    "05_compare",
)
LONGEST_CELL_LINES = 10
CELL_DEADLINE_S = 600
each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def read(path):
    return nbformat.read(path, as_version=nbformat.NO_CONVERT)


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def files_of_the_repository():
    """Files with their times where a notebook could write by mistake, without Python's own."""
    places = (ROOT.glob("*"), FOLDER.rglob("*"), (ROOT / "experiments").rglob("*"))
    return {
        path: path.stat().st_mtime_ns
        for path in chain(*places)
        if path.is_file() and "__pycache__" not in path.parts
    }


def execute(path, home):
    """Runs a notebook in a new kernel of this Python, beside its files, as Jupyter does.

    No kernel that is installed for a user is looked at, nor any settings: all of Jupyter's and
    IPython's folders are below `home`.
    """
    folders = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")
    environment = {name: str(home / name.lower()) for name in folders}
    (home / "temporary").mkdir()
    environment |= {"TMPDIR": str(home / "temporary"), "PYTHONPATH": str(ROOT)}
    # What the test run itself has set would be kept instead of pictures within the notebook.
    kept = {k: v for k, v in os.environ.items() if k not in ("MPLBACKEND", "DISPLAY")}
    manager = AsyncKernelManager(
        kernel_name="python3",
        kernel_spec_manager=KernelSpecManager(kernel_dirs=[]),
        connection_file=str(home / "kernel.json"),
    )
    assert manager.kernel_spec.argv[0] == sys.executable
    notebook = read(path)
    client = NotebookClient(
        notebook,
        km=manager,
        timeout=CELL_DEADLINE_S,
        resources={"metadata": {"path": str(path.parent)}},
    )
    client.execute(env=kept | environment, cleanup_kc=True)
    return notebook


def test_there_is_a_notebook_for_every_part_of_the_story():
    assert tuple(path.stem for path in NOTEBOOKS) == NAMES


@each_notebook
def test_a_notebook_runs_and_shows_its_pictures(path, tmp_path):
    before = files_of_the_repository()
    notebook = execute(path, tmp_path)
    outputs = [output for cell in code_cells(notebook) for output in cell.outputs]
    assert any("image/png" in output.get("data", {}) for output in outputs)
    assert files_of_the_repository() == before


@each_notebook
def test_a_notebook_holds_no_results_and_nothing_of_the_machine(path):
    notebook = read(path)
    for cell in code_cells(notebook):
        assert cell.outputs == []
        assert cell.execution_count is None
    assert notebook.metadata == {"language_info": {"name": "python"}}
    assert all(cell.metadata == {} for cell in notebook.cells)


@each_notebook
def test_a_notebook_is_valid_and_its_cells_have_names_of_their_own(path):
    notebook = read(path)
    nbformat.validate(notebook)
    names = [cell.id for cell in notebook.cells]
    assert len(set(names)) == len(names)


@each_notebook
def test_cells_of_code_are_short_and_text_stands_between_them(path):
    cells = read(path).cells
    assert cells[0].cell_type == "markdown"
    assert cells[0].source.startswith("# ")
    for cell in cells:
        if cell.cell_type == "code":
            assert 0 < len(cell.source.splitlines()) <= LONGEST_CELL_LINES
    assert sum(cell.cell_type == "markdown" for cell in cells) >= len(cells) / 3


@each_notebook
def test_the_first_cell_of_code_names_the_model(path):
    assert re.search(r"^MODELS? = ", code_cells(read(path))[0].source, flags=re.MULTILINE)


@each_notebook
def test_what_a_notebook_links_to_is_there(path):
    text = "\n".join(cell.source for cell in read(path).cells if cell.cell_type == "markdown")
    for target in re.findall(r"\]\(([^)#:]+)\)", text):
        assert (FOLDER / target).exists(), target


def test_the_page_of_the_folder_lists_every_notebook():
    page = (FOLDER / "README.md").read_text()
    assert re.findall(r"\]\((\w+)\.ipynb\)", page) == list(NAMES)
