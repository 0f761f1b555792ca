"""Teachers and students by their settings: loaded when somebody made them, made when not.

What a notebook needs from an earlier one comes from here, so that each runs alone. Test images
are for measuring only; the game itself never gets them.
"""

import copy
import math
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
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

    @property
    def hardness(self) -> Tensor:
        """Mean |T(x) - S(x)| of each sample, ``(64,)``, in logits."""
        gap = self.teacher_logits.float() - self.student_logits.float()
        return gap.abs().flatten(1).mean(1)


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

    An interrupted training goes on after the epoch in which it was last saved. ``deadline``, on
    the clock of ``time.monotonic``, is when to stop; None trains to the end.

    Raises:
        OutOfTime: ``deadline`` passed.
        dfad_lite.data.DataError: the data can't be had.
    """
    test = data.load(settings.dataset, "test", size=settings.image_size)
    device = profiles.apply(settings)
    _check_suits(settings, "teacher_model", test)
    model = models.classifier(
        settings.teacher_model,
        channels=test.channels,
        classes=len(test.classes),
        size=settings.image_size,
        seed=settings.seed,
    )
    made_from = {
        name: value
        for name, value in store.plain(settings).items()
        if name.startswith("teacher_") or name in ("dataset", "image_size", "seed")
    }
    loaded = False
    if settings.teacher_weights == "imagenet":
        from dfad_lite import paper_nets  # torchvision takes seconds to import

        loaded = paper_nets.load_imagenet(model)
    if not loaded:
        del made_from["teacher_weights"]  # so that both ways to random weights are one teacher
    made_from |= {"version": test.version, "recipe": teacher.RECIPE}
    key = store.key_of(
        f"{settings.dataset}-{settings.teacher_model}-seed{settings.seed}", made_from
    )

    def load(content: dict[str, Any], manifest: dict[str, Any]) -> TeacherRun:
        net = copy.deepcopy(model)  # so that weights that fit in part leave the model as it is
        net.load_state_dict(content["model"])
        return TeacherRun(
            model=net,
            history=[teacher.Epoch(**epoch) for epoch in content["history"]],
            accuracy=manifest["metrics"]["accuracy"],
            seconds=manifest["seconds"],
            note=test.note,
            key=key,
        )

    def make() -> tuple[dict[str, Any], dict[str, Any]]:
        train = data.load(settings.dataset, "train", size=settings.image_size)
        training = teacher.Training(model, train, settings, device=device)
        kept = carry_on(training, training.epochs(), key, deadline=deadline)
        history = [asdict(teacher.Epoch(*row)) for row in kept["records"]]
        measured = {"accuracy": metrics.accuracy(model, test)}
        content = {"model": model.state_dict(), "history": history}
        return content, {"seconds": kept["seconds"], "metrics": measured}

    found = _kept_or_made("teachers", key, made_from, load, make)
    models.frozen(found.model.to(device=device, memory_format=torch.channels_last))
    return found


def _kept_or_made(kind: str, key: str, made_from: dict, load: Callable, make: Callable) -> Any:
    """What ``load`` makes of an artefact's content and manifest; ``make`` gives them if need be."""
    with store.locked(kind, key):
        found = store.get(kind, key, made_from, load)
        if found is None:
            content, manifest = make()
            store.put(kind, key, content, {"made_from": made_from, **manifest})
            unfinished(key).unlink(missing_ok=True)
            found = store.get(kind, key, made_from, load)
    return found


