"""Every hyper-parameter of the course, in one place, for three sizes of machine.

``quick`` is what CI and the committed notebooks run (2 CPU cores, scikit-learn's digits),
``laptop`` takes minutes a notebook on real data, and ``paper`` holds the settings of
Fang et al., "Data-Free Adversarial Distillation", 2019 (arXiv 1912.11006).
"""

from __future__ import annotations

import dataclasses
import math
import os
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch

NAMES = ("quick", "laptop", "paper")
DEFAULT_THREADS = torch.get_num_threads()  # what torch (or OMP_NUM_THREADS) chose for this machine


class SettingError(ValueError):
    """A parameter has an unknown name, or a value of the wrong type or range."""


def setting(meaning: str, unit: str, source: str, **allowed: Any) -> Any:
    """A dataclass field that carries its meaning, unit, source and allowed values.

    Of ``allowed`` there may be ``low``, ``above`` and ``high``, numbers; and ``choices``, strings.
    """
    return field(metadata={"meaning": meaning, "unit": unit, "source": source, **allowed})


REFERENCE = "reference code"  # the `paper` value is the published code's; the others are ours
OURS = "this course"

CLASSIFIERS = ("small16", "small8", "lenet5", "lenet5_half", "resnet8", "resnet8_half")
CLASSIFIERS += ("resnet34_8x", "resnet18_8x")
SEGMENTERS = ("segmenter16", "segmenter8", "segmenter16_bn", "segmenter8_bn")
SEGMENTERS += ("deeplab_resnet50", "deeplab_mobilenet")
GENERATORS = ("light", "smooth", "exposed", "generator_a", "generator_b")


@dataclass(frozen=True)
class Profile:
    """The settings of one run. Make one with :func:`load`; change a copy with ``load`` too."""

    name: str = setting("which of the three profiles", "", OURS, choices=NAMES)
    seed: int = setting("seed of weights, shuffling and latents", "", OURS, low=0, high=2**31 - 1)
    dataset: str = setting("what the teacher is trained on (see data.load)", "", REFERENCE)
    image_size: int = setting("height and width of an image", "pixels", REFERENCE, low=8, high=512)
    device: str = setting("where tensors live; auto takes a GPU if there is one", "", OURS)
    threads: int = setting(
        "CPU threads torch may use; 0 leaves it to torch", "threads", OURS, low=0, high=1024
    )
    precision: str = setting(
        "bf16 runs the game's forward passes in bfloat16; auto does so on CUDA only",
        "",
        OURS,
        choices=("auto", "float32", "bf16"),
    )

    teacher_model: str = setting(
        "the teacher's network", "", REFERENCE, choices=CLASSIFIERS + SEGMENTERS
    )
    teacher_weights: str = setting(
        "what a DeepLab teacher's backbone starts from",
        "",
        REFERENCE,
        choices=("random", "imagenet"),
    )
    teacher_epochs: int = setting("passes over the training set", "epochs", REFERENCE, low=1)
    teacher_batch: int = setting("images per teacher step", "images", REFERENCE, low=2)
    teacher_lr: float = setting(
        "SGD learning rate, momentum 0.9", "per step", REFERENCE, above=0, high=1
    )
    teacher_weight_decay: float = setting("L2 decay", "per step", REFERENCE, low=0, high=1)
    teacher_schedule: str = setting(
        "learning rate over the run", "", REFERENCE, choices=("constant", "cosine", "steps")
    )
    teacher_step_epochs: int = setting(
        "'steps' divides the rate by 10 this often", "epochs", REFERENCE, low=1
    )

    student_model: str = setting(
        "the student's network", "", REFERENCE, choices=CLASSIFIERS + SEGMENTERS
    )
    generator_model: str = setting("the generator's network", "", REFERENCE, choices=GENERATORS)
    generator_width: int = setting("ngf, its channels at full size", "channels", REFERENCE, low=4)
    latent_size: int = setting("length of the noise vector z", "numbers", REFERENCE, low=1)
    generator_end_norm: bool = setting(
        "batch norm without scale and shift after the generator's tanh", "", REFERENCE
    )
    rounds: int = setting("k imitation steps and one generation step", "rounds", REFERENCE, low=1)
    imitation_steps: int = setting("student steps a round, k", "steps", REFERENCE, low=1, high=1000)
    batch_size: int = setting("generated images per step", "images", REFERENCE, low=2)
    student_optimizer: str = setting(
        "adam, or sgd with momentum 0.9", "", REFERENCE, choices=("sgd", "adam")
    )
    student_lr: float = setting("student learning rate", "per step", REFERENCE, above=0, high=1)
    student_weight_decay: float = setting("L2 decay", "per step", REFERENCE, low=0, high=1)
    generator_optimizer: str = setting(
        "adam, or sgd with momentum 0.9", "", REFERENCE, choices=("adam", "sgd")
    )
    generator_lr: float = setting("generator learning rate", "per step", REFERENCE, above=0, high=1)
    game_schedule: str = setting(
        "both learning rates over the rounds",
        "",
        REFERENCE,
        choices=("constant", "cosine", "steps"),
    )
    game_step_rounds: tuple[int, ...] = setting(
        "'steps' divides both rates by 10 at these rounds", "rounds", REFERENCE
    )
    imitation_loss: str = setting(
        "what the student minimises", "", "paper, eq. of L_IM", choices=("mae", "mse", "kld")
    )
    generation_loss: str = setting(
        "what the generator maximises",
        "",
        "paper, L_GEN and L_GEN-ADA",
        choices=("mae", "mse", "kld", "log_mae"),
    )
    snapshot_every: int = setting("samples are kept for replay this often", "rounds", OURS, low=1)


