"""The commands of the course: `python -m dfad_lite --help`."""

import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from dfad_lite.course import handout, jobs, need, runner, site, sweep

COLOURS = {"ok": "green", "failed": "red", "interrupted": "red", "not run": "yellow"}

app = typer.Typer(help="Commands of the dfad_lite course.", no_args_is_help=True)
cache = typer.Typer(help="Trained networks kept in data_cache/.", no_args_is_help=True)
app.add_typer(cache, name="cache")
datasets = typer.Typer(help="Your own data sets.", no_args_is_help=True)
app.add_typer(datasets, name="data")
teaching = typer.Typer(help="What a class needs, made from the notebooks.", no_args_is_help=True)
app.add_typer(teaching, name="course")

Only = Annotated[str | None, typer.Option(help="Numbers of notebooks, such as 01,04.")]


# ---------------------------------------------------------------- commands


@app.command()
def run(
    profile: Annotated[str, typer.Option(help="quick, laptop or paper.")] = "quick",
    only: Only = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the results; runs/<date and time> if not given.")
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="Change one setting of the profile."),
    ] = None,
) -> None:
    """Execute the notebooks and leave them, a page of each and a summary in a folder."""
    with usage_errors():
        from dfad_lite import profiles

        root = runner.checkout()
        notebooks = runner.select(root / "notebooks", only)
        overrides = runner.parse_overrides(settings or [])
        profiles.load(profile, **overrides)
        folder = runner.run_folder(root, out)
    with live_report() as report:
        results = runner.run_series(notebooks, profile, overrides, folder, report)
    print_results(results)
    print(f"results in {folder}")
    raise typer.Exit(runner.exit_code(results))


@app.command()
def refresh(only: Only = None) -> None:
    """Execute the notebooks in place in the quick profile, and leave them fit to commit."""
    with usage_errors():
        notebooks = runner.select(runner.checkout() / "notebooks", only)
    with live_report() as report:
        results = runner.refresh_series(notebooks, report)
    print_results(results)
    raise typer.Exit(runner.exit_code(results))


@app.command("train")
def train_student(
    profile: Annotated[str, typer.Option(help="quick, laptop or paper.")] = "quick",
    inputs: Annotated[str, typer.Option(help="generator, noise, original...")] = "generator",
    method: Annotated[str, typer.Option(help="DFAD, or another of the family.")] = "DFAD",
    minutes: Annotated[
        float | None, typer.Option(min=0, help="Stop after so many, saved; go on later.")
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="Change one setting of the profile."),
    ] = None,
) -> None:
    """Make a teacher and its student, in pieces if need be. Exit status 3: not done yet."""
    with usage_errors():
        from dfad_lite import artefacts, profiles

        wanted = profiles.load(profile, **runner.parse_overrides(settings or []))
        try:
            made = artefacts.get_student(wanted, inputs=inputs, method=method, minutes=minutes)
        except artefacts.OutOfTime as stopped:
            print(f"{stopped} done, and saved. To go on:")
            print(f"  python -m dfad_lite {shlex.join(sys.argv[1:])}")
            raise typer.Exit(3) from None
    print(f"teacher {made.teacher.accuracy:.4f} ({made.teacher.seconds:.0f} s)")
    print(f"student {made.accuracy:.4f} after {len(made.records)} rounds ({made.seconds:.0f} s)")
    print(f"kept as {made.key}")


