"""The student's version of the notebooks, and the grading of what comes back, by nbgrader's parts.

The committed notebooks are nbgrader's *source* version: they hold the solutions and pass. Its
preprocessors run in this process, without a course folder or a database. nbgrader (extra
``course``) and pandas are imported where they are used.
"""

import copy
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dfad_lite import need
from dfad_lite.course import runner

if TYPE_CHECKING:
    import pandas

# What replaces an answer.
STUB = '# YOUR CODE HERE\nraise NotImplementedError("no answer yet: write it in place of this")'
# A remark of the committed notebooks that makes no sense without the answers.
NOTE = re.compile(r" \(In the committed notebooks the answers are there;[^)]*\)")
MARK = ("student", "notebook", "check", "points", "most", "message")


def without_solutions(notebook: Any) -> Any:
    """A copy in which every solution is a stub, and exercises show no output."""
    need("course", "nbgrader")
    from nbgrader.preprocessors import ClearSolutions

    clear = ClearSolutions(code_stub={"python": STUB}, text_stub="*Your answer here.*")
    blank, _ = clear.preprocess(copy.deepcopy(notebook), {})
    for cell in blank.cells:
        if cell.cell_type == "markdown":
            cell.source = NOTE.sub("", cell.source)
        elif "nbgrader" in cell.metadata:
            cell.outputs, cell.execution_count = [], None
    return blank


def released(notebook: Any) -> Any:
    """The student's version of a notebook, without solutions and outputs."""
    notebook = without_solutions(notebook)
    from nbgrader.preprocessors import CheckCellMetadata, ClearOutput, ComputeChecksums, LockCells

    for step in (LockCells, ClearOutput, CheckCellMetadata, ComputeChecksums):
        notebook, _ = step().preprocess(notebook, {})
    return notebook


def grade(root: Path, submissions: dict[str, Path], only: str | None = None) -> "pandas.DataFrame":
    """Run and mark what students handed in: ``submissions`` has a folder by each one's name.

    The checks are those of the checkout ``root``: a student's changes of them are undone.

    Returns:
        A row for each check cell: student, notebook (without the ending), check (the cell's
        grade_id), points, most, and message, which says why points are missing.

    Raises:
        ValueError: a folder holds none of the notebooks, or an unreadable one.
    """
    need("course", "nbgrader")
    import pandas

    sources, handed_in = runner.select(root / "notebooks", only), []
    for student, folder in submissions.items():
        found = [source for source in sources if (folder / source.name).is_file()]
        if not found:
            names = ", ".join(source.name for source in sources)
            raise ValueError(f"submissions: {folder} holds none of {names}")
        for source in found:
            notebook = runner.read_notebook(folder / source.name)  # all, before the first is run
            handed_in.append((student, source, notebook))
    marks = [
        (student, source.stem, *mark)
        for student, source, notebook in handed_in
        for mark in marked(notebook, source)
    ]
    return pandas.DataFrame(marks, columns=MARK).sort_values(["student", "notebook", "check"])


def marked(notebook: Any, source: Path) -> Iterator[tuple[str, float, float, str]]:
    """Run a submission with its source's check cells; yields id, points, most and message."""
    from nbgrader.preprocessors import ClearOutput, DeduplicateIds, Execute
    from nbgrader.utils import determine_grade, is_locked

    locked = filter(is_locked, runner.read_notebook(source).cells)
    checks = {cell.metadata.nbgrader.grade_id: cell for cell in locked}
    notebook, _ = DeduplicateIds().preprocess(notebook, {})
    names = [cell.metadata.get("nbgrader", {}).get("grade_id") for cell in notebook.cells]
    notebook.cells = [checks.get(n, cell) for n, cell in zip(names, notebook.cells, strict=True)]
    notebook.cells += [check for name, check in checks.items() if name not in names]  # deleted
    notebook, _ = ClearOutput().preprocess(notebook, {})
    died = ""
    with runner.kernel_environment(), tempfile.TemporaryDirectory() as folder:
        # A cell may train for minutes; nbgrader's own limit is 30 s.
        execute = Execute(timeout=1200, kernel_name="python3")
        try:
            execute.preprocess(notebook, {"metadata": {"path": folder}})
        except RuntimeError as error:  # the kernel is gone
            died = f"the notebook did not run to its end: {error}"
    for name, check in checks.items():
        if most := check.metadata.nbgrader.get("points", 0):
            points = 0 if died else determine_grade(check)[0]
            yield name, points, most, died or complaint(check)


def complaint(cell: Any) -> str:
    """The first line of an executed cell's error; empty if there was none."""
    from nbconvert.filters import strip_ansi

    for output in cell.outputs:
        if output.output_type == "error":
            kind = "" if output.ename == "AssertionError" else f"{output.ename}: "
            return kind + strip_ansi(output.evalue).partition("\n")[0]
    return ""
