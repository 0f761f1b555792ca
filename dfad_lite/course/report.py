"""The result of a distillation: measured, judged in words, and shown on a page.

:func:`measure` tries the student that ``own.play`` left in a folder, on test images if there are
any; :func:`verdict` and :func:`advice` say how it went; :func:`write_report` runs
``report.ipynb``, which shows it all.
"""

import contextlib
import dataclasses
import math
from pathlib import Path
from typing import Any

import torch
from PIL import Image, ImageOps
from torch import Tensor
from torchvision.transforms.functional import pil_to_tensor

from dfad_lite import data, family, metrics, models, profiles, store
from dfad_lite.course import own, runner
from dfad_lite.course.own import Plan
from dfad_lite.data import DataError
from dfad_lite.data.split import by_class, picture, shown
from dfad_lite.distill import Game

FAILED_SHARE = 0.8  # of the teacher's accuracy on test images: a student below it has failed


def loading(plan: Plan) -> str:
    """Five lines of Python that load the student."""
    name, task, (height, width) = plan.request.student, plan.request.task, plan.size
    channels, classes = plan.like.channels, len(plan.like.classes)
    if name in profiles.NETWORKS:
        shape = f"channels={channels}, classes={classes}, size={height}"
        make = f"models.classifier({name!r}, {shape})"
    else:
        make = f"checkpoint.builder({name!r}, {task!r})({classes})"
    takes = f"less {list(plan.like.mean)}, by {list(plan.like.std)}"
    takes = f"pixels from 0 to 1, {takes}" if plan.pixels else "normalised as for its teacher"
    return (
        "import torch\n"
        "from dfad_lite import checkpoint, models\n"
        f"student = {make}\n"
        'student.load_state_dict(torch.load("student.pt", weights_only=True))\n'
        f"student.eval()  # takes (N, {channels}, {height}, {width}), {takes}\n"
    )


def test_images(folder: Path, plan: Plan) -> data.Split:
    """Images to measure on: ``folder/<class>/*``, in the order of the teacher's logits.

    For a segmentation, ``folder/images/NAME.png`` (or .jpg) with ``folder/labels/NAME.png``, whose
    pixels hold the number of their class, or 255 for none. All are resized to cover the teacher's
    size, and cropped to their centre.

    Raises:
        ValueError: the layout or the classes differ, or mean and std are not known.
    """
    if not plan.pixels:
        raise ValueError(
            f"test={str(folder)!r} needs --mean and --std, which the teacher's inputs were "
            "normalised by (none: they go in from 0 to 1), as its author's transforms say."
        )
    if plan.like.channels not in (1, 3):
        raise DataError(
            f"test={str(folder)!r}: files are read as grey or colour, and the teacher takes "
            f"{plan.like.channels} channels: leave --test out, and measure by the report's lines."
        )
    classes = len(plan.like.classes)

    def fitted(path: Path, mode: str | None, how: Image.Resampling) -> Tensor:
        return pil_to_tensor(ImageOps.fit(picture(path, mode), plan.size[::-1], how))

    if plan.request.task == "segmentation":
        files, names = shown(folder / "images"), plan.like.classes
        maps = {path.stem: path for path in shown(folder / "labels")}
        if lone := [path for path in files if path.stem not in maps]:
            raise DataError(f"{lone[0]} has no label map {folder / 'labels' / lone[0].stem}.png")
        nearest = Image.Resampling.NEAREST  # since between classes 1 and 3 there is no 2
        labels = {maps[path.stem]: fitted(maps[path.stem], None, nearest) for path in files}
        if coloured := [path for path, numbers in labels.items() if len(numbers) > 1]:
            raise DataError(f"{coloured[0]} is in colour: a pixel must hold its class's number.")
        targets = torch.cat(list(labels.values())).long()
        targets[targets == 255] = data.VOID
        if targets.max() >= classes:
            raise DataError(
                f"{folder / 'labels'} holds the class {int(targets.max())}, and the teacher knows "
                f"0 to {classes - 1} (255 is for what does not count)."
            )
    else:
        files, targets, names = by_class(folder)
        if len(names) != classes:
            raise DataError(
                f"test={str(folder)!r} has {len(names)} class folders, and the teacher answers "
                f"{classes} classes: lay images out as {folder.name}/<class>/*, a folder a class, "
                "in the order of the teacher's logits."
            )
    mode, bilinear = "L" if plan.like.channels == 1 else "RGB", Image.Resampling.BILINEAR
    images = torch.stack([fitted(path, mode, bilinear) for path in files])
    return dataclasses.replace(plan.like, images=images, labels=targets, classes=tuple(names))


