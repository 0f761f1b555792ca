"""The commands of the course: `python -m dfad_lite --help`.

Heavy packages are imported where they are used, so that `--help` comes at once.
"""

import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, fields
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.filesize import decimal
from rich.markup import escape
from rich.table import Column, Table
from typer import Argument, Option
from typer.core import TyperGroup

from dfad_lite import need, store
from dfad_lite.course import handout, runner, site, sweep

# Raised by wrong requests, full disks and small machines. Any other error is a bug of this package,
# and keeps its traceback.
EXPECTED = (ValueError, OSError, MemoryError, RuntimeError, ArithmeticError)
ROOM = 50_000_000  # bytes that must be free where a command writes; games check for more


class Commands(TyperGroup):
    """The commands; an expected error ends one with a sentence and exit status 2."""

    def invoke(self, context: Any) -> Any:
        try:
            return super().invoke(context)
        except (typer.Exit, typer.Abort, BrokenPipeError):
            raise
        except EXPECTED as error:
            if context.params["debug"]:
                raise
            typer.secho(f"error: {sentence(error)}", fg="red", err=True)
            raise typer.Exit(2) from error


def sentence(error: Exception) -> str:
    """An expected error in words for somebody who does not read Python."""
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}"
    if isinstance(error, MemoryError) or "allocate memory" in str(error):
        return "this needs more memory than the machine has: take smaller images, batches or nets"
    said = str(error).strip() or type(error).__name__
    if not isinstance(error, ValueError):  # torch's, say, and not written for a reader
        said = f"{said.splitlines()[0]} ({type(error).__name__}; --debug says where)"
    return said if len(said) <= 2000 else f"{said[:1000]} ... {said[-500:]}"


app = typer.Typer(cls=Commands, no_args_is_help=True)
cache = typer.Typer(name="cache", help="Trained networks kept in data_cache/.")
datasets = typer.Typer(name="data", help="Your own data sets.")
teaching = typer.Typer(name="course", help="What a class needs, made from the notebooks.")
robbery = typer.Typer(name="heist", help="A tournament for a class: docs/heist.md.")
for _group in (cache, datasets, teaching, robbery):
    app.add_typer(_group, no_args_is_help=True)


@app.callback()
def main(
    debug: Annotated[bool, Option("--debug", envvar="DFAD_DEBUG", help="Show tracebacks.")] = False,
) -> None:
    """Commands of the dfad_lite course."""


# ---------------------------------------------------------------- what the commands share


def writable(path: Path | None) -> Path | None:
    """Refuse, before the work, a place for results that can't be written to."""
    if path is not None:
        store.need_room(path.parent if path.is_file() else path, ROOM)
    return path


# Places for what a command makes, which need not be there yet.
Folder = Option(file_okay=False, callback=writable, help="A folder for what is made.")
File = Option(dir_okay=False, callback=writable, help="A file for what is made.")
Out = Annotated[Path, Folder]
Only = Annotated[str | None, Option(help="Numbers of notebooks, such as 01,04.")]
Profile = Annotated[str, Option(help="quick, laptop or paper.")]
Minutes = Annotated[float | None, Option(min=0, help="Stop after so many, saved; go on later.")]
Settings = Annotated[
    list[str] | None,
    Option("--set", metavar="NAME=VALUE", help="Change one setting of the profile."),
]
Repository = Annotated[str, Option(envvar="GITHUB_REPOSITORY", help="owner/name on GitHub.")]
Jobs = Annotated[int | None, Option("--jobs", min=1, max=256, help="Processes side by side.")]


def command_line() -> str:
    """The command that is running, to be typed again."""
    return f"python -m dfad_lite {shlex.join(sys.argv[1:])}"


def to_be_continued(why: str, status: int) -> typer.Exit:
    """Say how to go on with a command that stopped early; returns the exit to raise."""
    print(f"{why}. To go on:", command_line(), sep="\n  ")
    return typer.Exit(status)


def print_table(rows: list[dict[str, Any]]) -> None:
    """Print rows as a table; their keys are the columns' names."""
    table = Table(*(Column(name, overflow="fold") for row in rows[:1] for name in row))
    for row in rows:
        cells = (f"{cell:.4g}" if isinstance(cell, float) else cell for cell in row.values())
        table.add_row(*(escape(str(cell)) for cell in cells))
    Console().print(table)