@app.command("distill")
def distil_own(
    teacher: Annotated[Path, typer.Option(help="Weights, or with --trust a whole network.")],
    size: Annotated[str, typer.Option(help="Of an image: 28, or height and width as in 32x48.")],
    arch: Annotated[str | None, typer.Option(help="torchvision's name, or module:Class.")] = None,
    classes: Annotated[int | None, typer.Option(min=2, help="Number of logits, if asked.")] = None,
    channels: Annotated[int | None, typer.Option(min=1, help="Of an image, if asked.")] = None,
    task: Annotated[str, typer.Option(help="classification or segmentation.")] = "classification",
    mean: Annotated[
        str | None, typer.Option(help="Of the teacher's inputs, by channel; none: 0 to 1 as is.")
    ] = None,
    std: Annotated[str | None, typer.Option(help="Of the same.")] = None,
    student: Annotated[str | None, typer.Option(help="The course's, or as --arch.")] = None,
    method: Annotated[str, typer.Option(help="One of the family.")] = "Ours",
    rounds: Annotated[int, typer.Option(min=1)] = 2000,
    seed: Annotated[int, typer.Option(min=0, help="Of weights and latents.")] = 0,
    minutes: Annotated[
        float | None, typer.Option(min=0, help="Stop after so many, saved; go on later.")
    ] = None,
    test: Annotated[
        Path | None, typer.Option(help="Folder with <class>/*, or images/ and labels/.")
    ] = None,
    weights: Annotated[
        str | None, typer.Option(help="Which copy in the file, such as ema, where it has several.")
    ] = None,
    trust: Annotated[bool, typer.Option("--trust", help="Run code that is in the file.")] = False,
    out: Annotated[Path, typer.Option(help="Folder for student and report.")] = Path(
        "runs/distilled"
    ),
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="Change a setting, such as student_lr."),
    ] = None,
) -> None:
    """Distil a teacher of your own from its file, without its data, and write a report.

    Exit status: 0 a good student; 3 stopped early, the same command goes on; 4 failed, and the
    report says what to try.
    """
    with usage_errors():
        from dfad_lite.course import own, report

        asked = own.Asked(
            teacher=teacher,
            size=size,
            arch=arch,
            classes=classes,
            channels=channels,
            task=task,
            mean=mean,
            std=std,
            student=student,
            method=method,
            rounds=rounds,
            seed=seed,
            weights=weights,
            trust=trust,
            changes=runner.parse_overrides(settings or []),
        )
        plan = own.plan(asked)
        images = None if test is None else report.test_images(test, plan)
        command = f"python -m dfad_lite {shlex.join(sys.argv[1:])}"
        try:
            run = own.play(plan, out, minutes=minutes, command=command)
        except KeyboardInterrupt:
            print("interrupted; at most ten seconds are lost. To go on:", command, sep="\n  ")
            raise typer.Exit(own.STATUS["stopped"]) from None
    report.measure(plan, out, run, images)
    print(report.verdict(run))
    for line in report.advice(run):
        print(f"- {line}")
    print(report.write_report(out))
    raise typer.Exit(own.STATUS[run["status"]])


@app.command("sweep")
def run_sweep(
    table: Annotated[
        Path,
        typer.Argument(exists=True, dir_okay=False, help="A CSV file: a row a job, named columns."),
    ],
    out: Annotated[Path, typer.Option(help="Folder for the results; a sweep goes on in it.")],
    notebook: Annotated[
        Path | None, typer.Option(help="What to run; benchmarks/one_game.ipynb if not given.")
    ] = None,
    workers: Annotated[
        int | None, typer.Option("--jobs", min=1, help="Processes at work on this machine.")
    ] = None,
    cluster: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="A Dask scheduler to send the jobs to.")
    ] = None,
    measure: Annotated[str, typer.Option(help="What the figure shows.")] = "accuracy",
) -> None:
    """Run a notebook once for each row of a table, and leave results, curves and a figure."""
    try:
        with ExitStack() as stack:
            with usage_errors():
                if cluster is not None and workers is not None:
                    raise ValueError("--jobs is for this machine: leave it out with --cluster")
                if out.exists() and not out.is_dir():
                    raise ValueError(f"out={str(out)!r}: is a file; name a folder")
                notebook = notebook or runner.checkout() / "benchmarks" / "one_game.ipynb"
                planned = sweep.read_jobs(table, notebook)
                if cluster is not None:
                    submit = stack.enter_context(jobs.cluster_workers(cluster))
                else:
                    submit = stack.enter_context(jobs.local_workers(workers or 1))
            # Side by side, kernels with many threads each would only wait for one another.
            environment = {"OMP_NUM_THREADS": "1"} if (workers or 1) > 1 else {}
            report = stack.enter_context(job_report(len(planned)))
            outcomes = sweep.run(
                planned, notebook, out, submit, environment=environment, report=report
            )
    except KeyboardInterrupt:
        print(f"interrupted; what is done is in {out}. To go on:")
        print(f"  python -m dfad_lite {shlex.join(sys.argv[1:])}")
        raise typer.Exit(130) from None
    failed = sum(outcome.status != "ok" for outcome in outcomes.values())
    print(f"{len(planned) - failed} of {len(planned)} jobs are done; results in {out}")
    if failed < len(planned):
        with usage_errors():
            sweep.draw(sweep.result_rows(planned, outcomes), measure, out / "results.png")
    raise typer.Exit(1 if failed else 0)


@app.command()
def lab(
    extra: Annotated[
        list[str] | None, typer.Argument(help="Options for JupyterLab, after a lone --.")
    ] = None,
) -> None:
    """Open the notebooks in JupyterLab, served to this machine only."""
    with usage_errors():
        root = runner.checkout()
    options = [
        "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.root_dir={root}",
        "--LabApp.default_url=/lab/tree/notebooks",
    ]
    raise typer.Exit(call([sys.executable, "-m", "jupyterlab", *options, *(extra or [])], root))


