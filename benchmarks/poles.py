"""The teacher of street scenes back at school, for what it does not know: poles, pedestrians.

    python -m benchmarks.poles --seeds 0,1,2

Adds to ``dfad_lite/results/poles.csv``; rows that are there are not made again.
"""

from __future__ import annotations

import copy
import dataclasses
import functools
import time
from pathlib import Path

import torch
import torch.nn.functional as F
import typer
from torch import Tensor, nn

from benchmarks import RESULTS, fill, numbers
from dfad_lite import artefacts, baselines, data, distill, metrics, models, profiles, teacher

TEACHERS = ("as it was", "more steps", "more steps, weights")


class Weighed(teacher.Training):
    """Cross-entropy in which a pixel counts by one over the root of its class's share."""

    def objective(self, logits: Tensor, labels: Tensor) -> Tensor:
        share = self.split.labels[self.split.labels != data.VOID].bincount().float()
        return F.cross_entropy(logits, labels, weight=share**-0.5, ignore_index=data.VOID)


@functools.cache
def schooled(seed: int, kind: str) -> tuple[nn.Module, float]:
    """The profile's teacher after as many epochs again in half batches, and their seconds."""
    settings = profiles.load("quick", dataset="scenes", seed=seed)
    run = artefacts.get_teacher(settings)
    if kind == "as it was":
        return run.model, run.seconds
    net = copy.deepcopy(run.model).requires_grad_(True)
    train = data.load(settings.dataset, "train", size=settings.image_size)
    smaller = dataclasses.replace(settings, teacher_batch=settings.teacher_batch // 2)
    start = time.process_time()
    how = Weighed if "weights" in kind else teacher.Training
    for _ in how(net, train, smaller, device="cpu").epochs():
        pass
    return models.frozen(net), time.process_time() - start


def measure(case: dict[str, object]) -> dict[str, object]:
    """Mean IoU and IoU by class of a teacher, or of what learnt from it for the usual rounds."""
    settings = profiles.load("quick", dataset="scenes", seed=case["seed"])
    profiles.apply(settings)
    net, seconds = schooled(case["seed"], case["teacher"])
    test = data.load(settings.dataset, "test", size=settings.image_size)
    if case["student"]:
        game = distill.new_game(settings, net, test)
        game.source, _ = baselines.source_of(case["student"], settings, test)
        start = time.process_time()
        for _ in game.play():
            pass
        net, seconds = models.frozen(game.student), time.process_time() - start
    per_class = metrics.class_iou(metrics.logits(net, test.normalised()), test.labels)
    named = zip(test.classes, per_class.tolist(), strict=True)
    return {
        "miou": f"{per_class.nanmean():.4f}",
        **{name: f"{value:.4f}" for name, value in named},
        "cpu_seconds": f"{seconds:.1f}",
    }


def main(seeds: str = "0,1,2", table: Path = RESULTS / "poles.csv") -> None:
    """A row for each seed and teacher, and for the students of the best-schooled one."""
    torch.set_num_threads(1)
    for seed in numbers(seeds):
        learners = [(kind, "") for kind in TEACHERS]
        learners += [(TEACHERS[-1], inputs) for inputs in ("generator", "original")]
        cases = ({"seed": seed, "teacher": kind, "student": inputs} for kind, inputs in learners)
        fill(table, cases, measure)


if __name__ == "__main__":
    typer.run(main)
