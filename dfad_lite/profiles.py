"""Every hyper-parameter of the course, in one place, for three sizes of machine.

``quick`` is what CI and the committed notebooks run (2 CPU cores, scikit-learn's digits),
``laptop`` takes minutes a notebook on real data, and ``paper`` holds the settings of
Fang et al., "Data-Free Adversarial Distillation", 2019 (arXiv 1912.11006).
"""

import math
import os
import types
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from functools import partial
from typing import Any

import torch

NAMES = ("quick", "laptop", "paper")
DEFAULT_THREADS = torch.get_num_threads()  # what torch (or OMP_NUM_THREADS) chose for this machine


class SettingError(ValueError):
    """A parameter has an unknown name, or a value of the wrong type or range."""


REFERENCE = "reference code"  # the `paper` value is the published code's; the others are ours
OURS = "this course"


def setting(
    quick: Any, meaning: str, unit: str = "", *, source: str = REFERENCE, **allowed: Any
) -> Any:
    """A dataclass field: ``quick``'s value, and its meaning, unit, source and allowed values.

    ``allowed`` may hold the bounds ``low``, ``above`` and ``high``, or the ``choices``.
    """
    about = {"meaning": meaning, "unit": unit, "source": source}
    return field(default=quick, metadata=about | allowed)


ours = partial(setting, source=OURS)
RATE = {"unit": "per step", "above": 0, "high": 1}
DECAY = {"unit": "per step", "low": 0, "high": 1}

CLASSIFIERS = ("small16", "small8", "lenet5", "lenet5_half", "resnet8", "resnet8_half")
CLASSIFIERS += ("resnet34_8x", "resnet18_8x")
SEGMENTERS = ("segmenter16", "segmenter8", "segmenter16_bn", "segmenter8_bn")
SEGMENTERS += ("deeplab_resnet50", "deeplab_mobilenet")
NETWORKS = CLASSIFIERS + SEGMENTERS
GENERATORS = ("light", "smooth", "exposed", "generator_a", "generator_b")
SCHEDULES = ("constant", "cosine", "steps")
OPTIMIZERS = ("adam", "sgd")
LOSSES = ("mae", "mse", "kld")


