"""Distilling someone else's checkpoint: a teacher this course did not train, from its file alone.

The file holds a state dict and is read with ``weights_only``; the network it fits is named, as
one of torchvision's or as ``module:function``. Nothing of the teacher's data is needed; a folder
of test images, if there is one, is used to measure and for nothing else.
"""

from __future__ import annotations

import base64
import html
import importlib
import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torchvision import models as torchvision_models
from tqdm.auto import tqdm

from dfad_lite import data, family, metrics, models, profiles, store
from dfad_lite.data import fetched

IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))  # what torchvision's weights expect


@dataclass(frozen=True)
class Distilled:
    """What came out: the networks, the measured rounds, and how well it seems to have gone."""

    teacher: nn.Module
    student: nn.Module
    generator: nn.Module
    curve: list[tuple[int, float]]  # (round, mean |T - S| on generated images)
    estimate: float  # metrics.quality_estimate
    settings: profiles.Profile


def builder(arch: str) -> Callable[..., nn.Module]:
    """The function that makes the networks ``arch`` names; it is called with ``num_classes``.

    Args:
        arch: a classifier of torchvision, such as ``"resnet18"``, or ``"module:function"``, which
            is imported: name only code that you trust.

    Raises:
        ValueError: there is no such thing.
    """
    module, colon, function = arch.partition(":")
    if colon:
        try:
            return getattr(importlib.import_module(module), function)
        except (ImportError, AttributeError) as error:
            raise ValueError(f"arch={arch!r} can't be had ({error}).") from error
    known = torchvision_models.list_models(module=torchvision_models)
    if arch not in known:
        raise ValueError(
            f"arch={arch!r} is none of torchvision's classifiers: take one of "
            f"{', '.join(known[:6])}, ..., or module:function."
        )
    return torchvision_models.get_model_builder(arch)


def load_teacher(file: Path, arch: str, classes: int) -> nn.Module:
    """The network ``arch`` with the weights in ``file``, in eval mode, frozen.

    Raises:
        ValueError: the file is no state dict, or one of another network; what differs is said.
    """
    if not file.is_file():
        raise ValueError(f"teacher={str(file)!r} is no file.")
    try:
        state = torch.load(file, map_location="cpu", weights_only=True)
    except Exception as error:  # torch raises many kinds for damaged and for unsafe files
        raise ValueError(
            f"teacher={str(file)!r} can't be read as a state dict ({type(error).__name__}). Save "
            "one with torch.save(model.state_dict(), FILE); whole pickled models are refused, "
            "since loading one runs its code."
        ) from error
    if isinstance(state, dict) and isinstance(state.get("state_dict"), dict):
        state = state["state_dict"]  # as many training scripts save it
    if not isinstance(state, dict) or not all(isinstance(v, Tensor) for v in state.values()):
        raise ValueError(f"teacher={str(file)!r} holds no state dict: a dict of tensors.")
    state = {name.removeprefix("module."): value for name, value in state.items()}
    net = builder(arch)(num_classes=classes)
    try:
        net.load_state_dict(state)
    except RuntimeError as error:
        what = "; ".join(line.strip() for line in str(error).splitlines()[1:3])
        raise ValueError(
            f"teacher={str(file)!r} does not fit arch={arch!r} with classes={classes}: {what}"
        ) from error
    return models.frozen(net)


def colours(net: nn.Module) -> int:
    """How many channels the network's first convolution takes."""
    for layer in net.modules():
        if isinstance(layer, nn.Conv2d):
            return layer.in_channels
    raise ValueError("the teacher has no convolution: image channels can't be told.")


def distil(
    teacher: nn.Module,
    *,
    classes: int,
    settings: profiles.Profile,
    student: str = "resnet8",
) -> Distilled:
    """Play the course's recipe against a teacher.

    Args:
        teacher: normalised images ``(N, C, H, W)`` to logits ``(N, classes)``.
        classes: number of logits.
        settings: rounds, batch, learning rates, image size, seed, device.
        student: a network of this course, or as in :func:`builder`.
    """
    channels, size = colours(teacher), settings.image_size
    if student in profiles.CLASSIFIERS:
        learner = models.classifier(
            student, channels=channels, classes=classes, size=size, seed=settings.seed
        )
    else:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(settings.seed)
            learner = builder(student)(num_classes=classes)
    maker = models.generator(
        settings.generator_model,
        latent_size=settings.latent_size,
        channels=channels,
        size=size,
        width=settings.generator_width,
        end_norm=settings.generator_end_norm,
        seed=settings.seed + 1,
    )
    device = profiles.device_of(settings)
    teacher.to(device)
    game = family.Ours(teacher, learner, maker, settings, device=device)
    curve = []
    for record in tqdm(game.play(), total=settings.rounds, desc="distilling", unit="round"):
        curve.append((record.round, record.imitation))
    estimate = metrics.quality_estimate(teacher, learner, channels=channels, size=size)
    return Distilled(teacher, models.frozen(learner), maker, curve, estimate, settings)


