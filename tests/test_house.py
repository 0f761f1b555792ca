"""The package keeps its own rules: small rooms, data one way, nothing heavy, nothing unused.

Each rule is a function that says what is wrong; each is seen to fail on a small made-up package.
"""

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from importlinter.cli import lint_imports
from nbformat.v4 import new_code_cell, new_notebook

import dfad_lite

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "dfad_lite"

CORE = ("profiles", "losses", "models", "teacher", "distill", "baselines", "metrics")
KIN = ("diversity", "family", "theft", "playground", "federated")
COURSE = ("__init__", "cli", "runner", "sweep", "handout", "site", "heist")
OWN = ("course/own.py", "course/report.py")
# What a room may hold: patterns of its files, and how many lines, blank ones and comments, too.
ROOMS: dict[str, tuple[tuple[str, ...], int]] = {
    "the evening core": (tuple(f"{name}.py" for name in CORE), 1577),
    "the paper's networks": (("paper_nets.py",), 105),
    "its kin": (tuple(f"{name}.py" for name in KIN), 1004),
    "keeping": (("artefacts.py", "store.py"), 782),
    "the last mile": (("deploy.py", "course/export.py"), 375),
    "showing": (("plots.py", "explore.py"), 517),
    "speed": (("speed.py",), 167),
    "data": (("data/*.py",), 1063),
    "the course": (tuple(f"course/{name}.py" for name in COURSE), 1834),
    "teachers of one's own": (("estimates.py", "checkpoint.py", "adapt.py", *OWN), 1616),
    "the whole": (("**/*.py",), 9146),
}
# What the core, its kin and the data leave alone, so that a script starts fast and runs anywhere.
HEAVY = {"matplotlib", "pandas", "seaborn", "typer", "rich", "papermill", "IPython", "ipywidgets"}
HEAVY |= {"nbformat", "nbclient", "nbconvert", "nbgrader", "nbval"}
HEAVY |= {"onnx", "onnxruntime", "onnxscript"}


# ---------------------------------------------------------------- the rules


def check_budgets(package: Path, rooms: dict = ROOMS) -> list[str]:
    """Each room is within its lines, and each module in a room."""
    listed = [
        pattern for patterns, _ in rooms.values() for pattern in patterns if "**" not in pattern
    ]
    housed = {path for pattern in listed for path in package.glob(pattern)}
    found = [f"{p.name} is in no room" for p in package.glob("[a-z]*.py") if p not in housed]
    for room, (patterns, most) in rooms.items():
        paths = [path for pattern in patterns for path in sorted(package.glob(pattern))]
        counts = {path.name: len(path.read_text("utf-8").splitlines()) for path in paths}
        lines = sum(counts.values())
        if not paths or lines > most:
            found.append(f"{room}: {lines} lines, at most {most} are allowed: {counts}")
    return found


def check_nothing_heavy(package: Path, names: tuple[str, ...], heavy: set[str]) -> list[str]:
    """A process that imports these modules of the package loads nothing heavy."""
    imports = "; ".join(f"import {package.name}.{name}" for name in names)
    code = f"import sys; {imports}; print(*{{name.split('.')[0] for name in sys.modules}})"
    environment = {**os.environ, "PYTHONPATH": str(package.parent)}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return [f"{name} is loaded by {imports}" for name in heavy & set(done.stdout.split())]


def check_order(package: Path, docstring: str, readme: str) -> list[str]:
    """README and docstring print one order of all modules, and none imports a later one."""
    names = {path.stem for path in package.glob("[a-z]*.py")}
    names |= {path.parent.name for path in package.glob("*/__init__.py")}
    printed = {"README": steps(readme, names), "the docstring": steps(docstring, names)}
    found = []
    if printed["README"] != printed["the docstring"]:
        found.append(f"two orders: {printed}")
    order = [name for step in printed["README"] for name in step]
    if sorted(order) != sorted(names):
        found.append(f"the order names {sorted(order)}; the modules are {sorted(names)}")
    for path, tree in parsed(package):
        here = path.relative_to(package).with_suffix("").parts[0]
        used = {module.split(".")[1] for module in imported(tree, package) if "." in module}
        if here in order:
            later = used & set(order[order.index(here) + 1 :])
            found += [f"{path.name} imports {name}, which comes later" for name in sorted(later)]
    return found


