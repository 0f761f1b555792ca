"""The students' version holds no solution, and grading gives points for what is right only."""

import json
import re
import shutil
from pathlib import Path

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook
from typer.testing import CliRunner

from dfad_lite.course import handout, runner
from dfad_lite.course.cli import app

pytest.importorskip("nbgrader", reason='install the extra: pip install -e ".[course]"')

ROOT = Path(__file__).resolve().parents[1]
PATHS = runner.select(ROOT / "notebooks")
SUBMISSIONS = sorted((ROOT / "tests" / "submissions").glob("*.py"))
SAYS = re.compile(r"^# says: (\S+): (.+)$", re.MULTILINE)  # a check that fails, and its message
SOLUTION = re.compile(r"### BEGIN SOLUTION\n(.*?)\n[ \t]*### END SOLUTION", re.DOTALL)
GRADED = "01,04"  # grading runs whole notebooks, so two of them here


def about(cell: NotebookNode) -> dict:
    """What a cell says to nbgrader; empty for a cell that is no exercise."""
    return cell.metadata.get("nbgrader", {})


def cells(path: Path) -> dict[str, NotebookNode]:
    """The cells of a notebook that nbgrader knows, by grade_id."""
    found = [c for c in runner.read_notebook(path).cells if about(c)]
    return {about(cell)["grade_id"]: cell for cell in found}


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_every_notebook_has_two_to_four_exercises_each_with_a_check(path) -> None:
    known = cells(path)
    asked = [name for name, c in known.items() if about(c)["solution"]]
    graded = [name for name in asked if known[name].cell_type == "code"]
    assert 2 <= len(asked) <= 4
    for name in graded:
        own = [c for other, c in known.items() if re.fullmatch(rf"{name}(-\d)?-check", other)]
        assert own and all(about(c)["grade"] and about(c)["locked"] for c in own)
        assert all("all checks passed" in c.outputs[0]["text"] for c in own)
    points = [about(c).get("points", 0) for c in known.values()]
    assert sum(points) > 0


def test_the_students_version_holds_no_solution_anywhere(tmp_path) -> None:
    written = runner.write_each(ROOT, tmp_path, handout.released)
    assert [path.name for path in written] == [path.name for path in PATHS]
    for source, released in zip(PATHS, written, strict=True):
        everything = released.read_text(encoding="utf-8")
        solutions = [body for c in cells(source).values() for body in SOLUTION.findall(c.source)]
        assert solutions and "BEGIN SOLUTION" not in everything
        assert "the answers are there" not in everything
        text = re.sub(r"\s+", "", "".join(strings(json.loads(everything))))
        for body in solutions:
            assert re.sub(r"\s+", "", body) not in text
        stubs = [c for c in cells(released).values() if "raise NotImplementedError" in c.source]
        assert len(stubs) >= 2 and not any(c.outputs for c in stubs)


def strings(value: object) -> list[str]:
    """Every string in a JSON value, in order."""
    if isinstance(value, str):
        return [value]
    values = value.values() if isinstance(value, dict) else value
    return sum(map(strings, values), []) if isinstance(value, dict | list) else []


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_every_check_fails_on_the_blank_version(path) -> None:
    notebook = runner.read_notebook(path)
    blank = handout.without_solutions(notebook)
    names: dict[str, object] = {}
    exec("import torch\nfrom dfad_lite import profiles", names)
    checks = 0
    for cell in blank.cells:
        if cell.cell_type != "code" or not about(cell):
            continue
        if about(cell)["grade"]:
            checks += 1
            with pytest.raises(NotImplementedError):
                exec(cell.source, names)
        else:
            exec(cell.source, names)
    assert checks >= 2


@pytest.mark.slow
def test_points_for_the_solved_none_for_the_blank_some_for_the_wrong(tmp_path, warm_cache) -> None:
    folders = {name: tmp_path / name for name in ("solved", "blank", "wrong")}
    runner.write_each(ROOT, folders["blank"], handout.released, GRADED)
    for student in ("solved", "wrong"):
        shutil.copytree(ROOT / "notebooks", folders[student])
    together = ("01_over_the_batch", "04_wrong_sign", "04_no_detach")
    for name in together:
        hand_in(folders["wrong"], ROOT / "tests" / "submissions" / f"{name}.py")
    marks = list(handout.grade(ROOT, folders, GRADED).itertuples())
    for student, share in (("solved", 1), ("blank", 0)):
        own = [mark for mark in marks if mark.student == student]
        assert len({mark.notebook for mark in own}) == 2 and len(own) == 6
        assert [mark.points for mark in own] == [share * mark.most for mark in own], own
    assert all("NotImplementedError" in m.message for m in marks if m.student == "blank")
    lost = {m.check: m.message for m in marks if m.student == "wrong" and m.points < m.most}
    answers = [(ROOT / "tests" / "submissions" / f"{name}.py").read_text() for name in together]
    expected = {check: said for text in answers for check, said in SAYS.findall(text)}
    assert lost.keys() == expected.keys()
    assert all(said in lost[check] for check, said in expected.items())


