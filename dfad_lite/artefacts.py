"""Teachers and students by their settings: loaded when somebody made them, made when not.

Everything a notebook needs from an earlier one comes from here, so that each runs alone.
Test images are used for measuring only; the game itself never gets them.
"""

from __future__ import annotations

import copy
import math
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor, nn
from tqdm import tqdm

from dfad_lite import baselines, data, distill, family, metrics, models, profiles, store, teacher
from dfad_lite.profiles import Profile

SAMPLES = 64  # images in a snapshot
MAPS = 16  # the same where every pixel has logits, which take a hundred times the room


@dataclass(frozen=True)
class TeacherRun:
    """A trained teacher and how it came about."""

    model: nn.Module  # frozen, on the settings' device
    history: list[teacher.Epoch]
    accuracy: float  # on the test split, after the last epoch; mean IoU for label maps
    seconds: float  # wall time of the training
    note: str  # about the data; empty for the original
    key: str


@dataclass(frozen=True)
class Snapshot:
    """The generator's view at one moment: the same latents, round after round."""

    round: int
    images: Tensor  # (64, C, H, W), float16, normalised; 16 of them for label maps
    teacher_logits: Tensor  # (64, classes), float32; (16, classes, H, W), float16
    student_logits: Tensor  # as the teacher's
    accuracy: float  # of the student on the test split, or mean IoU (measured, never used)
    discrepancy: float  # mean |T(x) - S(x)| on the test split (measured, never used)


@dataclass(frozen=True)
class StudentRun:
    """A distilled student, its generator, and the record of the game."""

    student: nn.Module
    generator: nn.Module
    records: list[distill.Record]
    snapshots: list[Snapshot]  # the first before round 1, the last after the last round
    seconds: float  # wall time, measuring included
    teacher: TeacherRun
    note: str  # about the images it learnt on; empty for the original data and for none
    key: str

    @property
    def accuracy(self) -> float:
        """Test accuracy after the last round."""
        return self.snapshots[-1].accuracy


class OutOfTime(Exception):
    """The minutes given were over; what was done is saved, and the same call goes on with it."""


def get_teacher(settings: Profile, *, deadline: float | None = None) -> TeacherRun:
    """The teacher of these settings, trained now if nobody has yet.

    An interrupted training goes on after the epoch in which it was last saved.

    Args:
        settings: the profile.
        deadline: when to stop, on the clock of ``time.monotonic``; None: when it is done.

    Raises:
        OutOfTime: ``deadline`` passed.
        dfad_lite.data.DataError: the data can't be had.
    """
    test = data.load(settings.dataset, "test", size=settings.image_size)
    device = profiles.device_of(settings)
    model = new_classifier(settings, settings.teacher_model, test, seed=settings.seed)
    fields = store.plain(settings)
    made_from = {name: fields[name] for name in fields if name.startswith("teacher_")}
    if settings.teacher_weights == "random" or not models.load_imagenet(model):
        del made_from["teacher_weights"]  # so that both ways to random weights are one teacher
    made_from |= {name: fields[name] for name in ("dataset", "image_size", "seed")}
    made_from |= {"version": test.version, "recipe": teacher.RECIPE}
    key = store.key_of(
        f"{settings.dataset}-{settings.teacher_model}-seed{settings.seed}", made_from
    )
    with store.locked("teachers", key):
        found = store.get("teachers", key)
        if found is None:
            train = data.load(settings.dataset, "train", size=settings.image_size)
            training = teacher.Training(model, train, settings, device=device)
            history, seconds = _train(training, key, deadline)
            content = {"model": model.state_dict(), "history": [asdict(e) for e in history]}
            accuracy = metrics.accuracy(model, test)
            store.put(
                "teachers",
                key,
                content,
                {"made_from": made_from, "seconds": seconds, "metrics": {"accuracy": accuracy}},
            )
            _unfinished(key).unlink(missing_ok=True)
            found = store.get("teachers", key)
    content, manifest = found
    model.load_state_dict(content["model"])
    return TeacherRun(
        model=models.frozen(model.to(device=device, memory_format=torch.channels_last)),
        history=[teacher.Epoch(**epoch) for epoch in content["history"]],
        accuracy=manifest["metrics"]["accuracy"],
        seconds=manifest["seconds"],
        note=test.note,
        key=key,
    )


