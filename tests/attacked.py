"""A command in a process of its own, to be killed or starved: what tests/test_attacks.py starts.

The processes are forked from one that has imported everything, so that a hundred of them take
minutes; it has played no game, since torch's threads do not outlive a fork.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import resource
import signal
import sys
import time
from collections.abc import Mapping
from multiprocessing.process import BaseProcess
from pathlib import Path

PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["dfad_lite.artefacts", "dfad_lite.course.report", "papermill"])


def start(
    folder: Path, *words: str, bytes: int | None = None, user: int | None = None, **set: str | None
) -> BaseProcess:
    """Begin ``python -m dfad_lite WORDS`` in ``folder``, whose ``said.txt`` gets what it prints.

    Args:
        folder: the current one; ``folder/checkout`` is the checkout, if it is there.
        words: the command.
        bytes: the longest file that it may write.
        user: whom it runs as.
        **set: environment variables; None unsets one.
    """
    process = PROCESSES.Process(target=_work, args=(folder, words, bytes, user, set))
    process.start()
    return process


def ended(folder: Path, *words: str, **more: int | str | None) -> int | None:
    """The exit status of such a process, which is waited for."""
    process = start(folder, *words, **more)
    process.join()
    return process.exitcode


def kill(process: BaseProcess) -> None:
    """End a process and its kernels and workers at once, as when the power fails."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.join()


def said(folder: Path) -> str:
    """What the processes in a folder printed."""
    return (folder / "said.txt").read_text(encoding="utf-8", errors="replace")


def _work(
    folder: Path,
    words: tuple[str, ...],
    bytes: int | None,
    user: int | None,
    environment: Mapping[str, str | None],
) -> None:
    os.setsid()
    os.chdir(folder)
    for name, value in environment.items():
        os.environ.pop(name, None)
        if value is not None:
            os.environ[name] = value
    with open("said.txt", "a", encoding="utf-8") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    if bytes is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (bytes, resource.RLIM_INFINITY))
    if user is not None:
        os.setgid(user)
        os.setuid(user)
    from dfad_lite import artefacts, teacher
    from dfad_lite.course import report, runner
    from dfad_lite.course.cli import app

    carry_on, epochs = artefacts.carry_on, teacher.Training.epochs

    def saving_always(*args, **options):
        return carry_on(*args, **(options | {"save_every_seconds": 0.0}))

    def telling(training):
        with open("trained.txt", "a", encoding="utf-8") as file:
            file.write(f"{os.getpid()}\n")
        yield from epochs(training)
        while "DFAD_HELD" in os.environ and not os.path.exists("go"):
            time.sleep(0.01)  # still in the training, until somebody says go

    artefacts.carry_on, teacher.Training.epochs = saving_always, telling
    report.write_report = lambda out: out / "report.html"  # minutes of kernels, and nothing kept
    if (folder / "checkout").is_dir():
        runner.checkout = lambda: folder / "checkout"
    sys.argv = ["dfad_lite", *words]
    app(list(words), prog_name="dfad_lite")
