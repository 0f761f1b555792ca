"""A teacher of your own, tried and distilled (``python -m dfad_lite distill``).

:func:`plan` tries everything before the first round, and refuses with a sentence what can't work.
:func:`play` distils, watches the game, and plays a failed one again at a lower learning rate. The
results lie in a folder, where ``report`` measures and shows them:

* ``run.json``: the request, and how each try went;
* ``made.pt``: the best try's student and generator, the game's curve, samples;
* ``student.pt``: the student's state dict, for use elsewhere.
"""

import copy
import dataclasses
import importlib.metadata
import math
import platform
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torchvision.transforms import Normalize

from dfad_lite import (
    adapt,
    artefacts,
    checkpoint,
    distill,
    estimates,
    family,
    losses,
    metrics,
    models,
    profiles,
    store,
)
from dfad_lite.data.split import Split, described, to_display
from dfad_lite.profiles import Profile

# How a run can end, and the command's exit status then.
STATUS = {"good": 0, "stopped": 3, "failed": 4}
TRIES = 3  # a first one, and two gentler ones
CHECKS = 20  # of a game while it is played
LOOKED_AT = 128  # generated images in each check
MEMORY = 2**31  # bytes that a batch's way back through both networks may take
# A student has failed when it agrees with its teacher on fewer than this share of the images that
# the teacher is surest of; report.verdict says how often that is wrong.
FAILED_BELOW = 0.65
# Of label maps, by four students of drawn scenes: 0.50, 0.59 of poor and 0.62, 0.64 of good ones.
MAPS_FAILED_BELOW = 0.6

# Settings of the course's profiles that a run does not use, or has an option for.
UNUSED = ("name", "dataset", "image_size", "student_model", "rounds", "seed", "snapshot_every")


# ---------------------------------------------------------------- what is to be done


@dataclass(frozen=True)
class Request:
    """A request for a distillation, as the command's options have it."""

    teacher: Path  # its file, as in checkpoint.load_teacher
    size: str  # of its images: "28", or height and width as in "32x48"
    arch: str | None = None  # as in checkpoint.builder; None where the file holds the network
    classes: int | None = None  # number of logits; None takes what the teacher answers
    channels: int | None = None  # of an image; None asks the teacher's first convolution
    task: str = "classification"  # or segmentation
    mean: str | None = None  # of the teacher's inputs, with commas, or "none"; None: not known
    std: str | None = None  # the same
    student: str | None = None  # a network of the course, or as arch; None: see filled_in
    method: str | None = None  # one of family.METHODS; None: see filled_in
    rounds: int | None = None  # None: see filled_in
    seed: int = 0  # of weights and latents
    weights: str | None = None  # which copy in the file, such as "ema"
    trust: bool = False  # whether code in the file may run
    changes: Mapping[str, Any] = field(default_factory=dict)  # other settings of the profile