# ---------------------------------------------------------------- notebooks


@app.command()
def run(
    profile: Profile = "quick",
    only: Only = None,
    out: Annotated[Path | None, Folder] = None,
    settings: Settings = None,
    jobs: Jobs = 1,
) -> None:
    """Execute the notebooks into a folder, else runs/<date and time>: with pages and a summary."""
    from dfad_lite import profiles

    root = runner.checkout()
    notebooks = runner.select(root / "notebooks", only)
    overrides = runner.parse_overrides(settings)
    profiles.load(profile, **overrides)
    out = out or writable(root / "runs" / datetime.now().strftime("%Y-%m-%d_%H-%M-%S"))
    if out.resolve() == notebooks[0].parent.resolve():
        raise ValueError(f"out={str(out)!r}: results would replace the notebooks; name another")
    results = runner.run_series(notebooks, {"profile": profile, **overrides}, out.resolve(), jobs)
    print(f"results in {out}")
    raise typer.Exit(report_results(results))


@app.command()
def refresh(only: Only = None) -> None:
    """Execute the notebooks in place in the quick profile, and leave them fit to commit."""
    notebooks = runner.select(runner.checkout() / "notebooks", only)
    writable(notebooks[0])
    raise typer.Exit(report_results(runner.in_order(notebooks, runner.refresh)))


def report_results(results: list[runner.Result]) -> int:
    """Print the table of a run and what went wrong; returns the exit status."""
    rows = [asdict(result) for result in results]
    problems = [row.pop("problem") for row in rows]
    print_table(rows)
    for problem in filter(None, problems):
        print(problem)
    statuses = {result.status for result in results}
    return 130 if "interrupted" in statuses else int(statuses != {"ok"})


@app.command("sweep")
def run_sweep(
    table: Annotated[Path, Argument(exists=True, dir_okay=False, help="A CSV file, a row a job.")],
    out: Out,
    notebook: Annotated[Path | None, Option(help="What to run; else one_game.ipynb.")] = None,
    jobs: Jobs = None,
    cluster: Annotated[str | None, Option(help="Address of a Dask scheduler.")] = None,
    measure: Annotated[str, Option(help="What the figure shows.")] = "accuracy",
) -> None:
    """Run a notebook once for each row of a table, and leave results, curves and a figure."""
    need("cluster", "distributed")
    if cluster is not None and jobs is not None:
        raise ValueError("--jobs is for this machine: leave it out with --cluster")
    notebook = notebook or runner.checkout() / "benchmarks" / "one_game.ipynb"
    planned = sweep.read_jobs(table, notebook)
    try:
        results = sweep.run(planned, notebook, out, jobs or 1, cluster)
    except KeyboardInterrupt:
        raise to_be_continued(f"interrupted; what is done is in {out}", 130) from None
    done = sum(results["status"] == "ok")
    print(f"{done} of {len(planned)} jobs are done; results in {out}")
    if done:
        with store.written_whole(out / "results.png") as picture:
            sweep.draw(results, measure).savefig(picture, format="png", dpi=150)
    raise typer.Exit(0 if done == len(planned) else 1)


@app.command()
def lab(
    extra: Annotated[list[str] | None, Argument(help="JupyterLab's, after a lone --.")] = None,
) -> None:
    """Open the notebooks in JupyterLab, served to this machine only.

    Without the panels that nbgrader makes for teachers, and without news.
    """
    root = runner.checkout()
    ours = str(Path(__file__).parent)  # labconfig/ lies there
    os.environ["JUPYTER_CONFIG_PATH"] = runner.in_front("JUPYTER_CONFIG_PATH", ours)
    from jupyterlab.labapp import LabApp

    options = [f"--ServerApp.root_dir={root}", "--LabApp.default_url=/lab/tree/notebooks"]
    LabApp.launch_instance(["--ServerApp.ip=127.0.0.1", *options, *(extra or [])])