def played(plan: Plan, folder: Path) -> tuple[Game, dict[str, Any]]:
    """The game of the best try as it ended, and the content of the folder's ``made.pt``."""
    made = store.load_tensors(folder / "made.pt", of=plan.key)
    game = own.new_game(plan, plan.settings)
    for name, net in own.players(game).items():
        net.load_state_dict(made[name])
    return game, made


def measure(plan: Plan, out: Path, run: dict[str, Any], test: data.Split | None) -> None:
    """Measure the student in ``out`` on test images, or generated ones, and add that to ``run``.

    On test images a student below :data:`FAILED_SHARE` of its teacher has failed, whatever its
    estimate was.
    """
    game, made = played(plan, out)
    maps, classes = plan.request.task == "segmentation", len(plan.like.classes)
    if test is None:
        stream = torch.Generator().manual_seed(plan.settings.seed + 1)
        z = torch.randn(32 if maps else 256, plan.settings.latent_size, generator=stream)
        with torch.no_grad():
            parts = [game.generator(part) for part in z.to(game.device).split(32)]
    else:  # their numbers, and all logits, may not fit into memory together
        rows = test.images.split(metrics.at_once(test.images, 500))
        parts = (dataclasses.replace(test, images=part).normalised() for part in rows)
    nets, named = (game.teacher, game.student), []
    for images in parts:
        named.append([metrics.logits(net, images).argmax(1).cpu() for net in nets])
    taught, learnt = map(torch.cat, zip(*named, strict=True))
    labels = taught if test is None else test.labels
    counted = labels != data.VOID
    tables = [metrics.confusion(labels[counted], of[counted], classes) for of in (taught, learnt)]
    counts = tables[1]
    measured = {
        "images": len(labels),
        "real": test is not None,
        "classes": list((test or plan.like).classes),
        "agreement": (taught == learnt).double().mean().item(),
        "counts": counts.sum(1).tolist(),
        "hits": counts.diag().tolist(),
        "confusion": counts.tolist() if classes <= 20 else None,  # more can't be read
    }
    run |= {"measured": measured, "networks": {}, "loading": loading(plan)}
    for name, net, table in zip(("teacher", "student"), nets, tables, strict=True):
        adds = None
        with contextlib.suppress(Exception):  # a program that torch's counter does not enter
            adds = models.multiply_adds(net, images[:1].to(game.device))
        run["networks"][name] = {"parameters": models.parameters(net), "adds": adds}
        if test is not None:
            iou, hits = metrics.iou(table.double()), table.diag().sum() / table.sum().double()
            measured[name] = (iou.nanmean() if maps else hits).item()
    if test is not None:
        if maps:
            measured["iou"] = [metrics.iou(table.double()).tolist() for table in tables]
        if run["status"] != "stopped" and measured["student"] < FAILED_SHARE * measured["teacher"]:
            run["status"] = "failed"
        made["real"] = test.images[torch.linspace(0, len(test) - 1, 32).long()]
    store.save_tensors(out / "made.pt", made, of=plan.key)
    store.write_json(out / "run.json", run)