@dataclass(frozen=True)
class Plan:
    """A request whose every part was tried."""

    request: Request  # with all that it left open filled in
    teacher: adapt.Logits
    like: Split  # without images: their shape, mean and std, and the classes' names
    settings: Profile
    key: str  # of the request and the teacher's file

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of an image."""
        return tuple(self.like.images.shape[-2:])

    @property
    def pixels(self) -> bool:
        """Whether black and white are known, since mean and std were given."""
        return {self.request.mean, self.request.std} != {None}


def sides(text: str) -> tuple[int, int]:
    """Height and width of ``"28"`` or ``"32x48"``.

    Raises:
        ValueError: no such numbers, or out of range.
    """
    found = re.fullmatch(r"(\d{1,4})(?:x(\d{1,4}))?", text.lower(), re.ASCII)
    height, width = (int(found[1]), int(found[2] or found[1])) if found else (0, 0)
    if not (8 <= min(height, width) and max(height, width) <= 512):
        raise ValueError(
            f"size={text!r}: write one number, or height and width as in 32x48; each side must be "
            "from 8 to 512 pixels."
        )
    return height, width


def statistics(request: Request, channels: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean and std of the teacher's inputs by channel.

    ``"none"`` is 0 and 1: images from 0 to 1 as they are. If neither is given they are 0.5 and
    0.25, which puts black and white at -2 and 2, as with most teachers.

    Raises:
        ValueError: only one of the two is given, or numbers are out of range.
    """
    given = (request.mean, request.std)
    if set(given) == {None}:
        given = ("0.5", "0.25")
    elif set(given) <= {"none", None}:
        given = ("0", "1")
    elif set(given) & {"none", None}:
        raise ValueError(f"mean={given[0]!r}, std={given[1]!r}: give both, or none for both.")
    numbers = []
    for name, text in zip(("mean", "std"), given, strict=True):
        try:
            values = tuple(float(part) for part in text.split(","))
        except ValueError as error:
            raise ValueError(f"{name}={text!r}: write numbers as in 0.5,0.5,0.5.") from error
        if not all(math.isfinite(v) and (v <= 1 if name == "mean" else v > 0) for v in values):
            raise ValueError(
                f"{name}={text!r}: numbers must be finite, a mean at most 1 and a std above 0; "
                "divide those of images from 0 to 255 by 255."
            )
        numbers.append(values * channels if len(values) == 1 else values)
    return numbers[0], numbers[1]


def plan(request: Request) -> Plan:
    """Read a teacher and try all that a game against it needs, a first round included.

    Raises:
        ValueError: something does not work; says what, and what to do.
    """
    size, batch_chosen = sides(request.size), "batch_size" in request.changes
    settings_of(request, size)  # wrong settings are refused before the file is read
    how = {name: getattr(request, name) for name in ("arch", "classes", "task", "weights", "trust")}
    net = checkpoint.load_teacher(request.teacher, **how)
    channels = request.channels or adapt.channels_of(net)
    if channels is None:
        raise ValueError(
            "channels=None: the teacher has no convolution that tells them; say --channels, 1 for "
            "grey images and 3 for colour."
        )
    about = {"channels": channels, "size": size, "classes": ()}
    mean, std = statistics(request, channels)
    like = described(request.teacher.name, **about, mean=mean, std=std)
    if min(std) < 0.05:  # inputs from 0 to 255, say: the student gets smaller ones, or it diverges
        unit = Normalize([(m - 0.5) / 0.25 for m in mean], [s / 0.25 for s in std])
        net = nn.Sequential(unit, net)
        like = dataclasses.replace(like, mean=(0.5,) * channels, std=(0.25,) * channels)
    images = adapt.in_range(adapt.probes(channels, size), like.mean, like.std)
    teacher = adapt.as_logits(net, images, task=request.task, classes=request.classes)
    like = dataclasses.replace(like, classes=tuple(str(label) for label in range(teacher.classes)))
    request = filled_in(request, teacher, like)
    settings = settings_of(request, size)
    made_from = store.plain(request) | {"file": store.sha256(request.teacher)}
    key = store.key_of(f"own-{request.teacher.stem}", made_from)
    made = Plan(request, teacher, like, settings, key)
    few = {"batch_size": 2, "imitation_steps": 1}  # a deep teacher of large images takes long
    game = new_game(made, dataclasses.replace(settings, **few))
    try:
        record, images = next(game.play(1)), images[:2].to(game.device)
        each = sum(adapt.bytes_an_image(net, images) for net in (game.teacher, game.student))
    except Exception as error:  # a network that can't be trained, a method that does not suit it
        raise ValueError(
            f"student={request.student!r}, method={request.method!r}: a first round fails "
            f"({checkpoint.reason(error)}); take another student, or --method Broad."
        ) from error
    if not math.isfinite(record.imitation):
        raise ValueError("the first round's loss is not finite: are --mean and --std right?")
    if batch_chosen:
        return made
    batch = max(8, min(settings.batch_size, int(MEMORY / each)))
    return dataclasses.replace(made, settings=dataclasses.replace(settings, batch_size=batch))


