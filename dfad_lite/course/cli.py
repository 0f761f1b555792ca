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
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.filesize import decimal
from rich.markup import escape
from rich.table import Table
from typer.core import TyperGroup

from dfad_lite import store
from dfad_lite.course import handout, need, runner, site, sweep

# What a wrong request, a full disk or too small a machine raise. Any other error is a mistake of
# this package's, and shows where.
EXPECTED = (ValueError, OSError, MemoryError, RuntimeError, ArithmeticError)


class Commands(TyperGroup):
    """The commands; what was asked for and can't be had is a sentence and exit status 2."""

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
    """What an expected error has to say to somebody who does not read Python."""
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}"
    if isinstance(error, MemoryError) or "allocate memory" in str(error):
        return "this needs more memory than the machine has: take smaller images, batches or nets"
    said = str(error).strip() or type(error).__name__
    if not isinstance(error, ValueError):  # not written to be read, such as torch's
        said = f"{said.splitlines()[0]} ({type(error).__name__}; --debug says where)"
    return said if len(said) <= 2000 else f"{said[:1000]} ... {said[-500:]}"


app = typer.Typer(cls=Commands, no_args_is_help=True)
cache = typer.Typer(help="Trained networks kept in data_cache/.", no_args_is_help=True)
app.add_typer(cache, name="cache")
datasets = typer.Typer(help="Your own data sets.", no_args_is_help=True)
app.add_typer(datasets, name="data")
teaching = typer.Typer(help="What a class needs, made from the notebooks.", no_args_is_help=True)
app.add_typer(teaching, name="course")
robbery = typer.Typer(help="A tournament for a class: docs/heist.md.", no_args_is_help=True)
app.add_typer(robbery, name="heist")


@app.callback()
def main(
    debug: Annotated[
        bool, typer.Option("--debug", envvar="DFAD_DEBUG", help="Show where an error came from.")
    ] = False,
) -> None:
    """Commands of the dfad_lite course."""


ROOM = 50_000_000  # bytes that must be free where a command writes to; games look for theirs


def place(path: Path | None) -> Path | None:
    """Refuse a place for results in which nothing can be written, before the work."""
    if path is not None:
        store.need_room(path.parent if path.is_file() else path, ROOM)
    return path


def folder(help: str) -> Any:
    """An option that names a folder, which need not be there yet."""
    return typer.Option(file_okay=False, callback=place, help=help)


Only = Annotated[str | None, typer.Option(help="Numbers of notebooks, such as 01,04.")]
Profile = Annotated[str, typer.Option(help="quick, laptop or paper.")]
Minutes = Annotated[
    float | None, typer.Option(min=0, help="Stop after so many, saved; go on later.")
]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="Change one setting of the profile."),
]


# ---------------------------------------------------------------- notebooks


@app.command()
def run(
    profile: Profile = "quick",
    only: Only = None,
    out: Annotated[
        Path | None, folder("For the results; runs/<date and time> if not given.")
    ] = None,
    settings: Settings = None,
    jobs: Annotated[int, typer.Option(min=1, max=256, help="Notebooks at work side by side.")] = 1,
) -> None:
    """Execute the notebooks and leave them, a page of each and a summary in a folder."""
    from dfad_lite import profiles

    root = runner.checkout()
    notebooks = runner.select(root / "notebooks", only)
    overrides = runner.parse_overrides(settings or [])
    profiles.load(profile, **overrides)
    out = place(runner.run_folder(root, out))
    results = runner.run_series(notebooks, profile, overrides, out, jobs)
    print_results(results)
    print(f"results in {out}")
    raise typer.Exit(runner.exit_code(results))


@app.command()
def refresh(only: Only = None) -> None:
    """Execute the notebooks in place in the quick profile, and leave them fit to commit."""
    notebooks = runner.select(runner.checkout() / "notebooks", only)
    place(notebooks[0])
    results = runner.refresh_series(notebooks)
    print_results(results)
    raise typer.Exit(runner.exit_code(results))