def verdict(run: dict[str, Any]) -> str:
    """How a run went, in a few sentences."""
    tries, measured = run["tries"], run.get("measured", {"real": False})
    if run["status"] == "stopped":
        done, rounds = run.get("progress", {}).get("rounds", 0), run["settings"]["rounds"]
        return (
            f"Stopped early, after {done:,} of {rounds:,} rounds of try {len(tries) + 1}: the same "
            "command goes on."
        )
    best = max(tries, key=lambda one: -1 if math.isnan(one["estimate"]) else one["estimate"])
    said = "no real image was there to measure on"
    if measured["real"]:
        said = (
            f"on {measured['images']:,} test images the student has {measured['student']:.3f}, its "
            f"teacher {measured['teacher']:.3f}"
        )
    # How often the bound is wrong: of the games in results/zoo.csv 6 failed and 66 did not.
    text = (
        f"{run['status'].capitalize()}: {said}. By the estimate that needs no image, both networks "
        f"name one class in {best['estimate']:.2f} of cases; below {best['bound']:.2f} a "
        "student counts as failed. Over 72 games of this course, whose outcome was known and on "
        "which that bound was chosen, it let 0% of the failed pass (they were few) and blamed 8% "
        "of the good."
    )
    if math.isnan(best["estimate"]):
        text += " It is nan where the teacher names one class only, or weights are not finite."
    if run["request"]["task"] == "segmentation":
        text += " Those were classifiers; the bound of segmentations comes from four students."
    if len(tries) > 1:
        rates = ", ".join(f"{one['student_lr']:g}" for one in tries)
        text += f" It took {len(tries)} tries, at student_lr {rates}."
    if best["troubles"]:
        text += f" Seen while playing: {'; '.join(best['troubles'])}."
    return text


def advice(run: dict[str, Any]) -> list[str]:
    """What to try when a run failed, or shows something odd; the likeliest first."""
    request, measured = run["request"], run["measured"]
    sizes = {who: net["parameters"] for who, net in run["networks"].items()}
    found = []
    if measured["real"] and measured["teacher"] < 1.5 / len(measured["classes"]):
        found.append(
            "The teacher itself guesses on the test images: are the folders in the order of its "
            "logits, and --mean, --std and --size those of its training?"
        )
    if sizes["student"] > sizes["teacher"]:
        found.append("The student is larger than its teacher: name a smaller one with --student.")
    if request["mean"] is None and request["std"] is None:
        found.append(
            "Say --mean and --std of the teacher's inputs (none: they go in from 0 to 1): the "
            "generator's images then lie where the teacher was trained."
        )
    if run["status"] != "failed":
        return found
    words = " ".join(word for one in run["tries"] for word in one["troubles"])
    if "finite" in words or "the same to everything" in words:
        rate = min(one["student_lr"] for one in run["tries"]) / 10
        found.append(f"A lower rate: --set student_lr={rate:g}; or a student with batch norm.")
    if "never come" in words or "alike" in words:
        found.append("More latents and longer: --set latent_size=100, more --rounds.")
    known = family.FOR_MAPS if request["task"] == "segmentation" else family.METHODS
    others = ", ".join(name for name in known if name != request["method"])
    return [
        *found,
        f"More rounds: --rounds {4 * run['settings']['rounds']}.",
        f"Another method: --method {others}.",
        "A larger student, or one of the teacher's own kind (--student module:Class).",
    ]


def write_report(out: Path) -> Path:
    """Run ``report.ipynb`` on what lies in ``out``; returns the page, which needs no network."""
    source, executed = Path(__file__).with_name("report.ipynb"), out / "report.ipynb"
    done = runner.execute(source, executed, {"folder": str(out.resolve())})
    if done.status != "ok":
        raise RuntimeError(f"the report can't be made: {done.problem}")
    look = {"exclude_input": True, "exclude_input_prompt": True, "exclude_output_prompt": True}
    look |= {"mathjax_url": "data:,"}  # there are no formulas, and names with dollars are none
    page = runner.html_page(runner.read_notebook(executed), source, out, **look)
    store.write_text(out / "report.html", page)
    return out / "report.html"
