"""A student to ship (``python -m dfad_lite export``): ONNX files, a model card, how to use them.

What comes out lies in a folder, made elsewhere first and moved there when all of it is done:

* ``student.onnx`` and ``student_int8.onnx``, whose ranges were measured on images like those that
  it learnt on;
* ``model_card.json``, and ``model_card.md`` for people;
* ``infer.py``, which needs numpy and onnxruntime only.
"""

import dataclasses
import importlib.metadata
import json
import os
import tempfile
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from dfad_lite import artefacts, data, deploy, metrics, models, store
from dfad_lite.course import own, report
from dfad_lite.data import Split

# What a recipe is, of all the settings of a game.
RECIPE = ("rounds", "imitation_steps", "batch_size", "student_optimizer", "student_lr", "seed")
RECIPE += ("student_weight_decay", "generator_model", "generator_width", "generator_lr")
RECIPE += ("latent_size", "game_schedule", "imitation_loss", "generation_loss")
INFER = """\
import sys, numpy, onnxruntime
images = numpy.load(sys.argv[1])  # (N, {shape}), uint8, 0 to 255
images = ((images / 255 - numpy.array({mean})) / numpy.array({std})).astype("float32")
session = onnxruntime.InferenceSession(sys.path[0] + "/student_int8.onnx")
print(*session.run(None, {{"images": images}})[0].argmax(1).ravel())  # {classes}
"""


@dataclass(frozen=True)
class Student:
    """A student, and what is known of it."""

    network: nn.Module
    images: Tensor  # as it learnt on, normalised (N, C, H, W)
    like: Split  # mean, std and classes; with images in it, accuracy is measured on them
    told: dict[str, Any]  # for its card: name, learnt_from, recipe and teacher


def student(what: str) -> Student:
    """A student by its key in the cache, or by the folder that ``distill`` left.

    Raises:
        ValueError: there is none, or what it came from can't be had.
    """
    deploy.check_installed()
    folder = Path(what)
    how = {"name": folder.name, "learnt_from": "no data: generated images"}
    if folder.is_dir():
        if not (folder / "run.json").exists() or not (folder / "made.pt").exists():
            raise ValueError(f"{what} holds no run of `distill`: name its --out, or a cached key.")
        run = store.read_json(folder / "run.json")
        file = Path(run["request"]["teacher"])
        plan = own.plan(own.Request(**run["request"] | {"teacher": file}))
        if plan.key != run["key"]:
            raise ValueError(f"{file} is not the file any more that {what} came from.")
        players, _ = report.played(plan, folder)
        measured, settings = run.get("measured", {}), run["settings"]
        classes = tuple(measured.get("classes", plan.like.classes))
        like = dataclasses.replace(plan.like, classes=classes)
        how["recipe"] = {"method": plan.request.method, "status": run["status"]}
        how["teacher"] = {"name": file.name, "accuracy": measured.get("teacher")}
    else:  # accuracy is measured on its teacher's test images
        players = artefacts.stored_student(what)
        settings = store.get("students", what)[1]["made_from"]
        like = data.load(settings["dataset"], "test", size=settings["image_size"])
        how["recipe"] = {"method": settings.get("method", "DFAD")}
        how["teacher"] = {"name": players.teacher.key, "accuracy": players.teacher.accuracy}
    images = generated(players.generator.eval(), settings["latent_size"])
    if (inputs := settings.get("inputs", "generator")) != "generator":  # that one never learnt
        how |= {"learnt_from": f"images: {inputs}", "recipe": {"method": ""}}
        images = players.snapshots[-1].images.float()
    how["recipe"] |= {name: settings[name] for name in RECIPE}
    return Student(models.frozen(players.student).cpu(), images, like, how)


def generated(generator: nn.Module, latent_size: int) -> Tensor:
    """The 256 images ``(256, C, H, W)`` that ranges are measured on."""
    z = torch.randn(256, latent_size, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        return torch.cat([generator.cpu()(part) for part in z.split(32)])


def ship(one: Student, out: Path, licence: str | None) -> dict[str, Any]:
    """Write a student's files and cards to a new folder, all of them or none; returns the card.

    The ``licence`` is the teacher's, by which its student may be bound; None: nobody told.

    Raises:
        ValueError: ``out`` is there, or the student can't be exported.
        OSError: the folder can't be written.
    """
    if out.exists():
        raise ValueError(f"out={str(out)!r} is there already: name another, or remove it.")
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{out.name}.", dir=out.parent) as folder:
        made = Path(folder, out.name)
        files = [made / "student.onnx", made / "student_int8.onnx"]
        deploy.to_onnx(one.network, tuple(one.images.shape[1:]), files[0])
        deploy.to_whole_numbers(files[0], files[1], one.images)
        card = card_of(one, files, licence)
        for name, text in pages(card).items():
            store.write_text(made / name, text)
        os.replace(made, out)
    return card


def card_of(one: Student, files: list[Path], licence: str | None) -> dict[str, Any]:
    """What is known of a student and its files."""
    whole, rounded = (deploy.answers(path, one.images) for path in files)
    card = {
        **one.told,
        "teacher": one.told["teacher"] | {"licence": licence or "not told"},
        "exported": date.today().isoformat(),
        "input": {
            "name": "images",
            "shape": ["any", *one.images.shape[1:]],
            "dtype": "float32",
            "normalised": "(pixel / 255 - mean) / std, by channel",
            "mean": list(one.like.mean),
            "std": list(one.like.std),
        },
        "output": {"name": "logits", "classes": list(one.like.classes)},
        "parameters": models.parameters(one.network),
        "multiply_adds": models.multiply_adds(one.network, one.images[:1]),
        "bytes": {path.name: path.stat().st_size for path in files},
        "sha256": {path.name: store.sha256(path) for path in files},
        "agreement_of_int8": metrics.agreement(whole, rounded),
        "accuracy": None,
        "versions": {name: importlib.metadata.version(name) for name in ("torch", "onnxruntime")},
    }
    if len(one.like):
        real = one.like.normalised()
        card["accuracy"] = {
            path.name: metrics.score(deploy.answers(path, real), one.like.labels) for path in files
        } | {"images": f"{len(real)} test images of {one.like.name}", "note": one.like.note}
    return card


def pages(card: dict[str, Any]) -> dict[str, str]:
    """By file: the card as JSON and as Markdown, and five lines that use the int8 file."""
    measured, takes = card["accuracy"], card["input"]
    rows = []
    for name, size in card["bytes"].items():
        figure = f"{measured[name]:.4f}" if measured else ""
        rows.append(f"| {name} | {size:,} | {figure} |")
    told = {
        "files": "\n".join(rows),
        "where": f"on {measured['images']}" if measured else "not measured: no image was at hand",
        "shape": " x ".join(map(str, takes["shape"][1:])),
        "classes": len(card["output"]["classes"]),
        "settings": ", ".join(f"{name} {value}" for name, value in card["recipe"].items()),
    }
    template = Path(__file__).with_name("model_card.md").read_text(encoding="utf-8")
    by_channel = {name: [[[v]] for v in takes[name]] for name in ("mean", "std")}
    shape, classes = str(takes["shape"][1:])[1:-1], card["output"]["classes"][:10]
    return {
        "model_card.json": json.dumps(card, indent=2) + "\n",
        "model_card.md": template.format(**card | told),
        "infer.py": INFER.format(shape=shape, classes=classes, **by_channel),
    }