def _check_suits(settings: Profile, name: str, test: data.Split) -> None:
    """Refuse a classifier where every pixel has a label, and a segmenter where none has."""
    maps, model = test.labels.dim() == 3, getattr(settings, name)
    fitting = profiles.SEGMENTERS if maps else profiles.CLASSIFIERS
    if model not in fitting:
        raise ValueError(
            f"{name}={model!r} does not suit dataset={settings.dataset!r}, which has a label for "
            f"each {'pixel' if maps else 'image'}: take one of {', '.join(fitting)}."
        )


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
        inputs: what the student learns on: ``"generator"`` (DFAD); or, without a generation
            stage, ``"noise"`` (standard normal pixels, the paper's RANDOM), ``"original"``,
            ``"related"`` or ``"unrelated"`` images, or those of a data set by its name.
        method: one of :data:`dfad_lite.family.METHODS`, which may change the settings; where each
            pixel has a label, one of ``family.FOR_MAPS``.
        save_every_seconds: of play; as much may be lost when the run is interrupted.
        minutes: after which to save and stop, the teacher's training included; None plays on to
            the end.

    Raises:
        OutOfTime: the minutes are over; the same call goes on.
        ValueError: ``inputs`` or ``method`` is unknown, or ``inputs`` leave a method no generator.
        dfad_lite.data.DataError: the data can't be had.
    """
    if inputs not in ("generator", "noise"):
        inputs = baselines.dataset_of(inputs, settings.dataset)  # unknown names stop here
    family.named(method)  # and here
    if method != "DFAD" and inputs != "generator":
        raise ValueError(f"method={method!r} needs its generator: leave inputs={inputs!r} out.")
    deadline = None if minutes is None else time.monotonic() + 60 * minutes
    test = data.load(settings.dataset, "test", size=settings.image_size)
    _check_suits(settings, "student_model", test)
    kind = family.named(method, maps=test.labels.dim() == 3)
    # Made for nothing, so that players that can't be made are refused before the teacher trains.
    distill.new_game(distill.settings_of(kind, settings), nn.Identity(), test, device="cpu")
    trained = get_teacher(settings, deadline=deadline)
    game = distill.new_game(settings, trained.model, test, kind)
    settings = game.settings
    made_from = {
        name: value
        for name, value in store.plain(settings).items()
        if not name.startswith("teacher_") and name not in ("name", "device", "threads")
    }
    made_from |= {"teacher": trained.key, "inputs": inputs, "recipe": game.RECIPE}
    title = "" if inputs == "generator" else f"-{inputs}"
    if method != "DFAD":
        made_from |= {"method": method}
        title = f"-{method}"
    key = store.key_of(
        f"{settings.dataset}-{settings.student_model}{title}-seed{settings.seed}", made_from
    )

    def make() -> tuple[dict[str, Any], dict[str, Any]]:
        game.source, note = baselines.source_of(inputs, settings, test)
        stops = {"deadline": deadline, "save_every_seconds": save_every_seconds}
        content = _play(game, test, key, **stops)
        final = content["snapshots"][-1]
        measured = {"accuracy": final["accuracy"], "teacher_accuracy": trained.accuracy}
        return content, {"seconds": content.pop("seconds"), "metrics": measured, "note": note}

    load = partial(_student_run, game, trained, key)
    return _kept_or_made("students", key, made_from, load, make)


def stored_student(key: str) -> StudentRun:
    """A student of the cache by its key, as ``python -m dfad_lite cache list`` shows it.

    Raises:
        ValueError: no such student is kept, or its teacher is not.
        dfad_lite.data.DataError: the teacher's data, which say what its images are, can't be had.
    """
    found = store.get("students", key)
    if found is None:
        raise ValueError(
            f"{key!r} is no student of the cache: `python -m dfad_lite cache list` shows those."
        )
    made_from = found[1]["made_from"]
    taught = store.get("teachers", made_from["teacher"])
    if taught is None:
        raise ValueError(f"{key!r}: its teacher, {made_from['teacher']}, is not in the cache.")
    known = made_from | taught[1]["made_from"]  # the teacher's settings are in its own
    fields = {name: known[name] for name in vars(profiles.QUICK) if name in known}
    settings = profiles.load("quick", **fields)
    trained = get_teacher(settings)
    test = data.load(settings.dataset, "test", size=settings.image_size)

    class Kept(family.METHODS[made_from.get("method", "DFAD")]):
        CHANGES = {}  # these settings are those that the method has changed already

    game = distill.new_game(settings, trained.model, test, Kept)
    return _student_run(game, trained, key, *found)


def _student_run(
    game: distill.Game,
    trained: TeacherRun,
    key: str,
    content: dict[str, Any],
    manifest: dict[str, Any],
) -> StudentRun:
    """What is kept of a game, in copies of its players."""
    student, generator = copy.deepcopy((game.student, game.generator))
    student.load_state_dict(content["student"])
    generator.load_state_dict(content["generator"])
    return StudentRun(
        student=models.frozen(student),
        generator=models.frozen(generator),
        records=[distill.Record(*row) for row in content["records"]],
        snapshots=[Snapshot(**snapshot) for snapshot in content["snapshots"]],
        seconds=manifest["seconds"],
        teacher=trained,
        note=manifest["note"],
        key=key,
    )


def unfinished(key: str) -> Path:
    """Where work that is not done yet is saved."""
    return store.default_root() / ".unfinished" / f"{key}.pt"


def carry_on(
    work: teacher.Training | distill.Game,
    steps: Iterator[Any],
    key: str,
    *,
    look: Callable[[Any, dict[str, Any]], dict[str, str]] | None = None,
    deadline: float | None = None,
    save_every_seconds: float = 30.0,
) -> dict[str, Any]:
    """Work to the end, from the last save if there is one, with a bar, and save now and then.

    Args:
        work: what has ``done``, ``total`` and a state.
        steps: its ``epochs()`` or ``play()``: records, whose first entry counts what is done.
        key: names the file of what is not done yet; the caller removes it in the end.
        look: called with each record, and with what is kept, to which it may add; what it
            returns is shown behind the bar.
        deadline: when to stop, on the clock of ``time.monotonic``.
        save_every_seconds: of work; as much may be lost when it is interrupted.

    Returns:
        What is kept: ``records``, a list of each record's values; ``seconds`` of work; and
        whatever ``look`` added.

    Raises:
        OutOfTime: ``deadline`` passed; all that was done is saved.
    """
    what, unit = ("student", "round") if isinstance(work, distill.Game) else ("teacher", "epoch")
    path = unfinished(key)
    # Twice, for the old file stays while the new one is written: weights with their optimiser's two
    # averages, and memories, which have none.
    state = work.state_dict()
    store.need_room(path.parent, 2 * _bytes(state.pop("parts", {})) + 6 * _bytes(state))

    def read(path: Path) -> dict[str, Any]:
        saved, fresh = store.load_tensors(path), copy.deepcopy(work.state_dict())
        try:
            work.load_state_dict(saved.pop("work"))
            if len(saved["records"]) != work.done:
                raise ValueError(f"{len(saved['records'])} records, {work.done} {unit}s")
            return {**saved, "seconds": float(saved["seconds"])}
        except store.UNREADABLE:
            work.load_state_dict(fresh)  # no part of a damaged save may stay
            raise

    kept = store.kept(path, read) or {"records": [], "seconds": 0.0}
    started = saved_at = time.monotonic()
    before = kept["seconds"]
    with tqdm(total=work.total, initial=work.done, desc=what, unit=unit) as progress:
        for record in steps:
            number, *_ = row = list(asdict(record).values())
            kept["records"].append(row)
            if look is not None:
                progress.set_postfix(look(record, kept), refresh=False)
            progress.update()
            if number != work.done:
                continue  # a GPU's losses come in a row, when the game is ahead of them
            now = time.monotonic()
            kept["seconds"] = before + now - started
            late = deadline is not None and now > deadline and work.done < work.total
            if late or now - saved_at > save_every_seconds:
                store.save_tensors(path, {**kept, "work": work.state_dict()})
                saved_at = time.monotonic()
                # A game that keeps many images takes seconds to save: not half of its time.
                save_every_seconds = max(save_every_seconds, 20 * (saved_at - now))
            if late:
                raise OutOfTime(f"{what}: {work.done} of {work.total} {unit}s")
    return kept


def _bytes(state: Any) -> int:
    """The size of all tensors in nested dictionaries."""
    if isinstance(state, dict):
        return sum(map(_bytes, state.values()))
    return state.nbytes if isinstance(state, Tensor) else 0


def _play(game: distill.Game, test: data.Split, key: str, **stops: Any) -> dict[str, Any]:
    """Play to the end, with a snapshot now and then; returns what to keep, and the seconds.

    ``stops`` are ``deadline`` and ``save_every_seconds`` of :func:`carry_on`.
    """
    settings = game.settings
    real, fixed = test.normalised(device=game.device), torch.Generator().manual_seed(settings.seed)
    latents = torch.randn(SAMPLES, settings.latent_size, generator=fixed).to(game.device)
    wanted = metrics.logits(game.teacher, real)  # once: the teacher never changes
    snapshot = partial(_snapshot, game, latents, real, wanted, test.labels)
    first = asdict(snapshot())

    def look(record: distill.Record, kept: dict[str, Any]) -> dict[str, str]:
        snapshots = kept.setdefault("snapshots", [first])
        if record.round % settings.snapshot_every == 0 or record.round == settings.rounds:
            snapshots.append(asdict(snapshot()))
            if settings.name == "paper" and not sys.stdout.isatty():
                # Hours without a terminal, such as under papermill, which has no bar: a line each.
                now, seconds = snapshots[-1]["accuracy"], kept["seconds"]
                print(f"{record}, accuracy {now:.4f}, {seconds:.0f} s", flush=True)
        return {
            "accuracy": f"{snapshots[-1]['accuracy']:.3f}",
            "imitation": f"{record.imitation:.3g}",
            "generation": f"{record.generation:.3g}",
        }

    # On a GPU losses are read once in so many rounds, of which every snapshot's is one.
    fetch_every = math.gcd(50, settings.snapshot_every) if game.device.type == "cuda" else 1
    kept = carry_on(game, game.play(fetch_every=fetch_every), key, look=look, **stops)
    if not all(torch.isfinite(weight).all() for weight in game.student.parameters()):
        warnings.warn(
            "the student's weights are not finite: the game diverged. Lower student_lr.",
            stacklevel=5,
        )
    networks = {"student": game.student.state_dict(), "generator": game.generator.state_dict()}
    return networks | kept


def _snapshot(
    game: distill.Game, latents: Tensor, real: Tensor, wanted: Tensor, labels: Tensor
) -> Snapshot:
    """What is to see now. A copy of the generator draws, so that the game goes on untouched.

    Where noise takes the generator's place, the samples are the game's next ones.
    """
    with torch.no_grad():
        # In train mode, as in the game: batch norm with the batch's own statistics.
        images = game.source(game) if game.source else copy.deepcopy(game.generator)(latents)
    student_real = metrics.logits(game.student, real)
    kept, dtype = (SAMPLES, torch.float32) if labels.dim() == 1 else (MAPS, torch.float16)
    said = [metrics.logits(net, images[:kept]).to(dtype) for net in (game.teacher, game.student)]
    return Snapshot(
        round=game.round,
        images=images[:kept].half().cpu(),
        teacher_logits=said[0].cpu(),
        student_logits=said[1].cpu(),
        accuracy=metrics.score(student_real, labels),
        discrepancy=(student_real - wanted).abs().mean().item(),
    )
