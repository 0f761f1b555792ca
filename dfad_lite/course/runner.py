"""Runs the course notebooks from the command line and keeps their committed outputs clean.

`select` picks notebooks, `run_series` executes them with papermill into a folder of their own, and
`refresh_series` executes them in place for committing. Nothing here trains or evaluates anything:
that is the notebooks' work. Papermill, nbclient and nbconvert are imported where they are used, so
that the rest of the package works without them.
"""

import ast
import csv
import io
import logging
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

NOTEBOOK_PATTERN = "[0-9][0-9]_*.ipynb"
HEADLINE_TAG = "headline"
LEFT_BY_PAPERMILL = {"injected-parameters", "papermill-error-cell-tag"}
RUN_METADATA = ("papermill", "execution", "ExecuteTime")
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
NOTEBOOK_METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


@dataclass
class Result:
    """What came of one notebook; a row of the summary."""

    notebook: str
    status: str = "not run"  # then "running", and in the end "ok", "failed" or "interrupted"
    seconds: float = 0.0
    headline: str = ""
    problem: str = ""  # for a failure: the cell, the name of the error and its message


Report = Callable[[Result, int, int], None]  # called with (result, cells done, cells in all)


def silent(result: Result, done: int, total: int) -> None:
    """A report that shows nothing."""


# ---------------------------------------------------------------- what to run


def checkout() -> Path:
    """The folder of the checkout, which holds `notebooks/` beside the package."""
    root = Path(__file__).resolve().parents[2]
    if not (root / "notebooks").is_dir():
        raise ValueError(
            f"there is no notebooks/ folder in {root}: this command works on a checkout of the "
            'course; get one and install it in place, with pip install -e ".[dev]"'
        )
    return root


def select(notebooks: Path, only: str | None = None) -> list[Path]:
    """The notebooks of a folder in order, or those whose two-digit numbers `only` lists."""
    found = sorted(notebooks.glob(NOTEBOOK_PATTERN))
    if not found:
        raise ValueError(f"notebooks={str(notebooks)!r}: holds no file named like 01_name.ipynb")
    if only is None:
        return found
    wanted = [number.strip().zfill(2) for number in only.split(",")]
    unknown = [number for number in wanted if number not in {path.name[:2] for path in found}]
    if unknown:
        raise ValueError(
            f"only={only!r}: there is no notebook {', '.join(unknown)}; "
            f"choose from {', '.join(path.stem for path in found)} by number, such as "
            f"--only {found[0].name[:2]}"
        )
    return [path for path in found if path.name[:2] in wanted]


def parse_overrides(settings: list[str]) -> dict[str, Any]:
    """Read `name=value` settings; a value that is no Python literal is taken as a string."""
    overrides: dict[str, Any] = {}
    for setting in settings:
        name, equals, value = setting.partition("=")
        if not equals or not name.isidentifier():
            raise ValueError(f"--set {setting!r}: write name=value, such as --set seed=1")
        if name == "profile":
            raise ValueError(f"--set {setting!r}: choose the profile with --profile {value}")
        overrides[name] = parse_value(value)
    return overrides


def parse_value(text: str) -> Any:
    """A Python literal as what it is; anything else as the string it came as."""
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text


# ---------------------------------------------------------------- running one notebook


class RefusedError(Exception):
    """A notebook ran, but is not fit to commit."""


class CellTracker:
    """Follows the code cells of one notebook as they run, through two hooks of nbclient."""

    def __init__(self, result: Result, report: Report) -> None:
        self.result, self.report = result, report
        self.total, self.number, self.source = 0, 0, ""

    def opens(self, notebook: Any) -> None:
        """The notebook has been read: count its own code cells."""
        code = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]
        self.total = sum(1 for cell in code if not tags(cell) & LEFT_BY_PAPERMILL)
        self.report(self.result, 0, self.total)

    def starts(self, cell: Any, cell_index: int) -> None:
        """nbclient is about to run a code cell."""
        if not tags(cell) & LEFT_BY_PAPERMILL:
            self.number, self.source = self.number + 1, cell.source

    def ends(self, cell: Any, cell_index: int, execute_reply: Any) -> None:
        """nbclient has run a code cell."""
        self.report(self.result, self.number, self.total)

    def where(self) -> str:
        """The cell reached: its number among the notebook's own code cells, and its first line."""
        first_line = self.source.strip().split("\n")[0]
        return f"code cell {self.number} ({first_line})" if self.number else "before its first cell"


@contextmanager
def kernel_environment() -> Iterator[None]:
    """Set the environment variables that the kernels started meanwhile inherit.

    The kernel named `python3` is this very interpreter, whatever kernels are installed; it imports
    this very package; and progress bars are silent, since their timings never repeat.
    """
    from ipykernel.kernelspec import write_kernel_spec

    before = os.environ.copy()
    with tempfile.TemporaryDirectory(prefix="dfad_lite_kernel_") as folder:
        quiet = ["--log-level=ERROR"]  # ipykernel 7 warns at each start that TCP is in the clear
        write_kernel_spec(Path(folder) / "kernels" / "python3", extra_arguments=quiet)
        package_parent = str(Path(__file__).resolve().parents[2])
        for name, first in (("JUPYTER_PATH", folder), ("PYTHONPATH", package_parent)):
            rest = [before[name]] if before.get(name) else []
            os.environ[name] = os.pathsep.join([first, *rest])
        os.environ["TQDM_DISABLE"] = "1"
        try:
            yield
        finally:
            os.environ.clear()
            os.environ.update(before)


