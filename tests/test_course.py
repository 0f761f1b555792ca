"""The site, the slides and Colab's notebooks are made from the committed notebooks."""

import re
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from dfad_lite.course import runner, site, slides

ROOT = Path(__file__).resolve().parents[1]
PATHS = runner.select(ROOT / "notebooks")
SOLVED = "def f(x):\n    ### BEGIN SOLUTION\n    return 2 * x\n    ### END SOLUTION"


def exercise() -> nbformat.NotebookNode:
    """A notebook with a figure, its caption and a solved exercise."""
    picture = new_output("display_data", {"image/png": "aGk="})
    cells = [
        new_markdown_cell("# 01 · Toy\n\n[read](../benchmarks/README.md) and [01](01_toy.ipynb)"),
        new_code_cell("draw()", outputs=[picture]),
        new_markdown_cell("*Figure: two lines, $x$ apart.*\n\nAnd more."),
        new_code_cell(SOLVED, metadata={"nbgrader": {"solution": True}}),
    ]
    return new_notebook(cells=cells)


def test_solutions_become_stubs() -> None:
    source = site.without_solutions(exercise()).cells[3].source
    stub = site.STUB.replace("\n", "\n    ")
    assert source == f"def f(x):\n    {stub}" and "NotImplementedError" in stub


def test_captions_become_numbered_figures_with_alt_text() -> None:
    page, labels = site.site_notebook(exercise(), "01", "me/it")
    assert labels == ["fig-01-1"]
    assert page.cells[1].metadata["mystnb"]["image"]["alt"] == "Two lines, x apart."
    assert page.cells[2].source == "And more."
    assert "(https://github.com/me/it/blob/HEAD/benchmarks/README.md)" in page.cells[0].source


def test_without_a_repository_only_links_within_the_site_are_left() -> None:
    page, _ = site.site_notebook(exercise(), "01", None)
    assert page.cells[0].source.endswith("read and [01](01_toy.ipynb)")


def test_colab_installs_first_and_holds_no_solution() -> None:
    notebook = site.colab_notebook(exercise(), "me/it")
    assert "dfad_lite @ git+https://github.com/me/it" in notebook.cells[1].source
    compile(notebook.cells[1].source, "install", "exec")
    assert "BEGIN SOLUTION" not in nbformat.writes(notebook)


def test_an_author_s_choice_of_slide_stays() -> None:
    notebook = exercise()
    notebook.cells[0].metadata["slideshow"] = {"slide_type": "fragment"}
    types = [c.metadata["slideshow"]["slide_type"] for c in slides.mark(notebook).cells]
    assert types == ["fragment", "subslide", "notes", "skip"]


@pytest.mark.slow
def test_site_is_built_without_warnings_or_other_servers(tmp_path, monkeypatch) -> None:
    pytest.importorskip("myst_nb", reason='install the extra: pip install -e ".[site]"')
    monkeypatch.setenv("GITHUB_REPOSITORY", "owner/name")
    assert site.site(ROOT, tmp_path) == 0
    for path in PATHS:
        page = (tmp_path / "html" / "notebooks" / f"{path.stem}.html").read_text(encoding="utf-8")
        assert (
            f"colab.research.google.com/github/owner/name/blob/colab/notebooks/{path.name}" in page
        )
        assert "BEGIN SOLUTION" not in page
        assert "| — |" not in page, "a table came out as text"
        loaded = re.findall(r"<(?:script|link|img)\b[^>]*?(?:src|href)=\"(https?://[^\"]+)", page)
        assert loaded == []
        assert all(
            re.search(r'alt="[^"]', image)
            for image in re.findall(r"<img[^>]*cell|<img[^>]*_images[^>]*>", page)
        )
    assert (tmp_path / "html" / "_static" / "mathjax" / "tex-chtml.js").exists()
    assert "fig-01-1" in (tmp_path / "html" / "figures.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", PATHS[:2], ids=lambda path: path.stem)
def test_deck(path, tmp_path) -> None:
    (deck,) = site.slides(ROOT, tmp_path, path.stem[:2])
    page = deck.read_text(encoding="utf-8")
    assert page.count("<section") > 5
    assert 'class="reveal"' in page and "settings = profiles.from_notebook" not in page
