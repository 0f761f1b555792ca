"""When does the generator's discrepancy bound the real one? A row per seed and kind of input.

    python -m benchmarks.bound --profile quick --seeds 0,1,2,3,4

Appends to ``benchmarks/bound.csv``; students that are not in the cache yet are made first.
"""

from __future__ import annotations

import argparse
import csv
import datetime
import platform

import torch

from benchmarks import RESULTS
from dfad_lite import artefacts, baselines, data, metrics, profiles

PATH = RESULTS / "bound.csv"
COLUMNS = (
    "profile,dataset,seed,inputs,moments,held,real,generator,ascent,ascent_largest,real_largest,"
    "certified,agreement,device,date"
).split(",")


def measure(settings: profiles.Profile, inputs: str) -> dict[str, object]:
    """One row: ``held`` is the share of the kept moments after round 0 with D_G >= D."""
    run = artefacts.get_student(settings, inputs=inputs)
    test = data.load(settings.dataset, "test", size=settings.image_size)
    real, teacher = test.normalised(), run.teacher.model
    taught, learnt = metrics.logits(teacher, real), metrics.logits(run.student, real)
    last, black = run.snapshots[-1], (0 - test.mean[0]) / test.std[0]
    white = (1 - test.mean[0]) / test.std[0]
    found = metrics.ascend(teacher, run.student, last.images.float(), low=black, high=white)
    apart = (metrics.logits(teacher, found) - metrics.logits(run.student, found)).abs().mean(1)
    later = run.snapshots[1:]
    held = [s.hardness.mean().item() >= s.discrepancy for s in later]
    return {
        "profile": settings.name,
        "dataset": settings.dataset,
        "seed": settings.seed,
        "inputs": inputs,
        "moments": len(later),
        "held": f"{sum(held) / len(held):.3f}",
        "real": f"{last.discrepancy:.4f}",
        "generator": f"{last.hardness.mean():.4f}",
        "ascent": f"{apart.mean():.4f}",
        "ascent_largest": f"{apart.max():.4f}",
        "real_largest": f"{(taught - learnt).abs().mean(1).max():.4f}",
        "certified": f"{metrics.certified(taught, learnt):.4f}",
        "agreement": f"{metrics.agreement(taught, learnt):.4f}",
        "device": f"CPU ({platform.machine()})",
        "date": datetime.date.today().isoformat(),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--profile", default="quick", choices=profiles.NAMES)
    parser.add_argument("--seeds", default="0,1,2,3,4")
    options = parser.parse_args()
    torch.set_num_threads(1)
    rows = []
    if PATH.exists():
        with open(PATH, newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
    there = {(row["profile"], row["seed"], row["inputs"]) for row in rows}
    for seed in options.seeds.split(","):
        for inputs in baselines.INPUTS:
            if (options.profile, seed, inputs) not in there:
                rows.append(measure(profiles.load(options.profile, seed=int(seed)), inputs))
                print(*list(rows[-1].values())[2:6], flush=True)
                with open(PATH, "w", newline="", encoding="utf-8") as file:
                    writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
                    writer.writeheader()
                    writer.writerows(rows)


if __name__ == "__main__":
    main()