def print_results(results: list[runner.Result]) -> None:
    """Print the table of a run, then what went wrong."""
    columns = ("notebook", "status", "seconds", "headline")
    print_table(columns, ((r.notebook, r.status, f"{r.seconds:.1f}", r.headline) for r in results))
    for result in results:
        if result.problem:
            print(f"{result.status}: {result.problem}")


@app.command("sweep")
def run_sweep(
    table: Annotated[
        Path,
        typer.Argument(exists=True, dir_okay=False, help="A CSV file: a row a job, named columns."),
    ],
    out: Annotated[Path, folder("For the results; a sweep goes on in it.")],
    notebook: Annotated[
        Path | None, typer.Option(help="What to run; benchmarks/one_game.ipynb if not given.")
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option("--jobs", min=1, max=256, help="Processes at work on this machine."),
    ] = None,
    cluster: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="A Dask scheduler to send the jobs to.")
    ] = None,
    measure: Annotated[str, typer.Option(help="What the figure shows.")] = "accuracy",
) -> None:
    """Run a notebook once for each row of a table, and leave results, curves and a figure."""
    need("cluster", "distributed")
    if cluster is not None and workers is not None:
        raise ValueError("--jobs is for this machine: leave it out with --cluster")
    notebook = notebook or runner.checkout() / "benchmarks" / "one_game.ipynb"
    planned = sweep.read_jobs(table, notebook)
    try:
        results = sweep.run(planned, notebook, out, workers or 1, cluster)
    except KeyboardInterrupt:
        print(f"interrupted; what is done is in {out}. To go on:", called(), sep="\n  ")
        raise typer.Exit(130) from None
    done = sum(results["status"] == "ok")
    print(f"{done} of {len(planned)} jobs are done; results in {out}")
    if done:
        sweep.draw(results, measure, out / "results.png")
    raise typer.Exit(0 if done == len(planned) else 1)


@app.command()
def lab(
    extra: Annotated[
        list[str] | None, typer.Argument(help="Options for JupyterLab, after a lone --.")
    ] = None,
) -> None:
    """Open the notebooks in JupyterLab, served to this machine only.

    Without the panels that nbgrader makes for teachers, and without news.
    """
    root = runner.checkout()
    ours = str(Path(__file__).parent)  # labconfig/ lies there
    others = os.environ.get("JUPYTER_CONFIG_PATH")
    os.environ["JUPYTER_CONFIG_PATH"] = os.pathsep.join(filter(None, (ours, others)))
    from jupyterlab.labapp import LabApp

    options = [f"--ServerApp.root_dir={root}", "--LabApp.default_url=/lab/tree/notebooks"]
    LabApp.launch_instance(["--ServerApp.ip=127.0.0.1", *options, *(extra or [])])


@app.command()
def test() -> None:
    """Run every check of the course, up to the first that fails."""
    root = runner.checkout()
    # In processes side by side, the slow tests first (tests/conftest.py), a notebook in one alone.
    jobs = str(min(os.cpu_count() or 1, 4))
    pytest = ["pytest", "-n", jobs, "--no-loadscope-reorder"]
    wheel = "tests/test_wheel.py"  # it runs notebooks: it comes when the series has trained
    steps = {
        "lint": ["ruff", "check", "."],
        "format": ["ruff", "format", "--check", "."],
        "unit tests": [*pytest, "--dist", "loadgroup", "tests", f"--ignore={wheel}"],
        "series, quick profile": ["dfad_lite", "run", "--profile", "quick", "--jobs", jobs],
        "wheel, committed outputs": [
            *(*pytest, "--dist", "loadfile", "-p", "no:cacheprovider", "--rootdir", str(root)),
            *("--nbval", "--nbval-current-env", "--nbval-cell-timeout", "600"),
            *(wheel, "notebooks"),
        ],
    }
    rows, code = [], 0
    fresh = tempfile.TemporaryDirectory(prefix="dfad_lite_test_", ignore_cleanup_errors=True)
    with fresh as folder, runner.kernel_environment():
        # What one step trains the later ones find; nothing older helps a step to pass.
        os.environ["DFAD_CACHE"] = os.environ["DFAD_TEST_CACHE"] = folder
        for name, module in steps.items():
            if code:
                rows.append((name, "not run", ""))
                continue
            print(f"\n=== {name}: python -m {shlex.join(module)}", flush=True)
            started = time.monotonic()
            code = call([sys.executable, "-m", *module], root)
            rows.append((name, "failed" if code else "ok", f"{time.monotonic() - started:.1f}"))
    print_table(("step", "status", "seconds"), rows)
    print(f"a check failed, with exit status {code}" if code else "all checks passed")
    raise typer.Exit(code)


