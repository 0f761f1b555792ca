"""One job of a sweep, its files, and the processes that run jobs, here or on a cluster.

A job takes a notebook's text and parameters, and gives back the executed notebook's text and the
JSON object that its cell tagged `result` printed. The driver alone writes files, so that a cluster
needs no shared file system. This module imports little: every worker imports it.
"""

import json
import multiprocessing
import os
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from dfad_lite.course import runner

RESULT_TAG = "result"
CURVE = ("round", "accuracy", "discrepancy", "generation")
CONNECT_SECONDS = 5

# A kernel inherits the environment of its process, which jobs in threads would set at once.
ONE_AT_A_TIME = threading.Lock()


@dataclass(frozen=True)
class Job:
    """One row of the table."""

    row: int  # counted from 1, without the header
    cells: dict[str, str]  # by column, as the table has them
    parameters: dict[str, Any]  # the values of those that are not empty
    key: str  # names the job's files


@dataclass(frozen=True)
class Outcome:
    """What came of a job."""

    status: str = "not run"  # in the end "ok" or "failed"
    seconds: float = 0.0
    result: dict[str, Any] = field(default_factory=dict)
    error: str = ""  # the cell, the name of the error and its message
    executed: str = ""  # the executed notebook, as far as it came


Submit = Callable[..., "Future[Outcome]"]  # takes the arguments of `run_job`


# ---------------------------------------------------------------- one job, wherever it runs


def run_job(
    name: str, text: str, parameters: dict[str, Any], environment: dict[str, str]
) -> Outcome:
    """Execute a notebook's text with parameters; what stops it is in the outcome."""
    done = runner.Result(name)
    with ONE_AT_A_TIME, tempfile.TemporaryDirectory(prefix="dfad_lite_job_") as folder:
        source, executed = Path(folder, name), Path(folder, "executed.ipynb")
        source.write_text(text, encoding="utf-8")
        with runner.kernel_environment():
            os.environ.update(environment)
            # A kernel asked to end while its cell runs would fill the screen with its complaints.
            runner.run_notebook(source, executed, parameters, done, shutdown_kernel="immediate")
        shown = executed.read_text(encoding="utf-8") if executed.exists() else ""
        if done.status != "ok":
            return Outcome("failed", done.seconds, error=done.problem, executed=shown)
        printed = runner.printed(runner.read_notebook(executed), RESULT_TAG)
    try:
        return Outcome("ok", done.seconds, checked(json.loads(printed)), executed=shown)
    except ValueError as error:
        problem = f"{name}, cell tagged {RESULT_TAG}: printed no single JSON object ({error})"
        return Outcome("failed", done.seconds, error=problem, executed=shown)


def checked(result: Any) -> dict[str, Any]:
    """A job's result, which must be an object whose `curve`, if it has one, has rows of `CURVE`."""
    if not isinstance(result, dict):
        raise ValueError(f"it is a {type(result).__name__}")
    curve = result.get("curve", [])
    if not isinstance(curve, list) or any(
        not isinstance(point, list) or len(point) != len(CURVE) for point in curve
    ):
        raise ValueError(f"its curve is no list of [{', '.join(CURVE)}]")
    return result


# ---------------------------------------------------------------- its files, in the driver's folder


def keep(files: Path, job: Job, outcome: Outcome) -> None:
    """Write a job's files: the notebook first, then the JSON that says it went well."""
    from dfad_lite import store

    if outcome.executed:
        runner.write_atomic(files / f"{job.key}.ipynb", outcome.executed)
    if outcome.status == "ok":
        content = {
            "parameters": job.parameters,
            "seconds": outcome.seconds,
            "result": outcome.result,
        }
        saved = content | {"check": store.key_of(job.key, content)}
        runner.write_atomic(files / f"{job.key}.json", json.dumps(saved, indent=1) + "\n")


def kept(files: Path, job: Job) -> Outcome | None:
    """What an earlier run kept of a job; a damaged file is named and set aside."""
    from dfad_lite import store

    path = files / f"{job.key}.json"
    if not path.exists():
        return None
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content.pop("check") != store.key_of(job.key, content):
            raise ValueError("its check does not fit its content")
        return Outcome("ok", content["seconds"], checked(content["result"]))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        store.set_aside(path, runner.describe(error))
        return None


# ---------------------------------------------------------------- who runs them


@contextmanager
def local_workers(count: int) -> Iterator[Submit]:
    """Processes of this machine; after Ctrl-C they stop at once, with their kernels."""
    spawn = multiprocessing.get_context("spawn")
    others = multiprocessing.active_children()
    pool = ProcessPoolExecutor(count, mp_context=spawn, initializer=obey_the_driver)
    try:
        yield partial(pool.submit, run_in_process)
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        for process in multiprocessing.active_children():
            if process not in others:
                process.terminate()
        raise
    pool.shutdown()


def obey_the_driver() -> None:
    """Leave Ctrl-C, which the terminal sends to all, to the driver; it says when to stop."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))


def run_in_process(*arguments: Any) -> Outcome:
    """`run_job`, after which a process told to stop takes no further job."""
    try:
        return run_job(*arguments)
    except SystemExit:  # the kernel is shut down and the temporary files are gone
        os._exit(1)


@contextmanager
def cluster_workers(address: str) -> Iterator[Submit]:
    """The workers of a Dask cluster; after Ctrl-C they finish what they run, and it is dropped.

    Raises:
        ValueError: Dask Distributed is not installed, or nobody answers at the address.
    """
    try:
        import distributed
    except ImportError as error:
        raise ValueError(
            f"cluster={address!r}: needs Dask Distributed, which is not installed here "
            '(pip install -e ".[cluster]"); --jobs runs on this machine without it'
        ) from error
    try:
        client = distributed.Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        raise ValueError(
            f"cluster={address!r}: no Dask scheduler answers there within {CONNECT_SECONDS} s "
            f"({error}); start one with `dask scheduler`, and give the address that it prints"
        ) from error
    with client:
        executor = client.get_executor(pure=False)
        try:
            yield partial(executor.submit, run_job)
        finally:
            executor.shutdown(wait=False)