def filled_in(request: Request, teacher: nn.Module, like: Split) -> Request:
    """The request with method, rounds, student and settings where it leaves them open.

    By ``results/zoo.csv``: ``Grids`` for a classifier with convolutions, led by what batch norms
    remember if there are some, and then the student has them, too. Others get ``Broad``.
    """
    maps = request.task == "segmentation"
    convolves = any(weight.dim() == 4 for weight in teacher.parameters())  # in programs, too
    grids = request.method == "Grids" or (request.method is None and convolves and not maps)
    norms = (layer for layer in teacher.modules() if isinstance(layer, nn.BatchNorm2d))
    remembers = grids and any(layer.running_mean is not None for layer in norms)
    grey, (height, width) = like.channels == 1, like.images.shape[-2:]
    if maps:
        student = "segmenter8"
    elif grey and not remembers and height == width <= 32 and height % 4 == 0:
        student = "small16"
    else:
        student = "resnet8_half" if grey and grids else "resnet8"
    # As in the zoo; colours take more steps of more images.
    changes = {"batch_size": 64, "imitation_steps": 40} if grids and grey else {}
    return dataclasses.replace(
        request,
        method="Grids" if grids else request.method or "Broad",
        rounds=request.rounds or (200 if grids else 2000),
        student=request.student or student,
        changes=changes | dict(request.changes),
    )