def _train(
    training: teacher.Training, key: str, deadline: float | None
) -> tuple[list[teacher.Epoch], float]:
    """Train to the end, from the last save if there is one; the epochs, and the seconds."""
    path, history, before = _unfinished(key), [], 0.0
    if path.exists():
        try:
            saved = store.load_tensors(path)
            training.load_state_dict(saved["training"])
            history = [teacher.Epoch(**epoch) for epoch in saved["history"]]
            before = saved["seconds"]
        except (store.DamagedFile, KeyError) as error:
            store.set_aside(path, str(error))
    total = training.settings.teacher_epochs
    started = last_save = time.monotonic()
    with tqdm(
        total=total, initial=len(history), desc="training the teacher", unit="epoch"
    ) as progress:
        for epoch in training.epochs():
            history.append(epoch)
            progress.set_postfix(loss=f"{epoch.loss:.3f}")
            progress.update()
            now = time.monotonic()
            late = deadline is not None and now > deadline and epoch.epoch < total
            if late or now - last_save > 30:
                kept = {"history": [asdict(e) for e in history], "seconds": before + now - started}
                store.save_tensors(path, {**kept, "training": training.state_dict()})
                last_save = now
            if late:
                raise OutOfTime(f"teacher: {epoch.epoch} of {total} epochs")
    return history, before + time.monotonic() - started


def get_student(
    settings: Profile,
    *,
    inputs: str = "generator",
    method: str = "DFAD",
    save_every_seconds: float = 15.0,
    minutes: float | None = None,
) -> StudentRun:
    """The student of these settings, distilled now if nobody has yet.

    An interrupted run goes on where it was last saved, to the same student.

    Args:
        settings: the profile.
        inputs: what the student learns on: ``"generator"`` (DFAD); or, without a generation
            stage, ``"noise"`` (standard normal pixels, the paper's RANDOM), ``"original"``,
            ``"related"`` or ``"unrelated"`` images, or those of a data set by its name.
        method: one of :data:`dfad_lite.family.METHODS`, which may change the settings.
        save_every_seconds: how much of an interrupted run may have to be played again.
        minutes: stop after so many, teacher included, and save; None: when it is done.

    Raises:
        OutOfTime: the minutes are over; the same call goes on.
        ValueError: ``inputs`` or ``method`` is unknown, or ``inputs`` leave a method no generator.
        dfad_lite.data.DataError: the data can't be had.
    """
    if inputs not in ("generator", "noise"):
        inputs = baselines.dataset_of(inputs, settings.dataset)  # unknown names stop here
    if method not in family.METHODS:
        raise ValueError(f"method={method!r} is unknown: take one of {', '.join(family.METHODS)}.")
    if method != "DFAD" and inputs != "generator":
        raise ValueError(f"method={method!r} needs its generator: leave inputs={inputs!r} out.")
    settings = family.METHODS[method].settings_for(settings)
    deadline = None if minutes is None else time.monotonic() + 60 * minutes
    trained = get_teacher(settings, deadline=deadline)
    made_from = {
        name: value
        for name, value in store.plain(settings).items()
        if not name.startswith("teacher_") and name not in ("name", "device", "threads")
    }
    made_from |= {"teacher": trained.key, "inputs": inputs, "recipe": distill.RECIPE}
    title = "" if inputs == "generator" else f"-{inputs}"
    if method != "DFAD":
        made_from |= {"method": method, "recipe": family.RECIPE}
        title = f"-{method}"
    key = store.key_of(
        f"{settings.dataset}-{settings.student_model}{title}-seed{settings.seed}", made_from
    )
    test = data.load(settings.dataset, "test", size=settings.image_size)
    game = new_game(settings, trained.model, test, method=method)
    with store.locked("students", key):
        found = store.get("students", key)
        if found is None:
            game.source, note = source_of(inputs, settings, test)
            content, seconds = _play(game, test, key, save_every_seconds, deadline)
            final = content["snapshots"][-1]
            measured = {"accuracy": final["accuracy"], "teacher_accuracy": trained.accuracy}
            store.put(
                "students",
                key,
                content,
                {"made_from": made_from, "seconds": seconds, "metrics": measured, "note": note},
            )
            _unfinished(key).unlink(missing_ok=True)
            found = store.get("students", key)
    content, manifest = found
    game.student.load_state_dict(content["student"])
    game.generator.load_state_dict(content["generator"])
    return StudentRun(
        student=models.frozen(game.student),
        generator=models.frozen(game.generator),
        records=[distill.Record(*row) for row in content["records"]],
        snapshots=[Snapshot(**snapshot) for snapshot in content["snapshots"]],
        seconds=manifest["seconds"],
        teacher=trained,
        note=manifest.get("note", ""),
        key=key,
    )