def steps(text: str, names: set[str]) -> list[list[str]]:
    """The order that a text prints: modules between arrows, up to the end of the sentence."""
    paragraphs = re.split(r"\n\s*\n", text)
    arrows = next((p for p in paragraphs if "→" in p or "->" in p), "")
    sentence = re.split(r"[;.](?:\s|$)", arrows)[0]
    parts = [re.findall(r"[a-z_]+", part) for part in re.split("→|->", sentence)]
    return [[word for word in part if word in names] for part in parts]


def check_all_used(package: Path, notebooks: list[Path]) -> list[str]:
    """The package itself or a notebook uses every public name of a module."""
    public: set[tuple[str, str]] = set()
    used: set[tuple[str, str]] = set()
    together: list[set[tuple[str, str]]] = []  # names that one statement gives: `SKY, ROAD = ...`
    passed_on: dict[tuple[str, str], tuple[str, str]] = {}  # by an __init__.py
    for path, tree in parsed(package):
        module = ".".join(path.relative_to(package.parent).with_suffix("").parts)
        module = module.removesuffix(".__init__")
        own = {name for statement in tree.body for name in bound(statement)}
        public |= {(module, name) for name in own if not name.startswith("_")}
        for statement in tree.body:
            together.append({(module, name) for name in bound(statement)})
            loaded = {n.id for n in ast.walk(statement) if isinstance(n, ast.Name)}
            used |= {(module, name) for name in own & loaded - bound(statement)}
            if registered(statement, own):
                used |= {(module, name) for name in bound(statement)}
        aliases = bindings(tree, package)
        if path.name == "__init__.py":
            passed_on |= {(module, name): target for name, target in aliases.items()}
        else:
            used |= set(aliases.values())
        used |= set(attributes(tree, aliases))
    for path in [*notebooks, *package.rglob("*.ipynb")]:
        cells = [c.source for c in nbformat.read(path, 4).cells if c.cell_type == "code"]
        tree = ast.parse(re.sub(r"^[%!].*$", "", "\n".join(cells), flags=re.MULTILINE))
        aliases = bindings(tree, package)
        used |= {*aliases.values(), *attributes(tree, aliases)}
    used |= {passed_on[name] for name in used if name in passed_on}
    used |= {name for group in together for name in group if group & used}
    return [f"{module}.{name} is used by nothing" for module, name in sorted(public - used)]


def parsed(package: Path) -> Iterator[tuple[Path, ast.Module]]:
    """Each file of a package with its syntax tree."""
    for path in sorted(package.rglob("*.py")):
        yield path, ast.parse(path.read_text("utf-8"))


def bound(statement: ast.stmt) -> set[str]:
    """The names that a statement of a module defines, imports left out."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {statement.name}
    stored = (n for n in ast.walk(statement) if isinstance(n, ast.Name))
    return {n.id for n in stored if isinstance(n.ctx, ast.Store)}


def registered(statement: ast.stmt, own: set[str]) -> bool:
    """Whether a decorator hands a function to an object of its module, as ``@app.command()``."""
    decorators = getattr(statement, "decorator_list", [])
    return any(n.id in own for d in decorators for n in ast.walk(d) if isinstance(n, ast.Name))


def bindings(tree: ast.Module, package: Path) -> dict[str, tuple[str, str]]:
    """By local name, (module, name) of what a file imports from the package, wherever it does."""
    found: dict[str, tuple[str, str]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == package.name:
            found |= {a.asname or a.name: (node.module, a.name) for a in node.names}
    return found


def attributes(tree: ast.Module, aliases: dict) -> Iterator[tuple[str, str]]:
    """(module, name) of every ``module.name`` whose module was imported by a name of its own."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            if node.value.id in aliases:
                yield ".".join(aliases[node.value.id]), node.attr