@dataclass(frozen=True)
class Profile:
    """The settings of one run. Make one with :func:`load`; change a copy with ``load`` too."""

    name: str = ours("quick", "which of the three profiles", choices=NAMES)
    seed: int = ours(0, "seed of weights, shuffling and latents", low=0, high=2**31 - 1)
    dataset: str = setting("digits", "what the teacher is trained on (see data.load)")
    image_size: int = setting(16, "height and width of an image", "pixels", low=8, high=512)
    # The committed outputs must not depend on the machine.
    device: str = ours("cpu", "where tensors live; auto takes a GPU if there is one")
    # Nets as small as quick's gain little from a second thread, and on a busy machine two threads
    # that wait for each other at every operation are far slower (seen once: 10 min, not 15 s).
    threads: int = ours(1, "CPU threads; 0 leaves it to torch", "threads", low=0, high=1024)
    precision: str = ours(
        "float32",
        "bf16 runs the game's forward passes in bfloat16; auto does so on GPUs made for it",
        choices=("auto", "float32", "bf16"),
    )

    teacher_model: str = setting("small16", "the teacher's network", choices=NETWORKS)
    teacher_weights: str = setting(
        "random", "what a DeepLab teacher's backbone starts from", choices=("random", "imagenet")
    )
    teacher_epochs: int = setting(30, "passes over the training set", "epochs", low=1)
    teacher_batch: int = setting(64, "images per teacher step", "images", low=2)
    teacher_lr: float = setting(0.03, "SGD learning rate, momentum 0.9", **RATE)
    teacher_weight_decay: float = setting(5e-4, "L2 decay", **DECAY)
    teacher_schedule: str = setting("cosine", "learning rate over the run", choices=SCHEDULES)
    teacher_step_epochs: int = setting(
        10, "'steps' divides the rate by 10 this often", "epochs", low=1
    )

    student_model: str = setting("small8", "the student's network", choices=NETWORKS)
    generator_model: str = setting("light", "the generator's network", choices=GENERATORS)
    generator_width: int = setting(16, "ngf, its channels at full size", "channels", low=4)
    latent_size: int = setting(32, "length of the noise vector z", "numbers", low=1)
    generator_end_norm: bool = setting(
        True, "batch norm without scale and shift after the generator's tanh"
    )
    rounds: int = setting(200, "k imitation steps and one generation step", "rounds", low=1)
    imitation_steps: int = setting(5, "student steps a round, k", "steps", low=1, high=1000)
    batch_size: int = setting(128, "generated images per step", "images", low=2)
    # Adam's students came out worse in quick.
    student_optimizer: str = setting("sgd", "adam, or sgd with momentum 0.9", choices=OPTIMIZERS)
    student_lr: float = setting(0.01, "student learning rate", **RATE)
    student_weight_decay: float = setting(5e-4, "L2 decay", **DECAY)
    generator_optimizer: str = setting("adam", "adam, or sgd with momentum 0.9", choices=OPTIMIZERS)
    generator_lr: float = setting(1e-3, "generator learning rate", **RATE)
    game_schedule: str = setting("cosine", "both learning rates over the rounds", choices=SCHEDULES)
    game_step_rounds: tuple[int, ...] = setting(
        (), "'steps' divides both rates by 10 at these rounds", "rounds"
    )
    imitation_loss: str = setting(
        "mae", "what the student minimises", source="paper, eq. of L_IM", choices=LOSSES
    )
    generation_loss: str = setting(
        "mae",
        "what the generator maximises",
        source="paper, L_GEN and L_GEN-ADA",
        choices=(*LOSSES, "log_mae"),
    )
    snapshot_every: int = ours(10, "samples are kept for replay this often", "rounds", low=1)


QUICK = Profile()

# Little street scenes, drawn on the spot: a class for every pixel.
QUICK_SCENES = replace(
    QUICK,
    dataset="scenes",
    image_size=32,
    teacher_model="segmenter16",
    teacher_epochs=20,
    teacher_batch=16,
    teacher_lr=0.1,
    student_model="segmenter8",
    student_lr=0.05,
    generator_model="smooth",
    batch_size=32,
    rounds=300,
    snapshot_every=30,
)

# Whatever the machine has is used.
ANY_MACHINE = {"device": "auto", "threads": 0, "precision": "auto"}

LAPTOP = replace(
    QUICK,
    **ANY_MACHINE,
    name="laptop",
    dataset="mnist",
    image_size=32,
    teacher_model="lenet5",
    teacher_epochs=10,  # reference code
    teacher_batch=256,  # reference code
    teacher_lr=0.01,  # reference code
    student_model="lenet5_half",
    latent_size=100,  # reference code
    rounds=2000,
    snapshot_every=50,
)

# Photographs: a small residual network with batch norm, and one of half its width.
LAPTOP_CIFAR10 = replace(
    LAPTOP,
    dataset="cifar10",
    teacher_model="resnet8",
    teacher_epochs=25,
    teacher_batch=128,
    teacher_lr=0.1,
    student_model="resnet8_half",
    student_lr=0.1,
    generator_width=32,
    rounds=1920,
)

LAPTOP_CAMVID = replace(
    QUICK_SCENES,
    **ANY_MACHINE,
    name="laptop",
    dataset="camvid",
    image_size=64,
    teacher_epochs=60,
    rounds=500,
    snapshot_every=50,
)