def toy(answer: str, check: str | None = "assert double(2) == 4, 'twice, please'") -> NotebookNode:
    """A notebook of one exercise and, unless it is None, its check of one point."""
    marks = {"solution": False, "schema_version": 3, "task": False}
    asked = {**marks, "grade": False, "locked": False, "solution": True, "grade_id": "double"}
    checked = {**marks, "grade": True, "locked": True, "grade_id": "double-check", "points": 1}
    cells = [new_code_cell(answer, metadata={"nbgrader": asked})]
    if check is not None:
        cells.append(new_code_cell(check, metadata={"nbgrader": checked}))
    return new_notebook(cells=cells)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("handed_in", "points", "said"),
    [
        (toy("double = lambda x: 2 * x"), 1, ""),
        (toy("double = lambda x: x"), 0, "twice, please"),
        (toy("double = lambda x: x", check="pass"), 0, "twice, please"),
        (toy("double = lambda x: x", check=None), 0, "twice, please"),
        (toy("import os; os._exit(1)"), 0, "the notebook did not run to its end: Kernel died"),
    ],
    ids=["right", "wrong", "check changed", "check deleted", "kernel killed"],
)
def test_what_is_marked_is_the_committed_check(handed_in, points, said, tmp_path) -> None:
    runner.write_notebook(tmp_path / "source.ipynb", toy("double = lambda x: x + x"))
    (mark,) = handout.marked(handed_in, tmp_path / "source.ipynb")
    assert mark == ("double-check", points, 1, said)


def hand_in(folder: Path, wrong: Path) -> None:
    """Put a wrong answer into its notebook in ``folder``."""
    (path,) = [p for p in folder.glob("*.ipynb") if p.name[:2] == wrong.name[:2]]
    notebook, text = runner.read_notebook(path), wrong.read_text(encoding="utf-8")
    for cell in notebook.cells:
        if about(cell).get("grade_id") == asked_in(text):
            cell.source = text
    runner.write_notebook(path, notebook)


def asked_in(text: str) -> str:
    """The exercise that a wrong answer names in its second line."""
    (asked,) = re.findall(r"^# in: (\S+)$", text, re.MULTILINE)
    return asked


def said_by_the_checks(notebook: Path, asked: str, answer: str) -> dict[str, str]:
    """What the checks of one exercise say to an answer: their messages, of those that fail."""
    names: dict[str, object] = {}
    exec("import torch\nfrom dfad_lite import profiles", names)
    said = {}
    for name, cell in cells(notebook).items():
        helps = about(cell)["locked"] and not about(cell)["grade"]
        if name == asked:
            exec(answer, names)
        elif helps or re.fullmatch(rf"{asked}(-\d)?-check", name):
            try:
                exec(cell.source, names)
            except AssertionError as error:
                said[name] = str(error)
    return said


@pytest.mark.parametrize("path", SUBMISSIONS, ids=lambda path: path.stem)
def test_an_answer_loses_the_points_it_should_and_is_told_why(path, recwarn) -> None:
    (notebook,) = [p for p in PATHS if p.name[:2] == path.name[:2]]
    text = path.read_text(encoding="utf-8")
    expected = dict(SAYS.findall(text))
    assert bool(expected) != text.startswith("# Right"), (
        "it says that it is right, or what is wrong"
    )
    said = said_by_the_checks(notebook, asked_in(text), text)
    assert said.keys() == expected.keys()
    assert all(words in said[check] for check, words in expected.items()), said


def functions_asked() -> list[tuple[Path, str]]:
    """Notebook and name of each exercise whose solution returns something."""
    found = []
    for path in PATHS:
        for name, cell in cells(path).items():
            if about(cell)["solution"] and "    return " in cell.source:
                found.append((path, name))
    return found


@pytest.mark.parametrize(("path", "asked"), functions_asked(), ids=lambda value: str(value)[-20:])
def test_a_forgotten_return_gets_one_sentence_everywhere(path, asked) -> None:
    solution = cells(path)[asked].source
    forgotten = "    _ = ".join(solution.rsplit("    return ", 1))
    assert said_by_the_checks(path, asked, solution) == {}
    said = said_by_the_checks(path, asked, forgotten)
    assert "nothing came back: a return is missing" in said.values()


def test_there_are_many_answers_of_both_kinds_for_every_exercise() -> None:
    texts = [path.read_text(encoding="utf-8") for path in SUBMISSIONS]
    right = [asked_in(text) for text in texts if text.startswith("# Right")]
    wrong = [asked_in(text) for text in texts if not text.startswith("# Right")]
    assert len(wrong) >= 250
    for path in PATHS:
        for name, cell in cells(path).items():
            if about(cell)["solution"] and cell.cell_type == "code":
                assert right.count(name) >= 3 and wrong.count(name) >= 5, name


def test_a_folder_without_notebooks_is_named(tmp_path) -> None:
    (tmp_path / "anna").mkdir()
    command = ["course", "grade", str(tmp_path / "anna"), "--only", "01"]
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 2