def call(command: list[str], where: Path) -> int:
    """Run a command in a folder and return its exit status; who ends us ends the command."""
    with subprocess.Popen(command, cwd=where) as process:
        signal.signal(signal.SIGINT, lambda *_: None)  # a terminal sends Ctrl-C to it, too
        signal.signal(signal.SIGTERM, lambda *_: process.terminate())
        return process.wait()


# ---------------------------------------------------------------- students


@app.command("train")
def train_student(
    profile: Profile = "quick",
    inputs: Annotated[str, typer.Option(help="generator, noise, original...")] = "generator",
    method: Annotated[str, typer.Option(help="DFAD, or another of the family.")] = "DFAD",
    minutes: Minutes = None,
    settings: Settings = None,
) -> None:
    """Make a teacher and its student, in pieces if need be. Exit status 3: not done yet."""
    from dfad_lite import artefacts, profiles

    wanted = profiles.load(profile, **runner.parse_overrides(settings or []))
    try:
        made = artefacts.get_student(wanted, inputs=inputs, method=method, minutes=minutes)
    except artefacts.OutOfTime as stopped:
        print(f"{stopped} done, and saved. To go on:", called(), sep="\n  ")
        raise typer.Exit(3) from None
    print(f"teacher {made.teacher.accuracy:.4f} ({made.teacher.seconds:.0f} s)")
    print(f"student {made.accuracy:.4f} after {len(made.records)} rounds ({made.seconds:.0f} s)")
    print(f"kept as {made.key}")


@app.command("distill")
def distil_own(
    teacher: Annotated[Path, typer.Option(help="Weights, or with --trust a whole network.")],
    size: Annotated[str, typer.Option(help="Of an image: 28, or height and width as in 32x48.")],
    arch: Annotated[str | None, typer.Option(help="torchvision's name, or module:Class.")] = None,
    classes: Annotated[
        int | None, typer.Option(min=2, max=10**5, help="Number of logits, if asked.")
    ] = None,
    channels: Annotated[
        int | None, typer.Option(min=1, max=1024, help="Of an image, if asked.")
    ] = None,
    task: Annotated[str, typer.Option(help="classification or segmentation.")] = "classification",
    mean: Annotated[
        str | None, typer.Option(help="Of the teacher's inputs, by channel; none: 0 to 1 as is.")
    ] = None,
    std: Annotated[str | None, typer.Option(help="Of the same.")] = None,
    student: Annotated[str | None, typer.Option(help="The course's, or as --arch.")] = None,
    method: Annotated[
        str | None, typer.Option(help="One of the family; as suits the teacher if not given.")
    ] = None,
    rounds: Annotated[
        int | None, typer.Option(min=1, help="As suits the method if not given.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of weights and latents.")] = 0,
    minutes: Minutes = None,
    test: Annotated[
        Path | None, typer.Option(help="Folder with <class>/*, or images/ and labels/.")
    ] = None,
    weights: Annotated[
        str | None, typer.Option(help="Which copy in the file, such as ema, where it has several.")
    ] = None,
    trust: Annotated[bool, typer.Option("--trust", help="Run code that is in the file.")] = False,
    out: Annotated[Path, folder("For student and report.")] = Path("runs/distilled"),
    settings: Settings = None,
) -> None:
    """Distil a teacher of your own from its file, without its data, and write a report.

    Exit status: 0 a good student; 3 stopped early, the same command goes on; 4 failed, and the
    report says what to try.
    """
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
    try:
        run = own.play(plan, out, minutes=minutes, command=called())
    except KeyboardInterrupt:
        print("interrupted; at most ten seconds are lost. To go on:", called(), sep="\n  ")
        raise typer.Exit(own.STATUS["stopped"]) from None
    report.measure(plan, out, run, images)
    print(report.verdict(run))
    for line in report.advice(run):
        print(f"- {line}")
    print(report.write_report(out))
    raise typer.Exit(own.STATUS[run["status"]])


