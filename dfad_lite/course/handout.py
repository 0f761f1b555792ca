"""The student's version of the notebooks, and the grading of what comes back, through nbgrader.

The committed notebooks are nbgrader's *source* version: they hold the solutions and pass. A
course folder is made anew in a temporary place each time, so nothing of it has to be kept.
"""

from __future__ import annotations

import contextlib
import csv
import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from dfad_lite.course import runner
from dfad_lite.course.site import STUB, without_solutions

ASSIGNMENT = "dfad"
# A cell of a notebook may train for minutes; nbgrader's own limit is 30 s.
CONFIG = f"""\
c = get_config()
c.CourseDirectory.course_id = "dfad_lite"
c.ExecutePreprocessor.timeout = 1200
c.ClearSolutions.code_stub = {{"python": {STUB!r}}}
c.ClearSolutions.text_stub = "*Your answer here.*"
c.Application.log_level = "WARN"
"""


@dataclass(frozen=True)
class Mark:
    """What one check cell gave."""

    student: str
    notebook: str  # its name without the ending
    check: str  # the cell's grade_id
    points: float
    most: float
    message: str  # why points are missing; empty when none are


@contextlib.contextmanager
def course_folder(notebooks: list[Path]) -> Iterator[Path]:
    """A temporary nbgrader course whose only assignment is ``notebooks``, already released."""
    with tempfile.TemporaryDirectory(prefix="dfad-course-") as name:
        folder = Path(name)
        (folder / "nbgrader_config.py").write_text(CONFIG, encoding="utf-8")
        source = folder / "source" / ASSIGNMENT
        source.mkdir(parents=True)
        for path in notebooks:
            shutil.copy(path, source / path.name)
        nbgrader(folder, "generate_assignment", ASSIGNMENT, "--create", "--force")
        yield folder


def nbgrader(folder: Path, *command: str) -> None:
    """Run one of nbgrader's commands in a course folder.

    Raises:
        ValueError: it failed; its last words are in the message.
    """
    # nbgrader starts `alembic` by its name, which an environment that is not activated hides.
    tools = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    with runner.kernel_environment():
        environment = {**os.environ, "JUPYTER_CONFIG_DIR": str(folder / ".jupyter")}
        done = subprocess.run(
            [sys.executable, "-m", "nbgrader", *command],
            cwd=folder,
            env={**environment, "PATH": tools},
            capture_output=True,
            text=True,
        )
    if done.returncode and command[0] != "autograde":  # which fails when any submission did
        raise ValueError(f"nbgrader {' '.join(command)} failed: {done.stderr.strip()[-2000:]}")


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
    written = []
    with course_folder(notebooks) as folder:
        for path in notebooks:
            released = runner.read_notebook(folder / "release" / ASSIGNMENT / path.name)
            written.append(out / path.name)
            # Once more, for what nbgrader knows nothing of: the note on where the answers are.
            runner.write_notebook(written[-1], without_solutions(released))
    return written


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
    from nbgrader.api import Gradebook

    notebooks = runner.select(root / "notebooks", only)
    marks: list[Mark] = []
    with course_folder(notebooks) as folder:
        for student, handed_in in submissions.items():
            there = [path for path in notebooks if (handed_in / path.name).is_file()]
            if not there:
                raise ValueError(
                    f"submissions: {handed_in} holds none of {', '.join(p.name for p in notebooks)}"
                )
            into = folder / "submitted" / student / ASSIGNMENT
            into.mkdir(parents=True)
            for path in there:
                shutil.copy(handed_in / path.name, into / path.name)
        nbgrader(folder, "autograde", ASSIGNMENT)
        with Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as book:
            for student in submissions:
                graded = folder / "autograded" / student / ASSIGNMENT
                for path in notebooks:
                    if not (graded / path.name).exists():
                        continue
                    errors = messages(runner.read_notebook(graded / path.name))
                    found = book.find_submission_notebook(path.stem, ASSIGNMENT, student)
                    marks += [
                        Mark(
                            student,
                            path.stem,
                            cell.name,
                            cell.score,
                            cell.max_score,
                            errors.get(cell.name, "") if cell.score < cell.max_score else "",
                        )
                        for cell in found.grades
                        if cell.max_score
                    ]
    return sorted(marks, key=lambda m: (m.student, m.notebook, m.check))


def messages(notebook: Any) -> dict[str, str]:
    """By grade_id, what the failed check cells of an executed notebook said."""
    found = {}
    for cell in notebook.cells:
        about = cell.metadata.get("nbgrader", {})
        for output in cell.get("outputs", []):
            if about.get("grade") and output.output_type == "error":
                text = re.sub(r"\x1b\[[0-9;]*m", "", output.evalue)
                kind = "" if output.ename == "AssertionError" else f"{output.ename}: "
                found[about["grade_id"]] = kind + (text.splitlines() or [""])[0]
    return found


def write_marks(path: Path, marks: list[Mark]) -> None:
    """The marks as a CSV file, a row a check."""
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, list(Mark.__annotations__), lineterminator="\n")
    writer.writeheader()
    writer.writerows(asdict(mark) for mark in marks)
    path.parent.mkdir(parents=True, exist_ok=True)
    runner.write_atomic(path, buffer.getvalue())
