"""A student to ship (``python -m dfad_lite export``): ONNX files, a model card, how to use them.

What comes out lies in a folder, made elsewhere first and moved there when all of it is done:

* ``student.onnx`` and ``student_int8.onnx``, whose ranges were measured on generated images;
* ``model_card.json``, and ``model_card.md`` for people;
* ``infer.py``, which needs numpy and onnxruntime only.
"""

import dataclasses
import importlib.metadata
import json
import os
import tempfile
from collections.abc import Mapping
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
images = numpy.load(sys.argv[1])  # {shape}, uint8, 0 to 255
images = ((images / 255 - numpy.array({mean})) / numpy.array({std})).astype("float32")
session = onnxruntime.InferenceSession(sys.path[0] + "/student_int8.onnx")
print(*session.run(None, {{"images": images}})[0].argmax(1).ravel())  # {classes}
"""


@dataclass(frozen=True)
class Student:
    """A student, and what is known of it."""

    network: nn.Module
    images: Tensor  # generated, normalised (256, C, H, W)
    like: Split  # mean, std and classes; with images in it, accuracy is measured on them
    told: dict[str, Any]  # for its card: name, learnt_from, recipe and teacher


def student(what: str) -> Student:
    """A student by its key in the cache, or by the folder that ``distill`` left.

    Raises:
        ValueError: there is none, or what it came from can't be had.
    """
    deploy.check_installed()
    folder = Path(what)
    return of_run(folder) if folder.is_dir() else of_cache(what)


def of_cache(key: str) -> Student:
    """A student of the cache; its accuracy is measured on its teacher's test images."""
    run = artefacts.stored_student(key)
    _, manifest = store.get("students", key)
    made = manifest["made_from"]
    played = made["inputs"] == "generator"
    told = {
        "name": key,
        "learnt_from": "no data: generated images" if played else f"images: {made['inputs']}",
        "recipe": {"method": made.get("method", "DFAD") if played else ""} | recipe(made),
        "teacher": {"name": run.teacher.key, "accuracy": run.teacher.accuracy},
    }
    like = data.load(made["dataset"], "test", size=made["image_size"])
    return Student(run.student, generated(run.generator, made["latent_size"]), like, told)


def of_run(folder: Path) -> Student:
    """A student that ``python -m dfad_lite distill`` left in a folder."""
    if not (folder / "run.json").exists() or not (folder / "made.pt").exists():
        raise ValueError(f"{folder} holds no run of `distill`: name its --out, or a cached key.")
    run = store.read_json(folder / "run.json")
    request = own.Request(**run["request"] | {"teacher": Path(run["request"]["teacher"])})
    plan = own.plan(request)
    if plan.key != run["key"]:
        raise ValueError(f"{request.teacher} is not the file any more that {folder} came from.")
    game, _ = report.played(plan, folder)
    measured = run.get("measured", {})
    told = {
        "name": folder.name,
        "learnt_from": "no data: generated images",
        "recipe": {"method": request.method, "status": run["status"]} | recipe(run["settings"]),
        "teacher": {"name": request.teacher.name, "accuracy": measured.get("teacher")},
    }
    classes = tuple(measured.get("classes", plan.like.classes))
    like = dataclasses.replace(plan.like, classes=classes)
    images = generated(game.generator.eval(), plan.settings.latent_size)
    return Student(models.frozen(game.student), images, like, told)


def recipe(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Those of a game's settings that a card tells."""
    return {name: settings[name] for name in RECIPE}


def generated(generator: nn.Module, latent_size: int) -> Tensor:
    """The 256 images ``(256, C, H, W)`` that ranges are measured on."""
    z = torch.randn(256, latent_size, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        return generator.cpu()(z)


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
        store.write_text(made / "model_card.json", json.dumps(card, indent=2) + "\n")
        store.write_text(made / "model_card.md", in_words(card))
        store.write_text(made / "infer.py", example(card))
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
        "agreement_of_int8_on_generated_images": metrics.agreement(whole, rounded),
        "accuracy": None,
        "versions": {name: importlib.metadata.version(name) for name in ("torch", "onnxruntime")},
    }
    if len(one.like):
        real = one.like.normalised()
        card["accuracy"] = {
            path.name: metrics.score(deploy.answers(path, real), one.like.labels) for path in files
        } | {"images": f"{len(real)} test images of {one.like.name}", "note": one.like.note}
    return card


def in_words(card: dict[str, Any]) -> str:
    """The card as Markdown, by the template ``model_card.md``."""
    measured = card["accuracy"] or {}
    figures = {name: f"{measured[name]:.4f}" if measured else "" for name in card["bytes"]}
    rows = [f"| {name} | {size:,} | {figures[name]} |" for name, size in card["bytes"].items()]
    told = {
        "files": "\n".join(rows),
        "where": f"on {measured['images']}" if measured else "not measured: no image was at hand",
        "shape": " x ".join(map(str, card["input"]["shape"][1:])),
        "classes": len(card["output"]["classes"]),
        "settings": ", ".join(f"{name} {value}" for name, value in card["recipe"].items()),
    }
    template = Path(__file__).with_name("model_card.md").read_text(encoding="utf-8")
    return template.format(**card | told)


def example(card: dict[str, Any]) -> str:
    """Five lines that use the int8 file."""
    by_channel = {name: [[[v]] for v in card["input"][name]] for name in ("mean", "std")}
    shape = f"(N, {', '.join(map(str, card['input']['shape'][1:]))})"
    return INFER.format(shape=shape, classes=card["output"]["classes"][:10], **by_channel)