@app.command()
def test() -> None:
    """Run every check of the course, up to the first that fails."""
    root = runner.checkout()
    # Files of tests run side by side, slow ones first (tests/conftest.py); some wait, so one more.
    jobs = min(os.cpu_count() or 1, 4)
    pytest = ["pytest", "-n", str(jobs + 1), "--dist", "loadfile", "--no-loadscope-reorder"]
    # These run notebooks, or read their output: they come last, when the series has trained.
    late = [f"tests/test_{name}.py" for name in ("browser", "series", "wheel")]
    series = str(root / "runs" / "test")
    steps = [
        ["ruff", "check", "."],
        ["ruff", "format", "--check", "."],
        [*pytest, "tests", *(f"--ignore={path}" for path in late)],
        ["dfad_lite", "run", "--profile", "quick", "--jobs", str(jobs), "--out", series],
        [
            *(*pytest, "-p", "no:cacheprovider", "--rootdir", str(root)),
            *("--nbval", "--nbval-current-env", "--nbval-cell-timeout", "600"),
            *(*late, "notebooks"),
        ],
    ]
    fresh = tempfile.TemporaryDirectory(prefix="dfad_lite_test_", ignore_cleanup_errors=True)
    with fresh as folder, runner.kernel_environment():
        # Later steps find what earlier ones trained, but nothing older than this call.
        os.environ["DFAD_CACHE"] = os.environ["DFAD_TEST_CACHE"] = folder
        os.environ["DFAD_TEST_SERIES"] = series
        for module in steps:
            print(f"\n=== python -m {shlex.join(module)}", flush=True)
            started = time.monotonic()
            if code := call([sys.executable, "-m", *module], root):
                print(f"=== a check failed, with exit status {code}")
                raise typer.Exit(code)
            print(f"=== passed in {time.monotonic() - started:.0f} s", flush=True)
    print("all checks passed")


def call(command: list[str], where: Path) -> int:
    """Run a command in a folder and return its exit status; a signal to us reaches it, too."""
    with subprocess.Popen(command, cwd=where) as process:
        signal.signal(signal.SIGINT, lambda *_: None)  # a terminal sends Ctrl-C to both
        signal.signal(signal.SIGTERM, lambda *_: process.terminate())
        return process.wait()


# ---------------------------------------------------------------- students


@app.command("train")
def train_student(
    profile: Profile = "quick",
    inputs: Annotated[str, Option(help="generator, noise, original...")] = "generator",
    method: Annotated[str, Option(help="DFAD, or another of the family.")] = "DFAD",
    minutes: Minutes = None,
    settings: Settings = None,
) -> None:
    """Make a teacher and its student, in pieces if need be. Exit status 3: not done yet."""
    from dfad_lite import artefacts, profiles

    wanted = profiles.load(profile, **runner.parse_overrides(settings))
    try:
        made = artefacts.get_student(wanted, inputs=inputs, method=method, minutes=minutes)
    except artefacts.OutOfTime as out_of_time:
        raise to_be_continued(f"{out_of_time} done, and saved", 3) from None
    print(f"teacher {made.teacher.accuracy:.4f} ({made.teacher.seconds:.0f} s)")
    print(f"student {made.accuracy:.4f} after {len(made.records)} rounds ({made.seconds:.0f} s)")
    print(f"kept as {made.key}")


@app.command("distill")
def distil_own(
    teacher: Annotated[Path, Option(help="Weights, or with --trust a whole network.")],
    size: Annotated[str, Option(help="Of an image: 28, or height and width as in 32x48.")],
    arch: Annotated[str | None, Option(help="torchvision's name, or module:Class.")] = None,
    classes: Annotated[int | None, Option(min=2, max=10**5, help="Logits, if asked.")] = None,
    channels: Annotated[int | None, Option(min=1, max=1024, help="Of an image, if asked.")] = None,
    task: Annotated[str, Option(help="classification or segmentation.")] = "classification",
    mean: Annotated[str | None, Option(help="Of its inputs, by channel; none: 0 to 1.")] = None,
    std: Annotated[str | None, Option(help="Of the same.")] = None,
    student: Annotated[str | None, Option(help="The course's, or as --arch.")] = None,
    method: Annotated[str | None, Option(help="One of the family; chosen if left out.")] = None,
    rounds: Annotated[int | None, Option(min=1, help="By the method if left out.")] = None,
    seed: Annotated[int, Option(min=0, help="Of weights and latents.")] = 0,
    minutes: Minutes = None,
    test: Annotated[Path | None, Option(help="With <class>/*, or images/ and labels/.")] = None,
    weights: Annotated[str | None, Option(help="Which copy in the file, such as ema.")] = None,
    trust: Annotated[bool, Option("--trust", help="Run code that is in the file.")] = False,
    out: Out = Path("runs/distilled"),
    changes: Settings = None,
) -> None:
    """Distil a teacher of your own from its file, without its data, and write a report.

    Exit status: 0 a good student; 3 stopped early, the same command goes on; 4 failed, and the
    report says what to try.
    """
    given = locals() | {"changes": runner.parse_overrides(changes)}
    from dfad_lite.course import own, report

    plan = own.plan(own.Request(**{field.name: given[field.name] for field in fields(own.Request)}))
    images = None if test is None else report.test_images(test, plan)
    try:
        run = own.play(plan, out, minutes=minutes, command=command_line())
    except KeyboardInterrupt:
        status = own.STATUS["stopped"]
        raise to_be_continued("interrupted; at most ten seconds are lost", status) from None
    report.measure(plan, out, run, images)
    print(report.verdict(run), *(f"- {line}" for line in report.advice(run)), sep="\n")
    print(report.write_report(out))
    raise typer.Exit(own.STATUS[run["status"]])


