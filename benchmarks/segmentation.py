"""Teacher and students on street scenes, a row per seed and kind of input.

    python -m benchmarks.segmentation --profile quick --seeds 0,1,2
    python -m benchmarks.segmentation --profile laptop --seeds 0 --inputs original,noise,generator
    python -m benchmarks.segmentation --seeds 0,1,2 --inputs generator --method Ours --losses mae

Adds to ``dfad_lite/results/segmentation.csv``; rows that are there are not made again.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from benchmarks import RESULTS, changed, fill, numbers, some_of
from dfad_lite import artefacts, baselines, data, family, metrics, profiles


def measure(settings: profiles.Profile, inputs: str, method: str) -> dict[str, object]:
    """A student's columns; ``class_iou`` has a number for each class, in the data set's order."""
    profiles.apply(settings)
    run = artefacts.get_student(settings, inputs=inputs, method=method)
    test = data.load(settings.dataset, "test", size=settings.image_size)
    images = test.normalised()
    answers = metrics.logits(run.student, images)
    per_class = metrics.class_iou(answers, test.labels)
    return {
        "rounds": changed(settings, method).rounds,
        "teacher_miou": f"{run.teacher.accuracy:.4f}",
        "student_miou": f"{per_class.nanmean():.4f}",
        "agreement": f"{metrics.agreement(metrics.logits(run.teacher.model, images), answers):.4f}",
        "class_iou": " ".join(f"{value:.3f}" for value in per_class.tolist()),
        "teacher_seconds": f"{run.teacher.seconds:.1f}",
        "student_seconds": f"{run.seconds:.1f}",
    }


def add(table: Path, settings: profiles.Profile, inputs: str, method: str) -> None:
    """The row of one student; generator, method and loss count only where one is played."""
    played = inputs == "generator"
    case = {
        "profile": settings.name,
        "dataset": settings.dataset,
        "networks": f"{settings.teacher_model} to {settings.student_model}",
        "generator": changed(settings, method).generator_model if played else "",
        "seed": settings.seed,
        "inputs": inputs,
        "method": method if played else "",
        "generation_loss": settings.generation_loss if played else "",
    }
    fill(table, [case], lambda _: measure(settings, inputs, method))


def main(
    profile: str = "quick",
    seeds: str = "0,1,2",
    inputs: str = ",".join(baselines.INPUTS),
    method: str = "DFAD",
    batch_norm: Annotated[bool, typer.Option("--batch-norm", help="In both networks.")] = False,
    generator: Annotated[str, typer.Option(help="Another than the profile's.")] = "",
    losses: Annotated[str, typer.Option(help="Of the generator.")] = "mae,log_mae",
    table: Path = RESULTS / "segmentation.csv",
) -> None:
    """A row for each seed, kind of input and loss of the generator."""
    some_of(profile, profiles.NAMES)
    some_of(method, family.METHODS)
    changes: dict[str, object] = {"dataset": profiles.SEGMENTATION[profile]}
    if batch_norm:
        changes |= {"teacher_model": "segmenter16_bn", "student_model": "segmenter8_bn"}
    if generator:
        changes["generator_model"] = generator
    for seed in numbers(seeds):
        for kind in some_of(inputs, baselines.INPUTS):
            for loss in losses.split(",") if kind == "generator" else ["mae"]:
                wanted = profiles.load(profile, seed=seed, generation_loss=loss, **changes)
                add(table, wanted, kind, method)


if __name__ == "__main__":
    typer.run(main)
