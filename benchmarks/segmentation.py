"""Teacher and students on street scenes, a row per seed and kind of input.

    python -m benchmarks.segmentation --profile quick --seeds 0,1,2
    python -m benchmarks.segmentation --profile laptop --seeds 0 --inputs original,noise,generator
    python -m benchmarks.segmentation --seeds 0,1,2 --inputs generator --method Ours --losses mae

Appends to ``benchmarks/segmentation.csv``; rows that are there are not made again.
"""

from __future__ import annotations

import argparse
import csv
import datetime
import platform

import torch

from benchmarks import RESULTS
from dfad_lite import artefacts, baselines, data, family, metrics, profiles

PATH = RESULTS / "segmentation.csv"
COLUMNS = (
    "profile,dataset,networks,generator,seed,inputs,method,generation_loss,rounds,teacher_miou,"
    "student_miou,agreement,class_iou,teacher_seconds,student_seconds,device,threads,date"
).split(",")


def measure(settings: profiles.Profile, inputs: str, method: str) -> dict[str, object]:
    """One row; ``class_iou`` has a number for each class, in the data set's order."""
    run = artefacts.get_student(settings, inputs=inputs, method=method)
    used = family.METHODS[method].settings_for(settings)
    test = data.load(settings.dataset, "test", size=settings.image_size)
    images = test.normalised()
    answers = metrics.logits(run.student, images)
    per_class = metrics.class_iou(answers, test.labels)
    return {
        "profile": settings.name,
        "dataset": settings.dataset,
        "networks": networks(settings),
        "generator": used.generator_model if inputs == "generator" else "",
        "seed": settings.seed,
        "inputs": inputs,
        "method": method if inputs == "generator" else "",
        "generation_loss": settings.generation_loss if inputs == "generator" else "",
        "rounds": used.rounds,
        "teacher_miou": f"{run.teacher.accuracy:.4f}",
        "student_miou": f"{metrics.mean_iou(per_class):.4f}",
        "agreement": f"{metrics.agreement(metrics.logits(run.teacher.model, images), answers):.4f}",
        "class_iou": " ".join(f"{value:.3f}" for value in per_class.tolist()),
        "teacher_seconds": f"{run.teacher.seconds:.1f}",
        "student_seconds": f"{run.seconds:.1f}",
        "device": f"CPU ({platform.machine()})",
        "threads": torch.get_num_threads(),
        "date": datetime.date.today().isoformat(),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--profile", default="quick", choices=profiles.NAMES)
    parser.add_argument("--seeds", default="0,1,2")
    parser.add_argument("--inputs", default=",".join(baselines.INPUTS))
    parser.add_argument("--method", default="DFAD", choices=["DFAD", "Ours"])
    parser.add_argument("--batch-norm", action="store_true", help="in both networks")
    parser.add_argument("--generator", help="another than the profile's")
    parser.add_argument("--losses", default="mae,log_mae", help="of the generator")
    options = parser.parse_args()
    for seed in options.seeds.split(","):
        for inputs in options.inputs.split(","):
            losses = options.losses.split(",") if inputs == "generator" else ["mae"]
            for loss in losses:
                changes = {"seed": int(seed), "generation_loss": loss}
                if options.batch_norm:
                    changes |= {"teacher_model": "segmenter16_bn", "student_model": "segmenter8_bn"}
                if options.generator:
                    changes["generator_model"] = options.generator
                dataset = profiles.SEGMENTATION[options.profile]
                wanted = profiles.load(options.profile, dataset=dataset, **changes)
                append(wanted, inputs, options.method)


def networks(settings: profiles.Profile) -> str:
    """Teacher and student, by name."""
    return f"{settings.teacher_model} to {settings.student_model}"


def append(settings: profiles.Profile, inputs: str, method: str) -> None:
    """Measure one student and add its row, if it is not there yet."""
    rows = []
    if PATH.exists():
        with open(PATH, newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
    loss, generator, kind = "", "", ""
    if inputs == "generator":
        generator = family.METHODS[method].settings_for(settings).generator_model
        loss, kind = settings.generation_loss, method
    wanted = (settings.name, networks(settings), generator, str(settings.seed), inputs, kind, loss)
    names = ("profile", "networks", "generator", "seed", "inputs", "method", "generation_loss")
    if wanted in [tuple(row[name] for name in names) for row in rows]:
        return
    row = measure(settings, inputs, method)
    print(*(row[name] for name in COLUMNS[:10]), flush=True)
    with open(PATH, "a", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        if not rows:
            writer.writeheader()
        writer.writerow(row)


if __name__ == "__main__":
    main()