@app.command("export")
def export_student(
    what: Annotated[str, Argument(help="A student's key in the cache, or a folder of `distill`.")],
    out: Annotated[Path | None, Folder] = None,
    licence: Annotated[str | None, Option(help="The teacher's, for the card.")] = None,
) -> None:
    """Write a student as ONNX files and a card, by default to runs/export/. Needs `device`."""
    from dfad_lite.course import export

    one = export.student(what)
    out = out or Path("runs") / "export" / one.told["name"]
    card = export.ship(one, out, licence)
    for name, size in card["bytes"].items():
        known = f", accuracy {card['accuracy'][name]:.4f}" if card["accuracy"] else ""
        print(f"{out / name}: {size:,} bytes{known}")
    print(out / "model_card.md")


@app.command("profiles")
def show_profiles() -> None:
    """Show what each profile sets, and where the values come from."""
    from dfad_lite import profiles

    columns = ["field", "quick", "laptop", "paper", "unit", "source"]
    print_table([{column: row[column] for column in columns} for row in profiles.table()])


# ---------------------------------------------------------------- data sets and the cache


@datasets.command("check")
def check_data(
    path: Annotated[Path, Argument(exists=True, file_okay=False, help="Holds train, trainannot.")],
    layout: Annotated[str, Option("--as", help="The data set whose layout it has.")],
) -> None:
    """Say whether frames and label maps are laid out right: counts, sizes, and what is wrong."""
    from dfad_lite.data import label_maps

    if layout != "camvid":
        raise ValueError(f"--as {layout}: only the layout of camvid can be checked.")
    problems = []
    for split in ("train", "test"):
        found = label_maps.check_pairs(path, split)
        sizes = ", ".join(f"{w}x{h}: {count}" for (w, h), count in sorted(found.sizes.items()))
        labels = ", ".join(map(str, sorted(found.values)))
        print(f"{split}: {len(found.files)} pairs; sizes {sizes or '-'}; labels {labels or '-'}")
        problems += found.problems
    for problem in problems:
        print(f"wrong: {problem}")
    if problems:
        raise typer.Exit(1)
    print("laid out as it should be")


@cache.command("list")
def list_cache() -> None:
    """List what is kept, with its size, date and figures."""
    print_entries(store.entries())


