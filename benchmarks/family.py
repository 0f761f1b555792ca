"""The family of data-free methods under the same conditions, over seeds.

    python -m benchmarks.family --seeds 0,1,2,3,4                      # digits, same student steps
    python -m benchmarks.family --seeds 0,1,2,3,4 --budget time        # digits, same time
    python -m benchmarks.family --dataset mnist --seeds 0,1,2 --methods DFAD,Ours

Appends a row for each to ``--table``; a row that is there is not made again. With ``--budget
time`` a method gets as many rounds as fit into the time of DFAD's, by a measurement in the same
process, turn by turn, in CPU seconds of one thread. Accuracies are those of the last round.
"""

from __future__ import annotations

import csv
import dataclasses
import datetime
import platform
import statistics
import time
from pathlib import Path

import torch
import typer

from benchmarks import RESULTS
from dfad_lite import artefacts, data, distill, family, metrics, models, profiles, speed, teacher

# What is changed in the settings for each kind of teacher, and its label smoothing.
TEACHERS: dict[str, tuple[dict[str, object], float]] = {
    "plain": ({}, 0.0),
    "over-confident": (
        {"teacher_weight_decay": 0.0, "teacher_epochs": 150, "teacher_schedule": "constant"},
        0.0,
    ),
    "label-smoothed": ({}, 0.1),
    "under-trained": ({"teacher_epochs": 2}, 0.0),
    "LeNet-5": (
        {"teacher_model": "lenet5", "student_model": "lenet5_half", "image_size": 32},
        0.0,
    ),
    "batch norm": (
        {"teacher_model": "resnet8", "student_model": "resnet8_half", "student_lr": 0.1},
        0.0,
    ),
}


def settings_of(dataset: str, kind: str, seed: int, rounds: int | None) -> profiles.Profile:
    """The settings of a dataset's profile for one kind of teacher."""
    name = "quick" if dataset == "digits" else "laptop"
    more = {"rounds": rounds} if rounds else {}
    return profiles.load(
        name, dataset=dataset, seed=seed, device="cpu", **TEACHERS[kind][0], **more
    )


def teacher_of(settings: profiles.Profile, kind: str) -> torch.nn.Module:
    """The teacher of a kind; kept like any other, unless its labels are smoothed."""
    smoothing = TEACHERS[kind][1]
    if not smoothing:
        return artefacts.get_teacher(settings).model
    train = data.load(settings.dataset, "train", size=settings.image_size)
    net = artefacts.new_classifier(settings, settings.teacher_model, train, seed=settings.seed)
    training = teacher.Training(net, train, settings, device="cpu", label_smoothing=smoothing)
    for _ in training.epochs():
        pass
    return models.frozen(net)


def changed(method: str, settings: profiles.Profile) -> profiles.Profile:
    """The method's own settings, with the rounds left as they are."""
    own = family.METHODS[method].settings_for(settings)
    return dataclasses.replace(own, rounds=settings.rounds)


def same_time(
    method: str, settings: profiles.Profile, trained: torch.nn.Module, like: data.Split
) -> int:
    """How many of the method's rounds take as long as ``settings.rounds`` of DFAD's."""
    games = {
        name: artefacts.new_game(changed(name, settings), trained, like, method=name)
        for name in {"DFAD", method}
    }
    loops = {name: game.play() for name, game in games.items()}
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


def estimates(
    trained: torch.nn.Module, student: torch.nn.Module, samples: torch.Tensor
) -> dict[str, str]:
    """What could be said of a student without a single real image: four candidates."""
    noise = torch.randn(samples.shape, generator=torch.Generator().manual_seed(2))
    inputs = {
        "samples": samples,
        "mixtures": (samples + samples.roll(1, 0)) / 2,
        "noise": noise,
        "blurs": metrics.blurred_noise(*samples.shape[:3], seed=2),  # metrics.quality_estimate
    }
    return {
        f"estimate_{name}": (
            f"{metrics.agreement(metrics.logits(student, x), metrics.logits(trained, x)):.4f}"
        )
        for name, x in inputs.items()
    }


def outcome(
    method: str, kind: str, budget: str, settings: profiles.Profile, test: data.Split
) -> dict[str, object]:
    """Play one game and measure its student and its last samples."""
    trained = teacher_of(settings, kind)
    if budget == "time":
        settings = dataclasses.replace(settings, rounds=same_time(method, settings, trained, test))
    game = artefacts.new_game(changed(method, settings), trained, test, method=method)
    started = time.process_time()
    for _ in game.play():
        pass
    seconds = time.process_time() - started
    real = test.normalised()
    wanted, answers = metrics.logits(trained, real), metrics.logits(game.student, real)
    z = torch.randn(1000, settings.latent_size, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        samples = game.generator.train()(z)
    varied = metrics.diversity(trained, samples, real[:1000])
    train = data.load(settings.dataset, "train", size=settings.image_size)
    taught = metrics.score(wanted, test.labels)
    return {
        "dataset": settings.dataset,
        "teacher": kind,
        "method": method,
        "budget": budget,
        "seed": settings.seed,
        "rounds": settings.rounds,
        "teacher_accuracy": f"{taught:.4f}",
        "accuracy": f"{metrics.score(answers, test.labels):.4f}",
        "share": f"{metrics.score(answers, test.labels) / taught:.4f}",
        "validation_accuracy": f"{metrics.accuracy(game.student, train):.4f}",
        "agreement": f"{metrics.agreement(answers, wanted):.4f}",
        "discrepancy": f"{(answers - wanted).abs().mean():.4f}",
        **{name: f"{value:.4f}" for name, value in varied.items()},
        **estimates(trained, game.student, samples),
        "cpu_seconds": f"{seconds:.1f}",
        "kept_bytes": kept(game),
        "device": f"CPU ({platform.machine()})",
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "date": datetime.date.today().isoformat(),
    }


def main(
    dataset: str = "digits",
    teachers: str = "plain",
    methods: str = ",".join(family.METHODS),
    seeds: str = "0,1,2,3,4",
    budget: str = "steps",
    rounds: int = 0,
    table: Path = RESULTS / "family.csv",
) -> None:
    """A row for each seed, teacher and method."""
    allowed = ((teachers, TEACHERS), (methods, family.METHODS), (budget, ("steps", "time")))
    for text, known in allowed:
        if unknown := set(text.split(",")) - set(known):
            raise typer.BadParameter(f"{', '.join(unknown)}: take some of {', '.join(known)}")
    torch.set_num_threads(1)
    done = set()
    if table.exists():
        with open(table, newline="", encoding="utf-8") as file:
            done = {
                tuple(row[key] for key in ("dataset", "teacher", "method", "budget", "seed"))
                for row in csv.DictReader(file)
            }
    for seed in seeds.split(","):
        for kind in teachers.split(","):
            settings = settings_of(dataset, kind, int(seed), rounds or None)
            test = data.load(dataset, "test", size=settings.image_size)
            for method in methods.split(","):
                if (dataset, kind, method, budget, seed) in done:
                    continue
                row = outcome(method, kind, budget, settings, test)
                new = not table.exists()
                with open(table, "a", newline="", encoding="utf-8") as file:
                    writer = csv.DictWriter(file, row, lineterminator="\n")
                    if new:
                        writer.writeheader()
                    writer.writerow(row)
                print(*list(row.values())[:9], row["cpu_seconds"], flush=True)


if __name__ == "__main__":
    typer.run(main)