@app.command("export")
def export_student(
    what: Annotated[
        str, typer.Argument(help="A student's key in the cache, or a folder of `distill`.")
    ],
    out: Annotated[
        Path | None, folder("For what is shipped; runs/export/<name> if not given.")
    ] = None,
    licence: Annotated[str | None, typer.Option(help="The teacher's, for the card.")] = None,
) -> None:
    """Write a student as ONNX files, float and int8, with a model card. Needs `device`."""
    from dfad_lite import deploy

    deploy.check_installed()
    from dfad_lite.course import export

    one = export.student(what)
    out = out or Path("runs") / "export" / one.name
    card = export.ship(one, out, licence)
    for name, size in card["bytes"].items():
        known = f", accuracy {card['accuracy'][name]:.4f}" if card["accuracy"] else ""
        print(f"{out / name}: {size:,} bytes{known}")
    print(f"{out / 'model_card.md'}")


@app.command("profiles")
def show_profiles() -> None:
    """Show what each profile sets, and where the values come from."""
    from dfad_lite import profiles

    columns = ["field", "quick", "laptop", "paper", "unit", "source"]
    print_table(columns, ([row[column] for column in columns] for row in profiles.table()))


# ---------------------------------------------------------------- data sets and the cache


@datasets.command("check")
def check_data(
    path: Annotated[Path, typer.Argument(help="The folder that holds train and trainannot.")],
    layout: Annotated[str, typer.Option("--as", help="The data set whose layout it has.")],
) -> None:
    """Say whether frames and label maps are laid out right: counts, sizes, and what is wrong."""
    from dfad_lite.data import label_maps

    if layout != "camvid":
        raise ValueError(f"--as {layout}: only the layout of camvid can be checked.")
    if not path.is_dir():
        raise ValueError(f"{path} is no folder: give the one that holds train and trainannot.")
    unused = ["val"] if (path / "val").is_dir() else []  # by the course: it may be missing
    problems = 0
    for split in ("train", *unused, "test"):
        found = label_maps.check_pairs(path, split)
        sizes = ", ".join(f"{w}x{h}: {count}" for (w, h), count in sorted(found.sizes.items()))
        labels = ", ".join(map(str, sorted(found.values)))
        print(f"{split}: {len(found.files)} pairs; ", end="")
        print(f"sizes {sizes or 'none'}; labels {labels or 'none'}")
        for problem in found.problems:
            print(f"  wrong: {problem}")
        problems += len(found.problems)
    if problems:
        raise typer.Exit(1)
    print("laid out as it should be")


@cache.command("list")
def list_cache() -> None:
    """List what is kept, with its size, date and figures."""
    entries = store.entries()
    print_entries(entries)
    print(f"{len(entries)} entries, {decimal(sum(entry.bytes for entry in entries))} in all")


