"""Students as files for a device, and one student of several teachers.

    python -m benchmarks.device --dataset digits --seeds 0,1,2,3,4       # about 8 minutes, one core
    python -m benchmarks.device --dataset mnist --seeds 0,1,2            # about 25 minutes
    python -m benchmarks.device --dataset cifar10 --seeds 0,1,2          # after natural --study run
    python -m benchmarks.device --federated --seeds 0,1,2,3,4            # about 5 minutes

Adds to ``dfad_lite/results/device.csv`` a row for each seed and file: the teacher's and the
student's in float32, the student's in whole numbers with ranges measured on several kinds of images
(or anew in each answer), and that of students that played on in whole numbers. Time is CPU
time of one image on one thread of ONNX Runtime. Adds to ``federated.csv`` a row for each seed.
"""

from __future__ import annotations

import copy
import dataclasses
import functools
import tempfile
import time
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
import typer
from torch import Tensor, nn

from benchmarks import RESULTS, fill, natural, numbers
from dfad_lite import (
    artefacts,
    data,
    deploy,
    distill,
    family,
    federated,
    metrics,
    models,
    profiles,
    store,
    teacher,
)

# Profile, method and changes of a game; MNIST's are short.
SETTINGS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "digits": ("quick", "DFAD", {}),
    "mnist": ("laptop", "Ours", {"rounds": 600}),
    "cifar10": ("laptop", "Grids", {"teacher_model": "resnet8", "student_model": "resnet8_half"}),
}
CALIBRATION = 256  # images
# What learnt (the teacher, the student, or the student that played on in whole numbers), how its
# file holds it, and where the ranges come from.
FILES = [("teacher", "float32", ""), ("student", "float32", "")]
FILES += [("student", "int8", kind) for kind in ("generated", "noise", "real", "each answer")]
FILES += [("student", "int4", kind) for kind in ("generated", "noise", "real")]
FILES += [("student", bits, "generated") for bits in ("3 bits", "2 bits")]
FILES += [(f"student of {bits}", bits, "generated") for bits in ("int4", "3 bits", "2 bits")]


def settings_of(dataset: str, seed: int) -> profiles.Profile:
    """The settings of a row, on the CPU and one thread."""
    profile, _, changes = SETTINGS[dataset]
    changes = {"dataset": dataset, "threads": 1, "device": "cpu"} | changes
    return profiles.load(profile, seed=seed, **changes)


@functools.cache
def made(dataset: str, seed: int) -> tuple[nn.Module, nn.Module, nn.Module]:
    """Teacher, student and generator; CIFAR's are those of ``natural --study run``."""
    if dataset == "cifar10":
        game = natural.kept_game(SETTINGS[dataset][1], seed)
        return game.teacher, models.frozen(game.student), models.frozen(game.generator)
    run = artefacts.get_student(settings_of(dataset, seed), method=SETTINGS[dataset][1])
    return run.teacher.model, run.student, run.generator


@functools.cache
def in_game(dataset: str, seed: int, bits: int) -> nn.Module:
    """The finished student after some more rounds in whole numbers; kept in the cache.

    A quarter of the rounds, at a fifth of the student's rate: chosen on digits, seeds 100 and 101,
    by agreement on training images. The generator goes on, too, where there is one.
    """
    (taught, finished, generator), settings = made(dataset, seed), settings_of(dataset, seed)
    less = {"rounds": settings.rounds // 4, "student_lr": settings.student_lr / 5}
    settings, kind = dataclasses.replace(settings, **less), family.METHODS[SETTINGS[dataset][1]]
    test = data.load(dataset, "test", size=settings.image_size)
    student = deploy.OnDevice(copy.deepcopy(finished).requires_grad_(True), bits)
    players = {"student": student}
    if not issubclass(kind, family.Grids):  # which begins anew in every round
        players["generator"] = copy.deepcopy(generator).requires_grad_(True)
    game = distill.new_game(settings, taught, test, kind, **players)
    made_from = {**store.plain(settings), "bits": bits, "recipe": game.RECIPE}
    key = store.key_of(f"{dataset}-{kind.__name__}-seed{seed}-in-{bits}-bits", made_from)
    path = store.default_root() / "on_device" / f"{key}.pt"
    if not path.exists():
        artefacts.carry_on(game, game.play(), key)
        store.save_tensors(path, game.student.state_dict())
        artefacts.unfinished(key).unlink(missing_ok=True)
    student.load_state_dict(store.load_tensors(path))
    return models.frozen(student.net)


def ranges(kind: str, dataset: str, seed: int) -> Tensor | None:
    """The images that ranges are measured on, ``(256, C, H, W)``; None in each answer."""
    settings = settings_of(dataset, seed)
    stream = torch.Generator().manual_seed(seed)
    if kind == "generated":
        _, _, generator = made(dataset, seed)
        latent_size = next(generator.parameters()).shape[1]
        with torch.no_grad():
            return generator(torch.randn(CALIBRATION, latent_size, generator=stream))
    train = data.load(dataset, "train", size=settings.image_size)
    if kind == "noise":
        return torch.randn(CALIBRATION, *train.images.shape[1:], generator=stream)
    if kind == "real":
        picked = torch.randperm(len(train), generator=stream)[:CALIBRATION]
        few = dataclasses.replace(train, images=train.images[picked], labels=train.labels[picked])
        return few.normalised()
    return None


@functools.cache
def exported(name: str, dataset: str, seed: int, bits: int | None) -> tuple[nn.Module, bytes]:
    """A network, its weights rounded to so many bits, and its ONNX file in float32."""
    taught, finished, _ = made(dataset, seed)
    network = {"teacher": taught, "student": finished}.get(name)
    network = in_game(dataset, seed, bits_of(name)) if network is None else network
    if bits is not None:
        network = copy.deepcopy(network)
        for weight in network.parameters():
            if weight.dim() > 1:
                weight.copy_(deploy.OnDevice(network, bits).rounded(weight))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "float.onnx")
        size = settings_of(dataset, seed).image_size
        deploy.to_onnx(network, data.load(dataset, "test", size=size).images.shape[1:], path)
        return network, path.read_bytes()


