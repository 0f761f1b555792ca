"""Runs one notebook over a table of settings: a job a row, on this machine or on a cluster.

Finished jobs are kept in a folder, and not run again::

    jobs/<key>.ipynb, jobs/<key>.json       the executed notebook, and its result
    results.csv, curves.csv, results.png    every job, their curves, one measure over the seeds

Dask runs the jobs. A job takes a notebook's text and parameters, and returns the executed
notebook's text and the JSON object that its cell tagged `result` printed. Only the process that
runs the sweep writes into the folder, so that a cluster needs no shared file system.
"""

import asyncio
import csv
import hashlib
import json
import logging
import math
import tempfile
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dfad_lite import store
from dfad_lite.course import runner

if TYPE_CHECKING:
    from distributed import Client
    from matplotlib.figure import Figure
    from pandas import DataFrame

RESULT_TAG = "result"
CURVE = ("round", "accuracy", "discrepancy", "generation")
OWN_COLUMNS = ("row", "key", "status", "seconds", "error")
CONNECT_SECONDS = 10


@dataclass(frozen=True)
class Job:
    """One row of the table."""

    row: int  # counted from 1, without the header
    cells: dict[str, str]  # by column, as the table has them
    parameters: dict[str, Any]  # the values of those that are not empty
    key: str  # names the job's files


@dataclass(frozen=True)
class Outcome:
    """The outcome of a job."""

    status: str = "not run"  # in the end "ok" or "failed"
    seconds: float = 0.0
    result: dict[str, Any] = field(default_factory=dict)
    error: str = ""  # the cell, the name of the error and its message
    executed: str = ""  # the executed notebook, as far as it came


def read_jobs(table: Path, notebook: Path) -> list[Job]:
    """The jobs of a table, in its order.

    Raises:
        ValueError: the notebook can't be swept, or a row does not fit it; says which and why.
    """
    from dfad_lite import profiles

    source, defaults = read_source(notebook)
    try:
        with open(table, newline="", encoding="utf-8-sig") as file:  # -sig: Excel puts a mark first
            reader = csv.reader(file, strict=True)
            lines = [(reader.line_num, [c.strip() for c in cells]) for cells in reader if cells]
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"table={table.name!r}: is no CSV file in UTF-8 ({error})") from error
    if len(lines) < 2:
        raise ValueError(
            f"table={table.name!r}: holds no jobs; write a line of column names, such as "
            "seed,rounds, and below it a line for each job"
        )
    (_, names), *rows = lines
    settings = set(profiles.Profile.__dataclass_fields__)
    if unknown := set(names) - ({"profile", *settings, *defaults} - set(OWN_COLUMNS)):
        raise ValueError(
            f"table={table.name!r}: a column can't be {min(unknown)!r}; take parameters of "
            f"{notebook.name} ({', '.join(defaults)}) or settings, which `python -m dfad_lite "
            "profiles` lists, with commas between columns"
        )
    if len(set(names)) < len(names):
        raise ValueError(f"table={table.name!r}: a column stands twice in {', '.join(names)}")
    jobs: dict[str, Job] = {}
    for row, (line, values) in enumerate(rows, start=1):
        where = f"table={table.name!r}, row {row} (line {line})"
        if len(values) != len(names):
            raise ValueError(f"{where}: has {len(values)} cells for {len(names)} columns")
        cells = dict(zip(names, values, strict=True))
        parameters = {name: runner.parse_value(cell) for name, cell in cells.items() if cell}
        try:
            profile = parameters.get("profile", defaults.get("profile", "quick"))
            profiles.load(profile, **{n: v for n, v in parameters.items() if n in settings})
        except ValueError as error:
            raise ValueError(f"{where}: {error}") from error
        title = "-".join([notebook.stem, *(f"{n}-{v}" for n, v in parameters.items())])[:60]
        key = store.key_of(title, {"notebook": source, "parameters": parameters})
        if key in jobs:
            raise ValueError(f"{where}: is the same job as row {jobs[key].row}; leave one out")
        jobs[key] = Job(row, cells, parameters, key)
    return list(jobs.values())


def read_source(notebook: Path) -> tuple[str, dict[str, Any]]:
    """A hash of a notebook's code, and its parameters with their defaults.

    Raises:
        ValueError: it can't be read, or has no cell tagged `parameters` or none tagged `result`.
    """
    from papermill.translators import PythonTranslator

    cells = runner.read_notebook(notebook).cells
    code = [(cell.source, sorted(runner.tags(cell))) for cell in cells if cell.cell_type == "code"]
    if missing := {"parameters", RESULT_TAG}.difference(*(tags for _, tags in code)):
        raise ValueError(
            f"notebook={str(notebook)!r}: no code cell is tagged {min(missing)!r}; a sweep needs "
            f"one tagged 'parameters' and one tagged {RESULT_TAG!r} that prints one JSON object"
        )
    cell = next(cell for cell in cells if "parameters" in runner.tags(cell))
    defaults = {p.name: runner.parse_value(p.default) for p in PythonTranslator.inspect(cell)}
    return hashlib.sha256(json.dumps(code).encode()).hexdigest(), defaults


