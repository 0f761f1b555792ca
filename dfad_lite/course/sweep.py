"""Runs one notebook over a table of settings: a job a row, on this machine or on a cluster.

What is done is kept in a folder, and not done again::

    jobs/<key>.ipynb, jobs/<key>.json       the executed notebook, and what came of it
    results.csv, curves.csv, results.png    every job, their curves, one measure over the seeds
"""

import csv
import hashlib
import io
import json
from collections.abc import Callable
from concurrent.futures import as_completed
from pathlib import Path
from typing import Any

from dfad_lite.course import runner
from dfad_lite.course.jobs import CURVE, RESULT_TAG, Job, Outcome, Submit, keep, kept

OWN_COLUMNS = ("row", "key", "status", "seconds", "error")


Report = Callable[[Job, Outcome, int], None]  # called with (job, outcome, jobs done)


# ---------------------------------------------------------------- what to run


def read_jobs(table: Path, notebook: Path) -> list[Job]:
    """The jobs of a table, in its order, every row checked.

    Raises:
        ValueError: the notebook can't be swept, or the table does not fit it; which row and why.
    """
    from dfad_lite import profiles, store

    source, defaults = read_source(notebook)
    try:
        with open(table, newline="", encoding="utf-8-sig") as file:  # -sig: Excel puts a mark first
            reader = csv.reader(file, strict=True)
            lines = [(reader.line_num, [cell.strip() for cell in cells]) for cells in reader]
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"table={table.name!r}: is no CSV file in UTF-8 ({error})") from error
    (_, names), *rows = [(line, cells) for line, cells in lines if cells] or [(1, [])]
    settings = {"profile", *profiles.Profile.__dataclass_fields__}
    for name in names:
        if name not in settings and name not in defaults or name in OWN_COLUMNS:
            raise ValueError(
                f"table={table.name!r}: a column can't be {name!r}; take parameters of "
                f"{notebook.name} ({', '.join(defaults)}) or settings, which `python -m dfad_lite "
                "profiles` lists, with commas between columns"
            )
    if len(set(names)) < len(names):
        raise ValueError(f"table={table.name!r}: a column stands twice in {', '.join(names)}")
    if not rows:
        raise ValueError(
            f"table={table.name!r}: holds no jobs; write a line of column names, such as "
            "seed,rounds, and below it a line for each job"
        )
    jobs: dict[str, Job] = {}
    for row, (line, cells) in enumerate(rows, start=1):
        where = f"table={table.name!r}, row {row} (line {line})"
        if len(cells) != len(names):
            raise ValueError(f"{where}: has {len(cells)} cells for {len(names)} columns")
        parameters = {
            name: plain(cell) for name, cell in zip(names, cells, strict=True) if cell != ""
        }
        fields = {name: v for name, v in parameters.items() if name in settings - {"profile"}}
        try:
            profiles.load(parameters.get("profile", defaults.get("profile", "quick")), **fields)
        except ValueError as error:
            raise ValueError(f"{where}: {error}") from error
        title = "-".join([notebook.stem, *(f"{n}-{v}" for n, v in parameters.items())])[:60]
        key = store.key_of(title, {"notebook": source, "parameters": parameters})
        if key in jobs:
            raise ValueError(f"{where}: is the same job as row {jobs[key].row}; leave one out")
        jobs[key] = Job(row, dict(zip(names, cells, strict=True)), parameters, key)
    return list(jobs.values())


def read_source(notebook: Path) -> tuple[str, dict[str, Any]]:
    """A hash of a notebook's code, and its parameters with their defaults.

    Raises:
        ValueError: it can't be read, or has no cell tagged `parameters` or none tagged `result`.
    """
    from papermill.translators import PythonTranslator

    try:
        cells = runner.read_notebook(notebook).cells
    except (OSError, ValueError) as error:
        raise ValueError(f"notebook={str(notebook)!r}: can't be read ({error})") from error
    code = [(cell.source, sorted(runner.tags(cell))) for cell in cells if cell.cell_type == "code"]
    for tag in ("parameters", RESULT_TAG):
        if not any(tag in tags for _, tags in code):
            raise ValueError(
                f"notebook={str(notebook)!r}: no code cell is tagged {tag!r}; a sweep needs one "
                f"tagged 'parameters' and one tagged {RESULT_TAG!r} that prints one JSON object"
            )
    (cell,) = [cell for cell in cells if "parameters" in runner.tags(cell)][:1]
    defaults = {p.name: plain(p.default) for p in PythonTranslator.inspect(cell)}
    return hashlib.sha256(json.dumps(code).encode()).hexdigest(), defaults


