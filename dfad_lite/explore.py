"""Scenes that can be touched: replay, draw, walk, hover, and the plane, live in the reader's page.

Each function puts data, and networks where they answer, into one HTML output with its scripts: no
kernel, server or network is needed to play with it, in JupyterLab, on the site or in a saved file.
The picture ``still`` comes first, for where scripts are dropped; the script hides it. A split
``like`` gives class names, and mean and std for display.
"""

import base64
import contextlib
import hashlib
import html
import io
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from string import Template
from typing import Any

import numpy as np
import torch
from IPython.display import display
from matplotlib.figure import Figure
from PIL import Image
from torch import Tensor, nn

from dfad_lite import models, playground, plots
from dfad_lite.artefacts import Snapshot, StudentRun
from dfad_lite.data import VOID, Split, to_display
from dfad_lite.metrics import logits

MOST_WEIGHTS = 100_000  # weights of a network that is sent along, of two bytes each
# The script that a scene is in; all others are in scenes.js.
SCRIPTS = {"plane": "plane", "replay": "runs", "watched": "runs", "pixels": "runs"}
CURVES = ("rounds", "seconds", "accuracy", "agreement", "imitation", "generation")  # of a long game


@dataclass(frozen=True)
class Scene:
    """A scene as a cell's output: display it by ending the cell with it."""

    kind: str  # one of SCENES in the scripts
    title: str  # what it is called, for those who can't see it too
    data: dict[str, Any]
    still: Figure | None = None  # the picture to show where scripts are dropped
    missing: str = ""  # why there is nothing to touch, if so

    def html(self) -> str:
        """The scene as HTML that stands alone; the same data give the same text."""
        if self.missing:
            return f"<p>{html.escape(self.missing)}</p>"
        text = json.dumps({"kind": self.kind, **self.data}, separators=(",", ":"))
        text = text.replace("<", "\\u003c")  # nothing in it may end the script
        name = "dx-" + hashlib.sha256(text.encode()).hexdigest()[:8]
        code = "\n".join(map(_script, ("explore", SCRIPTS.get(self.kind, "scenes"))))
        told = {"name": name, "title": html.escape(self.title), "data": text, "code": code}
        return Template(_read("scene.html").rstrip()).substitute(told, style=_read("explore.css"))

    def _ipython_display_(self) -> None:
        if self.still is not None:
            display(self.still)  # apart from the scene, which GitHub shows as nothing
        display({"text/html": self.html(), "text/plain": self.title}, raw=True)


def page(scene: str, title: str) -> str:
    """A scene's HTML as a document of its own, such as the site's ``play.html``."""
    return Template(_read("page.html")).substitute(scene=scene, title=html.escape(title))


def _read(file: str) -> str:
    return Path(__file__).with_name(file).read_text(encoding="utf-8")


def _script(name: str) -> str:
    """A module's code, to stand in one script with the others."""
    code = re.sub(r"^import .*?;\n", "", _read(f"{name}.js"), flags=re.MULTILINE | re.DOTALL)
    return re.sub(r"^export ", "", code, flags=re.MULTILINE)


def _coded(values: Tensor | np.ndarray, kind: str = "u1") -> str:
    """Numbers of one of NumPy's types as base64."""
    numbers = torch.as_tensor(values).detach().cpu().numpy().astype(kind)
    return base64.b64encode(numbers.tobytes()).decode()


def _shorts(values: Tensor, unit: float) -> str:
    return _coded((values / unit).round().clamp(-32767, 32767), "<i2")


def _scaled(values: Tensor) -> dict[str, Any]:
    """Numbers as int16 and one scale, exact to 1 in 32,767 of the largest."""
    scale = values.abs().max().item() / 32767 or 1.0
    return {"scale": scale, "values": _shorts(values, scale)}


def packed(network: nn.Module) -> list[dict[str, Any]]:
    """A feed-forward network as the layers that ``forward`` in explore.js knows.

    Batch norms answer with their running statistics, as in eval mode.

    Raises:
        ValueError: a layer that the page does not know, or more than :data:`MOST_WEIGHTS` weights.
    """
    if models.parameters(network) > MOST_WEIGHTS:
        raise ValueError(
            f"network has {models.parameters(network):,} weights, and the page takes "
            f"{MOST_WEIGHTS:,}: take a smaller one."
        )
    found: list[dict[str, Any]] = []

    def add(kind: str, **more: Any) -> None:
        found.append({"kind": kind, **more})

    for layer in network.modules():
        weights = {name: _scaled(value) for name, value in layer.named_parameters(recurse=False)}
        match layer:
            case nn.Sequential() | nn.Flatten() if not isinstance(layer, models.ExposedGenerator):
                pass
            case nn.Unflatten():
                found[-1]["shape"] = list(layer.unflattened_size)
            case nn.Linear():
                add("linear", outputs=layer.out_features, **weights)
            case nn.Conv2d(stride=(1, 1), groups=1, dilation=(1, 1)):
                sizes = {"kernel": layer.kernel_size[0], "padding": layer.padding[0]}
                add("conv", outputs=layer.out_channels, **sizes, **weights)
            case nn.BatchNorm2d():
                factor = (layer.running_var + layer.eps).rsqrt()
                shift = -layer.running_mean * factor
                if layer.affine:
                    factor, shift = factor * layer.weight, shift * layer.weight + layer.bias
                add("affine", weight=_scaled(factor), bias=_scaled(shift))
            case models.Blur():
                channels = len(layer.kernel)
                kernel = layer.kernel * torch.eye(channels).to(layer.kernel)[:, :, None, None]
                add("edge")
                add("conv", outputs=channels, kernel=3, padding=0, weight=_scaled(kernel))
            case nn.ReLU() | nn.LeakyReLU():
                add("relu", slope=getattr(layer, "negative_slope", 0))
            case nn.Tanh() | nn.MaxPool2d(kernel_size=2) | nn.PixelShuffle(upscale_factor=2):
                add(type(layer).__name__)
            case _:
                raise ValueError(
                    f"network has a layer {type(layer).__name__}, which the page does not know: "
                    "take one of the course's small networks or generators."
                )
    return found