def test_images(
    folder: Path, like: nn.Module, size: int, mean: list[float], std: list[float]
) -> data.Split:
    """Images of ``folder/<class>/*``, resized and normalised as the teacher wants them."""
    split = fetched.images_in(folder, size=size, channels=colours(like))
    if len(mean) != split.images.shape[1] or len(std) != split.images.shape[1]:
        raise ValueError(
            f"mean={mean}, std={std}: give one number a channel, {split.images.shape[1]} here."
        )
    return data.Split(
        split.name, split.images, split.labels, tuple(mean), tuple(std), split.classes
    )


# ---------------------------------------------------------------- the report


def write_report(made: Distilled, out: Path, test: data.Split | None, *, title: str) -> Path:
    """``report.html`` and ``student.pt`` (a state dict) in ``out``; returns the page's path."""
    from dfad_lite import plots

    out.mkdir(parents=True, exist_ok=True)
    store.save_tensors(out / "student.pt", made.student.state_dict())
    plots.style()
    rows = [
        ("rounds", f"{made.settings.rounds:,}"),
        ("student's parameters", f"{sum(p.numel() for p in made.student.parameters()):,}"),
        ("teacher's parameters", f"{sum(p.numel() for p in made.teacher.parameters()):,}"),
        ("agreement on blurred noise (the data-free estimate)", f"{made.estimate:.3f}"),
    ]
    if test is not None:
        images = test.normalised()
        taught, learnt = (metrics.logits(n.cpu(), images) for n in (made.teacher, made.student))
        rows += [
            ("test images", f"{len(test):,}"),
            ("teacher's test accuracy", f"{metrics.score(taught, test.labels):.4f}"),
            ("student's test accuracy", f"{metrics.score(learnt, test.labels):.4f}"),
            ("agreement on test images", f"{metrics.agreement(learnt, taught):.4f}"),
            ("discrepancy on test images", f"{(learnt - taught).abs().mean():.4f}"),
        ]
    curve, axes = plots.new(width=8, height=3.2)
    axes.plot(*zip(*made.curve, strict=True), color=plots.STUDENT)
    axes.set_xlabel("round")
    axes.set_ylabel("mean |T − S|, generated")
    z = torch.randn(32, made.settings.latent_size, generator=torch.Generator().manual_seed(3))
    with torch.no_grad():
        images = made.generator.cpu().train()(z).float()
    low, high = images.amin((1, 2, 3), True), images.amax((1, 2, 3), True)
    pictures = ((images - low) / (high - low).clamp_min(1e-6) * 255).to(torch.uint8)
    sheet, panel = plots.new(width=8, height=2.2)
    plots.show_images([panel], plots.contact_sheet(pictures)[None])
    table = "".join(f"<tr><td>{html.escape(a)}</td><td>{b}</td></tr>" for a, b in rows)
    page = f"""<!doctype html><html lang="en"><meta charset="utf-8">
<title>{html.escape(title)}</title>
<style>body{{font:16px/1.5 sans-serif;max-width:52rem;margin:2rem auto;padding:0 1rem}}
td{{padding:.2rem 1rem .2rem 0}}img{{max-width:100%}}</style>
<h1>{html.escape(title)}</h1>
<table>{table}</table>
<p>The estimate is a share of images on which both networks name the same class, counted without
any real image. How well it follows the true accuracy was measured in benchmarks/README.md.</p>
<h2>The game</h2>{picture(curve, "Discrepancy on generated images over the rounds")}
<h2>What the generator makes now</h2>{picture(sheet, "Thirty-two generated images")}</html>"""
    store.write_text(out / "report.html", page)
    return out / "report.html"


def picture(figure: object, alt: str) -> str:
    """A figure as an HTML image that holds its own data."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=110)
    coded = base64.b64encode(buffer.getvalue()).decode()
    return f'<img alt="{html.escape(alt)}" src="data:image/png;base64,{coded}">'
