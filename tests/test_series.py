"""What the series shows in a run is what is committed, under papermill as under nbval.

Words are compared as ``pytest --nbval notebooks`` does, figures and tables by their kind.
"""

import os
from pathlib import Path
from typing import Any

import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from dfad_lite.course import runner

PATHS = runner.select(Path(__file__).resolve().parents[1] / "notebooks")
SERIES = os.environ.get("DFAD_TEST_SERIES")  # `python -m dfad_lite test` leaves a run there
SHOWN = ("image/png", "text/html")  # figures and tables


def shown(notebook: Any) -> dict[str, tuple[list[str], str]]:
    """By id of a cell the kinds of its figures and tables, and its words where nbval compares."""
    found = {}
    for cell in notebook.cells:
        kinds, words = [], ""
        for output in cell.get("outputs", ()):
            words += output.get("text", "")
            for kind, content in sorted(output.get("data", {}).items()):
                kinds += [kind] if kind in SHOWN else []
                if not kind.startswith("image/") and kind != runner.WIDGET_VIEW:
                    words += str(content)
        if "nbval-ignore-output" in runner.tags(cell):
            words = ""
        if kinds or words:
            found[cell.id] = kinds, words
    return found


@pytest.mark.skipif(SERIES is None, reason="python -m dfad_lite test runs the series first")
@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_a_run_shows_what_is_committed(path: Path) -> None:
    committed = shown(runner.read_notebook(path))
    assert committed and shown(runner.read_notebook(Path(SERIES, path.name))) == committed


def cell(*outputs: Any, ignored: bool = False) -> dict[str, tuple[list[str], str]]:
    """What a notebook of one cell with these outputs shows."""
    tags = ["nbval-ignore-output"] if ignored else []
    one = new_code_cell(id="one", outputs=list(outputs), metadata={"tags": tags})
    return shown(new_notebook(cells=[one]))


def printed(text: str, name: str = "stdout") -> Any:
    """An output of printed text."""
    return new_output("stream", name=name, text=text)


def picture(png: str, words: str = "<Figure>") -> Any:
    """An output with a figure."""
    return new_output("display_data", {"image/png": png, "text/plain": words})


def table(html: str) -> Any:
    """An output with a table."""
    return new_output("execute_result", {"text/html": html, "text/plain": "0.5"})


@pytest.mark.parametrize(
    ("committed", "ran"),
    [
        (cell(printed("a\n")), cell(printed("b\n"))),
        (cell(printed("a\n")), cell()),
        (cell(printed("a\n")), cell(printed("a\n"), printed("careful", "stderr"))),
        (cell(table("<table>1")), cell(table("<table>2"))),
        (cell(table("<table>1"), ignored=True), cell(printed("1"), ignored=True)),
        (cell(picture("aGk=")), cell(picture("aGk=", "<Axes>"))),
        (cell(picture("aGk="), ignored=True), cell(ignored=True)),
        (cell(picture("aGk="), ignored=True), cell(picture("aGk="), picture("aGk="), ignored=True)),
    ],
)
def test_another_output_is_found(committed: dict, ran: dict) -> None:
    assert committed != ran


@pytest.mark.parametrize(
    ("committed", "ran"),
    [
        (cell(printed("a\nb\n")), cell(printed("a\n"), printed("b\n"))),
        (cell(picture("aGk=")), cell(picture("eW91"))),
        (cell(printed("3 s"), ignored=True), cell(printed("4 s"), ignored=True)),
        (cell(table("<table>1"), ignored=True), cell(table("<table>2"), ignored=True)),
    ],
)
def test_what_may_differ_does(committed: dict, ran: dict) -> None:
    assert committed == ran