def _about(like: Split) -> dict[str, Any]:
    """What every scene of images is told of them."""
    names = [name.split(" ")[0] for name in like.classes]
    shape = list(like.images.shape[1:])
    return {"classes": names, "shape": shape, "mean": like.mean[0], "std": like.std[0]}


def _answering(scene: Scene, like: Split, networks: dict[str, nn.Module]) -> Scene:
    """The scene with networks that answer, or with the reason why the page can't have them."""
    try:
        if like.channels != 1:
            raise ValueError("page's networks see grey images.")
        nets = {name: packed(network) for name, network in networks.items()}
    except ValueError as error:
        return replace(scene, missing=f"Nothing to touch here: the {error}")
    return replace(scene, data=_about(like) | scene.data | nets)


def temperature(teacher: nn.Module, test: Split, *, still: Figure | None = None) -> Scene:
    """Soften a teacher's answers to twelve images by a temperature, and shake these (notebook 01).

    Where the teacher is none of the small classifiers of grey images, the scene says so.
    """
    data = {"images": _coded(test.images[:12]), "labels": test.labels[:12].tolist()}
    scene = Scene("temperature", "a teacher's answers, softened and shaken", data, still)
    return _answering(scene, test, {"teacher": teacher})


def replay(
    run: StudentRun | Mapping[str, StudentRun], like: Split, *, still: Figure | None = None
) -> Scene:
    """A classifier's game, or two of one teacher by their names: samples, answers, curves.

    As many samples and moments are sent along as 180 kB of images hold (04, 05, 11).
    """
    runs = {"": run} if isinstance(run, StudentRun) else run
    games = [_game(name, one, like, 360_000 // len(runs)) for name, one in runs.items()]
    data = _about(like) | {"games": games}
    return Scene("replay", "a game of distillation, replayed", data, still)


def _spread(snapshots: list[Snapshot], most: int) -> list[Snapshot]:
    """At most so many of them, but the first and the last in any case."""
    places = np.linspace(0, len(snapshots) - 1, max(2, min(len(snapshots), most)))
    return [snapshots[place] for place in sorted(set(places.round().astype(int)))]


def _game(name: str, run: StudentRun, like: Split, most: int) -> dict[str, Any]:
    """A game for ``replay``, with at most about so many pixels."""
    area = like.images[0].numel()
    count = min(len(run.snapshots[0].images), max(9, most // (21 * area)), 64)
    shots, unit = _spread(run.snapshots, most // (count * area)), 1 / 256
    images = [to_display(shot.images[:count], like.mean, like.std) for shot in shots]
    # Sixteen shades, two to a byte: half the size, and no eye sees it.
    shades = (torch.stack(images).flatten().int() + 8) // 17

    def sent(answers: Iterable[Tensor]) -> str:
        return _shorts(torch.stack([rows[:count] for rows in answers]), unit)

    return {
        "name": name,
        "rounds": [shot.round for shot in shots],
        "count": count,
        "images": _coded(shades[::2] + 16 * shades[1::2]),
        "unit": unit,
        "teacher": sent(shot.teacher_logits for shot in shots),
        "student": sent(shot.student_logits for shot in shots),
        "accuracy": [round(shot.accuracy, 4) for shot in shots],
        "discrepancy": [round(shot.discrepancy, 4) for shot in shots],
        "teacherAccuracy": round(run.teacher.accuracy, 4),
    }


def watched(
    run: Mapping[str, np.ndarray], like: Split, *, teacher: float, still: Figure | None = None
) -> Scene:
    """A long game as it was stored: samples, curves, and who is taken for whom (notebook 07).

    Args:
        run: as :func:`dfad_lite.results.arrays` gives it, T moments: ``rounds``, ``seconds``,
            ``accuracy``, ``agreement``, ``imitation`` and ``generation`` ``(T,)``; ``samples``
            ``(T, N, H, W, 3)``, uint8, with ``teacher_labels`` and ``student_labels`` ``(T, N)``;
            ``confusion`` ``(T, classes, classes)``, a row a label, a column an answer.
        like: gives class names.
        teacher: the teacher's accuracy.
    """
    _, count, size, *_ = run["samples"].shape
    lines = {name: run[name].round(4).tolist() for name in CURVES}
    data = lines | {
        "count": count,
        "size": size,
        "teacherAccuracy": round(teacher, 4),
        "pictures": _pictures(run["samples"]),
        "teacher": _coded(run["teacher_labels"]),
        "student": _coded(run["student_labels"]),
        "confusion": run["confusion"].tolist(),
    }
    return Scene("watched", "a game on natural images, watched again", _about(like) | data, still)


def _pictures(images: np.ndarray) -> str:
    """uint8 images ``(T, N, H, W, 3)`` as one WebP of T lines, in a data URI of about 200 kB."""
    moments, count, height, width, _ = images.shape
    pixels = images.transpose(0, 2, 1, 3, 4).reshape(moments * height, count * width, 3)
    for quality in range(90, 0, -10):
        file = io.BytesIO()
        Image.fromarray(pixels).save(file, "WEBP", quality=quality)
        if file.tell() <= 150_000:
            break
    return "data:image/webp;base64," + base64.b64encode(file.getvalue()).decode()


def draw(run: StudentRun, like: Split, *, still: Figure | None = None) -> Scene:
    """Draw, or walk through z, and watch teacher and student answer (04, 11, the front page).

    Where they are none of the small classifiers of grey images, the scene says so. A generator that
    :func:`packed` refuses stays at home, and no walk is offered.
    """
    players = {"teacher": run.teacher.model, "student": run.student}
    with contextlib.suppress(ValueError):
        packed(run.generator)
        players["generator"] = run.generator
    latent = next(run.generator.parameters()).shape[1]
    data = {"seed": 0, "latent": latent, "brush": 3.0, "first": _coded(like.images[0])}
    scene = Scene("draw", "draw, and watch teacher and student answer", data, still)
    return _answering(scene, like, players)


def pixels(run: StudentRun, test: Split, *, still: Figure | None = None) -> Scene:
    """Point at a pixel of a frame, generated or real: what both networks say of it (notebook 06).

    Two of the generator's frames go along at some moments of the game, and up to six of ``test``,
    as many as 400 kB hold; of frames of more than 32 x 32 pixels some lines and columns only.
    """
    classes, made = len(test.classes), 2
    step = -(-max(test.labels.shape[1:]) // 32)
    labels = test.labels[:, ::step, ::step]
    room = 400_000 // (labels[0].numel() * (2 * classes + 4))
    real = min(6, len(test), max(1, room // 3))
    shots = _spread(run.snapshots, (room - real) // made)
    images = [to_display(shot.images[:made], test.mean, test.std) for shot in shots]

    def sent(maps: Tensor) -> str:
        return _coded(maps[..., ::step, ::step].round())

    data = {
        "made": made,
        "real": real,
        "shape": [3, *labels.shape[1:]],
        "rounds": [shot.round for shot in shots],
        "accuracy": [round(shot.accuracy, 4) for shot in shots],
        "teacherAccuracy": round(run.teacher.accuracy, 4),
        "colours": [list(bytes.fromhex(colour[1:])) for colour in plots.CLASSES[:classes]],
        "images": sent(torch.cat([*images, test.images[:real]])),
        "labels": _coded(labels[:real].where(labels[:real] != VOID, classes)),
    }
    for who, net in {"teacher": run.teacher.model, "student": run.student}.items():
        maps = [getattr(shot, f"{who}_logits")[:made].float() for shot in shots]
        maps.append(logits(net, test.normalised()[:real]).cpu())
        data[who] = sent(255 * torch.cat(maps).softmax(1))
    return Scene("pixels", "a segmented frame, pixel by pixel", _about(test) | data, still)


def plane(*, seed: int = 0, still: Figure | None = None) -> Scene:
    """The game on a plane, played in the page (notebook 03).

    ``seed`` is that of points, teacher and players, as in :mod:`dfad_lite.playground`.
    """
    points, labels = playground.moons(400, seed=seed)
    game = playground.new_game(playground.teacher(seed=seed), seed=seed)
    data = {
        "seed": seed,
        "k": game.settings.imitation_steps,
        "latent": game.settings.latent_size,
        "batch": game.settings.batch_size,
        "studentRate": game.settings.student_lr,
        "generatorRate": game.settings.generator_lr,
        "points": _coded(points, "<f4"),
        "labels": labels.tolist(),
        "teacher": perceptron(game.teacher),
        "student": perceptron(game.student),
        "generator": perceptron(game.generator),
    }
    return Scene("plane", "the game on a plane, live", data, still)


def perceptron(network: nn.Module) -> dict[str, Any]:
    """A perceptron of the plane as plane.js takes it, which lets it learn."""
    linear = [layer for layer in network.modules() if isinstance(layer, nn.Linear)]
    return {
        "sizes": [linear[0].in_features, *(layer.out_features for layer in linear)],
        "weights": [_coded(weight, "<f4") for weight in network.parameters()],
        "reach": any(isinstance(layer, playground.Reach) for layer in network.modules()),
    }