@app.command()
def test(
    skip_series: Annotated[bool, typer.Option(help="Leave out the run of the notebooks.")] = False,
    only_unit: Annotated[bool, typer.Option(help="Leave out all that runs notebooks.")] = False,
) -> None:
    """Run every check of the course, up to the first that fails."""
    with usage_errors():
        root = runner.checkout()
    # In processes side by side; the slow ones first (tests/conftest.py), a notebook in one alone.
    workers = ["-n", str(min(os.cpu_count() or 1, 4))]
    steps = {
        "lint": ["ruff", "check", "."],
        "format": ["ruff", "format", "--check", "."],
        "unit tests": [
            *("pytest", *workers, "--dist", "loadgroup", "--no-loadscope-reorder", "tests"),
        ],
        "series, quick profile": ["dfad_lite", "run", "--profile", "quick"],
        "committed outputs": [
            *("pytest", *workers, "--dist", "loadfile"),
            *("--nbval", "--nbval-current-env", "--nbval-cell-timeout", "600"),
            *("-p", "no:cacheprovider", "--rootdir", str(root), "notebooks"),
        ],
    }
    if skip_series or only_unit:
        del steps["series, quick profile"]
    if only_unit:
        del steps["committed outputs"]

    table = Table("step", "status", "seconds")
    code = 0
    for name, module in steps.items():
        if code:
            table.add_row(name, coloured("not run"), "")
            continue
        print(f"\n=== {name}: python -m {shlex.join(module)}", flush=True)
        started = time.monotonic()
        with runner.kernel_environment():
            code = call([sys.executable, "-m", *module], root)
        status = coloured("failed" if code else "ok")
        table.add_row(name, status, f"{time.monotonic() - started:.1f}")
    Console().print(table)
    print(f"a check failed, with exit status {code}" if code else "all checks passed")
    raise typer.Exit(code)


@app.command("profiles")
def show_profiles() -> None:
    """Show what each profile sets, and where the values come from."""
    from dfad_lite import profiles

    columns = ["field", "quick", "laptop", "paper", "unit", "source"]
    table = Table(*columns)
    for row in profiles.table():
        table.add_row(*(escape(str(row[column])) for column in columns))
    Console().print(table)


@datasets.command("check")
def check_data(
    path: Path,
    layout: Annotated[str, typer.Option("--as", help="The data set whose layout it has.")],
) -> None:
    """Say whether frames and label maps are laid out right: counts, sizes, and what is wrong."""
    from dfad_lite.data import label_maps

    with usage_errors():
        if layout != "camvid":
            raise ValueError(f"--as {layout}: only the layout of camvid can be checked.")
        if not path.is_dir():
            raise ValueError(f"{path} is no folder: give the one that holds train and trainannot.")
    wrong = 0
    for split in ("train", "val", "test"):
        if split == "val" and not (path / "val").is_dir():
            continue  # the course does not use it
        found = label_maps.check_pairs(path, split)
        sizes = ", ".join(f"{w}x{h}: {count}" for (w, h), count in sorted(found.sizes.items()))
        values = ", ".join(str(value) for value in sorted(found.values))
        print(
            f"{split}: {len(found.files)} pairs; sizes {sizes or 'none'}; labels {values or 'none'}"
        )
        for problem in found.problems:
            print(f"  wrong: {problem}")
        wrong += len(found.problems)
    if wrong:
        raise typer.Exit(1)
    print("laid out as it should be")


@cache.command("list")
def list_cache() -> None:
    """List what is kept, with its size, date and figures."""
    from dfad_lite import store

    entries = store.entries(store.default_root())
    print_entries(entries)
    print(f"{len(entries)} entries, {megabytes(sum(entry.bytes for entry in entries))} in all")