def new_classifier(
    settings: Profile, name: str, like: data.Split, *, seed: int | None = None
) -> nn.Module:
    """A fresh network ``name`` that fits the images and classes of ``like``."""
    return models.classifier(
        name,
        channels=like.images.shape[1],
        classes=len(like.classes),
        size=settings.image_size,
        seed=seed,
    )


def new_generator(settings: Profile, like: data.Split, *, seed: int | None = None) -> nn.Module:
    """A fresh generator of images shaped like those of ``like``."""
    return models.generator(
        settings.generator_model,
        latent_size=settings.latent_size,
        channels=like.images.shape[1],
        size=settings.image_size,
        width=settings.generator_width,
        end_norm=settings.generator_end_norm,
        seed=seed,
    )


def source_of(
    inputs: str, settings: Profile, like: data.Split
) -> tuple[Callable[[distill.Game], Tensor] | None, str]:
    """What stands in the generator's place in a game (None: nothing), and what to say about it.

    Args:
        inputs: as in :func:`get_student`.
        settings: dataset and image size.
        like: images of the teacher's data: channels, mean and std are taken from it.
    """
    if inputs == "generator":
        return None, ""
    if inputs == "noise":
        return baselines.noise(like.images.shape[1], settings.image_size), ""
    name = baselines.dataset_of(inputs, settings.dataset)
    images = baselines.foreign(name, like, size=settings.image_size)
    return baselines.drawn_from(images), images.note


def new_game(
    settings: Profile, trained: nn.Module, like: data.Split, *, method: str = "DFAD"
) -> distill.Game:
    """A game at round 0. Of ``like`` only the shape of an image and the class count are used.

    The settings are taken as they are; see :meth:`dfad_lite.distill.Game.settings_for`.
    """
    return family.METHODS[method](
        trained,
        # Other weights than the teacher began with, though the networks may be alike.
        new_classifier(settings, settings.student_model, like, seed=settings.seed + 1000),
        new_generator(settings, like, seed=settings.seed + 2000),
        settings,
        device=profiles.device_of(settings),
    )


def _unfinished(key: str):
    return store.default_root() / ".unfinished" / f"{key}.pt"