def plain(text: str) -> Any:
    """A cell's value as JSON has it, since papermill takes a tuple for a string."""
    try:
        return json.loads(json.dumps(runner.parse_value(text)))
    except TypeError:  # a literal of another kind, such as a set
        return text


# ---------------------------------------------------------------- running and keeping


def silent(job: Job, outcome: Outcome, done: int) -> None:
    """A report that shows nothing."""


def run(
    jobs: list[Job],
    notebook: Path,
    folder: Path,
    submit: Submit,
    *,
    environment: dict[str, str] | None = None,
    report: Report = silent,
) -> dict[str, Outcome]:
    """Run the jobs that are not done yet, and keep each in `folder` as it ends.

    Args:
        jobs: what `read_jobs` gave.
        notebook: the notebook, as given to `read_jobs`.
        folder: made if need be; of its files, only those of these jobs are read.
        submit: from `jobs.local_workers` or `jobs.cluster_workers`.
        environment: variables that the kernels get on top of their own.
        report: called for every job that ends, in the order in which they end.

    Returns:
        The outcome of every job, by its key.
    """
    files = folder / "jobs"
    files.mkdir(parents=True, exist_ok=True)
    outcomes = {job.key: kept(files, job) or Outcome() for job in jobs}
    waiting = [job for job in jobs if outcomes[job.key].status != "ok"]
    write_tables(jobs, outcomes, folder)
    text = notebook.read_text(encoding="utf-8")
    futures = {
        submit(notebook.name, text, job.parameters, environment or {}): job for job in waiting
    }
    for future in as_completed(futures):
        job = futures[future]
        try:
            outcome = future.result()
        except Exception as error:  # the worker itself was lost; the others go on
            outcome = Outcome("failed", error=f"the worker: {runner.describe(error)}")
        outcomes[job.key] = outcome
        keep(files, job, outcome)
        write_tables(jobs, outcomes, folder)
        report(job, outcome, sum(o.status != "not run" for o in outcomes.values()))
    return outcomes


# ---------------------------------------------------------------- what comes out


def result_rows(jobs: list[Job], outcomes: dict[str, Outcome]) -> list[dict[str, str]]:
    """A row for each job, all with the same columns.

    They are row, key, the parameters, status, seconds (of the job), the numbers and words of the
    results, error. A result's name that is taken already gets `result_` before it.
    """
    taken = {*jobs[0].cells, *OWN_COLUMNS}
    shown = {
        job.key: {
            f"result_{name}" if name in taken else name: value
            for name, value in outcomes[job.key].result.items()
            if not isinstance(value, list | dict)
        }
        for job in jobs
    }
    entries = list(dict.fromkeys(name for result in shown.values() for name in result))
    rows = []
    for job in jobs:
        outcome = outcomes[job.key]
        row = {"row": job.row, "key": job.key, **job.cells}
        row |= {"status": outcome.status, "seconds": f"{outcome.seconds:.1f}"}
        row |= {name: shown[job.key].get(name) for name in entries} | {"error": outcome.error}
        rows.append({name: "" if value is None else str(value) for name, value in row.items()})
    return rows


def write_tables(jobs: list[Job], outcomes: dict[str, Outcome], folder: Path) -> None:
    """Write `results.csv`, and `curves.csv` when a result has a curve."""
    rows = result_rows(jobs, outcomes)
    write_csv(folder / "results.csv", [list(rows[0]), *(list(row.values()) for row in rows)])
    curves = [
        [job.row, job.cells.get("label", ""), *point]
        for job in jobs
        for point in outcomes[job.key].result.get("curve", [])
    ]
    if curves:
        write_csv(folder / "curves.csv", [["row", "label", *CURVE], *curves])
    else:
        (folder / "curves.csv").unlink(missing_ok=True)  # an earlier table's


def write_csv(path: Path, rows: list[list[Any]]) -> None:
    """Write a table whole or not at all; None is an empty cell."""
    table = io.StringIO()
    csv.writer(table, lineterminator="\n").writerows(rows)
    runner.write_atomic(path, table.getvalue())


def draw(rows: list[dict[str, str]], measure: str, path: Path) -> None:
    """Write the figure of a measure over the settings.

    Raises:
        ValueError: no row has a number for `measure`.
    """
    import matplotlib

    matplotlib.use("Agg")
    from dfad_lite import plots, store

    plots.style()
    figure = plots.sweep_outcomes(rows, measure)
    with store.written_whole(path) as temporary:
        figure.savefig(temporary, format="png", dpi=150)
