"""The student's version of the notebooks, and the grading of what comes back, by nbgrader.

The committed notebooks are nbgrader's *source* version: they hold the solutions and pass. A course
folder is made anew in a temporary place each time, so nothing of it has to be kept. nbgrader (extra
``course``) is imported where it is used.
"""

from __future__ import annotations

import contextlib
import copy
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dfad_lite.course import need, runner

ASSIGNMENT = "dfad"
# What stands in place of an answer, wherever nbgrader takes one out.
STUBS = {
    "code_stub": {
        "python": "# YOUR CODE HERE\n"
        'raise NotImplementedError("no answer yet: write it in place of this")'
    },
    "text_stub": "*Your answer here.*",
}
# Said where the answers are; no use where they are not.
NOTE = re.compile(r" \(In the committed notebooks the answers are there;[^)]*\)")


@dataclass(frozen=True)
class Mark:
    """What one check cell gave."""

    student: str
    notebook: str  # its name without the ending
    check: str  # the cell's grade_id
    points: float
    most: float
    message: str  # why points are missing; empty when none are


def without_note(notebook: Any) -> Any:
    """A copy of a committed notebook that does not say where the answers are."""
    notebook = copy.deepcopy(notebook)
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = NOTE.sub("", cell.source)
    return notebook


def without_solutions(notebook: Any) -> Any:
    """A copy in which every solution is a stub, and exercises show no output.

    Raises:
        ValueError: nbgrader is not installed; the message says how to get it.
    """
    need("course", "nbgrader")
    from nbgrader.preprocessors import ClearSolutions

    blank, _ = ClearSolutions(**STUBS).preprocess(without_note(notebook), {})
    for cell in blank.cells:
        if cell.cell_type == "code" and "nbgrader" in cell.metadata:
            cell.outputs, cell.execution_count = [], None
    return blank


@contextlib.contextmanager
def released(notebooks: list[Path]) -> Iterator[Any]:
    """A temporary nbgrader course whose only assignment is ``notebooks``, already released.

    Raises:
        ValueError: nbgrader is not installed, or a notebook does not fit its rules.
    """
    need("course", "nbgrader")
    from nbgrader.converters import GenerateAssignment
    from nbgrader.coursedir import CourseDirectory
    from traitlets.config import Config

    with tempfile.TemporaryDirectory(prefix="dfad-course-") as folder, runner.kernel_environment():
        # nbgrader starts `alembic` by its name, which an environment that is not activated hides.
        tools = str(Path(sys.executable).parent)
        os.environ["PATH"] = os.pathsep.join([tools, os.environ.get("PATH", "")])
        config = Config(
            ClearSolutions=STUBS,
            CourseDirectory={"root": folder, "course_id": "dfad_lite", "assignment_id": ASSIGNMENT},
            Execute={"timeout": 1200},  # a cell may train for minutes; nbgrader's limit is 30 s
        )
        course = CourseDirectory(config=config)
        source = Path(course.format_path(course.source_directory, ".", ASSIGNMENT))
        source.mkdir(parents=True)
        for path in notebooks:
            runner.write_notebook(source / path.name, without_note(runner.read_notebook(path)))
        done = convert(GenerateAssignment, course)
        if not done["success"]:
            raise ValueError(f"notebooks: nbgrader can't release them: {done['log'].strip()}")
        yield course


def convert(step: type, course: Any) -> dict[str, Any]:
    """Take one of nbgrader's steps in a course; its ``success``, and the ``log`` of failures."""
    from nbgrader.utils import capture_log

    converter = step(coursedir=course, config=course.config)
    return {"log": "", **capture_log(converter)}


def release(root: Path, out: Path, only: str | None = None) -> list[Path]:
    """Write the student's version of the notebooks into ``out``, solutions and outputs left out.

    Args:
        root: the checkout.
        out: folder for them.
        only: numbers of notebooks, such as ``"01,04"``; None takes all.

    Raises:
        ValueError: a notebook does not fit nbgrader's rules.
    """
    notebooks = runner.select(root / "notebooks", only)
    out.mkdir(parents=True, exist_ok=True)
    with released(notebooks) as course:
        folder = Path(course.format_path(course.release_directory, ".", ASSIGNMENT))
        return [Path(shutil.copy(folder / path.name, out)) for path in notebooks]


def grade(root: Path, submissions: dict[str, Path], only: str | None = None) -> list[Mark]:
    """Run and mark what students handed in.

    Args:
        root: the checkout, whose notebooks hold the checks; a student's changes to a check cell
            are undone.
        submissions: by student's name, the folder that holds the notebooks.
        only: numbers of notebooks to mark.

    Raises:
        ValueError: a folder holds none of the notebooks.
    """
    notebooks = runner.select(root / "notebooks", only)
    handed_in = {
        student: [folder / path.name for path in notebooks if (folder / path.name).is_file()]
        for student, folder in submissions.items()
    }
    for student, paths in handed_in.items():
        if not paths:
            raise ValueError(
                f"submissions: {submissions[student]} holds none of "
                f"{', '.join(path.name for path in notebooks)}"
            )
    marks: list[Mark] = []
    with released(notebooks) as course:
        from nbgrader.api import Gradebook
        from nbgrader.converters import Autograde

        for student, paths in handed_in.items():
            folder = Path(course.format_path(course.submitted_directory, student, ASSIGNMENT))
            folder.mkdir(parents=True)
            for path in paths:
                shutil.copy(path, folder)
        convert(Autograde, course)  # fails where any submission does; the others are marked
        with Gradebook(course.db_url) as book:
            for student, paths in handed_in.items():
                folder = Path(course.format_path(course.autograded_directory, student, ASSIGNMENT))
                for graded in filter(Path.exists, (folder / path.name for path in paths)):
                    said = messages(runner.read_notebook(graded))
                    found = book.find_submission_notebook(graded.stem, ASSIGNMENT, student)
                    marks += [
                        Mark(
                            student,
                            graded.stem,
                            cell.name,
                            cell.score,
                            cell.max_score,
                            said.get(cell.name, "") if cell.score < cell.max_score else "",
                        )
                        for cell in found.grades
                        if cell.max_score
                    ]
    return sorted(marks, key=lambda m: (m.student, m.notebook, m.check))


def messages(notebook: Any) -> dict[str, str]:
    """By grade_id, what the failed check cells of an executed notebook said."""
    from nbconvert.filters import strip_ansi

    found = {}
    for cell in notebook.cells:
        about = cell.metadata.get("nbgrader", {})
        for output in cell.get("outputs", []):
            if about.get("grade") and output.output_type == "error":
                kind = "" if output.ename == "AssertionError" else f"{output.ename}: "
                found[about["grade_id"]] = kind + strip_ansi(output.evalue).partition("\n")[0]
    return found


def write_marks(path: Path, marks: list[Mark]) -> None:
    """The marks as a CSV file, a row a check."""
    import pandas

    path.parent.mkdir(parents=True, exist_ok=True)
    runner.write_atomic(path, pandas.DataFrame(marks).to_csv(index=False))