def settings_of(request: Request, size: tuple[int, int]) -> Profile:
    """The settings of a run: ``quick``'s, as changed by the method and then by the request.

    Raises:
        ValueError: a task, a method or a setting is unknown, or has no meaning here.
    """
    if request.task not in checkpoint.TASKS:
        raise ValueError(f"task={request.task!r}: take one of {', '.join(checkpoint.TASKS)}.")
    kind = family.named(request.method or "Broad", maps=request.task == "segmentation")
    for name, value in request.changes.items():
        if name in (*UNUSED, "profile") or name.startswith("teacher_"):
            raise ValueError(
                f"{name}={value!r} has no meaning here: say --size, --student, --rounds or --seed; "
                "the teacher is trained already, and its data are not needed."
            )
    rate = 0.01
    if issubclass(kind, family.Grids):  # a network of one's own may do without batch norm
        rate = 0.1 if request.student in (None, "resnet8", "resnet8_half") else 0.03
    base = {"student_lr": rate, "device": "auto", "threads": 0, "image_size": max(size)}
    # Large images are not refused for a batch that nobody asked for: profiles.check_memory.
    few = max(8, 2 * MEMORY // (80 * profiles.QUICK.generator_width * max(size) ** 2))
    base |= {"teacher_batch": 2, "batch_size": min(few, profiles.QUICK.batch_size)}
    settings = distill.settings_of(kind, profiles.load("quick", **base, seed=request.seed))
    # Not the method's rounds, which the request has; and a generator that knows the range.
    fixed = {"rounds": request.rounds or 2000, "generator_model": "exposed"}
    return profiles.load("quick", **asdict(settings) | fixed | dict(request.changes))


def new_student(plan: Plan) -> nn.Module:
    """A fresh student.

    Raises:
        ValueError: the network is unknown, or does not suit the images or the classes.
    """
    name, task, like = plan.request.student, plan.request.task, plan.like
    classes, seed = len(like.classes), plan.settings.seed + 1000
    if name not in profiles.NETWORKS:
        with models.seeded(seed):
            net = checkpoint.builder(name, task)(classes).float().eval()
        images = adapt.in_range(adapt.probes(like.channels, plan.size), like.mean, like.std)
        return adapt.as_logits(net, images, who="student", task=task, classes=classes)
    fitting = profiles.SEGMENTERS if task == "segmentation" else profiles.CLASSIFIERS
    if name not in fitting:
        raise ValueError(f"student={name!r} is not for {task}: take one of {', '.join(fitting)}.")
    shape = {"channels": like.channels, "classes": classes, "size": plan.size[0]}
    return models.classifier(name, **shape, seed=seed)


def new_game(plan: Plan, settings: Profile) -> distill.Game:
    """A game at round 0; ``settings`` are the plan's, or gentler ones."""
    step = 16 if settings.generator_model == "generator_b" else 4
    side = step * math.ceil(max(plan.size) / step)
    generator = distill.new_generator(dataclasses.replace(settings, image_size=side), plan.like)
    generator.append(adapt.Cropped(plan.size))
    # Not by distill.new_game: the settings are the method's already, with the rounds asked for.
    kind = family.METHODS[plan.request.method]
    device = profiles.apply(settings)
    return kind(plan.teacher, new_student(plan), generator, settings, device=device)


def players(game: distill.Game) -> dict[str, nn.Module]:
    """The networks of a game that are kept, the student as its author knows it."""
    student = game.student.net if isinstance(game.student, adapt.Logits) else game.student
    return {"student": student, "generator": game.generator}


# ---------------------------------------------------------------- watching a game


@dataclass(frozen=True)
class Check:
    """What one look at a game saw, on what the generator makes of the same latents each time.

    Logits are compared without their mean over the classes, which means nothing.
    """

    round: int
    gap: float  # mean |T - S|, as a share of the teacher's mean |T|
    agreement: float  # share of images (or pixels) on which both name one class
    said: int  # how many classes the student names
    named: list[int]  # the classes that the teacher names
    variety: float  # a pixel's standard deviation over the images, as a share of that of all pixels


def troubles(checks: Sequence[Check], classes: int) -> list[str]:
    """What seems wrong with a game, a few words each; empty if nothing does."""
    if not checks:
        return []
    last, best = checks[-1], min(checks, key=lambda check: check.gap)
    if not (math.isfinite(last.gap) and math.isfinite(last.variety)):
        return ["numbers that are not finite"]
    named = {label for check in checks[len(checks) // 2 :] for label in check.named}
    absent = sorted(set(range(classes)) - named)
    enough = len(checks) >= CHECKS // 2 and classes <= LOOKED_AT // 4
    grows = f"{best.gap:.2f} at round {best.round}, {last.gap:.2f} at {last.round}"
    seen = {
        "the student answers the same to everything": dead(last),
        "the generator's images are all alike": last.variety < 0.1,
        f"classes that never come: {', '.join(map(str, absent))}": absent and enough,
        f"the gap grows ({grows})": last.gap > max(2 * best.gap, 0.5) and last.round > best.round,
    }
    return [words for words, is_so in seen.items() if is_so]


def dead(check: Check) -> bool:
    """Whether the student gives one answer where the teacher gives several."""
    return check.said == 1 and len(check.named) > 2


# ---------------------------------------------------------------- playing


class Hopeless(Exception):
    """Why a game is not worth playing on."""


@dataclass(frozen=True)
class Try:
    """One game of a run, and how it went."""

    student_lr: float
    rounds: int  # that were played
    seconds: float
    estimate: float  # see estimate()
    troubles: list[str]
    ended: str  # "played" to its last round, "stopped" before it, or "given up"
    bound: float = FAILED_BELOW  # of the estimate, below which it failed

    @property
    def failed(self) -> bool:
        """Whether it failed, by its own estimate without real images."""
        return self.ended == "given up" or not self.estimate >= self.bound


def play(
    plan: Plan, out: Path, *, minutes: float | None = None, command: str = ""
) -> dict[str, Any]:
    """Distil: a game, and if it fails up to two gentler ones. An interrupted run goes on.

    Args:
        plan: from :func:`plan`.
        out: the folder for the results.
        minutes: after which to save and stop; None plays to the end.
        command: what was typed, for the report.

    Returns:
        The content of ``run.json``: its ``status`` is a key of :data:`STATUS`.

    Raises:
        ValueError: ``out`` holds another run.
    """
    deadline = None if minutes is None else time.monotonic() + 60 * minutes
    run = resumed(plan, out) | {"command": command}
    tries = run["tries"]
    while run["status"] == "stopped":
        key = f"{plan.key}-try{len(tries) + 1}"
        rate = plan.settings.student_lr / 10 ** len(tries)  # gentler each time
        settings = dataclasses.replace(plan.settings, student_lr=rate)
        one, made = play_once(plan, settings, key, deadline)
        stopped = one.ended == "stopped"
        best = all(math.isnan(t["estimate"]) or one.estimate > t["estimate"] for t in tries)
        if best and not (stopped and tries):
            store.save_tensors(out / "made.pt", made, of=plan.key)
            kept = made["student"].items()
            on_cpu = {n: v.cpu() if isinstance(v, Tensor) else v for n, v in kept}
            store.save_tensors(out / "student.pt", on_cpu)  # loads where there is no GPU, too
        if stopped:
            run["progress"] = asdict(one)
        else:
            run.pop("progress", None)
            tries.append(asdict(one))
            if not one.failed or len(tries) == TRIES:
                run["status"] = "failed" if one.failed else "good"
        store.write_json(out / "run.json", run)
        if stopped:
            break
        artefacts.unfinished(key).unlink(missing_ok=True)
        if run["status"] == "stopped":
            why = "; ".join(one.troubles) or "a low estimate"
            print(f"try {len(tries)} failed ({why}): once more at student_lr={rate / 10:g}")
    return run


def resumed(plan: Plan, out: Path) -> dict[str, Any]:
    """The content of ``run.json`` in ``out``, or that of a run which begins.

    Raises:
        ValueError: ``out`` holds another run.
    """
    if run := store.kept(out / "run.json", store.read_json):
        if run["key"] != plan.key:
            raise ValueError(
                f"out={str(out)!r} holds another run, of {run['request']['teacher']} with other "
                "options: name another folder."
            )
        made = store.kept(out / "made.pt", lambda path: store.load_tensors(path, of=plan.key))
        if made or not run["tries"]:  # without made.pt all is played again
            return run
    versions = {name: importlib.metadata.version(name) for name in ("dfad_lite", "torch")}
    return {
        "key": plan.key,
        "request": store.plain(plan.request),
        "settings": store.plain(plan.settings),
        "status": "stopped",
        "tries": [],
        "versions": {"python": platform.python_version()} | versions,
        "machine": f"{platform.processor() or platform.machine()}, {platform.system()}",
    }


def play_once(
    plan: Plan, settings: Profile, key: str, deadline: float | None
) -> tuple[Try, dict[str, Any]]:
    """Play one game, from where it was saved: how it went, and the content of ``made.pt``."""
    game = new_game(plan, settings)
    watch = Watch(game, plan)
    ended, found = "played", []
    # On a GPU losses are read once in so many rounds, of which every check's is one.
    steps = game.play(fetch_every=math.gcd(50, watch.every) if game.device.type == "cuda" else 1)
    stops = {"deadline": deadline, "save_every_seconds": 10.0}
    try:
        watch.kept |= artefacts.carry_on(game, steps, key, look=watch, **stops)
        watch.look()  # the last step, too, must have left finite numbers
    except artefacts.OutOfTime:
        ended = "stopped"
    except Hopeless as reason:
        ended, found = "given up", [str(reason)]
        for name, net in players(game).items():
            net.load_state_dict(watch.good.get(name, net.state_dict()))
    one = Try(
        student_lr=settings.student_lr,
        rounds=len(watch.kept["records"]),
        seconds=watch.kept["seconds"],
        # Of large images it takes minutes, which who says --minutes does not want.
        estimate=math.nan if ended == "stopped" else estimate(plan, game.student),
        troubles=found or troubles(watch.checks, watch.classes),
        ended=ended,
        bound=MAPS_FAILED_BELOW if plan.request.task == "segmentation" else FAILED_BELOW,
    )
    made = {name: net.state_dict() for name, net in players(game).items()}
    made |= {name: watch.kept[name] for name in ("records", "checks")}
    made["samples"] = to_display(watch.images()[:32], plan.like.mean, plan.like.std)
    return one, made


class Watch:
    """Looks at a game while it is played: keeps its last good state, and may give it up."""

    def __init__(self, game: distill.Game, plan: Plan) -> None:
        stream = torch.Generator().manual_seed(game.settings.seed)
        count = LOOKED_AT if plan.request.task == "classification" else LOOKED_AT // 8
        self.latents = torch.randn(count, game.settings.latent_size, generator=stream)
        self.latents = self.latents.to(game.device)
        self.game, self.classes = game, len(plan.like.classes)
        self.every = max(1, game.settings.rounds // CHECKS)
        self.kept: dict[str, Any] = {"records": [], "seconds": 0.0, "checks": []}
        self.good: dict[str, Any] = {}

    @property
    def checks(self) -> list[Check]:
        """All checks so far, those before an interruption included."""
        return [Check(**check) for check in self.kept["checks"]]

    def __call__(self, record: distill.Record, kept: dict[str, Any]) -> dict[str, str]:
        """Called by ``artefacts.carry_on`` after each round; returns what its bar shows.

        Raises:
            Hopeless: numbers are not finite, or the student has long been dead.
        """
        self.kept = kept
        kept.setdefault("checks", [])
        if not (math.isfinite(record.imitation) and math.isfinite(record.generation)):
            raise Hopeless(f"numbers that are not finite, in round {record.round}")
        if record.round == self.game.round and (record.round % self.every == 0 or not self.good):
            now = self.look()
            if record.round % self.every == 0:
                kept["checks"].append(asdict(now))
        checks = self.checks
        if len(checks) > CHECKS // 4 and all(dead(check) for check in checks[-3:]):
            raise Hopeless(f"the student answers the same to everything, round {record.round}")
        return {
            "loss": f"{record.imitation:.3g}",
            "agree": f"{checks[-1].agreement:.2f}" if checks else "",
            "trouble": "; ".join(troubles(checks, self.classes)) or "none",
        }

    def look(self) -> Check:
        """Check the game, which is left as it is, and keep the networks if all is finite."""
        images, game = self.images(), self.game
        taught, learnt = (metrics.logits(net, images) for net in (game.teacher, game.student))
        centred, other = losses.centred(taught), losses.centred(learnt)
        now = Check(
            round=game.round,
            gap=(losses.mae(other, centred) / centred.abs().mean().clamp_min(1e-9)).item(),
            agreement=metrics.agreement(taught, learnt),
            said=len(learnt.argmax(1).unique()),
            named=taught.argmax(1).unique().tolist(),
            variety=(images.std(0).mean() / images.std()).item(),
        )
        if not math.isfinite(now.gap):
            raise Hopeless(f"numbers that are not finite, after round {game.round}")
        self.good = {n: copy.deepcopy(net.state_dict()) for n, net in players(game).items()}
        return now

    @torch.no_grad()
    def images(self) -> Tensor:
        """What the generator makes of this watch's latents, ``(N, C, H, W)``."""
        # In train mode, as in the game: batch norm with the batch's own statistics.
        return copy.deepcopy(self.game.generator)(self.latents)


def estimate(plan: Plan, student: nn.Module) -> float:
    """The share of images on which both networks name one class; nan for a broken student."""
    if not all(weight.isfinite().all() for weight in student.parameters()):
        return math.nan
    steps = 0 if plan.request.task == "segmentation" else 40
    return estimates.on_surest(plan.teacher, student, plan.like, steps=steps)
