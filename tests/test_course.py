"""The site, the slides and Colab's notebooks are made from the committed notebooks."""

import re
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

import dfad_lite
from dfad_lite import results
from dfad_lite.course import handout, runner, site

pytest.importorskip("nbgrader", reason='install the extra: pip install -e ".[course]"')

ROOT = Path(__file__).resolve().parents[1]
PATHS = runner.select(ROOT / "notebooks")
SOLVED = "def f(x):\n    ### BEGIN SOLUTION\n    return 2 * x\n    ### END SOLUTION"


def exercise() -> nbformat.NotebookNode:
    """A notebook with a figure, its caption and a solved exercise."""
    picture = new_output("display_data", {"image/png": "aGk="})
    cells = [
        new_markdown_cell("# 01 · Toy\n\n[read](../benchmarks/zoo.py) and [01](01_toy.ipynb)"),
        new_code_cell("draw()", outputs=[picture]),
        new_markdown_cell("*Figure: two lines, $x$ apart.*\n\nAnd more."),
        new_code_cell(SOLVED, metadata={"nbgrader": {"solution": True}}),
    ]
    return new_notebook(cells=cells)


def test_solutions_become_stubs() -> None:
    source = handout.without_solutions(exercise()).cells[3].source
    stub = handout.STUB.replace("\n", "\n    ")
    assert source == f"def f(x):\n    {stub}" and "NotImplementedError" in stub


def test_captions_become_numbered_figures_with_alt_text() -> None:
    page, captions = site.page(exercise(), "01", "me/it")
    assert captions == {"fig-01-1": "Two lines, $x$ apart."}
    assert page.cells[1].metadata["mystnb"]["image"]["alt"] == "Two lines, x apart."
    assert page.cells[2].source == "And more."
    assert "(https://github.com/me/it/blob/HEAD/benchmarks/zoo.py)" in page.cells[0].source


def test_without_a_repository_only_links_within_the_site_are_left() -> None:
    page, _ = site.page(exercise(), "01", None)
    assert page.cells[0].source.endswith("read and [01](01_toy.ipynb)")


def test_the_measurements_are_a_page_of_the_site() -> None:
    text = "see [them](../benchmarks/README.md#speed)"
    assert (
        site.linked(text, "me/it") == site.linked(text, None) == "see [them](/benchmarks.md#speed)"
    )


def test_colab_installs_first_and_holds_no_solution() -> None:
    notebook = site.colab_notebook(exercise(), "me/it")
    assert "dfad_lite @ git+https://github.com/me/it" in notebook.cells[1].source
    compile(notebook.cells[1].source, "install", "exec")
    assert "BEGIN SOLUTION" not in nbformat.writes(notebook)


def test_brackets_that_are_no_link_stay() -> None:
    notebook, math = exercise(), r"$\bigl[T(x)\bigr]_j$, [a](#b), `x[:, 0]` and"
    notebook.cells[0].source = f"# 07\n\n{math} [`read`](../README.md)"
    page, _ = site.page(notebook, "07", None)
    assert page.cells[0].source == f"# 07\n\n{math} `read`"


def slides_of(notebook: nbformat.NotebookNode) -> list[str]:
    """The cells of a deck, on one line each."""
    return [cell.source.replace("\n", " ") for cell in site.deck(notebook).cells]


def test_a_slide_shows_a_figure_without_its_code_and_no_exercise() -> None:
    title, prose, _, figure, notes, _, more = slides_of(exercise())
    assert title == "# 01 · Toy" and prose.startswith("[read]") and figure == "draw()"
    assert notes.startswith("% *Figure: two lines") and more == "And more."
    drawn = site.deck(exercise()).cells[3]
    assert drawn.metadata["tags"] == ["remove-input"]
    assert drawn.metadata["mystnb"]["image"]["alt"] == "Two lines, x apart."


def test_what_does_not_fit_goes_to_another_slide() -> None:
    items = [f"- {'word ' * 40}{number}" for number in range(9)]
    notebook = new_notebook(cells=[new_markdown_cell("## Many\n\n" + "\n".join(items))])
    sources = slides_of(notebook)
    assert sources.count("```{revealjs-break} ```") == 4
    assert [source for source in sources if source.startswith("- ")] == items


def test_package_page_names_every_module_the_method_first_and_in_order() -> None:
    package = ROOT / "dfad_lite"
    modules = {path.stem for path in package.glob("[a-z]*.py")}
    modules |= {path.parent.name for path in package.glob("*/__init__.py")}
    page = (ROOT / "docs" / "package.md").read_text(encoding="utf-8")
    named = re.findall(r"^   dfad_lite\.(\w+)$", page, re.MULTILINE)
    assert sorted(named) == sorted(modules)
    method = re.findall(r":mod:`~dfad_lite\.(\w+)`", dfad_lite.__doc__)
    assert method and named[: len(method)] == method


def test_the_front_page_says_what_was_measured() -> None:
    table = results.table("outcomes").query("profile == 'quick' and dataset == 'digits'")
    students = table.groupby("inputs").student_accuracy.median()
    teacher = table.groupby("seed").teacher_accuracy.first()
    photos = results.table("natural").query("study == 'run' and method == 'Grids'")
    measured = [students["generator"], teacher.median(), students["noise"]]
    measured += [photos.accuracy.median(), photos.teacher_accuracy.median()]
    front = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    assert re.findall(r"\b0\.\d+", front) == [f"{value:.3f}" for value in measured]
    assert f"median of {len(teacher)} seeds" in front and f"median of {len(photos)} seeds" in front