def _play(
    game: distill.Game,
    test: data.Split,
    key: str,
    save_every_seconds: float,
    deadline: float | None = None,
) -> tuple[dict[str, Any], float]:
    """Play to the end, from the last save if there is one; what to keep, and the seconds."""
    settings, path = game.settings, _unfinished(key)
    kept: dict[str, Any] = {"records": [], "snapshots": [], "seconds": 0.0}
    if path.exists():
        try:
            saved = store.load_tensors(path)
            game.load_state_dict(saved.pop("game"))
            kept = saved
        except (store.DamagedFile, KeyError) as error:
            store.set_aside(path, str(error))
    started_at, resumed = game.round, time.perf_counter()
    started = resumed - kept["seconds"]
    last_save = time.perf_counter()
    real, fixed = test.normalised(device=game.device), torch.Generator().manual_seed(settings.seed)
    latents = torch.randn(SAMPLES, settings.latent_size, generator=fixed).to(game.device)
    wanted = metrics.logits(game.teacher, real)  # once: the teacher never changes

    def keep_snapshot() -> None:
        kept["snapshots"].append(_snapshot(game, latents, real, wanted, test.labels))

    if not kept["snapshots"]:
        keep_snapshot()
    with tqdm(
        total=settings.rounds, initial=game.round, desc="distilling", unit="round"
    ) as progress:
        # On a GPU losses are read once in so many rounds, of which every snapshot's is one.
        fetch_every = math.gcd(50, settings.snapshot_every) if game.device.type == "cuda" else 1
        for record in game.play(fetch_every=fetch_every):
            kept["records"].append(list(asdict(record).values()))
            if record.round % settings.snapshot_every == 0 or record.round == settings.rounds:
                keep_snapshot()
                if settings.name == "paper" and not sys.stdout.isatty():
                    # Hours without a terminal, such as under papermill: a line now and then.
                    speed = (record.round - started_at) / (time.perf_counter() - resumed)
                    left = (settings.rounds - record.round) / speed / 60
                    print(
                        f"round {record.round:,} of {settings.rounds:,}: "
                        f"accuracy {kept['snapshots'][-1]['accuracy']:.4f}, "
                        f"imitation {record.imitation:.3g}, generation {record.generation:.3g}, "
                        f"{speed:.2g} rounds/s, {left:.0f} min left",
                        flush=True,
                    )
                progress.set_postfix(
                    accuracy=f"{kept['snapshots'][-1]['accuracy']:.3f}",
                    imitation=f"{record.imitation:.3g}",
                    generation=f"{record.generation:.3g}",
                )
            late = deadline is not None and time.monotonic() > deadline
            late = late and record.round == game.round < settings.rounds
            pause = time.perf_counter() - last_save > save_every_seconds
            if late or (pause and record.round == game.round):
                kept["seconds"] = time.perf_counter() - started
                store.save_tensors(path, {**kept, "game": game.state_dict()})
                last_save = time.perf_counter()
            progress.update()
            if late:
                raise OutOfTime(f"student: {game.round} of {settings.rounds} rounds")
    seconds = time.perf_counter() - started
    if not all(torch.isfinite(weight).all() for weight in game.student.parameters()):
        warnings.warn(
            "the student's weights are not finite: the game diverged. Lower student_lr.",
            stacklevel=3,
        )
    content = {
        "student": game.student.state_dict(),
        "generator": game.generator.state_dict(),
        "records": kept["records"],
        "snapshots": kept["snapshots"],
    }
    return content, seconds


def _snapshot(
    game: distill.Game, latents: Tensor, real: Tensor, wanted: Tensor, labels: Tensor
) -> dict[str, Any]:
    """What is to see now. A copy of the generator draws, so that the game goes on untouched.

    Where noise takes the generator's place, the samples are the game's next ones.
    """
    with torch.no_grad():
        # In train mode, as in the game: batch norm with the batch's own statistics.
        images = game.source(game) if game.source else copy.deepcopy(game.generator)(latents)
    student_real = metrics.logits(game.student, real)
    kept, dtype = (SAMPLES, torch.float32) if labels.dim() == 1 else (MAPS, torch.float16)
    return {
        "round": game.round,
        "images": images[:kept].half().cpu(),
        "teacher_logits": metrics.logits(game.teacher, images[:kept]).to(dtype).cpu(),
        "student_logits": metrics.logits(game.student, images[:kept]).to(dtype).cpu(),
        "accuracy": metrics.score(student_real, labels),
        "discrepancy": (student_real - wanted).abs().mean().item(),
    }