@cache.command("prune")
def prune_cache(
    damaged: Annotated[bool, typer.Option("--damaged", help="Only damaged ones.")] = False,
    kind: Annotated[str | None, typer.Option(help="Only this kind, such as students.")] = None,
    older_than_days: Annotated[int | None, typer.Option(min=0, help="Only older ones.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Remove what fits every option given; it is made again when a notebook needs it."""
    from dfad_lite import store

    with usage_errors():
        if not damaged and kind is None and older_than_days is None:
            raise ValueError("say what to remove: --damaged, --kind or --older-than-days")
        entries = store.entries(store.default_root())
        kinds = sorted({entry.kind for entry in entries})
        if kind is not None and kind not in kinds:
            raise ValueError(f"kind={kind!r}: nothing of it is kept; kept are {kinds}")
    if damaged:
        entries = [entry for entry in entries if entry.damaged]
    if kind is not None:
        entries = [entry for entry in entries if entry.kind == kind]
    if older_than_days is not None:
        oldest_kept = (date.today() - timedelta(days=older_than_days)).isoformat()
        entries = [entry for entry in entries if entry.made and entry.made[:10] < oldest_kept]

    if not entries:
        print("nothing to remove")
        return
    print_entries(entries)
    size = megabytes(sum(entry.bytes for entry in entries))
    if not yes:
        typer.confirm(f"Remove these {len(entries)} entries ({size})?", abort=True)
    for entry in entries:
        store.remove(entry)
    print(f"removed {len(entries)} entries, {size}")


@app.command()
def explorer(
    port: Annotated[int, typer.Option(help="Where it is served.")] = 8866,
    browser: Annotated[bool, typer.Option(help="Open it in a browser.")] = True,
) -> None:
    """Open notebook 09 as a page of its own, served to this machine only. Needs `browser`."""
    with usage_errors():
        need("browser", "voila")
        root = runner.checkout()
        (notebook,) = runner.select(root / "notebooks", "09")
    options = ["--Voila.ip=127.0.0.1", "--theme=light", "--VoilaConfiguration.strip_sources=True"]
    # Two of JupyterLab's extensions have no business on a page of their own, and fail there.
    for extension in ("@jupyter/nbgrader", "@jupyter-notebook/lab-extension"):
        options.append(f"--VoilaConfiguration.extension_denylist={extension}")
    options += [f"--port={port}", *([] if browser else ["--no-browser"])]
    with runner.kernel_environment():
        code = call([sys.executable, "-m", "voila", str(notebook), *options], root)
    raise typer.Exit(code)


@teaching.command("release")
def release_course(
    only: Only = None,
    out: Annotated[Path, typer.Option(help="Folder for the notebooks.")] = Path("runs/release"),
) -> None:
    """Write the students' version of the notebooks, solutions left out. Needs `course`."""
    with usage_errors():
        for path in handout.release(runner.checkout(), out.resolve(), only):
            print(path)


@teaching.command("grade")
def grade_course(
    folders: Annotated[
        list[Path],
        typer.Argument(help="A folder of notebooks for each student, named like the student."),
    ],
    only: Only = None,
    out: Annotated[Path | None, typer.Option(help="Also write the marks as CSV.")] = None,
) -> None:
    """Run what students handed in, and print their points and what the checks said."""
    with usage_errors():
        submissions = {folder.resolve().name: folder for folder in folders}
        if len(submissions) < len(folders):
            raise ValueError("folders: two have the same name, which is the student's; rename one")
        marks = handout.grade(runner.checkout(), submissions, only)
    table = Table("student", "notebook", "check", "points", "what it said")
    for mark in marks.itertuples():
        table.add_row(
            mark.student,
            mark.notebook,
            mark.check,
            f"{mark.points:g}/{mark.most:g}",
            escape(mark.message),
        )
    for student in submissions:
        own = marks[marks.student == student]
        table.add_row(student, "", "all", f"{own.points.sum():g}/{own.most.sum():g}", "")
    Console().print(table)
    if out is not None:
        from dfad_lite import store

        store.write_text(out, marks.to_csv(index=False))
        print(out)


@teaching.command("site")
def make_site(
    out: Annotated[Path, typer.Option(help="Folder; the pages go to html/ in it.")] = Path(
        "runs/site"
    ),
) -> None:
    """Build the site from the committed outputs. Needs the extra `site`."""
    with usage_errors():
        code = site.site(runner.checkout(), out.resolve())
    print(
        f"open {out / 'html' / 'index.html'}" if code == 0 else "the site has warnings, see above"
    )
    raise typer.Exit(code)


@teaching.command("slides")
def make_slides(
    only: Only = None,
    out: Annotated[Path, typer.Option(help="Folder for the decks.")] = Path("runs/slides"),
) -> None:
    """Make a reveal.js deck of each notebook."""
    with usage_errors():
        for path in site.slides(runner.checkout(), out.resolve(), only):
            print(path)


@teaching.command("colab")
def make_colab(
    repository: Annotated[str | None, typer.Option(help="owner/name on GitHub.")] = None,
    out: Annotated[Path, typer.Option(help="Folder for the notebooks.")] = Path("runs/colab"),
) -> None:
    """Write the notebooks with a first cell that installs the course, solutions left out."""
    with usage_errors():
        root = runner.checkout()
        repository = repository or site.repository_name(root)
        if repository is None:
            raise ValueError("repository=None: say where Colab finds it, --repository owner/name")
        for path in site.colab(root, out.resolve(), repository):
            print(path)


# ---------------------------------------------------------------- what the commands share


@contextmanager
def usage_errors() -> Iterator[None]:
    """Turn a ValueError about what was asked for into its message and exit status 2."""
    try:
        yield
    except ValueError as error:
        Console(stderr=True).print(
            f"[red]error:[/red] {escape(str(error))}", soft_wrap=True, highlight=False
        )
        raise typer.Exit(2) from error


@contextmanager
def live_report() -> Iterator[runner.Report]:
    """Show notebooks as they run: moving bars on a terminal, otherwise a line as each ends."""
    if not sys.stdout.isatty():
        yield print_result
        return
    columns = [TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()]
    with Progress(*columns, TextColumn("cells"), TimeElapsedColumn()) as progress:
        tasks = {}

        def show(result: runner.Result, done: int, total: int) -> None:
            if result.notebook not in tasks:
                tasks[result.notebook] = progress.add_task(result.notebook, total=total)
            task = tasks[result.notebook]
            if result.status == "running":
                progress.update(task, completed=done)
            else:
                progress.update(task, description=f"{result.notebook} {coloured(result.status)}")
                progress.stop_task(task)

        yield show


def print_result(result: runner.Result, done: int, total: int) -> None:
    """Print a line when a notebook starts, and one when it ends."""
    if result.status != "running":
        print(f"{result.notebook}: {result.status}, {result.seconds:.1f} s", flush=True)
    elif done == 0:
        print(f"{result.notebook}: {total} code cells", flush=True)


@contextmanager
def job_report(total: int) -> Iterator[sweep.Report]:
    """Show the jobs of a sweep as they end: a bar on a terminal, otherwise a line for each."""

    def line(job: sweep.Job, outcome: jobs.Outcome) -> str:
        problem = f": {outcome.error}" if outcome.error else ""
        return f"row {job.row}, {job.key}: {outcome.status}, {outcome.seconds:.1f} s{problem}"

    if not sys.stdout.isatty():
        yield lambda job, outcome, done: print(f"{done}/{total} {line(job, outcome)}", flush=True)
        return
    columns = [TextColumn("jobs"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()]
    with Progress(*columns) as progress:
        task = progress.add_task("jobs", total=total)

        def show(job: sweep.Job, outcome: jobs.Outcome, done: int) -> None:
            progress.update(task, completed=done)
            if outcome.status != "ok":
                progress.console.print(f"[red]{escape(line(job, outcome))}[/red]", soft_wrap=True)

        yield show


def print_results(results: list[runner.Result]) -> None:
    """Print the table of a run, then what went wrong."""
    table = Table("notebook", "status", "seconds", "headline")
    for result in results:
        status = coloured(result.status)
        table.add_row(result.notebook, status, f"{result.seconds:.1f}", escape(result.headline))
    console = Console()
    console.print(table)
    for result in results:
        if result.problem:
            problem = f"{coloured(result.status)}: {escape(result.problem)}"
            console.print(problem, soft_wrap=True, highlight=False)


def print_entries(entries: list) -> None:
    """Print a table of `store.Entry` records."""
    table = Table("kind", "key", "size", "made", "seconds", "figures", "state")
    for entry in entries:
        figures = ", ".join(f"{name} {value:.4g}" for name, value in entry.metrics.items())
        state = "[red]damaged[/red]" if entry.damaged else "sound"
        size, seconds = megabytes(entry.bytes), f"{entry.seconds:.1f}"
        table.add_row(entry.kind, entry.key, size, entry.made, seconds, escape(figures), state)
    Console().print(table)


def coloured(status: str) -> str:
    """A status in its colour, as markup for rich."""
    return f"[{COLOURS[status]}]{status}[/]"


def megabytes(size: int) -> str:
    """A size in bytes, to be read by people."""
    return f"{size / 1e6:.1f} MB"


def call(command: list[str], folder: Path) -> int:
    """Run a command in a folder and return its exit status.

    Ctrl-C is for the command to handle, and it ends with this process when that is told to end.
    """
    with subprocess.Popen(command, cwd=folder) as process:
        before = {
            signal.SIGINT: signal.signal(signal.SIGINT, signal.SIG_IGN),
            signal.SIGTERM: signal.signal(signal.SIGTERM, lambda *_: process.terminate()),
        }
        try:
            return process.wait()
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
