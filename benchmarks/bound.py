"""When does the generator's discrepancy bound the real one? A row per seed and kind of input.

    python -m benchmarks.bound --profile quick --seeds 0,1,2,3,4

Adds to ``dfad_lite/results/bound.csv``; students that are not in the cache yet are made first.
"""

from __future__ import annotations

from pathlib import Path

import torch
import typer

from benchmarks import RESULTS, fill, numbers, some_of
from dfad_lite import artefacts, baselines, data, metrics, profiles


def measure(case: dict[str, object]) -> dict[str, object]:
    """One row: ``held`` is the share of the kept moments after round 0 with D_G >= D."""
    settings = profiles.load(case["profile"], seed=case["seed"])
    run = artefacts.get_student(settings, inputs=case["inputs"])
    test = data.load(settings.dataset, "test", size=settings.image_size)
    real, teacher = test.normalised(), run.teacher.model
    taught, learnt = metrics.logits(teacher, real), metrics.logits(run.student, real)
    last, black = run.snapshots[-1], (0 - test.mean[0]) / test.std[0]
    white = (1 - test.mean[0]) / test.std[0]
    worst = metrics.ascend(teacher, run.student, last.images.float(), low=black, high=white)
    apart = (metrics.logits(teacher, worst) - metrics.logits(run.student, worst)).abs().mean(1)
    later = run.snapshots[1:]
    held = [moment.hardness.mean().item() >= moment.discrepancy for moment in later]
    return {
        "moments": len(later),
        "held": f"{sum(held) / len(held):.3f}",
        "real": f"{last.discrepancy:.4f}",
        "generator": f"{last.hardness.mean():.4f}",
        "ascent": f"{apart.mean():.4f}",
        "ascent_largest": f"{apart.max():.4f}",
        "real_largest": f"{(taught - learnt).abs().mean(1).max():.4f}",
        "certified": f"{metrics.certified(taught, learnt):.4f}",
        "agreement": f"{metrics.agreement(taught, learnt):.4f}",
    }


def main(
    profile: str = "quick",
    seeds: str = "0,1,2,3,4",
    inputs: str = ",".join(baselines.INPUTS),
    table: Path = RESULTS / "bound.csv",
) -> None:
    """A row for each seed and kind of input."""
    some_of(profile, profiles.NAMES)
    torch.set_num_threads(1)
    dataset = profiles.load(profile).dataset
    cases = (
        {"profile": profile, "dataset": dataset, "seed": seed, "inputs": kind}
        for seed in numbers(seeds)
        for kind in some_of(inputs, baselines.INPUTS)
    )
    fill(table, cases, measure)


if __name__ == "__main__":
    typer.run(main)
