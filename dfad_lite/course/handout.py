"""The student's version of the notebooks, and the grading of what comes back, by nbgrader.

The committed notebooks are nbgrader's *source* version: they hold the solutions and pass. A course
folder is made anew in a temporary place each time, so nothing of it has to be kept. nbgrader (extra
``course``) and pandas are imported where they are used.
"""

from __future__ import annotations

import contextlib
import copy
import os
import re
import shutil
import sys
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dfad_lite.course import need, runner

if TYPE_CHECKING:
    import pandas

ASSIGNMENT = "dfad"
# What stands in place of an answer, wherever one is taken out.
STUB = '# YOUR CODE HERE\nraise NotImplementedError("no answer yet: write it in place of this")'
STUBS = {"code_stub": {"python": STUB}, "text_stub": "*Your answer here.*"}
# Said where the answers are; no use where they are not.
NOTE = re.compile(r" \(In the committed notebooks the answers are there;[^)]*\)")


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
        for path in notebooks:
            source = place(course, "source", ".") / path.name
            runner.write_notebook(source, without_note(runner.read_notebook(path)))
        done = convert(GenerateAssignment, course)
        if not done["success"]:
            raise ValueError(f"notebooks: nbgrader can't release them: {done['log'].strip()}")
        yield course


def place(course: Any, step: str, student: str) -> Path:
    """The folder of the assignment at one step of nbgrader's, such as ``"submitted"``."""
    folder = Path(course.format_path(step, student, ASSIGNMENT))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def convert(step: type, course: Any) -> dict[str, Any]:
    """Take one of nbgrader's steps in a course: its ``success``, and the ``log`` of a failure."""
    from nbgrader.utils import capture_log

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # SQLAlchemy has much to say about nbgrader's queries
        return {"log": ""} | capture_log(step(coursedir=course, config=course.config))


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
        folder = place(course, "release", ".")
        return [Path(shutil.copy(folder / path.name, out)) for path in notebooks]


def grade(root: Path, submissions: dict[str, Path], only: str | None = None) -> pandas.DataFrame:
    """Run and mark what students handed in.

    Args:
        root: the checkout, whose notebooks hold the checks; a student's changes to a check cell
            are undone.
        submissions: by student's name, the folder that holds the notebooks.
        only: numbers of notebooks to mark.

    Returns:
        A row for each check cell: student, notebook (its name without the ending), check (the
        cell's grade_id), points, most, and message, why points are missing; empty if none are.

    Raises:
        ValueError: a folder holds none of the notebooks.
    """
    import pandas

    names = [path.name for path in runner.select(root / "notebooks", only)]
    for folder in submissions.values():
        if not any((folder / name).is_file() for name in names):
            raise ValueError(f"submissions: {folder} holds none of {', '.join(names)}")
    marks = []
    with released([root / "notebooks" / name for name in names]) as course:
        from nbgrader.converters import Autograde

        for student, folder in submissions.items():
            for name in names:
                if (folder / name).is_file():
                    shutil.copy(folder / name, place(course, "submitted", student))
        convert(Autograde, course)  # fails where any submission does; the others are marked
        for student in submissions:
            for path in sorted(place(course, "autograded", student).glob("*.ipynb")):
                for mark in marks_in(runner.read_notebook(path)):
                    marks.append((student, path.stem, *mark))
    columns = ["student", "notebook", "check", "points", "most", "message"]
    return pandas.DataFrame(marks, columns=columns).sort_values(columns[:3])


def marks_in(notebook: Any) -> Iterator[tuple[str, float, float, str]]:
    """Of each check cell in an executed notebook: grade_id, points, most, and what it said."""
    from nbconvert.filters import strip_ansi
    from nbgrader.utils import determine_grade

    for cell in notebook.cells:
        about = cell.metadata.get("nbgrader", {})
        if about.get("grade") and about.get("points"):
            points, most = determine_grade(cell)
            said = ""
            for output in cell.outputs:
                if output.output_type == "error":
                    kind = "" if output.ename == "AssertionError" else f"{output.ename}: "
                    said = kind + strip_ansi(output.evalue).partition("\n")[0]
            yield about["grade_id"], points, most, said
