"""The notebooks run as they stand, tell their story in short cells, and keep no results."""

import asyncio
import os
import re
import shutil
import sys
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
import pytest
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from matplotlib import font_manager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
PICTURES = {
    "00_quickstart": 2,
    "01_granularity": 6,
    "02_cost_model": 5,
    "03_network_model": 2,
    "04_solvers": 2,
    "05_compare": 6,
}
"""Of every notebook, how many it shows."""
WHAT_NOTEBOOKS_USE = ("experiments", "netmodel", "notebooks", "planner", "profiler")
LONGEST_CELL_LINES = 10
CELL_DEADLINE_S = 600
each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def read(path):
    return nbformat.read(path, as_version=nbformat.NO_CONVERT)


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def files_below(folder):
    """Files with their times, without Python's own."""
    return {
        path: path.stat().st_mtime_ns
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    """A copy, so that whatever a notebook writes is seen, and nothing that others write."""
    # Matplotlib lists the fonts when it is used for the first time, and then a kernel says so.
    assert font_manager.fontManager.ttflist
    copy = tmp_path_factory.mktemp("repository")
    for name in WHAT_NOTEBOOKS_USE:
        ignore = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints")
        shutil.copytree(ROOT / name, copy / name, ignore=ignore)
    return copy


def environment_below(home, root):
    """What a kernel sees: all of Jupyter's and IPython's folders are below `home`."""
    folders = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")
    own = {name: str(home / name.lower()) for name in folders}
    (home / "temporary").mkdir()
    # What the test run itself has set would be kept instead of pictures within the notebook.
    kept = {k: v for k, v in os.environ.items() if k not in ("MPLBACKEND", "DISPLAY")}
    return kept | own | {"TMPDIR": str(home / "temporary"), "PYTHONPATH": str(root)}


@contextmanager
def kernel_manager(home):
    """Of a new kernel of this Python; none that is installed for a user is looked at.

    Its sockets are files: of two tests that run at once, one could be given a port that the other
    has looked up but not yet taken. Their folder has a short name, as such names may not be long.
    """
    with TemporaryDirectory() as sockets:
        manager = AsyncKernelManager(
            kernel_name="python3",
            kernel_spec_manager=KernelSpecManager(kernel_dirs=[]),
            connection_file=str(home / "kernel.json"),
            transport="ipc",
            ip=f"{sockets}/kernel",
        )
        assert manager.kernel_spec.argv[0] == sys.executable
        yield manager


def execute(path, home):
    """Runs a notebook in a new kernel, beside its files, as Jupyter does.

    The cells are run one by one and not by `NotebookClient.execute`: that takes SIGTERM and SIGINT
    for itself, ends the kernel at them, and then reports a dead kernel where somebody has stopped
    the test run.
    """
    notebook = read(path)
    with kernel_manager(home) as manager:
        client = NotebookClient(
            notebook,
            km=manager,
            timeout=CELL_DEADLINE_S,
            startup_timeout=CELL_DEADLINE_S,
            resources={"metadata": {"path": str(path.parent)}},
        )
        environment = environment_below(home, path.parent.parent)
        with client.setup_kernel(env=environment, cleanup_kc=True):
            for index, cell in enumerate(notebook.cells):
                try:
                    client.execute_cell(cell, index)
                except Exception as error:
                    # None while the kernel is alive.
                    status = asyncio.run(manager.provisioner.poll())
                    error.add_note(f"{path.name}, cell {index}; exit status of kernel: {status}")
                    raise
    return notebook


def test_there_is_a_notebook_for_every_part_of_the_story():
    assert [path.stem for path in NOTEBOOKS] == list(PICTURES)


@each_notebook
def test_a_notebook_runs_without_a_warning_and_shows_its_pictures(path, repository, tmp_path):
    before = files_below(repository)
    notebook = execute(repository / "notebooks" / path.name, tmp_path)
    outputs = [output for cell in code_cells(notebook) for output in cell.outputs]
    warnings = [output.text for output in outputs if output.get("name") == "stderr"]
    assert warnings == []
    pictures = [output for output in outputs if "image/png" in output.get("data", {})]
    assert len(pictures) == PICTURES[path.stem]
    assert files_below(repository) == before


def written(folder, code):
    """A notebook of one cell in a folder of a repository."""
    path = folder / "notebooks" / "one_cell.ipynb"
    path.parent.mkdir()
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)]), path)
    return path


@pytest.mark.parametrize(
    ("code", "expected", "status"),
    [
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", DeadKernelError, -9),
        ("1 / 0", CellExecutionError, None),  # the kernel is alive
    ],
)
def test_what_fails_is_reported_with_notebook_cell_and_exit_status(
    code, expected, status, tmp_path
):
    path = written(tmp_path, code)
    with pytest.raises(expected) as raised:
        execute(path, tmp_path)
    assert raised.value.__notes__ == [f"one_cell.ipynb, cell 0; exit status of kernel: {status}"]


def test_a_file_beside_the_notebooks_folder_is_seen(tmp_path):
    path = written(tmp_path, "open('../left.txt', 'w').close()")
    (home := tmp_path / "home").mkdir()
    before = files_below(tmp_path)
    execute(path, home)
    assert tmp_path / "left.txt" in files_below(tmp_path).keys() - before.keys()


@each_notebook
def test_a_notebook_holds_no_results_and_nothing_of_the_machine(path):
    notebook = read(path)
    for cell in code_cells(notebook):
        assert cell.outputs == []
        assert cell.execution_count is None
    assert notebook.metadata == {"language_info": {"name": "python"}}
    assert all(cell.metadata == {} for cell in notebook.cells)
    assert not any("attachments" in cell for cell in notebook.cells)


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
def test_pictures_of_the_number_of_parts_show_the_split_by_hand(path):
    for cell in code_cells(read(path)):
        calls = re.findall(r"plans_against_granularity\((?!table)(.*)\)[,;]?", cell.source)
        assert all(re.search(r", (by_hand|priced_hand_split\()", call) for call in calls)


@each_notebook
def test_what_a_cut_carries_is_told_of_marks_as_it_is_drawn(path):
    for text, code in pairwise(read(path).cells):
        if text.cell_type == "markdown" and "plot_cut_profile(" in code.source:
            assert not re.search(r"\bbars?\b", text.source)


@each_notebook
def test_what_a_notebook_links_to_is_there(path):
    text = "\n".join(cell.source for cell in read(path).cells if cell.cell_type == "markdown")
    for target in re.findall(r"\]\(([^):]+)\)", text):
        file, _, anchor = target.partition("#")
        place = FOLDER / file if file else path
        assert place.exists(), target
        assert not anchor or anchor in anchors(place), target


def anchors(path):
    """Of a page's headings, as GitHub names them."""
    headings = re.findall(r"^#+ (.+)$", path.read_text(), flags=re.MULTILINE)
    return {re.sub(r"[^\w -]", "", line).strip().lower().replace(" ", "-") for line in headings}


def test_the_page_of_the_folder_lists_every_notebook():
    page = (FOLDER / "README.md").read_text()
    assert re.findall(r"\]\((\w+)\.ipynb\)", page) == list(PICTURES)
