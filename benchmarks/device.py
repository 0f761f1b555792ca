"""Students as files for a device, and one student of several teachers.

    python -m benchmarks.device --dataset digits --seeds 0,1,2,3,4       # about 8 minutes, one core
    python -m benchmarks.device --dataset mnist --seeds 0,1,2            # about 25 minutes
    python -m benchmarks.device --dataset cifar10 --seeds 0            # of a stored student
    python -m benchmarks.device --federated --seeds 0,1,2,3,4            # about 5 minutes

Adds to ``dfad_lite/results/device.csv`` a row for each seed and file: the teacher's and the
student's in float32, the student's in whole numbers with ranges measured on several kinds of images
(or anew in each answer), and that of students that played the game in whole numbers. Time is CPU
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

from benchmarks import RESULTS, fill, numbers
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

# Profile, method and changes of a game; MNIST's are short. CIFAR's students are the stored ones.
SETTINGS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "digits": ("quick", "DFAD", {}),
    "mnist": ("laptop", "Ours", {"rounds": 600}),
    "cifar10": ("laptop", "Ours", {"teacher_model": "resnet8", "student_model": "resnet8_half"}),
}
CALIBRATION = 256  # images
# What learnt (the teacher, the student, or one that learnt in whole numbers), how its file holds
# it, and where the ranges come from.
FILES = [("teacher", "float32", ""), ("student", "float32", "")]
FILES += [("student", "int8", kind) for kind in ("generated", "noise", "real", "each answer")]
FILES += [("student", "int4", kind) for kind in ("generated", "noise", "real")]
FILES += [("student", "3 bits", "generated"), ("student of 3 bits", "3 bits", "generated")]
FILES += [("student of int4", "int4", "generated"), ("student of int8", "int8", "generated")]


def settings_of(dataset: str, seed: int) -> profiles.Profile:
    """The settings of a row, on the CPU and one thread."""
    profile, _, changes = SETTINGS[dataset]
    changes = {"dataset": dataset, "threads": 1, "device": "cpu"} | changes
    return profiles.load(profile, seed=seed, **changes)


@functools.cache
def made(dataset: str, seed: int) -> artefacts.StudentRun:
    """The student and its teacher; of CIFAR's, whose games take hours, the last that is stored."""
    if dataset == "cifar10":
        return artefacts.stored_student(stored_key(dataset, seed))
    return artefacts.get_student(settings_of(dataset, seed), method=SETTINGS[dataset][1])


def method_of(dataset: str, seed: int) -> str:
    """What the student's game was."""
    if dataset != "cifar10":
        return SETTINGS[dataset][1]
    _, manifest = store.get("students", stored_key(dataset, seed))
    return manifest["made_from"].get("method", "DFAD")


def stored_key(dataset: str, seed: int) -> str:
    """The key of the last student of a data set and seed that learnt on generated images.

    Raises:
        ValueError: none is stored.
    """
    entries = [e for e in store.entries() if e.kind == "students" and not e.damaged]
    entries = [e for e in entries if e.key.startswith(f"{dataset}-") and f"-seed{seed}-" in e.key]
    if not entries:
        raise ValueError(f"no student of {dataset}, seed {seed}, is stored: play its game first.")
    return max(entries, key=lambda entry: entry.made).key


@functools.cache
def in_game(dataset: str, seed: int, bits: int) -> nn.Module:
    """The student of the same game, played in whole numbers; kept in the cache."""
    run, settings = made(dataset, seed), settings_of(dataset, seed)
    kind = family.METHODS[SETTINGS[dataset][1]]
    test = data.load(dataset, "test", size=settings.image_size)
    plain = distill.new_game(settings, run.teacher.model, test, kind).student
    student = deploy.OnDevice(plain, bits)
    game = distill.new_game(settings, run.teacher.model, test, kind, student=student)
    key = f"{run.key}-in-int{bits}"
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
        generator = made(dataset, seed).generator
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
    run = made(dataset, seed)
    network = {"teacher": run.teacher.model, "student": run.student}.get(name)
    network = in_game(dataset, seed, bits_of(name)) if network is None else network
    if bits is not None:
        network = copy.deepcopy(network)
        for weight in network.parameters():
            if weight.dim() > 1:
                weight.copy_(deploy.OnDevice(network, bits).rounded(weight))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "float.onnx")
        deploy.to_onnx(network, tuple(run.snapshots[0].images.shape[1:]), path)
        return network, path.read_bytes()


@functools.cache
def wanted(dataset: str, seed: int) -> Tensor:
    """The teacher's logits on the test images."""
    run = made(dataset, seed)
    test = data.load(dataset, "test", size=settings_of(dataset, seed).image_size)
    return metrics.logits(run.teacher.model, test.normalised())


def bits_of(words: str) -> int:
    """The number in ``"int8"`` or ``"3 bits"``."""
    return int("".join(filter(str.isdigit, words)))


def measure(case: dict[str, Any]) -> dict[str, object]:
    """Write one file, and measure it in ONNX Runtime; weights of 3 bits are kept in 8."""
    dataset, seed, bits = case["dataset"], case["seed"], bits_of(case["stored"])
    test = data.load(dataset, "test", size=settings_of(dataset, seed).image_size)
    network, content = exported(case["network"], dataset, seed, 3 if bits == 3 else None)
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
            "method": method_of(dataset, seed),
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
