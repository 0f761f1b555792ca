"""All that only a GPU can show, in one call that may be cut into pieces.

    python -m benchmarks.gpu --out runs/gpu --minutes 9

First the loops side by side (``speed.csv``), then CIFAR-10 from nothing with a compressed
schedule. When the minutes are over it stops, saved, with exit status 3; the same command goes
on. Done, it leaves ``student.pt`` (half precision), ``run.csv`` and ``curves.csv`` in ``--out``:
commit the tables with the command, device and seed that they hold. CIFAR-10 is looked for where
``DFAD_DATA`` says (19 MB recompressed). On a CPU: ``--device cpu --dataset digits --rounds 3``.
"""

from __future__ import annotations

import argparse
import dataclasses
import datetime
import sys
import time
from pathlib import Path

import torch

from benchmarks.__main__ import CHANNELS, device_name, measure, write
from dfad_lite import artefacts, profiles, speed, store


def settings_of(options: argparse.Namespace) -> profiles.Profile:
    """The paper's CIFAR-10, both rates divided by 10 at 0.4 and 0.8 of fewer rounds."""
    if options.dataset == "digits":
        base = profiles.load("quick", teacher_epochs=1)
    else:
        base = profiles.load("paper", dataset=options.dataset)
        base = dataclasses.replace(base, teacher_epochs=30, teacher_schedule="cosine")
    rounds = options.rounds
    return dataclasses.replace(
        base,
        device=options.device,
        seed=options.seed,
        rounds=rounds,
        game_schedule="steps",
        game_step_rounds=(int(0.4 * rounds), int(0.8 * rounds)),
        snapshot_every=max(1, rounds // 20),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=9.0)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--dataset", default="cifar10", choices=["cifar10", "digits"])
    parser.add_argument("--rounds", type=int, default=10_000, help="the paper has 25,000")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--batch", type=int, help="of the timings; the paper's if not given")
    options = parser.parse_args()
    started = time.monotonic()
    torch.set_float32_matmul_precision("high")  # TF32 where the teacher trains
    options.out.mkdir(parents=True, exist_ok=True)
    if not (options.out / "speed.csv").exists():
        asked = argparse.Namespace(
            device=options.device,
            batch=options.batch,
            tries=3,
            rounds=1,
            memory=False,
            compile=False,
        )
        cases = ("mnist",) if options.dataset == "digits" else tuple(CHANNELS)
        dtype = torch.bfloat16 if options.device == "cuda" else torch.float32
        peaks = speed.peaks(options.device, dtype)
        write(
            options.out / "speed.csv",
            [row for case in cases for row in measure(case, asked, peaks)],
        )
    settings = settings_of(options)
    left = options.minutes - (time.monotonic() - started) / 60
    try:
        run = artefacts.get_student(settings, minutes=max(0.0, left))
    except artefacts.OutOfTime as stopped:
        print(f"{stopped} done, and saved; the same command goes on")
        sys.exit(3)
    halves = {
        name: w.half() if w.is_floating_point() else w
        for name, w in run.student.state_dict().items()
    }
    store.save_tensors(options.out / "student.pt", halves)
    write(
        options.out / "curves.csv",
        [
            {"round": s.round, "accuracy": s.accuracy, "discrepancy": s.discrepancy}
            for s in run.snapshots
        ],
    )
    write(
        options.out / "run.csv",
        [
            {
                "dataset": settings.dataset,
                "note": run.teacher.note,
                "seed": settings.seed,
                "rounds": settings.rounds,
                "teacher": f"{run.teacher.accuracy:.4f}",
                "student": f"{run.accuracy:.4f}",
                "teacher_seconds": f"{run.teacher.seconds:.0f}",
                "student_seconds": f"{run.seconds:.0f}",
                "device": device_name(options.device),
                "torch": torch.__version__,
                "date": datetime.date.today().isoformat(),
            }
        ],
    )
    print(f"teacher {run.teacher.accuracy:.4f}, student {run.accuracy:.4f}")


if __name__ == "__main__":
    main()