# The reference code trains by epochs of 50 rounds; here everything is counted in rounds.
PAPER = {
    "mnist": replace(
        LAPTOP,
        name="paper",
        teacher_schedule="constant",
        generator_model="generator_a",
        generator_width=64,
        batch_size=512,
        rounds=40 * 50,
        student_weight_decay=1e-4,
        game_schedule="constant",
    ),
}
PAPER["cifar10"] = replace(
    PAPER["mnist"],
    dataset="cifar10",
    teacher_model="resnet34_8x",
    teacher_epochs=200,
    teacher_batch=128,
    teacher_lr=0.1,
    teacher_schedule="steps",
    teacher_step_epochs=80,
    student_model="resnet18_8x",
    latent_size=256,
    batch_size=256,
    rounds=500 * 50,
    student_lr=0.1,
    student_weight_decay=5e-4,
    game_schedule="steps",
    game_step_rounds=(100 * 50, 200 * 50),
    snapshot_every=500,
)
PAPER["cifar100"] = replace(PAPER["cifar10"], dataset="cifar100")
# What the two sets of larger images have in common.
LARGE = replace(
    PAPER["cifar10"],
    image_size=128,
    generator_model="generator_b",
    generator_end_norm=False,
    batch_size=64,
    rounds=300 * 50,
)
PAPER["caltech101"] = replace(
    LARGE,
    dataset="caltech101",
    teacher_epochs=150,
    teacher_batch=64,
    teacher_lr=0.05,
    teacher_step_epochs=50,
    student_lr=0.05,
)
PAPER["camvid"] = replace(
    LARGE,
    dataset="camvid",
    teacher_model="deeplab_resnet50",
    teacher_weights="imagenet",
    teacher_batch=16,
    student_model="deeplab_mobilenet",
    generation_loss="log_mae",
)

COLUMNS = {  # a profile's settings by data set; the first is for all that are not named
    "quick": {"digits": QUICK, "scenes": QUICK_SCENES},
    "laptop": {"mnist": LAPTOP, "cifar10": LAPTOP_CIFAR10, "camvid": LAPTOP_CAMVID},
    "paper": PAPER,
}
SEGMENTATION = {"quick": "scenes", "laptop": "camvid", "paper": "camvid"}


def load(name: str = "quick", /, **overrides: Any) -> Profile:
    """The settings of a profile, with single fields replaced.

    ``paper`` has one column per dataset: ``load("paper", dataset="cifar10")``; the others have
    one for segmentation, ``load("quick", dataset="scenes")``. Any other dataset
    (``imagefolder:PATH``) takes the profile's default column.

    Raises:
        SettingError: an unknown profile or field, or a value of the wrong type or range.
    """
    if name not in NAMES:
        raise SettingError(f"profile={name!r} is unknown: take one of {', '.join(NAMES)}.")
    columns = COLUMNS[name]
    base = columns.get(str(overrides.get("dataset", "")), next(iter(columns.values())))
    checked = {key: check(key, value) for key, value in overrides.items()}
    if checked.pop("name", name) != name:
        raise SettingError("name can't be overridden: pass profile=... instead.")
    return check_memory(replace(base, **checked))