def run(
    jobs: list[Job], notebook: Path, folder: Path, workers: int = 1, cluster: str | None = None
) -> "DataFrame":
    """Run the jobs that are not done yet; keep each in `folder` as it ends, and print a line on it.

    They run in `workers` processes of this machine, or on the workers of the Dask scheduler at the
    address `cluster`. Returns the table of `results.csv`.
    """
    from distributed import as_completed

    files = folder / "jobs"
    outcomes = {job.key: kept(files, job) or Outcome() for job in jobs}
    waiting = [job for job in jobs if outcomes[job.key].status != "ok"]
    if not waiting:
        return write_tables(jobs, outcomes, folder)
    with dask_client(workers, cluster) as client:
        write_tables(jobs, outcomes, folder)
        text = notebook.read_text(encoding="utf-8")
        futures = {
            client.submit(run_job, notebook.name, text, job.parameters, pure=False): job
            for job in waiting
        }
        for future in as_completed(futures, loop=client.loop):
            job = futures[future]
            try:
                outcome = future.result()
            except (Exception, asyncio.CancelledError) as error:  # the worker itself was lost
                outcome = Outcome("failed", error=f"the worker: {runner.describe(error)}")
            outcomes[job.key] = outcome
            keep(files, job, outcome)
            results = write_tables(jobs, outcomes, folder)
            done = f"{sum(results['status'] != 'not run')}/{len(jobs)} row {job.row}, {job.key}"
            problem = f": {outcome.error}" if outcome.error else ""
            print(f"{done}: {outcome.status}, {outcome.seconds:.1f} s{problem}", flush=True)
    return results


@contextmanager
def dask_client(workers: int, cluster: str | None) -> Iterator["Client"]:
    """A client of the Dask scheduler at an address, or of worker processes of this machine.

    Raises:
        ValueError: no scheduler answers at the address, or its workers have several threads.
    """
    from distributed import Client

    with local_cluster(workers) if cluster is None else nullcontext(cluster) as there:
        try:
            client = Client(there, timeout=CONNECT_SECONDS, set_as_default=False)
        except Exception as error:  # of many kinds
            raise ValueError(
                f"cluster={cluster!r}: no Dask scheduler answers there within {CONNECT_SECONDS} s "
                f"({error}); start one with `dask scheduler`, and give the address that it prints. "
                "One that begins with tls: needs certificates, which Dask's configuration names "
                "(distributed.comm.tls)"
            ) from error
        with client:
            if max(client.nthreads().values(), default=1) > 1:
                raise ValueError(
                    f"cluster={cluster!r}: a worker there has several threads, whose kernels would "
                    "get each other's environment; start the workers with --nthreads 1"
                )
            yield client


@contextmanager
def local_cluster(workers: int) -> Iterator[Any]:
    """Worker processes of this machine, out of reach of others."""
    import dask
    from distributed import LocalCluster

    # Dask gives each worker a single thread of OpenMP, since many would wait for one another. A
    # worker that is alone may have all of the machine's.
    threads = {"distributed.nanny.pre-spawn-environ": {}} if workers == 1 else {}
    with (
        tempfile.TemporaryDirectory(prefix="dfad_lite_", ignore_cleanup_errors=True) as folder,
        dask.config.set(threads),
        LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            processes=True,
            dashboard_address="127.0.0.1:0",
            silence_logs=logging.CRITICAL,
            local_directory=folder,
            env={"TMPDIR": folder},  # what a worker leaves when killed goes, too
            # A terminal sends Ctrl-C to the workers as well: it is for this process to stop them.
            preload="import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n",
        ) as cluster,
    ):
        yield cluster


def run_job(name: str, text: str, parameters: dict[str, Any]) -> Outcome:
    """Execute a notebook's text with parameters; an error is in the outcome."""
    with tempfile.TemporaryDirectory(prefix="dfad_lite_job_") as folder:
        source, executed = Path(folder, name), Path(folder, "executed.ipynb")
        source.write_text(text, encoding="utf-8")
        done = runner.execute(source, executed, parameters)
        shown = executed.read_text(encoding="utf-8") if executed.exists() else ""
        result, problem = {}, done.problem
        try:
            if not problem:
                printed = runner.printed(runner.read_notebook(executed), RESULT_TAG)
                result = checked(json.loads(printed))
        except ValueError as error:
            problem = f"{name}, cell tagged {RESULT_TAG}: printed no single JSON object ({error})"
    return Outcome("failed" if problem else "ok", done.seconds, result, problem, shown)