def attempt(path: Path, result: Result, report: Report, execute: Callable[..., Any]) -> None:
    """Call `execute` with nbclient's hooks for one notebook, and fill in its result."""
    tracker = CellTracker(result, report)
    result.status = "running"
    started = time.monotonic()
    try:
        tracker.opens(read_notebook(path))
        execute(on_cell_execute=tracker.starts, on_cell_executed=tracker.ends)
        result.status = "ok"
    except KeyboardInterrupt:
        result.status, result.problem = "interrupted", f"{path.name}, {tracker.where()}"
    except RefusedError as error:
        result.status, result.problem = "failed", f"{path.name}, {error}"
    except Exception as error:  # whatever stopped the notebook, the table is still to be written
        result.status = "failed"
        result.problem = f"{path.name}, {tracker.where()}: {describe(error)}"
    result.seconds = time.monotonic() - started


def run_notebook(
    path: Path,
    executed: Path,
    parameters: dict[str, Any],
    result: Result,
    report: Report = silent,
    **options: Any,
) -> None:
    """Execute a notebook with papermill into the file `executed`, and fill in its result.

    The options go to papermill, which hands on to nbclient those that it does not know.
    """
    import papermill

    logging.getLogger("papermill").setLevel(logging.ERROR)  # it warns of overrides it cannot know
    execute = partial(
        papermill.execute_notebook,
        path,
        executed,
        parameters=parameters,
        kernel_name="python3",
        language="python",
        progress_bar=False,
        log_output=False,
        **options,
    )
    attempt(path, result, report, execute)


def describe(error: Exception) -> str:
    """Name and message of an error; for one raised in a cell, those of the cell's own error."""
    name, message = getattr(error, "ename", ""), getattr(error, "evalue", "")
    return f"{name}: {message}" if name else f"{type(error).__name__}: {error}"


# ---------------------------------------------------------------- a run of the series


def run_folder(root: Path, out: Path | None = None) -> Path:
    """The folder for a run's results: `out`, or one named after this moment under `runs/`."""
    if out is None:
        return root / "runs" / datetime.now().strftime("%Y-%m-%d_%H-%M-%S")
    if out.resolve() == (root / "notebooks").resolve():
        raise ValueError(f"out={str(out)!r}: results would replace the notebooks; name another")
    if out.exists() and not out.is_dir():
        raise ValueError(f"out={str(out)!r}: is a file; name a folder, which need not exist yet")
    return out


def run_series(
    notebooks: list[Path],
    profile: str,
    overrides: dict[str, Any],
    folder: Path,
    report: Report = silent,
) -> list[Result]:
    """Execute notebooks in order, up to the first that fails, and keep what they show in `folder`.

    The folder gets the executed notebooks, an HTML page of each, `summary.csv` and `summary.md`.
    The overrides are taken as they are: check them with `profiles.load` first.
    """
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    results = [Result(path.name) for path in notebooks]
    for path, result in zip(notebooks, results, strict=True):
        executed = folder / path.name
        executed.unlink(missing_ok=True)  # an earlier run's
        with kernel_environment():
            run_notebook(path, executed, {"profile": profile, **overrides}, result, report)
        if executed.exists():
            notebook = read_notebook(executed)
            result.headline = headline(notebook)
            write_atomic(executed.with_suffix(".html"), html_page(notebook, path, folder))
        write_summary(results, profile, overrides, folder)
        report(result, 0, 0)
        if result.status != "ok":
            break
    return results


def exit_code(results: list[Result]) -> int:
    """The exit status of a run: 0 when every notebook ran, 130 after Ctrl-C, otherwise 1."""
    statuses = {result.status for result in results}
    if "interrupted" in statuses:
        return 130
    return 0 if statuses == {"ok"} else 1


def headline(notebook: Any) -> str:
    """The lines printed by the cells tagged `headline`, joined by semicolons."""
    lines = printed(notebook, HEADLINE_TAG).splitlines()
    return "; ".join(line.strip() for line in lines if line.strip())


def printed(notebook: Any, tag: str) -> str:
    """What the code cells with a tag printed to stdout."""
    return "".join(
        output.text
        for cell in notebook.cells
        if cell.cell_type == "code" and tag in tags(cell)
        for output in cell.outputs
        if output.output_type == "stream" and output.name == "stdout"
    )


def html_page(notebook: Any, source: Path, folder: Path) -> str:
    """One HTML page of an executed notebook for ``folder``, with its images inside.

    Widgets are left out, which can't move without a kernel.
    """
    from nbconvert import HTMLExporter

    from dfad_lite.course.site import offline_math

    resources = {"metadata": {"name": source.stem, "path": str(source.parent)}}
    exporter = HTMLExporter(embed_images=True, **offline_math(folder))
    return exporter.from_notebook_node(clean(notebook), resources=resources)[0]


