"""Runs the course's notebooks from the command line, and keeps their committed outputs clean.

:func:`run_series` executes them with papermill into a folder; :func:`refresh` executes one in its
place, for committing.
"""

import ast
import json
import logging
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass
from functools import partial
from importlib.util import find_spec
from multiprocessing import get_context, parent_process
from pathlib import Path
from typing import Any

from dfad_lite import store

INJECTED_TAG = "injected-parameters"  # papermill's tag for the cell with the parameters given
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
NOTEBOOK_METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
# Makes the bundled MathJax read dollars; nbconvert's pages configure an older version only.
DOLLARS = """\
window.MathJax = {tex: {inlineMath: [["$", "$"], ["\\\\(", "\\\\)"]], processEscapes: true}};
"""


@dataclass
class Result:
    """The outcome of one notebook; a row of the summary."""

    notebook: str
    status: str = "not run"  # in the end "ok", "failed" or "interrupted"
    seconds: float = 0.0
    headline: str = ""
    problem: str = ""  # of a failure: the cell, the name of the error and its message


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
    found = {path.name[:2]: path for path in sorted(notebooks.glob("[0-9][0-9]_*.ipynb"))}
    wanted = set(found) if only is None else {n.strip().zfill(2) for n in only.split(",")}
    if not found or wanted - found.keys():
        raise ValueError(
            f"only={only!r}: there is no notebook {', '.join(sorted(wanted - found.keys()))}; "
            f"choose from {', '.join(path.stem for path in found.values()) or 'none'} of "
            f"{notebooks} by number, such as --only 01"
        )
    return [path for number, path in found.items() if number in wanted]


def parse_overrides(settings: list[str] | None) -> dict[str, Any]:
    """Read `name=value` settings; a value that is no Python literal is taken as a string."""
    overrides: dict[str, Any] = {}
    for setting in settings or []:
        name, equals, value = setting.partition("=")
        if not equals or not name.isidentifier():
            raise ValueError(f"--set {setting!r}: write name=value, such as --set seed=1")
        if name == "profile":
            raise ValueError(f"--set {setting!r}: choose the profile with --profile {value}")
        overrides[name] = parse_value(value)
    return overrides


def parse_value(text: str) -> Any:
    """A Python literal in JSON's types, all that papermill passes on; else the text as it is."""
    try:
        return json.loads(json.dumps(ast.literal_eval(text)))
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return text  # TypeError: a set, or [] as a key; the last two: brackets nested without end


@contextmanager
def kernel_environment() -> Iterator[None]:
    """Set the environment that kernels inherit which are started meanwhile.

    The kernel named `python3` is this interpreter, whatever kernels are installed, and imports this
    package; progress bars are silent, since their timings never repeat.
    """
    from unittest.mock import patch

    from ipykernel.kernelspec import write_kernel_spec

    with tempfile.TemporaryDirectory(prefix="dfad_lite_kernel_") as folder:
        quiet = ["--log-level=ERROR"]  # ipykernel 7 warns at each start that TCP is in the clear
        write_kernel_spec(Path(folder) / "kernels" / "python3", extra_arguments=quiet)
        kernels = in_front("JUPYTER_PATH", folder)
        package = in_front("PYTHONPATH", str(Path(__file__).resolve().parents[2]))
        changed = {"JUPYTER_PATH": kernels, "PYTHONPATH": package, "TQDM_DISABLE": "1"}
        with patch.dict(os.environ, changed):
            yield


def in_front(variable: str, folder: str) -> str:
    """The value of an environment variable with one more folder in front of those it names."""
    return os.pathsep.join(filter(None, (folder, os.environ.get(variable))))


