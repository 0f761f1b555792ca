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
SOLUTION = re.compile(r"### BEGIN SOLUTION\n(.*?)\n[ \t]*### END SOLUTION", re.DOTALL)
GRADED = "01,04"  # grading runs whole notebooks, so two of them here

# What each wrong submission loses, and what the student is told.
EXPECTED = {
    "01_over_the_batch": {"ex-01-softened-check": "softmax over the batch"},
    "04_wrong_sign": {"ex-04-generation-1-check": "the sign of the loss is wrong"},
    "04_no_detach": {"ex-04-imitation-2-check": "the generator holds gradients"},
    "04_train_mode": {
        "ex-04-imitation-1-check": "the teacher in eval mode",
        "ex-04-imitation-2-check": "left in train mode",
    },
    "04_wrong_axis": {"ex-04-imitation-1-check": "summed over the classes"},
    "04_keeps_old_gradients": {"ex-04-imitation-2-check": "optimizer.zero_grad() comes first"},
    "04_never_steps": {"ex-04-imitation-1-check": "the student did not move"},
    "04_generator_keeps_old_gradients": {"ex-04-generation-2-check": "optimizer.zero_grad()"},
    "00_second_best": {"ex-00-reported-check": "take the last round's"},
    "01_margin_of_probabilities": {"ex-01-margin-check": "before any softmax"},
    "02_over_the_batch": {"ex-02-agreement-check": "use dim=1"},
    "02_temperature_once": {"ex-02-soft_loss-check": "the temperature squared, not"},
    "02_turned_round": {"ex-02-soft_loss-check": "the teacher is p"},
    "03_whole_margin": {"ex-03-certified-check": "HALF the margin"},
    "03_first_row": {"ex-03-certified-check": "each row has its own margin"},
    "03_or_equal": {"ex-03-certified-check": "exactly half the margin"},
    "03_in_place": {"ex-03-uphill-check": "you changed the images"},
    "06_recall": {"ex-06-iou-check": "the share of true pixels found"},
    "06_precision": {"ex-06-iou-check": "the share of named pixels that are right"},
    "06_dice": {"ex-06-iou-check": "that is Dice"},
    "06_zero_is_absent": {"ex-06-iou-check": "named once and never true: 0"},
    "06_mean_of_images": {"ex-06-iou-check": "a mean over images"},
    "06_first_image": {"ex-06-iou-check": "the first image alone"},
    "06_void_counted": {"ex-06-iou-check": "labelled 255 was counted"},
    "06_no_return": {"ex-06-iou-check": "return a tensor"},
    "06_positive_only": {"ex-06-mean-check": "an IoU of 0 counts"},
    "06_all_but_last": {"ex-06-mean-check": "leave out the classes that have no IoU"},
    "06_median": {"ex-06-mean-check": "that is the median"},
    "06_absent_is_zero": {"ex-06-mean-check": "an absent class was counted as 0"},
    "07_whole_hours": {"ex-07-hours-check": "do not round"},
    "07_rounded": {"ex-07-hours-check": "do not round"},
    "08_mean_of_logits": {"ex-08-balance-check": "not the softmax of mean logits"},
    "08_over_the_batch": {"ex-08-balance-check": "not over the batch"},
    "08_counts": {"ex-08-balance-check": "counts the winners"},
    "08_detached": {"ex-08-balance-check": "a generator needs its gradient"},
    "08_weights_only": {"ex-08-average-check": "weights and biases"},
    "08_first_parameter": {"ex-08-average-check": "weights and biases"},
    "08_with_gradients": {"ex-08-average-check": "work under torch.no_grad()"},
    "09_whole_step": {"ex-09-probe-check": "not a whole u"},
    "10_no_gradient": {"ex-10-rounded-check": "no gradient comes back"},
    "10_staircase": {"ex-10-rounded-check": "the gradient should be 1"},
    "10_whole_numbers": {"ex-10-rounded-check": "multiply by the scale again"},
    "10_no_sign": {"ex-10-rounded-check": "the largest is 7, not 15"},
    "10_floor": {"ex-10-rounded-check": "rounds down"},
    "10_last_batch": {"ex-10-range-check": "the last batch's"},
    "10_zero_outside": {"ex-10-range-check": "0 must lie inside"},
    "10_mean_of_maxima": {"ex-10-range-check": "cuts the largest off"},
    "10_positive_only": {"ex-10-range-check": "all negative"},
    "10_in_bits": {"ex-10-bytes-check": "a byte has eight"},
    "10_no_scales": {"ex-10-bytes-check": "needs a scale of four bytes"},
    "10_scale_a_layer": {"ex-10-bytes-check": "not one for each layer"},
    "10_biases_rounded": {"ex-10-bytes-check": "biases stay at four bytes"},
    "10_mean_of_logits": {"ex-10-ensemble-check": "outvotes all"},
    "10_no_log": {"ex-10-ensemble-check": "take the logarithm"},
    "10_over_the_images": {"ex-10-ensemble-check": "not over the images"},
    "10_over_the_teachers": {"ex-10-ensemble-check": "not over the teachers"},
    "10_loudest": {"ex-10-ensemble-check": "not a mean"},
    "11_counts_classes": {"ex-11-entropy-check": "that counts the classes"},
    "11_largest_share": {"ex-11-entropy-check": "the most frequent class alone"},
    "11_bits": {"ex-11-entropy-check": "in bits"},
    "11_chord": {"ex-11-walk-check": "the straight chord"},
    "11_adds": {"ex-11-walk-check": "the walk ends at b"},
    "11_from_nothing": {"ex-11-walk-check": "the walk begins at a"},
    "08_mean_of_entropies": {"ex-08-balance-check": "the mean of the entropies"},
    "08_decay_turned_round": {"ex-08-average-check": "the wrong way round"},
    "09_undivided": {"ex-09-probe-check": "divide the rise by the step"},
    "04_student_moves": {"ex-04-generation-2-check": "hold gradients"},
}


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
    written = handout.release(ROOT, tmp_path)
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
    handout.release(ROOT, folders["blank"], GRADED)
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
    expected = {check: said for name in together for check, said in EXPECTED[name].items()}
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
    runner.write_notebook(tmp_path / "anna.ipynb", handed_in)
    (mark,) = handout.marked(tmp_path / "anna.ipynb", tmp_path / "source.ipynb")
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


@pytest.mark.parametrize("path", SUBMISSIONS, ids=lambda path: path.stem)
def test_wrong_answers_lose_the_points_they_should(path) -> None:
    (notebook,) = [p for p in PATHS if p.name[:2] == path.name[:2]]
    text = path.read_text(encoding="utf-8")
    asked = asked_in(text)
    names: dict[str, object] = {}
    exec("import torch\nfrom dfad_lite import profiles", names)
    said = {}
    for name, cell in cells(notebook).items():
        if cell.cell_type != "code":
            continue
        try:
            exec(text if name == asked else cell.source, names)
        except AssertionError as error:
            said[name] = str(error)
    assert said.keys() == EXPECTED[path.stem].keys()
    for name, words in EXPECTED[path.stem].items():
        assert words in said[name]


def test_a_folder_without_notebooks_is_named(tmp_path) -> None:
    (tmp_path / "anna").mkdir()
    command = ["course", "grade", str(tmp_path / "anna"), "--only", "01"]
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 2