def check_memory(settings: Profile) -> Profile:
    """The same settings, if ten of the generator's largest layers fit this machine's memory.

    Without this check a system that overcommits memory kills the process without a word.

    Raises:
        SettingError: they would not fit.
    """
    try:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError):  # Windows does not say
        return settings
    images = max(settings.batch_size, settings.teacher_batch, settings.latent_size // 16)
    needed = 10 * 4 * images * 2 * settings.generator_width * settings.image_size**2
    if needed > memory:
        names = ("batch_size", "teacher_batch", "latent_size", "generator_width", "image_size")
        said = ", ".join(f"{name}={getattr(settings, name)}" for name in names)
        raise SettingError(
            f"{said}: a step would take about {needed / 1e9:,.0f} GB, and this machine has "
            f"{memory / 1e9:,.0f} GB. Make one of them smaller."
        )
    return settings


def check(key: str, value: Any) -> Any:
    """``value`` as field ``key`` wants it (an int for a float field becomes a float).

    Raises:
        SettingError: ``key`` is no field of :class:`Profile`, or ``value`` does not fit it.
    """
    known = {f.name: f for f in fields(Profile)}
    if key not in known:
        raise SettingError(
            f"{key!r} is no setting. The settings are: profile, {', '.join(sorted(known))}."
        )
    wanted, allowed = known[key].type, known[key].metadata
    if wanted is float and type(value) is int:
        value = float(value)
    if wanted == tuple[int, ...]:
        if not isinstance(value, list | tuple) or not all(type(v) is int for v in value):
            raise SettingError(f"{key}={value!r} must be a list of whole numbers, such as [50].")
        return tuple(value)
    if type(value) is not wanted:  # an exact match, so that True is no int
        raise SettingError(
            f"{key}={value!r} is of type {type(value).__name__}: give one of type "
            f"{wanted.__name__} ({allowed['meaning']})."
        )
    if value not in allowed.get("choices", (value,)):
        choices = ", ".join(allowed["choices"])
        raise SettingError(f"{key}={value!r} is unknown: take one of {choices}.")
    if isinstance(value, int | float):
        high = allowed.get("high", 10**9)
        rules = {
            f"at least {allowed.get('low')}": value >= allowed.get("low", -math.inf),
            f"above {allowed.get('above')}": value > allowed.get("above", -math.inf),
            f"at most {high}": value <= high,
            "finite": math.isfinite(value),
        }
        if not all(rules.values()):
            said = " and ".join(rule for rule in rules if "None" not in rule)
            raise SettingError(f"{key}={value!r} is out of range: it must be {said}.")
    return value


_PLAIN = (str, int, float, bool, list, tuple, dict, types.NoneType)
_IPYTHON = {"In", "Out", "exit", "quit", "open", "get_ipython"}  # what a fresh kernel holds


def from_notebook(
    namespace: Mapping[str, Any], *, datasets: Mapping[str, str] | None = None
) -> Profile:
    """Check what a notebook's parameters cell (and papermill's, after it) assigned.

    Call it as ``settings = profiles.from_notebook(globals())`` right after that cell, where
    every plain value is a parameter, so that a misspelt one is found. When the cell runs again
    ``settings`` and the notebook's own variables are there, and only known names are read.
    If the parameters name no data set, it is the profile's in ``datasets`` (:data:`SEGMENTATION`).

    Raises:
        SettingError: an unknown name, or a value of the wrong type or range.
    """
    known = {f.name for f in fields(Profile)} - {"name"}
    values = {
        key: value
        for key, value in namespace.items()
        if isinstance(value, _PLAIN) and not key.startswith("_") and key not in _IPYTHON
    }
    profile = values.pop("profile", "quick")
    if isinstance(namespace.get("settings"), Profile):
        values = {key: value for key, value in values.items() if key in known}
    if datasets is not None and profile in datasets:
        values.setdefault("dataset", datasets[profile])
    return load(profile, **values)


def apply(settings: Profile) -> torch.device:
    """Give torch the CPU threads that the settings ask for; returns where tensors live.

    Raises:
        SettingError: the device has no meaning to torch, or this machine lacks it.
    """
    torch.set_num_threads(settings.threads or DEFAULT_THREADS)
    if settings.device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(settings.device)
        torch.zeros(1, device=device).item()  # fails on "meta", too
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        first_line = str(error).splitlines()[0]
        raise SettingError(
            f"device={settings.device!r} can't be used here ({first_line}). Take 'auto' or 'cpu'."
        ) from error
    return device


def table() -> list[dict[str, str]]:
    """One row per setting: field, quick, laptop, paper, unit, meaning, source."""
    columns = {"quick": QUICK, "laptop": LAPTOP, "paper": PAPER["mnist"]}
    return [
        {
            "field": f.name,
            **{name: str(getattr(profile, f.name)) for name, profile in columns.items()},
            **{about: f.metadata[about] for about in ("unit", "meaning", "source")},
        }
        for f in fields(Profile)
    ]