def execute(
    path: Path, executed: Path, parameters: dict[str, Any] | None = None, **options: Any
) -> Result:
    """Execute a notebook with papermill into the file `executed`.

    An error, other than Ctrl-C, is in the result; `executed` then ends where it happened. A
    terminal gets a bar over the cells, except from parallel processes. The options go to papermill
    and to nbclient.
    """
    import papermill
    from papermill.exceptions import PapermillExecutionError

    logging.getLogger("papermill").setLevel(logging.ERROR)  # it warns of overrides it cannot know
    executed.unlink(missing_ok=True)  # an earlier run's
    bar = {"desc": path.name, "leave": False, "disable": True if parent_process() else None}
    # A kernel that is asked to end while a cell runs fills the screen with complaints.
    options |= {"progress_bar": bar, "shutdown_kernel": "immediate"}
    problem, started = "", time.monotonic()
    try:
        with kernel_environment():
            names = {"kernel_name": "python3", "language": "python"}
            papermill.execute_notebook(path, executed, parameters, **names, **options)
    except PapermillExecutionError as error:
        cell = where(error.exec_count, error.source)
        problem = f"{path.name}, {cell}: {error.ename}: {error.evalue}"
    except Exception as error:  # the table is still to be written
        problem = f"{path.name}: {describe(error)}"
    seconds = round(time.monotonic() - started, 1)
    return Result(path.name, "failed" if problem else "ok", seconds, problem=problem)


def where(count: int, source: str) -> str:
    """A code cell as its page shows it: the number before it, and its first line."""
    return f"In [{count}] ({source.strip().splitlines()[0]})"


def describe(error: Exception) -> str:
    """Name and message of an error."""
    return f"{type(error).__name__}: {error}"


def printed(notebook: Any, tag: str) -> str:
    """What the code cells with a tag printed to stdout."""
    return "".join(
        output.text
        for cell in notebook.cells
        if tag in tags(cell)
        for output in cell.get("outputs", [])
        if output.get("name") == "stdout"
    )


def in_order(notebooks: list[Path], run: Callable[[Path], Result], jobs: int = 1) -> list[Result]:
    """Run notebooks in order, up to the first that does not end well, and print a line on each.

    With several jobs as many processes work side by side, each on the next notebook; `run` must
    then be picklable.
    """
    results = [Result(path.name) for path in notebooks]
    workers = ProcessPoolExecutor(jobs, get_context("spawn")) if jobs > 1 else nullcontext()
    with workers as pool:
        running = pool.map(run, notebooks) if pool else map(run, notebooks)
        for at, path in enumerate(notebooks):
            try:
                results[at] = result = next(running)
            except KeyboardInterrupt:  # a terminal sends Ctrl-C to the other processes, too
                results[at] = result = Result(path.name, "interrupted")
            print(f"{result.notebook}: {result.status}, {result.seconds:.1f} s", flush=True)
            if result.status != "ok":
                if pool:
                    pool.shutdown(cancel_futures=True)
                break
    return results


def run_series(
    notebooks: list[Path], parameters: dict[str, Any], folder: Path, jobs: int = 1
) -> list[Result]:
    """Execute notebooks, `jobs` at a time, into `folder`: with a page of each, and `summary.csv`.

    The parameters are not checked here: call `profiles.load` with them first.
    """
    import pandas

    folder.mkdir(parents=True, exist_ok=True)
    results = in_order(notebooks, partial(show_in, folder, parameters), jobs)
    table = pandas.DataFrame([asdict(result) for result in results])
    store.write_text(folder / "summary.csv", table.to_csv(index=False, lineterminator="\n"))
    return results


def show_in(folder: Path, parameters: dict[str, Any], path: Path) -> Result:
    """Execute a notebook into `folder`, with a page beside it and its headline in the result."""
    executed = folder / path.name
    result = execute(path, executed, parameters)
    if executed.exists():
        notebook = read_notebook(executed)
        lines = printed(notebook, "headline").splitlines()
        result.headline = "; ".join(line.strip() for line in lines if line.strip())
        store.write_text(executed.with_suffix(".html"), html_page(notebook, path, folder))
    return result


