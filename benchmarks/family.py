"""The family of data-free methods under the same conditions, over seeds.

    python -m benchmarks.family --seeds 0,1,2,3,4                      # digits, same student steps
    python -m benchmarks.family --seeds 0,1,2,3,4 --budget time        # digits, same time
    python -m benchmarks.family --dataset mnist --seeds 0,1,2 --methods DFAD,Ours

Adds a row for each to ``--table``; a row that is there is not made again. With ``--budget
time`` a method gets as many rounds as fit into the time of DFAD's, by a measurement in the same
process, turn by turn, in CPU seconds of one thread. Accuracies are those of the last round.
"""

from __future__ import annotations

import dataclasses
import statistics
import time
from pathlib import Path
from typing import Annotated

import torch
import torch.nn.functional as F
import typer

from benchmarks import RESULTS, fill, numbers, some_of
from dfad_lite import (
    artefacts,
    data,
    distill,
    diversity,
    estimates,
    family,
    metrics,
    models,
    profiles,
    speed,
    teacher,
)

# What is changed in the settings for each kind of teacher; one's labels are also smoothed.
TEACHERS: dict[str, dict[str, object]] = {
    "plain": {},
    "over-confident": {
        "teacher_weight_decay": 0.0,
        "teacher_epochs": 150,
        "teacher_schedule": "constant",
    },
    "label-smoothed": {},
    "under-trained": {"teacher_epochs": 2},
    "LeNet-5": {"teacher_model": "lenet5", "student_model": "lenet5_half", "image_size": 32},
    "batch norm": {
        "teacher_model": "resnet8",
        "student_model": "resnet8_half",
        "student_lr": 0.1,
    },
}


class Smoothed(teacher.Training):
    """A training whose labels are smoothed."""

    SMOOTHING = 0.1

    def objective(self, logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        return F.cross_entropy(logits, labels, label_smoothing=self.SMOOTHING)


def settings_of(dataset: str, kind: str, seed: int, rounds: int = 0) -> profiles.Profile:
    """The settings of a dataset's profile for one kind of teacher; 0 rounds are the profile's."""
    name = "quick" if dataset == "digits" else "laptop"
    more = {"rounds": rounds} if rounds else {}
    return profiles.load(name, dataset=dataset, seed=seed, device="cpu", **TEACHERS[kind], **more)


def teacher_of(settings: profiles.Profile, kind: str) -> torch.nn.Module:
    """The teacher of a kind; kept like any other, unless its labels are smoothed."""
    if kind != "label-smoothed":
        return artefacts.get_teacher(settings).model
    train = data.load(settings.dataset, "train", size=settings.image_size)
    net = models.classifier(
        settings.teacher_model,
        channels=train.channels,
        classes=len(train.classes),
        size=settings.image_size,
        seed=settings.seed,
    )
    for _ in Smoothed(net, train, settings, device="cpu").epochs():
        pass
    return models.frozen(net)


def as_long(method: str) -> type[distill.Game]:
    """The method with what it changes of the settings, but for the number of rounds."""
    kind = family.METHODS[method]
    changes = {name: of for name, of in kind.CHANGES.items() if name != "rounds"}
    return type(kind.__name__, (kind,), {"CHANGES": changes})


def same_time(
    method: str, settings: profiles.Profile, trained: torch.nn.Module, like: data.Split
) -> int:
    """How many of the method's rounds take as long as ``settings.rounds`` of DFAD's."""
    loops = {
        name: distill.new_game(settings, trained, like, as_long(name)).play()
        for name in {"DFAD", method}
    }
    times = speed.alternate(loops, tries=15, clock=time.process_time)
    ratio = statistics.median(times["DFAD"]) / statistics.median(times[method])
    return max(1, round(settings.rounds * ratio))


def kept(game: distill.Game) -> int:
    """Bytes of student, generator, their optimisers' state and all else that a method keeps."""

    def count(value: object) -> int:
        if isinstance(value, torch.Tensor):
            return value.numel() * value.element_size()
        values = value.values() if isinstance(value, dict) else value
        return sum(map(count, values)) if isinstance(value, dict | list | tuple) else 0

    return count(game.state_dict())


def guesses(
    trained: torch.nn.Module, student: torch.nn.Module, samples: torch.Tensor
) -> dict[str, str]:
    """What could be said of a student without a single real image: four candidates."""
    noise = torch.randn(samples.shape, generator=torch.Generator().manual_seed(2))
    inputs = {
        "samples": samples,
        "mixtures": (samples + samples.roll(1, 0)) / 2,
        "noise": noise,
        "blurs": estimates.blurred_noise(*samples.shape[:3], seed=2),
    }
    return {
        f"estimate_{name}": (
            f"{metrics.agreement(metrics.logits(student, x), metrics.logits(trained, x)):.4f}"
        )
        for name, x in inputs.items()
    }


def measure(case: dict[str, object], rounds: int) -> dict[str, object]:
    """Play one game and measure its student and its last samples."""
    method, kind = case["method"], case["teacher"]
    settings = settings_of(case["dataset"], kind, case["seed"], rounds)
    train, test = (
        data.load(settings.dataset, split, size=settings.image_size) for split in ("train", "test")
    )
    trained = teacher_of(settings, kind)
    if case["budget"] == "time":
        settings = dataclasses.replace(settings, rounds=same_time(method, settings, trained, test))
    game = distill.new_game(settings, trained, test, as_long(method))
    started = time.process_time()
    for _ in game.play():
        pass
    seconds = time.process_time() - started
    real = test.normalised()
    wanted, answers = metrics.logits(trained, real), metrics.logits(game.student, real)
    z = torch.randn(1000, settings.latent_size, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        samples = game.generator.train()(z)
    varied = diversity.measures(trained, samples, real[:1000])
    taught = metrics.score(wanted, test.labels)
    learnt = metrics.score(answers, test.labels)
    return {
        "rounds": settings.rounds,
        "teacher_accuracy": f"{taught:.4f}",
        "accuracy": f"{learnt:.4f}",
        "share": f"{learnt / taught:.4f}",
        "validation_accuracy": f"{metrics.accuracy(game.student, train):.4f}",
        "agreement": f"{metrics.agreement(answers, wanted):.4f}",
        "discrepancy": f"{(answers - wanted).abs().mean():.4f}",
        **{name: f"{value:.4f}" for name, value in varied.items()},
        **guesses(trained, game.student, samples),
        "cpu_seconds": f"{seconds:.1f}",
        "kept_bytes": kept(game),
    }


def main(
    dataset: str = "digits",
    teachers: str = "plain",
    methods: str = ",".join(family.METHODS),
    seeds: str = "0,1,2,3,4",
    budget: str = "steps",
    rounds: Annotated[
        int, typer.Option(help="Other than the profile's: for a table of its own.")
    ] = 0,
    table: Path = RESULTS / "family.csv",
) -> None:
    """A row for each seed, teacher and method."""
    some_of(budget, ("steps", "time"))
    torch.set_num_threads(1)
    cases = (
        {"dataset": dataset, "teacher": kind, "method": method, "budget": budget, "seed": seed}
        for seed in numbers(seeds)
        for kind in some_of(teachers, TEACHERS)
        for method in some_of(methods, family.METHODS)
    )
    fill(table, cases, lambda case: measure(case, rounds))


if __name__ == "__main__":
    typer.run(main)