QUICK = Profile(
    name="quick",
    seed=0,
    dataset="digits",
    image_size=16,
    device="cpu",  # the committed outputs must not depend on the machine
    # Nets this small gain little from a second thread, and on a busy machine two threads that
    # wait for each other at every operation are far slower than one (seen once: 10 min, not 15 s).
    threads=1,
    precision="float32",
    teacher_model="small16",
    teacher_weights="random",
    teacher_epochs=30,
    teacher_batch=64,
    teacher_lr=0.03,
    teacher_weight_decay=5e-4,
    teacher_schedule="cosine",
    teacher_step_epochs=10,
    student_model="small8",
    generator_model="light",
    generator_width=16,
    latent_size=32,
    generator_end_norm=True,
    rounds=200,
    imitation_steps=5,
    batch_size=128,
    student_optimizer="sgd",  # reference code; Adam's students came out worse here
    student_lr=0.01,  # reference code, MNIST
    student_weight_decay=5e-4,
    generator_optimizer="adam",
    generator_lr=1e-3,
    game_schedule="cosine",
    game_step_rounds=(),
    imitation_loss="mae",
    generation_loss="mae",
    snapshot_every=10,
)

# Little street scenes, drawn on the spot: a class for every pixel.
QUICK_SCENES = dataclasses.replace(
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

LAPTOP = dataclasses.replace(
    QUICK,
    name="laptop",
    dataset="mnist",
    image_size=32,
    device="auto",
    threads=0,
    precision="auto",
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
LAPTOP_CIFAR10 = dataclasses.replace(
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

LAPTOP_CAMVID = dataclasses.replace(
    QUICK_SCENES,
    name="laptop",
    dataset="camvid",
    image_size=64,
    device="auto",
    threads=0,
    precision="auto",
    teacher_epochs=60,
    rounds=500,
    snapshot_every=50,
)

# The reference code trains by epochs of 50 rounds; here everything is counted in rounds.
PAPER = {
    "mnist": dataclasses.replace(
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
PAPER["cifar10"] = dataclasses.replace(
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
PAPER["cifar100"] = dataclasses.replace(PAPER["cifar10"], dataset="cifar100")
PAPER["caltech101"] = dataclasses.replace(
    PAPER["cifar10"],
    dataset="caltech101",
    image_size=128,
    teacher_epochs=150,
    teacher_batch=64,
    teacher_lr=0.05,
    teacher_step_epochs=50,
    generator_model="generator_b",
    generator_end_norm=False,
    batch_size=64,
    rounds=300 * 50,
    student_lr=0.05,
    game_step_rounds=(100 * 50, 200 * 50),
)
PAPER["camvid"] = dataclasses.replace(
    PAPER["cifar10"],
    dataset="camvid",
    image_size=128,
    teacher_model="deeplab_resnet50",
    teacher_weights="imagenet",
    teacher_epochs=200,
    teacher_batch=16,
    teacher_lr=0.1,
    student_model="deeplab_mobilenet",
    generator_model="generator_b",
    generator_end_norm=False,
    batch_size=64,
    rounds=300 * 50,
    student_lr=0.1,
    game_step_rounds=(100 * 50, 200 * 50),
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

    Args:
        name: ``"quick"``, ``"laptop"`` or ``"paper"``.
        **overrides: fields of :class:`Profile` to replace.

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
    return check_memory(dataclasses.replace(base, **checked))


def check_memory(settings: Profile) -> Profile:
    """``settings``, if this machine can hold ten layers of the generator's largest.

    A system that grants memory which it does not have ends the process without a word.

    Raises:
        SettingError: it can't.
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
        SettingError: ``key`` is no field of :class:`Profile`, or ``value`` doesn't fit it.
    """
    fields = {f.name: f for f in dataclasses.fields(Profile)}
    if key not in fields:
        raise SettingError(
            f"{key!r} is no setting. The settings are: profile, {', '.join(sorted(fields))}."
        )
    wanted = typing.get_type_hints(Profile)[key]
    if wanted is float and type(value) is int:
        value = float(value)
    if wanted == tuple[int, ...]:
        if not isinstance(value, list | tuple) or not all(type(v) is int for v in value):
            raise SettingError(f"{key}={value!r} must be a list of whole numbers, such as [50].")
        return tuple(value)
    if type(value) is not wanted:  # an exact match, so that True is no int
        raise SettingError(
            f"{key}={value!r} is of type {type(value).__name__}: give one of type "
            f"{wanted.__name__} ({fields[key].metadata['meaning']})."
        )
    allowed = fields[key].metadata
    choices = allowed.get("choices", ())
    if choices and value not in choices:
        raise SettingError(f"{key}={value!r} is unknown: take one of {', '.join(choices)}.")
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
    ``settings`` is there, and so are the notebook's own variables: then known names are read.

    Args:
        namespace: the notebook's ``globals()``.
        datasets: the data set of each profile where the parameters name none, such as
            :data:`SEGMENTATION`; None leaves it to the profile.

    Raises:
        SettingError: an unknown name, or a value of the wrong type or range.
    """
    known = {f.name for f in dataclasses.fields(Profile)} - {"name"}
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


def device_of(settings: Profile) -> torch.device:
    """The device that ``settings.device`` names, or the best one for ``auto``.

    Raises:
        SettingError: the device has no meaning to torch, or this machine lacks it.
    """
    if settings.device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(settings.device)
        torch.zeros(1, device=device).item()  # which "meta" has no answer to
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        first_line = str(error).splitlines()[0]
        raise SettingError(
            f"device={settings.device!r} can't be used here ({first_line}). Take 'auto' or 'cpu'."
        ) from error
    return device


def apply(settings: Profile) -> torch.device:
    """Give torch the CPU threads that the settings ask for, and say where tensors live.

    Raises:
        SettingError: as :func:`device_of`.
    """
    torch.set_num_threads(settings.threads or DEFAULT_THREADS)
    return device_of(settings)


def table() -> list[dict[str, str]]:
    """One row per setting: field, quick, laptop, paper, unit, meaning, source."""
    columns = {"quick": QUICK, "laptop": LAPTOP, "paper": PAPER["mnist"]}
    return [
        {
            "field": f.name,
            **{name: str(getattr(profile, f.name)) for name, profile in columns.items()},
            "unit": f.metadata["unit"],
            "meaning": f.metadata["meaning"],
            "source": f.metadata["source"],
        }
        for f in dataclasses.fields(Profile)
    ]