def html_page(notebook: Any, source: Path, folder: Path, **options: Any) -> str:
    """One HTML page of an executed notebook for `folder`, with its images and without widgets.

    If the extra `site` is installed, its MathJax is put into the folder, one file for all pages,
    so that they need no network; if not, they load it from nbconvert's usual server. The options
    are those of nbconvert's exporter.
    """
    from nbconvert import HTMLExporter

    if "mathjax_url" not in options and (found := find_spec("sphinx-mathjax-offline")):
        bundled = Path(found.origin).parent / "static" / "mathjax" / "tex-svg.js"  # needs no fonts
        store.write_text(folder / "mathjax.js", DOLLARS + bundled.read_text(encoding="utf-8"))
        options["mathjax_url"] = "mathjax.js"
    # Only widgets, which are dead without a kernel, need the script that nbconvert would fetch.
    exporter = HTMLExporter(embed_images=True, require_js_url="data:,", **options)
    resources = {"metadata": {"name": source.stem, "path": str(source.parent)}}
    return exporter.from_notebook_node(clean(notebook), resources=resources)[0]


def refresh(path: Path) -> Result:
    """Execute a notebook in its own folder, as nbval and JupyterLab do, and write it cleaned.

    The file stays as it was if a cell fails, or :func:`refusals` finds something.
    """
    with tempfile.TemporaryDirectory(prefix="dfad_lite_refresh_") as folder:
        executed = Path(folder, path.name)
        result = execute(path, executed, cwd=path.parent, coalesce_streams=True)
        if result.status != "ok":
            return result
        notebook = read_notebook(executed)
    if refused := refusals(notebook):
        result.status, result.problem = "failed", f"{path.name}, " + "\n".join(refused)
    else:
        write_notebook(path, clean(notebook))
    return result


def refusals(notebook: Any) -> list[str]:
    """Why an executed notebook must not be committed, a line for each reason."""
    found = []
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            here = where(cell.execution_count, cell.source)
            if output.get("name") == "stderr":
                found.append(
                    f"{here} wrote to stderr: {output.text.strip()!r}; mend what it warns of, or "
                    "catch the warning in the cell"
                )
            if WIDGET_VIEW in output.get("data", {}) and "nbval-ignore-output" not in tags(cell):
                found.append(
                    f"{here} shows a widget, which nbval cannot compare; tag the cell "
                    "nbval-ignore-output"
                )
    return found


def clean(notebook: Any) -> Any:
    """A copy of a notebook without what differs between runs or machines."""
    import nbformat

    notebook = nbformat.from_dict(notebook)
    notebook.metadata = nbformat.from_dict(NOTEBOOK_METADATA)
    notebook.cells = [cell for cell in notebook.cells if INJECTED_TAG not in tags(cell)]
    for cell in notebook.cells:
        for name in ("papermill", "execution", "ExecuteTime"):
            cell.metadata.pop(name, None)
        if not tags(cell):
            cell.metadata.pop("tags", None)  # papermill gives every cell a list
        for output in list(cell.get("outputs", [])):
            widget = output.get("data", {}).pop(WIDGET_VIEW, None)
            if widget and output.data.keys() <= {"text/plain"}:  # its one-line description
                cell.outputs.remove(output)
    notebook.nbformat, notebook.nbformat_minor = 4, 5  # the first format in which cells have ids
    notebook = nbformat.validator.normalize(notebook)[1]
    nbformat.validate(notebook)
    return notebook


def tags(cell: Any) -> set[str]:
    """The tags of a cell."""
    return set(cell.metadata.get("tags", []))


def read_notebook(path: Path) -> Any:
    """Read a notebook in today's format.

    Raises:
        ValueError: the file is no notebook.
    """
    import nbformat

    try:
        notebook = nbformat.read(path, as_version=4)
        _ = [(cell.cell_type, cell.source, tags(cell)) for cell in notebook.cells]
    except Exception as error:  # of many kinds
        raise ValueError(f"{path} can't be read as a notebook ({describe(error)[:200]})") from error
    return notebook


def write_each(
    root: Path, out: Path, change: Callable[[Any], Any], only: str | None = None
) -> list[Path]:
    """Write what `change` makes of each of the checkout's notebooks into `out`."""
    written = []
    for path in select(root / "notebooks", only):
        written.append(out / path.name)
        write_notebook(written[-1], change(read_notebook(path)))
    return written


def write_notebook(path: Path, notebook: Any) -> None:
    """Write a notebook whole or not at all, with a newline at its end."""
    import nbformat

    store.write_text(path, nbformat.writes(notebook).rstrip("\n") + "\n")
