"""Turns the committed notebooks into what a class needs: a site, slides, exercises to hand out.

The notebooks are the only source. Each function here takes them as they are, with solutions and
outputs, and writes something else; none executes them. Sphinx, nbgrader and
nbconvert are imported or started where they are used (extras ``site`` and ``course``).
"""

from __future__ import annotations

import copy
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from dfad_lite.course import runner
from dfad_lite.course.slides import add_alt_text, caption_after, export

# What stands in place of an answer, here and in nbgrader's release.
STUB = '# YOUR CODE HERE\nraise NotImplementedError("no answer yet: write it in place of this")'
# Said where the answers are; no use where they are not.
NOTE = re.compile(r" \(In the committed notebooks the answers are there;[^)]*\)")
REGION = re.compile(
    r"^(?P<indent>[ \t]*)### BEGIN SOLUTION\n.*?^[ \t]*### END SOLUTION", re.MULTILINE | re.DOTALL
)
OUTSIDE_LINK = re.compile(r"\]\(\.\./([^)\s]+)\)")

# One cell, run before all others where the package is missing. What is there already stays as it
# is, torch above all: a second torch of another build would break the GPU, and takes minutes.
INSTALL_CELL = """\
# Installs the course where it is missing, such as on Colab, and keeps every package that is there
import importlib.metadata as installed
import importlib.util
import re
import subprocess
import sys


def install(source):  # in a function: a plain value out here would pass for a setting below
    pip = [sys.executable, "-m", "pip", "install", "-q"]
    tools = {"jupyterlab", "ipykernel", "papermill", "nbclient", "nbconvert", "nbval"}
    subprocess.run([*pip, "--no-deps", source], check=True)
    there = {d.metadata["Name"].lower().replace("_", "-") for d in installed.distributions()}
    wanted = [r for r in installed.requires("dfad_lite") if "extra ==" not in r]
    names = {re.match(r"[\\w-]+", r).group(): r for r in wanted}
    missing = [r for name, r in names.items() if name.lower() not in there | tools]
    if missing:
        subprocess.run([*pip, *missing], check=True)
    importlib.invalidate_caches()


if importlib.util.find_spec("dfad_lite") is None:
    install("@SOURCE@")
print("dfad_lite", installed.version("dfad_lite"), "with torch", installed.version("torch"))"""


def need(extra: str, *modules: str) -> None:
    """Stop with the command that installs an extra when one of its modules is missing.

    Raises:
        ValueError: naming the modules that are missing.
    """
    missing = [name for name in modules if importlib.util.find_spec(name) is None]
    if missing:
        raise ValueError(
            f"{', '.join(missing)} not installed: this needs the extra {extra!r}. "
            f'Install it with: pip install -e ".[{extra}]"'
        )


# ---------------------------------------------------------------- solutions


def nbgrader(cell: Any) -> dict[str, Any]:
    """What a cell says to nbgrader; empty for a cell that is no exercise."""
    return cell.metadata.get("nbgrader", {})


def without_solutions(notebook: Any) -> Any:
    """A copy in which every solution is nbgrader's stub, and exercises show no output."""
    notebook = copy.deepcopy(notebook)
    for cell in notebook.cells:
        if nbgrader(cell) and cell.cell_type == "code":
            cell.source = REGION.sub(
                lambda m: "\n".join(m["indent"] + line for line in STUB.split("\n")), cell.source
            )
            cell.outputs, cell.execution_count = [], None
        elif nbgrader(cell):
            cell.source = REGION.sub("*Your answer here.*", cell.source)
        elif cell.cell_type == "markdown":
            cell.source = NOTE.sub("", cell.source)
    return notebook


# ---------------------------------------------------------------- the site


def site_notebook(notebook: Any, number: str, repository: str | None) -> tuple[Any, list[str]]:
    """A notebook as a page of the site, and the labels of its figures.

    Captions become numbered figures with alt text, and links out of ``notebooks/`` lead to the
    repository (or are plain text when it has none).

    Args:
        notebook: as committed.
        number: its two digits, part of the figures' labels.
        repository: ``owner/name`` on GitHub, or None.
    """
    notebook = without_solutions(notebook)
    labels: list[str] = []
    for at, cell in enumerate(notebook.cells):
        caption = caption_after(notebook, at)
        if caption is not None:
            labels.append(f"fig-{number}-{len(labels) + 1}")
            cell.metadata["mystnb"] = {
                "image": {"alt": caption.replace("$", "")},
                "figure": {"name": labels[-1], "caption": caption},
            }
            text = notebook.cells[at + 1]
            text.source = text.source.split("*", 2)[2].lstrip("\n")
        if cell.cell_type == "markdown":
            where = f"](https://github.com/{repository}/blob/HEAD/\\1)" if repository else "]"
            cell.source = OUTSIDE_LINK.sub(where, cell.source)
            if not repository:
                cell.source = re.sub(r"\[([^\]]*)\](?!\()", r"\1", cell.source)
    notebook.cells = [c for c in notebook.cells if c.source.strip()]
    return notebook, labels