@cache.command("prune")
def prune_cache(
    damaged: Annotated[bool, typer.Option("--damaged", help="Only damaged ones.")] = False,
    kind: Annotated[str | None, typer.Option(help="Only this kind, such as students.")] = None,
    older_than_days: Annotated[
        int | None, typer.Option(min=0, max=36500, help="Only older ones.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Remove what fits every option given; it is made again when a notebook needs it."""
    if not damaged and kind is None and older_than_days is None:
        raise ValueError("say what to remove: --damaged, --kind or --older-than-days")
    entries = store.entries()
    kinds = sorted({entry.kind for entry in entries})
    if kind is not None and kind not in kinds:
        raise ValueError(f"kind={kind!r}: nothing of it is kept; kept are {kinds}")
    before = (date.today() - timedelta(days=older_than_days or 0)).isoformat()
    entries = [
        entry
        for entry in entries
        if (entry.damaged or not damaged)
        and kind in (None, entry.kind)
        and (older_than_days is None or "" < entry.made[:10] < before)
    ]
    if not entries:
        print("nothing to remove")
        return
    print_entries(entries)
    size = decimal(sum(entry.bytes for entry in entries))
    if not yes:
        typer.confirm(f"Remove these {len(entries)} entries ({size})?", abort=True)
    for entry in entries:
        store.remove(entry)
    print(f"removed {len(entries)} entries, {size}")


def print_entries(entries: list[store.Entry]) -> None:
    """Print a table of artefacts."""
    columns = ("kind", "key", "size", "made", "seconds", "figures", "state")
    rows = []
    for entry in entries:
        figures = ", ".join(f"{name} {value:.4g}" for name, value in entry.metrics.items())
        made = (decimal(entry.bytes), entry.made, f"{entry.seconds:.1f}", figures)
        rows.append((entry.kind, entry.key, *made, "damaged" if entry.damaged else "sound"))
    print_table(columns, rows)


# ---------------------------------------------------------------- a class


@teaching.command("release")
def release_course(
    only: Only = None,
    out: Annotated[Path, folder("For the notebooks.")] = Path("runs/release"),
) -> None:
    """Write the students' version of the notebooks, solutions left out. Needs `course`."""
    print(*handout.release(runner.checkout(), out, only), sep="\n")


@teaching.command("grade")
def grade_course(
    folders: Annotated[
        list[Path],
        typer.Argument(help="A folder of notebooks for each student, named like the student."),
    ],
    only: Only = None,
    out: Annotated[
        Path | None,
        typer.Option(dir_okay=False, callback=place, help="Also write the marks as CSV."),
    ] = None,
) -> None:
    """Run what students handed in, and print their points and what the checks said."""
    submissions = {folder.resolve().name: folder for folder in folders}
    if len(submissions) < len(folders):
        raise ValueError("folders: two have the same name, which is the student's; rename one")
    marks = handout.grade(runner.checkout(), submissions, only)
    marks["score"] = marks.points.map("{:g}".format) + "/" + marks.most.map("{:g}".format)
    rows = marks[["student", "notebook", "check", "score", "message"]].values.tolist()
    for student in submissions:
        own = marks[marks.student == student]
        rows.append((student, "", "all", f"{own.points.sum():g}/{own.most.sum():g}", ""))
    print_table(("student", "notebook", "check", "points", "what it said"), rows)
    if out is not None:
        store.write_text(out, marks.drop(columns="score").to_csv(index=False))
        print(out)


@teaching.command("site")
def make_site(
    out: Annotated[Path, folder("The pages go to html/ in it.")] = Path("runs/site"),
) -> None:
    """Build the site from the committed outputs. Needs the extra `site`."""
    code = site.site(runner.checkout(), out)
    page = out / "html" / "index.html"
    print(f"open {page}" if code == 0 else "the site has warnings, see above")
    raise typer.Exit(code)


@teaching.command("slides")
def make_slides(
    only: Only = None,
    out: Annotated[Path, folder("For the decks.")] = Path("runs/slides"),
) -> None:
    """Make a reveal.js deck of each notebook."""
    print(*site.slides(runner.checkout(), out, only), sep="\n")


@teaching.command("colab")
def make_colab(
    repository: Annotated[str | None, typer.Option(help="owner/name on GitHub.")] = None,
    out: Annotated[Path, folder("For the notebooks.")] = Path("runs/colab"),
) -> None:
    """Write the notebooks with a first cell that installs the course, solutions left out."""
    root = runner.checkout()
    repository = repository or site.repository_name(root)
    if repository is None:
        raise ValueError("repository=None: say where Colab finds it, --repository owner/name")
    print(*site.colab(root, out, repository), sep="\n")


@robbery.command("serve")
def serve_teacher(
    thieves: Annotated[list[str], typer.Argument(help="Their names; each gets a token.")],
    answers: Annotated[str, typer.Option(help="probabilities, rounded or labels.")] = "rounded",
    budget: Annotated[int, typer.Option(min=1, help="Questions a thief may ask.")] = 5_000,
    rough: Annotated[float, typer.Option(help="Roughness above which it rings.")] = 99,
    unsure: Annotated[float, typer.Option(help="Confidence below which it rings.")] = 0,
    lock: Annotated[int | None, typer.Option(min=1, help="Rings that shut the door.")] = None,
    host: Annotated[str, typer.Option(help="0.0.0.0 lets other machines in.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 8100,
) -> None:
    """Train a secret teacher, sell its answers until Ctrl-C, and print the tokens to hand out."""
    from dfad_lite.course import heist

    rules = heist.Rules(answers, budget, rough, unsure, lock)
    service = heist.Service(*heist.secret_teacher(), rules, thieves)
    with heist.server(service, host, port) as serving:
        print(f"serving at http://{host}:{serving.server_port}; Ctrl-C ends it")
        for token, who in service.tokens.items():
            print(f"{who}: {token}", flush=True)
        try:
            serving.serve_forever()
        except KeyboardInterrupt:
            rows = ((who, *told.values()) for who, told in service.book.items())
            print_table(("who", "questions", "alarms"), rows)


@robbery.command("steal")
def steal_teacher(
    url: Annotated[str, typer.Argument(help="The owner's service.")],
    token: Annotated[str, typer.Option(help="That the owner handed out.")],
    script: Annotated[
        Path, typer.Option(exists=True, dir_okay=False, help="Defines steal(ask, student).")
    ],
    out: Annotated[
        Path,
        typer.Option(dir_okay=False, callback=place, help="The copy, called THIEF-OWNER.pt."),
    ],
) -> None:
    """Copy a teacher from its answers. Scripts to begin with: docs/heist."""
    from dfad_lite.course import heist

    heist.steal(url, token, script, out)
    print(out)


@robbery.command("score")
def score_heist(
    owners: Annotated[list[str], typer.Argument(metavar="OWNER=URL,TOKEN", help="The referee's.")],
    copies: Annotated[Path, typer.Option(exists=True, file_okay=False)],
) -> None:
    """Print the scoreboard of all copies and all owners, whose services must still run."""
    from dfad_lite.course import heist

    asked = [re.fullmatch(r"([^=]+)=(.+),([^,]+)", owner) for owner in owners]
    if None in asked:
        raise ValueError(f"{owners[asked.index(None)]!r}: write OWNER=URL,TOKEN")
    found = {owner: (url, token) for owner, url, token in (match.groups() for match in asked)}
    for rows in heist.score(found, copies):
        shown = [[f"{v:.1f}" if isinstance(v, float) else v for v in row.values()] for row in rows]
        print_table(rows[0] if rows else (), shown)


# ---------------------------------------------------------------- what the commands share


def called() -> str:
    """The command that runs, as it can be called again."""
    return f"python -m dfad_lite {shlex.join(sys.argv[1:])}"


def print_table(columns: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
    """Print rows below the names of their columns."""
    table = Table(*columns)
    for row in rows:
        table.add_row(*(escape(str(cell)) for cell in row))
    Console().print(table)