@cache.command("prune")
def prune_cache(
    damaged: Annotated[bool, Option("--damaged", help="Only damaged ones.")] = False,
    yes: Annotated[bool, Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Remove what is kept; it is made again when a notebook needs it."""
    entries = [entry for entry in store.entries() if entry.damaged or not damaged]
    print_entries(entries)
    if entries and not yes:
        typer.confirm("Remove these?", abort=True)
    for entry in entries:
        store.remove(entry)
    print(f"removed {len(entries)} entries")


def print_entries(entries: list[store.Entry]) -> None:
    """Print a table of artefacts, and their total size."""
    rows = [asdict(entry) for entry in entries]
    for row in rows:
        del row["path"]
        row["bytes"] = decimal(row["bytes"])
        row["metrics"] = ", ".join(f"{name} {value:.4g}" for name, value in row["metrics"].items())
    print_table(rows)
    print(f"{len(entries)} entries, {decimal(sum(entry.bytes for entry in entries))} in all")


# ---------------------------------------------------------------- a class


@teaching.command("release")
def release_course(only: Only = None, out: Out = Path("runs/release")) -> None:
    """Write the students' version of the notebooks, solutions left out. Needs `course`."""
    print(*runner.write_each(runner.checkout(), out, handout.released, only), sep="\n")


@teaching.command("grade")
def grade_course(
    folders: Annotated[list[Path], Argument(help="One of notebooks, named like its student.")],
    only: Only = None,
    out: Annotated[Path | None, File] = None,
) -> None:
    """Run what students handed in; print, and write as CSV, points and what the checks said."""
    submissions = {folder.resolve().name: folder for folder in folders}
    if len(submissions) < len(folders):
        raise ValueError("folders: two have the same name, which is the student's; rename one")
    marks = handout.grade(runner.checkout(), submissions, only)
    print_table(marks.to_dict("records"))
    for student, all_of in marks.groupby("student"):
        print(f"{student}: {all_of.points.sum():g} of {all_of.most.sum():g} points")
    if out is not None:
        store.write_text(out, marks.to_csv(index=False))
        print(out)


@teaching.command("site")
def make_site(out: Out = Path("runs/site"), repository: Repository = "") -> None:
    """Build the site from the committed outputs. Needs the extra `site`."""
    print("open", site.site(runner.checkout(), out, repository))


@teaching.command("slides")
def make_slides(only: Only = None, out: Out = Path("runs/slides")) -> None:
    """Make a reveal.js deck of each notebook."""
    print(*site.slides(runner.checkout(), out, only), sep="\n")


@teaching.command("colab")
def make_colab(repository: Repository, out: Out = Path("runs/colab")) -> None:
    """Write the notebooks with a first cell that installs the course, solutions left out."""
    change = partial(site.colab_notebook, repository=repository)
    print(*runner.write_each(runner.checkout(), out, change), sep="\n")


@robbery.command("serve")
def serve_teacher(
    thieves: Annotated[list[str], Argument(help="Their names; each gets a token.")],
    answers: Annotated[str, Option(help="probabilities, rounded or labels.")] = "rounded",
    budget: Annotated[int, Option(min=1, help="Questions a thief may ask.")] = 5_000,
    rough: Annotated[float, Option(help="Roughness above which it rings.")] = 99,
    unsure: Annotated[float, Option(help="Confidence below which it rings.")] = 0,
    lock: Annotated[int | None, Option(min=1, help="Rings that shut the door.")] = None,
    host: Annotated[str, Option(help="0.0.0.0 lets other machines in.")] = "127.0.0.1",
    port: Annotated[int, Option(min=0, max=65535, help="0 takes a free one.")] = 8100,
) -> None:
    """Train a secret teacher, sell its answers until Ctrl-C, and print the tokens to hand out."""
    from dfad_lite.course import heist

    rules = heist.Rules(answers, budget, rough, unsure, lock or float("inf"))
    service = heist.Service(*heist.secret_teacher(), rules, thieves)
    with heist.server(service, host, port) as serving:
        print(f"serving at http://{host}:{serving.server_port}; Ctrl-C ends it")
        for token, who in service.tokens.items():
            print(f"{who}: {token}", flush=True)
        try:
            serving.serve_forever()
        except KeyboardInterrupt:
            print_table([{"who": who, **counts} for who, counts in service.book.items()])


@robbery.command("steal")
def steal_teacher(
    url: Annotated[str, Argument(help="The owner's service.")],
    token: Annotated[str, Option(help="That the owner handed out.")],
    script: Annotated[Path, Option(exists=True, dir_okay=False, help="Has steal(ask, student).")],
    out: Annotated[Path, File],
) -> None:
    """Copy a teacher from its answers into THIEF-OWNER.pt. Scripts to begin with: docs/heist."""
    from dfad_lite.course import heist

    heist.steal(url, token, script, out)
    print(out)


@robbery.command("score")
def score_heist(
    owners: Annotated[list[str], Argument(metavar="OWNER=URL,TOKEN", help="The referee's.")],
    copies: Annotated[Path, Option(exists=True, file_okay=False)],
) -> None:
    """Print the scoreboard of all copies and all owners, whose services must still run."""
    from dfad_lite.course import heist

    asked = {}
    for owner in owners:
        if not (found := re.fullmatch(r"([^=]+)=(.+),([^,]+)", owner)):
            raise ValueError(f"{owner!r}: write OWNER=URL,TOKEN")
        asked[found[1]] = found[2], found[3]
    for board in heist.score(asked, copies):
        print_table(board)