def prepare_site(root: Path, folder: Path, repository: str | None = None) -> None:
    """Write the sources of the site: ``docs/``, the notebooks' pages, and lists made from them."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(root / "docs", folder)
    (folder / "notebooks").mkdir()
    figures = ["# Index of figures", ""]
    for path in runner.select(root / "notebooks"):
        notebook = runner.read_notebook(path)
        page, labels = site_notebook(notebook, path.stem[:2], repository)
        runner.write_notebook(folder / "notebooks" / path.name, page)
        if labels:
            title = notebook.cells[0].source.split("\n")[0].removeprefix("# ")
            figures += [f"## {title}", "", *(f"- {{numref}}`{label}`" for label in labels), ""]
    (folder / "figures.md").write_text("\n".join(figures), encoding="utf-8")
    (folder / "api").mkdir()
    for module in sorted((root / "dfad_lite").rglob("*.py")):
        parts = module.relative_to(root).with_suffix("").parts
        parts = parts[:-1] if parts[-1] == "__init__" else parts
        if parts[-1] != "__main__":
            name = ".".join(parts)
            lines = [f"# {name}", "", "```{eval-rst}", f".. automodule:: {name}", "   :members:"]
            (folder / "api" / f"{name}.md").write_text(
                "\n".join([*lines, "```", ""]), encoding="utf-8"
            )


def repository_name(root: Path) -> str | None:
    """``owner/name`` on GitHub: ``$GITHUB_REPOSITORY``, or what the remote ``origin`` says."""
    if named := os.environ.get("GITHUB_REPOSITORY"):
        return named
    ask = ["git", "-C", str(root), "remote", "get-url", "origin"]
    try:
        url = subprocess.run(ask, capture_output=True, text=True).stdout.strip()
    except FileNotFoundError:  # no git here
        return None
    found = re.search(r"github\.com[:/]([\w.-]+/[\w.-]+?)(?:\.git)?$", url)
    return found.group(1) if found else None


def site(root: Path, out: Path) -> int:
    """Build the site into ``out/html`` from the committed outputs; returns Sphinx's exit status.

    Nothing is executed, nothing is fetched, and any warning is an error.
    """
    repository = repository_name(root)
    prepare_site(root, out / "source", repository)
    environment = {**os.environ, "PYTHONPATH": str(root), "DFAD_REPOSITORY": repository or ""}
    command = ["-m", "sphinx", "-W", "--keep-going", "-q", "-E", "-b", "html"]
    return subprocess.run(
        [sys.executable, *command, str(out / "source"), str(out / "html")], env=environment
    ).returncode


# ---------------------------------------------------------------- Colab and slides


def colab_notebook(notebook: Any, repository: str) -> Any:
    """A copy without solutions that begins with the cell that installs the package."""
    from nbformat.v4 import new_code_cell

    notebook = without_solutions(notebook)
    source = f"dfad_lite @ git+https://github.com/{repository}"
    install = new_code_cell(INSTALL_CELL.replace("@SOURCE@", source), id="install")
    notebook.cells.insert(1, install)
    return notebook


def colab(root: Path, out: Path, repository: str) -> list[Path]:
    """Write the notebooks for Colab, solutions left out; the site's workflow publishes them."""
    out.mkdir(parents=True, exist_ok=True)
    written = []
    for path in runner.select(root / "notebooks"):
        written.append(out / path.name)
        runner.write_notebook(written[-1], colab_notebook(runner.read_notebook(path), repository))
    return written


def slides(root: Path, out: Path, only: str | None = None) -> list[Path]:
    """Make a reveal.js deck of each notebook, solutions left out.

    reveal.js and MathJax are copied beside the decks where the extra ``site`` is installed, so
    that a deck opens without a network.
    """
    out.mkdir(parents=True, exist_ok=True)
    written = []
    for path in runner.select(root / "notebooks", only):
        notebook = add_alt_text(without_solutions(runner.read_notebook(path)))
        written.append(out / f"{path.stem}.slides.html")
        runner.write_atomic(written[-1], export(notebook, path.stem, out))
    return written
