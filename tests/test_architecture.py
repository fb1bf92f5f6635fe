"""Who may import whom, and what must not be imported at all."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("planner", "profiler", "netmodel")
SHIPPED_EXPERIMENTS = ("experiments/testbed",)
VALUES = (
    "profiler.graph",
    "profiler.blocks",
    "profiler.liveness",
    "profiler.cuts",
    "profiler.op_kinds",
    "profiler.op_order",
    "profiler.block_order",
    "profiler.profile_records",
    "profiler.profile_options",
    "profiler.speed_records",
    "netmodel.cluster",
    "netmodel.cluster_edit",
    "netmodel.fit",
    "netmodel.links.affine",
    "netmodel.links.any_link",
    "netmodel.links.cold_start",
    "netmodel.links.piecewise",
    "netmodel.links.spread",
    "netmodel.probe",
    "netmodel.probe_plan",
    "netmodel.probe_records",
    "planner.problem",
    "planner.plan",
    "planner.breakdown",
    "planner.solution",
    "planner.spread",
    "planner.tail",
    "planner.throughput",
    "planner.limits",
    "planner.objectives",
    "planner.explanation",
    "planner.placement.instance",
    "planner.placement.placement",
    "planner.manifest",
    "planner.saved_run",
    "experiments.testbed.addresses",
    "experiments.testbed.cluster_wires",
    "experiments.testbed.media",
    "experiments.testbed.options",
    "experiments.testbed.packets",
    "experiments.testbed.wires",
)
FORBIDDEN = {
    # package or module prefix: prefixes that nothing in it may import
    "profiler": ("planner", "netmodel"),
    "netmodel": ("planner", "profiler", "torch"),
    "planner.costs": ("torch", "planner.solvers", "planner.cli", "profiler.capture"),
    "planner.solvers": ("torch", "planner.cli", "profiler.capture"),
    "planner.placement": ("torch", "planner.cli", "planner.solvers"),
    "planner.explain": ("torch", "planner.cli"),
    "planner.baselines": ("torch", "planner.solvers", "planner.cli"),
    "planner.plotting": ("torch", "planner.cli", "matplotlib.pyplot"),
    "planner.report": ("torch", "planner.cli", "planner.solvers", "matplotlib.pyplot"),
    "planner.wording": ("torch", "planner.cli", "planner.solvers"),
    "planner.export": ("torch", "planner.cli", "planner.solvers", "planner.plotting"),
    "planner.engines": ("torch", "planner.solvers", "planner.plotting", "planner.cli"),
}
RUNTIME_MAY_IMPORT = ("planner.runtime", "planner.errors", "profiler.backends", "profiler.process")
HEAVY = ("torch", "torchvision", "onnxruntime", "onnx", "matplotlib")


def modules():
    for package in (*PACKAGES, *SHIPPED_EXPERIMENTS):
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), path


def imports(path, *, top_level_only=False):
    """Names of imported modules, without those that only type checkers read."""
    tree = ast.parse(path.read_text())
    for_types = {
        child
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for child in ast.walk(node)
    }
    nodes = tree.body if top_level_only else ast.walk(tree)
    for node in nodes:
        if node in for_types:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def is_inside(name, prefix):
    return name == prefix or name.startswith(prefix + ".")


@pytest.mark.parametrize(("area", "banned"), FORBIDDEN.items())
def test_an_area_does_not_import_what_it_must_not_know(area, banned):
    offences = [
        f"{module} imports {name}"
        for module, path in modules()
        if is_inside(module, area)
        for name in imports(path)
        if any(is_inside(name, prefix) for prefix in banned)
    ]
    assert not offences


def test_the_runtime_imports_only_what_a_node_needs():
    offences = [
        f"{module} imports {name}"
        for module, path in modules()
        if is_inside(module, "planner.runtime")
        for name in imports(path)
        if name.split(".")[0] in PACKAGES
        and not any(is_inside(name, allowed) for allowed in RUNTIME_MAY_IMPORT)
    ]
    assert not offences


def test_only_the_command_line_imports_experiments():
    offences = [
        f"{module} imports {name}"
        for module, path in modules()
        if module.split(".")[0] in PACKAGES and not is_inside(module, "planner.cli")
        for name in imports(path)
        if is_inside(name, "experiments")
    ]
    assert not offences


def test_the_relay_starts_without_what_it_does_not_need():
    """It shall be there in a fraction of a second, and small."""
    probe = (
        "import experiments.testbed.relay, sys; print([n for n in sys.argv if n in sys.modules])"
    )
    unwanted = ("pydantic", "numpy", "networkx", "netmodel.cluster", *HEAVY)
    done = subprocess.run(
        [sys.executable, "-c", probe, *unwanted],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("module", VALUES)
def test_values_do_no_input_or_output_and_read_no_clock(module):
    path = ROOT / (module.replace(".", "/") + ".py")
    banned = ("torch", "pathlib", "os", "io", "time", "socket", "subprocess", "random", "datetime")
    assert not [name for name in imports(path) if any(is_inside(name, b) for b in banned)]


def test_only_the_command_line_prints_or_reads_the_environment():
    programs = ("planner.cli", "experiments.testbed.run")
    offences = [
        f"{module}:{node.lineno}"
        for module, path in modules()
        if not any(is_inside(module, program) for program in programs)
        for node in ast.walk(ast.parse(path.read_text()))
        if ast.unparse(node) in ("os.environ", "os.getenv")
        or (isinstance(node, ast.Call) and ast.unparse(node.func) == "print")
    ]
    assert not offences


def test_commands_import_nothing_heavy_before_they_run():
    offences = [
        f"{module} imports {name}"
        for module, path in modules()
        if is_inside(module, "planner.cli") and not module.endswith("tables")
        for name in imports(path, top_level_only=True)
        if name.split(".")[0] in (*HEAVY, "rich", "pydantic")
    ]
    assert not offences


@pytest.mark.parametrize(
    "code",
    [
        "import planner.cli.main",
        "import planner.api",
        "from planner.solvers.solve import solve; from planner.sweep import sweep_parts",
    ],
)
def test_help_and_planning_import_no_torch(code):
    probe = f"{code}; import sys; print([n for n in {HEAVY!r} if n in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", probe], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_what_solves_nothing_imports_no_solver():
    probe = "import planner.api, planner.cli.tables, sys; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", probe], cwd=ROOT, capture_output=True, text=True, check=True
    )
    loaded = done.stdout.split()
    assert {"planner.api", "planner.cli.tables"} <= set(loaded)
    banned = ("planner.solvers", "scipy")
    assert not [name for name in loaded if any(is_inside(name, each) for each in banned)]


def test_pictures_of_committed_rows_need_no_torch():
    plots = sorted(ROOT.glob("experiments/*/plot.py"))
    names = ", ".join(f"experiments.{path.parent.name}.plot" for path in plots)
    done = subprocess.run(
        [sys.executable, "-c", f"import {names}, sys; print('torch' in sys.modules)"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "False"


def test_there_is_no_code_folder_beside_the_six():
    made = {"build", "out", ".venv"}
    folders = {path.parent.name for path in ROOT.glob("*/*.py")} - made
    assert folders <= {*PACKAGES, "experiments", "notebooks", "tests"}