def checked(result: Any) -> dict[str, Any]:
    """A job's result: it must be an object, and its `curve`, if any, a list of rows of `CURVE`."""
    if not isinstance(result, dict):
        raise ValueError(f"it is a {type(result).__name__}")
    curve = result.get("curve", [])
    points = curve if isinstance(curve, list) else [curve]
    if not all(isinstance(point, list) and len(point) == len(CURVE) for point in points):
        raise ValueError(f"its curve is no list of [{', '.join(CURVE)}]")
    return result


def keep(files: Path, job: Job, outcome: Outcome) -> None:
    """Write a job's files: the notebook first, then the JSON that says it went well."""
    content = asdict(outcome)
    if executed := content.pop("executed"):
        store.write_text(files / f"{job.key}.ipynb", executed)
    if outcome.status == "ok":
        store.write_json(files / f"{job.key}.json", content)


def kept(files: Path, job: Job) -> Outcome | None:
    """The outcome that an earlier run kept of a job; a damaged file is set aside."""
    return store.kept(files / f"{job.key}.json", lambda path: Outcome(**store.read_json(path)))


def write_tables(jobs: list[Job], outcomes: dict[str, Outcome], folder: Path) -> "DataFrame":
    """Write `results.csv`, which is returned, and `curves.csv`.

    The columns of results are row, key, the parameters, status, seconds (of the job), the numbers
    and strings of the results, error. A result whose name is taken gets `result_` in front.
    """
    import pandas

    taken = {*jobs[0].cells, *OWN_COLUMNS}
    rows, curves = [], []
    for job in jobs:
        outcome = outcomes[job.key]
        row = {"row": job.row, "key": job.key, **job.cells}
        row |= {"status": outcome.status, "seconds": f"{outcome.seconds:.1f}"}
        for name, value in outcome.result.items():
            if not isinstance(value, list | dict):
                row[f"result_{name}" if name in taken else name] = value
        rows.append(row)
        start = (job.row, job.cells.get("label", ""))
        curves += [(*start, *point) for point in outcome.result.get("curve", [])]
    # As objects, or whole numbers would become floats where some are missing.
    results = pandas.DataFrame(rows, dtype=object)
    results["error"] = [outcomes[job.key].error for job in jobs]
    curves = pandas.DataFrame(curves, columns=["row", "label", *CURVE], dtype=object)
    for name, table in (("results.csv", results), ("curves.csv", curves)):
        store.write_text(folder / name, table.to_csv(index=False, lineterminator="\n"))
    return results


def draw(table: "DataFrame", measure: str) -> "Figure":
    """A measure over the seeds of each setting: points, and their median as a bar.

    The table is `write_tables`': parameters that vary name the settings, and a measure is a column
    of numbers after `status`.

    Raises:
        ValueError: no row has a number in `measure`.
    """
    import pandas
    import seaborn

    from dfad_lite import plots

    numbers = table.loc[:, "status":].iloc[:, 1:].apply(pandas.to_numeric, errors="coerce")
    numbers = numbers.where(numbers.abs() < math.inf).dropna(axis="columns", how="all")
    if measure not in numbers:
        raise ValueError(
            f"measure={measure!r}: no row has a number for it; take one of "
            f"{', '.join(numbers) or 'none, since no job ended well'}"
        )
    parameters = table.loc[:, "key":"status"].iloc[:, 1:-1].drop(columns="seed", errors="ignore")
    varying = parameters.loc[:, parameters.nunique() > 1]

    names = []
    for _, row in varying.iterrows():
        words = [v if name == "label" else f"{name} {v or '(default)'}" for name, v in row.items()]
        # Wrapped, since the rest of the width is for the bars.
        names.append(textwrap.fill(", ".join(filter(None, words)) or "every seed", 40))
    groups = numbers[measure].groupby(names, sort=False)
    plots.style()
    drawn, axis = plots.new(width=9, height=1.3 + 0.6 * len(groups))
    style = {"x": numbers[measure], "y": names, "color": plots.STUDENT, "ax": axis}
    seaborn.barplot(**style, estimator="median", errorbar=None, width=0.6, alpha=0.35)
    seaborn.stripplot(**style, jitter=False, size=5)
    for place, (_, values) in enumerate(groups):
        missing = values.isna().sum()
        note = f"  {values.median():.4g}" if missing < len(values) else ""
        note += f"  {missing} of {len(values)} missing" if missing else ""
        axis.text(max(0, values.fillna(0).max()), place, note, va="center", fontsize=10)
    axis.margins(x=0.15)
    axis.grid(False, axis="y")
    title = "points: jobs; bar and number: their median"
    axis.set(xlabel=measure.replace("_", " "), ylabel="", title=title)
    return drawn