@functools.cache
def wanted(dataset: str, seed: int) -> Tensor:
    """The teacher's logits on the test images."""
    taught, _, _ = made(dataset, seed)
    test = data.load(dataset, "test", size=settings_of(dataset, seed).image_size)
    return metrics.logits(taught, test.normalised())


def bits_of(words: str) -> int:
    """The number in ``"int8"`` or ``"3 bits"``."""
    return int("".join(filter(str.isdigit, words)))


def measure(case: dict[str, Any]) -> dict[str, object]:
    """Write one file, and measure it in ONNX Runtime; fewer than 4 bits are kept in 8."""
    dataset, seed, bits = case["dataset"], case["seed"], bits_of(case["stored"])
    test = data.load(dataset, "test", size=settings_of(dataset, seed).image_size)
    network, content = exported(case["network"], dataset, seed, bits if bits < 4 else None)
    images = test.normalised()
    with tempfile.TemporaryDirectory() as folder:
        path, whole = Path(folder, "float.onnx"), Path(folder, "whole.onnx")
        path.write_bytes(content)
        if bits < 32:
            some = ranges(case["ranges"], dataset, seed)
            deploy.to_whole_numbers(path, whole, some, bits=4 if bits == 4 else 8)
            path = whole
        said, size = deploy.answers(path, images), path.stat().st_size
        times = latencies(path, images[:1])
    low, middle, high = np.percentile(times, [25, 50, 75]) * 1e6
    return {
        "accuracy": f"{metrics.score(said, test.labels):.4f}",
        "agreement": f"{metrics.agreement(said, wanted(dataset, seed)):.4f}",
        "bytes": size,
        "parameters": models.parameters(network),
        "multiply_adds": models.multiply_adds(network, images[:1]),
        "microseconds": f"{middle:.1f}",
        "microseconds_low": f"{low:.1f}",
        "microseconds_high": f"{high:.1f}",
    }


def latencies(path: Path, image: Tensor, tries: int = 300) -> list[float]:
    """CPU seconds of one image's answers, after ten that do not count."""
    session, feed = deploy.session(path), {"images": image.numpy()}
    times = []
    for number in range(tries + 10):
        started = time.process_time()
        session.run(None, feed)
        if number >= 10:
            times.append(time.process_time() - started)
    return times


# ---------------------------------------------------------------- three owners


UNSEEN = ((0, 1, 2), (3, 4, 5), (6, 7, 8))  # classes that each owner has no image of


def measure_federated(case: dict[str, Any]) -> dict[str, object]:
    """Train three teachers, and make one student of them without an image."""
    settings = dataclasses.replace(settings_of("digits", case["seed"]), rounds=120)
    size = settings.image_size
    train, test = (data.load("digits", split, size=size) for split in ("train", "test"))
    owners = [trained(federated.without(train, gone), settings) for gone in UNSEEN]
    together = models.frozen(federated.Ensemble(owners))
    game = distill.new_game(settings, together, test)
    for _ in game.play():
        pass
    scores = {
        "best_single": max(metrics.accuracy(net, test) for net in owners),
        "weights_averaged": metrics.accuracy(federated.mean_of(owners), test),
        "ensemble": metrics.accuracy(together, test),
        "student": metrics.accuracy(game.student, test),
        "all_data": artefacts.get_teacher(settings).accuracy,
    }
    return {name: f"{value:.4f}" for name, value in scores.items()}


def trained(split: data.Split, settings: profiles.Profile) -> nn.Module:
    """An owner's teacher; all begin with the same weights, without which no mean makes sense."""
    shape = {"channels": split.channels, "size": settings.image_size}
    net = models.classifier(
        settings.teacher_model, classes=len(split.classes), seed=settings.seed, **shape
    )
    for _ in teacher.Training(net, split, settings, device="cpu").epochs():
        pass
    return models.frozen(net)


def main(
    dataset: str = "digits",
    seeds: str = "0,1,2,3,4",
    networks: Annotated[
        str, typer.Option(help="Some of: " + ", ".join(dict.fromkeys(n for n, _, _ in FILES)))
    ] = ",".join(dict.fromkeys(name for name, _, _ in FILES)),
    of_several: Annotated[bool, typer.Option("--federated")] = False,
    table: Path | None = None,
) -> None:
    """A row for each seed and file, or for each seed and three owners."""
    torch.set_num_threads(1)
    if of_several:
        cases = [{"dataset": "digits", "owners": 3, "seed": seed} for seed in numbers(seeds)]
        fill(table or RESULTS / "federated.csv", cases, measure_federated)
        return
    cases = [
        {
            "dataset": dataset,
            "method": SETTINGS[dataset][1],
            "seed": seed,
            "network": network,
            "stored": stored,
            "ranges": kind,
        }
        for seed in numbers(seeds)
        for network, stored, kind in FILES
        if network in networks.split(",")
    ]
    fill(table or RESULTS / "device.csv", cases, measure)


if __name__ == "__main__":
    typer.run(main)