def write_summary(
    results: list[Result], profile: str, overrides: dict[str, Any], folder: Path
) -> None:
    """Write the table of a run as `summary.csv` and `summary.md`."""
    header = ["notebook", "status", "seconds", "headline"]
    rows = [[r.notebook, r.status, f"{r.seconds:.1f}", r.headline] for r in results]

    table = io.StringIO()
    csv.writer(table, lineterminator="\n").writerows([header, *rows])
    write_atomic(folder / "summary.csv", table.getvalue())

    settings = ", ".join(f"{name}={value!r}" for name, value in overrides.items())
    lines = [f"# Profile {profile}" + (f", with {settings}" if settings else ""), ""]
    lines += ["| " + " | ".join(header) + " |", "|---|---|---:|---|"]
    lines += ["| " + " | ".join(cell.replace("|", r"\|") for cell in row) + " |" for row in rows]
    for result in results:
        if result.problem:
            # The message of an error may span lines and hold any character: keep it verbatim.
            lines += ["", f"{result.status}:", "", "```text", result.problem, "```"]
    write_atomic(folder / "summary.md", "\n".join(lines) + "\n")


# ---------------------------------------------------------------- notebooks fit to commit


def refresh_series(notebooks: list[Path], report: Report = silent) -> list[Result]:
    """Execute notebooks in place with their own defaults, and leave them fit to commit.

    Stops at the first notebook that fails or that `refusals` turns down; that one keeps its file.
    """
    results = [Result(path.name) for path in notebooks]
    for path, result in zip(notebooks, results, strict=True):
        with kernel_environment():
            attempt(path, result, report, partial(refresh_notebook, path))
        report(result, 0, 0)
        if result.status != "ok":
            break
    return results


def refresh_notebook(path: Path, **hooks: Any) -> None:
    """Execute one notebook in its own folder, as nbval and JupyterLab do, and write it cleaned."""
    from nbclient import NotebookClient

    notebook = clean(read_notebook(path))
    NotebookClient(
        notebook,
        kernel_name="python3",
        timeout=None,
        record_timing=False,
        coalesce_streams=True,
        resources={"metadata": {"path": str(path.parent.resolve())}},
        **hooks,
    ).execute()
    refused = refusals(notebook)
    if refused:
        raise RefusedError("\n".join(refused))
    write_notebook(path, clean(notebook))


def refusals(notebook: Any) -> list[str]:
    """Why an executed notebook is not fit to commit, a line for each reason."""
    found = []
    code_cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for number, cell in enumerate(code_cells, start=1):
        where = f"code cell {number} ({cell.source.strip().split(chr(10))[0]})"
        for output in cell.outputs:
            if output.output_type == "stream" and output.name == "stderr":
                found.append(
                    f"{where} wrote to stderr: {output.text.strip()!r}; "
                    "mend what it warns of, or catch the warning in the cell"
                )
            if WIDGET_VIEW in output.get("data", {}) and "nbval-ignore-output" not in tags(cell):
                found.append(
                    f"{where} shows a widget, which nbval cannot compare; "
                    "tag the cell nbval-ignore-output"
                )
    return found


def clean(notebook: Any) -> Any:
    """A copy of a notebook without what differs from run to run or from machine to machine."""
    import nbformat

    notebook = nbformat.from_dict(notebook)
    notebook.metadata = nbformat.from_dict(NOTEBOOK_METADATA)
    notebook.cells = [cell for cell in notebook.cells if not tags(cell) & LEFT_BY_PAPERMILL]
    for cell in notebook.cells:
        for name in RUN_METADATA:
            cell.metadata.pop(name, None)
        if cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if not shows_only_widget(output)]
            for output in cell.outputs:
                output.get("data", {}).pop(WIDGET_VIEW, None)
    notebook.nbformat, notebook.nbformat_minor = 4, 5  # the first format in which cells have ids
    notebook = nbformat.validator.normalize(notebook)[1]
    nbformat.validate(notebook)
    return notebook


def shows_only_widget(output: Any) -> bool:
    """Whether an output is a widget with, at most, its one-line description beside it."""
    formats = set(output.get("data", {}))
    return WIDGET_VIEW in formats and formats <= {WIDGET_VIEW, "text/plain"}


# ---------------------------------------------------------------- files


def tags(cell: Any) -> set[str]:
    """The tags of a cell."""
    return set(cell.metadata.get("tags", []))


def read_notebook(path: Path) -> Any:
    """Read a notebook in today's format."""
    import nbformat

    return nbformat.read(path, as_version=4)


def write_notebook(path: Path, notebook: Any) -> None:
    """Write a notebook whole or not at all, with a newline at its end."""
    import nbformat

    write_atomic(path, nbformat.writes(notebook).rstrip("\n") + "\n")


def write_atomic(path: Path, text: str) -> None:
    """Write a text file whole or not at all, by way of a temporary name."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        unfinished.write_text(text, encoding="utf-8", newline="\n")
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)
