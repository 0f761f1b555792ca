"""All that only a GPU can show, in one call that may be cut into pieces.

    python -m benchmarks.gpu --out runs/gpu --minutes 9

First the loops side by side (``speed.csv``), then CIFAR-10 from nothing with a compressed
schedule. When the minutes are over it stops, saved, with exit status 3; the same command goes
on. Done, it leaves ``student.pt`` (half precision), ``run.csv`` and ``curves.csv`` in ``--out``:
commit the tables with the command, device and seed that they hold. CIFAR-10 is looked for where
``DFAD_DATA`` says (19 MB recompressed). On a CPU: ``--device cpu --dataset digits --rounds 3``.
"""

from __future__ import annotations

import dataclasses
import time
from pathlib import Path
from typing import Annotated

import torch
import typer

from benchmarks import provenance, some_of, write
from benchmarks.__main__ import CHANNELS, measure
from dfad_lite import artefacts, profiles, speed, store


def settings_of(dataset: str, device: str, rounds: int, seed: int) -> profiles.Profile:
    """The paper's CIFAR-10, both rates divided by 10 at 0.4 and 0.8 of fewer rounds."""
    if dataset == "digits":
        base = profiles.load("quick", teacher_epochs=1)
    else:
        base = profiles.load("paper", dataset=dataset)
        base = dataclasses.replace(base, teacher_epochs=30, teacher_schedule="cosine")
    return dataclasses.replace(
        base,
        device=device,
        seed=seed,
        rounds=rounds,
        game_schedule="steps",
        game_step_rounds=(int(0.4 * rounds), int(0.8 * rounds)),
        snapshot_every=max(1, rounds // 20),
    )


def main(
    out: Annotated[Path, typer.Option(help="Where tables and student go.")],
    minutes: float = 9.0,
    device: str = "cuda",
    dataset: str = "cifar10",
    rounds: Annotated[int, typer.Option(help="The paper has 25,000.")] = 10_000,
    seed: int = 0,
    batch: Annotated[int, typer.Option(help="Of the timings; the paper's if not given.")] = 0,
) -> None:
    """Time the loops, then distil; what is done is kept."""
    some_of(dataset, ("cifar10", "digits"))
    started = time.monotonic()
    torch.set_float32_matmul_precision("high")  # TF32 where the teacher trains
    if not (out / "speed.csv").exists():
        cases = ("mnist",) if dataset == "digits" else tuple(CHANNELS)
        peaks = speed.peaks(device, torch.bfloat16 if device == "cuda" else torch.float32)
        timed = [measure(case, peaks, tries=3, batch=batch, device=device) for case in cases]
        write(out / "speed.csv", [row for rows in timed for row in rows])
    settings = settings_of(dataset, device, rounds, seed)
    left = minutes - (time.monotonic() - started) / 60
    try:
        run = artefacts.get_student(settings, minutes=max(0.0, left))
    except artefacts.OutOfTime as stopped:
        print(f"{stopped} done, and saved; the same command goes on")
        raise typer.Exit(3) from None
    halves = {
        name: w.half() if w.is_floating_point() else w
        for name, w in run.student.state_dict().items()
    }
    store.save_tensors(out / "student.pt", halves)
    write(
        out / "curves.csv",
        [
            {"round": s.round, "accuracy": s.accuracy, "discrepancy": s.discrepancy}
            for s in run.snapshots
        ],
    )
    result = {
        "dataset": settings.dataset,
        "note": run.teacher.note,
        "seed": settings.seed,
        "rounds": settings.rounds,
        "teacher": f"{run.teacher.accuracy:.4f}",
        "student": f"{run.accuracy:.4f}",
        "teacher_seconds": f"{run.teacher.seconds:.0f}",
        "student_seconds": f"{run.seconds:.0f}",
    }
    write(out / "run.csv", [result | provenance(device)])
    print(f"teacher {run.teacher.accuracy:.4f}, student {run.accuracy:.4f}")


if __name__ == "__main__":
    typer.run(main)