def imported(tree: ast.Module, package: Path) -> set[str]:
    """The modules of the package that a file imports, inside functions, too."""
    named = {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
    named = {name for name in named if name.startswith(f"{package.name}.")}
    return named | {".".join(target) for target in bindings(tree, package).values()}


# ---------------------------------------------------------------- the package


def test_every_room_is_within_its_lines() -> None:
    assert check_budgets(PACKAGE) == []


def test_the_game_loads_torch_and_little_else() -> None:
    assert check_nothing_heavy(PACKAGE, ("distill",), HEAVY | {"torchvision"}) == []


def test_the_core_its_kin_and_the_data_load_nothing_to_show_or_to_run_notebooks() -> None:
    assert check_nothing_heavy(PACKAGE, (*CORE, *KIN, "data"), HEAVY) == []


def test_readme_and_docstring_print_the_order_in_which_data_flows() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    (paragraph,) = re.findall("^Data flows one way.*$", readme, re.MULTILINE)
    assert check_order(PACKAGE, dfad_lite.__doc__, paragraph) == []


def test_no_public_name_is_for_tests_or_benchmarks_alone() -> None:
    assert check_all_used(PACKAGE, sorted((ROOT / "notebooks").glob("*.ipynb"))) == []


def test_the_contracts_in_pyproject_are_kept(capsys) -> None:
    kept = lint_imports(str(ROOT / "pyproject.toml"), cache_dir=None, no_cache=True)
    assert kept == 0, capsys.readouterr().out


# ---------------------------------------------------------------- the rules are seen to fail

ORDER = "Data flows one way: `losses` → `game`, `data` → `course`; the rest is no order → at all."
FILES = {
    "__init__.py": '"""Toy::\n\n    losses -> game, data -> course\n"""',
    "losses.py": "def gap():\n    return gap",
    "game.py": "from toy import losses\nRATE = 1\ndef play():\n    return losses.gap(), RATE",
    "data/__init__.py": "from toy.data.split import Split",
    "data/split.py": "class Split: ...",
    "course/__init__.py": "",
    "course/cli.py": "from toy import data, game\napp = object()\n"
    "@app.command()\ndef run():\n    from toy.game import play\n    play(data.Split)",
}


@pytest.fixture
def toy(tmp_path: Path) -> Path:
    """A made-up package that keeps every rule."""
    for name, text in FILES.items():
        path = tmp_path / "toy" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path / "toy"


def change(package: Path, name: str, text: str, before: str = "") -> None:
    """Put a line in front of a file of the made-up package, or replace what stands there."""
    path = package / name
    old = path.read_text("utf-8")
    path.write_text(old.replace(before, text) if before else f"{text}\n{old}", encoding="utf-8")


def order_of(package: Path, readme: str = ORDER) -> list[str]:
    """`check_order` on the made-up package."""
    return check_order(package, (package / "__init__.py").read_text("utf-8"), readme)


def test_the_made_up_package_keeps_every_rule(toy: Path) -> None:
    assert check_budgets(toy, {"core": (("*.py",), 10), "all": (("**/*.py",), 20)}) == []
    assert check_nothing_heavy(toy, ("game", "data"), {"this", "torch"}) == []
    assert order_of(toy) == []
    assert check_all_used(toy, []) == []


def test_a_room_that_grows_or_moves_is_found(toy: Path) -> None:
    core = {"core": (("*.py",), 10)}
    assert check_budgets(toy, core | {"data": (("data/*.py",), 1)})[0].startswith("data: 2 lines")
    assert check_budgets(toy, core | {"gone": (("gone/*.py",), 1)}) != []
    assert "losses.py is in no room" in check_budgets(toy, {"all": (("**/*.py",), 20)})


@pytest.mark.parametrize("line", ["import this", "from this import d", "import torch.nn"])
def test_a_heavy_import_is_found_behind_another_module(toy: Path, line: str) -> None:
    change(toy, "losses.py", line)
    assert check_nothing_heavy(toy, ("game",), {"this", "torch"}) != []


@pytest.mark.parametrize(
    "line", ["from toy import game", "import toy.data.split", "def f():\n    import toy.course.cli"]
)
def test_an_import_of_what_comes_later_is_found(toy: Path, line: str) -> None:
    change(toy, "losses.py", line)
    assert "which comes later" in order_of(toy)[0]


def test_an_order_that_differs_or_leaves_a_module_out_is_found(toy: Path) -> None:
    assert "two orders" in order_of(toy, ORDER.replace("`game`, `data`", "`data`, `game`"))[0]
    assert "two orders" in order_of(toy, ORDER.replace(", `data`", " → `data`"))[0]
    (toy / "more.py").touch()
    assert "the order names" in order_of(toy)[0]


UNUSED = [  # a file, a line put in front of it, and the name that nothing uses
    ("losses.py", "LIMIT = 3", "losses.LIMIT"),
    ("losses.py", "LOW, _HIGH = 1, 2", "losses.LOW"),
    ("losses.py", "def again():\n    return again()", "losses.again"),
    ("losses.py", "async def close():\n    steps = 3", "losses.close"),
    ("losses.py", "class Loss:\n    other: 'Loss'", "losses.Loss"),
    ("data/split.py", "def cut():\n    return Split", "data.split.cut"),
    ("data/__init__.py", "from toy.losses import gap as gap\nSIZE = 1", "data.SIZE"),
    ("course/cli.py", "from functools import cache\n@cache\ndef old(): ...", "course.cli.old"),
]


@pytest.mark.parametrize(("name", "line", "unused"), UNUSED)
def test_a_name_that_nothing_uses_is_found(toy: Path, name: str, line: str, unused: str) -> None:
    change(toy, name, line)
    assert check_all_used(toy, []) == [f"toy.{unused} is used by nothing"]


def test_a_class_behind_a_package_is_unused_when_nothing_takes_it(toy: Path) -> None:
    change(toy, "course/cli.py", "play()", "play(data.Split)")
    assert check_all_used(toy, []) == ["toy.data.split.Split is used by nothing"]


def test_a_notebook_uses_names(toy: Path, tmp_path: Path) -> None:
    change(toy, "losses.py", "LOW, HIGH = 1, 2  # one of the two is enough")
    cell = new_code_cell("%matplotlib inline\nfrom toy import losses\nlosses.LOW")
    nbformat.write(new_notebook(cells=[cell]), tmp_path / "01_toy.ipynb")
    assert check_all_used(toy, [tmp_path / "01_toy.ipynb"]) == []


CONTRACT = """
[tool.importlinter]
root_package = "toy"
include_external_packages = true
[[tool.importlinter.contracts]]
name = "one way"
type = "layers"
containers = ["toy"]
layers = ["course", "game : data", "losses"]
exhaustive = true
[[tool.importlinter.contracts]]
name = "light"
type = "forbidden"
source_modules = ["toy.losses"]
forbidden_modules = ["matplotlib"]
"""


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("losses.py", "def f():\n    import toy.course.cli"),
        ("losses.py", "def f():\n    import matplotlib.pyplot"),
        ("more.py", ""),
    ],
)
def test_a_broken_contract_is_found(toy: Path, name: str, line: str, monkeypatch) -> None:
    monkeypatch.syspath_prepend(toy.parent)
    (toy.parent / "pyproject.toml").write_text(CONTRACT, encoding="utf-8")
    config = {"config_filename": str(toy.parent / "pyproject.toml"), "no_cache": True}
    assert lint_imports(**config) == 0
    (toy / name).touch()
    change(toy, name, line)
    assert lint_imports(**config) == 1
