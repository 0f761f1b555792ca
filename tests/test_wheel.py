"""The wheel stands on its own: notebooks, copied alone into an empty folder, run with it.

The environments here see every installed package but this one, through links, so that nothing is
downloaded and the checkout is not on their path. What is trained is kept for the next notebook.
"""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode
from test_series import shown

from dfad_lite.course import runner, site

ROOT = Path(__file__).resolve().parents[1]
SOURCES = ("pyproject.toml", "README.md", "LICENSE")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.name != "posix", reason="makes links"),
]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """The wheel, built from a copy: a build leaves folders behind."""
    copy = tmp_path_factory.mktemp("source")
    for name in SOURCES:
        shutil.copy(ROOT / name, copy)
    shutil.copytree(ROOT / "dfad_lite", copy / "dfad_lite")
    options = ["--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", str(copy / "out")]
    pip(Path(sys.executable), "wheel", str(copy), *options)
    (built,) = (copy / "out").glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory) -> Path:
    """The Python of an environment with the wheel."""
    python = environment(tmp_path_factory.mktemp("installed"))
    pip(python, "install", "--no-deps", "--no-index", str(wheel))
    return python


def environment(folder: Path) -> Path:
    """A new environment that sees all packages of this one but dfad_lite; its Python."""
    others = folder / "others"
    others.mkdir()
    for place in {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}:
        for package in Path(place).iterdir():
            if "dfad_lite" not in package.name and not (others / package.name).exists():
                (others / package.name).symlink_to(package)
    venv.create(folder / "env", symlinks=True)
    python = folder / "env" / "bin" / "python"
    own = ask(python, "import sysconfig; print(sysconfig.get_path('purelib'))").strip()
    (Path(own) / "others.pth").write_text(f"{others}\n")
    assert ask(python, "from importlib.util import find_spec; print(find_spec('dfad_lite'))") == (
        "None\n"
    ), "the checkout is visible"
    # Papermill looks here for the kernel before it looks at the user's.
    call([str(python), "-m", "ipykernel", "install", "--sys-prefix"], folder)
    return python


def call(command: list[str], folder: Path) -> str:
    """Run a command in a folder, without what points at the checkout; what it printed."""
    hidden = {"PYTHONPATH", "JUPYTER_PATH"}
    left = {name: value for name, value in os.environ.items() if name not in hidden}
    done = subprocess.run(command, cwd=folder, env=left, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def pip(python: Path, *arguments: str) -> None:
    """Call pip."""
    call([str(python), "-m", "pip", "--disable-pip-version-check", *arguments], ROOT.parent)


def ask(python: Path, code: str) -> str:
    """What a line of Python prints in an environment."""
    return call([str(python), "-c", code], python.parent)


def run_alone(python: Path, notebook: NotebookNode, name: str, folder: Path) -> NotebookNode:
    """Run a notebook alone in an empty folder through papermill, in the quick profile."""
    runner.write_notebook(folder / f"{name}.ipynb", notebook)
    names = [f"{name}.ipynb", f"{name}_executed.ipynb"]
    options = ["-p", "profile", "quick", "-k", "python3", "--no-progress-bar"]
    call([str(python), "-m", "papermill", *names, *options], folder)
    return nbformat.read(folder / names[1], as_version=4)


def test_the_wheel_holds_every_file_of_the_package(wheel) -> None:
    package = ROOT / "dfad_lite"
    files = {p.relative_to(ROOT).as_posix() for p in package.rglob("*") if p.is_file()}
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if name.startswith("dfad_lite/")}
    assert {name for name in files if "__pycache__" not in name} == held


@pytest.mark.parametrize("number", ["02", "07", "08"])  # Colab's test runs 00
def test_a_notebook_alone_in_an_empty_folder(installed, number, tmp_path, warm_cache) -> None:
    (path,) = runner.select(ROOT / "notebooks", number)
    committed = runner.read_notebook(path)
    executed = run_alone(installed, committed, path.stem, tmp_path)
    assert shown(committed) and shown(executed) == shown(committed)


def test_colabs_first_cell_installs_the_package(wheel, tmp_path, warm_cache, monkeypatch) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")  # it may take nothing from anywhere else
    python = environment(tmp_path)
    (path,) = runner.select(ROOT / "notebooks", "00")
    notebook = runner.read_notebook(path)
    install = site.colab_notebook(notebook, "me/it").cells[1]
    install.source = install.source.replace("dfad_lite @ git+https://github.com/me/it", str(wheel))
    assert str(wheel) in install.source
    notebook.cells.insert(1, install)
    executed = run_alone(python, notebook, path.stem, tmp_path)
    found = shown(executed)
    assert found.pop(install.id)[1].startswith("dfad_lite 0.")
    assert found == shown(notebook)
    where = Path(ask(python, "import dfad_lite; print(dfad_lite.__file__)"))
    assert tmp_path / "env" in where.parents


def test_scenes_find_their_scripts(installed) -> None:
    code = "from dfad_lite import explore; print(explore.Scene('plane', '', {}).html())"
    assert "class Perceptron" in ask(installed, code)


COMMANDS = """
import json, sys
from typer.testing import CliRunner
from dfad_lite.course.cli import app
done = [CliRunner().invoke(app, command.split()) for command in json.loads(sys.argv[1])]
print(json.dumps([[result.exit_code, result.output] for result in done]))
"""


def test_a_command_that_needs_the_checkout_says_so(installed, tmp_path) -> None:
    commands = ["run", "refresh", "lab", "test", "course release", "course site"]
    commands += ["course slides", "course colab --repository me/it", "profiles"]
    (tmp_path / "table.csv").write_text("seed\n1\n", encoding="utf-8")
    commands.append("sweep table.csv --out out")
    printed = call([str(installed), "-c", COMMANDS, json.dumps(commands)], tmp_path)
    for command, (code, output) in zip(commands, json.loads(printed), strict=True):
        if command == "profiles":
            assert code == 0, output
        else:
            assert code == 2 and "this command works on a checkout" in output, (command, output)
    assert [path.name for path in tmp_path.iterdir()] == ["table.csv"]
