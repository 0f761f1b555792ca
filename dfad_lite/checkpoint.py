"""Files of teachers that this course did not train.

:func:`load_teacher` reads what people have: weights under any key and behind any prefix, as
``.safetensors`` too, and, where the file is trusted, whole networks. What can't be had is refused
in a sentence that tells what to do. Nothing in a file is run unless it is trusted.
"""

from __future__ import annotations

import argparse
import importlib
import inspect
import operator
import os
import re
import sys
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.torch
import torch
from torch import Tensor, nn
from torchvision import models as torchvision_models
from torchvision.models import segmentation as torchvision_segmenters

from dfad_lite import models

TASKS = ("classification", "segmentation")

# What training scripts keep beside the weights: numbers of NumPy's, and argparse's settings.
# To build any of these runs no code of the file's.
_scalar, _array = np.float64(0).__reduce__()[0], np.zeros(0).__reduce__()[0]
PLAIN = [argparse.Namespace, np.ndarray, np.dtype]
PLAIN += [type(np.dtype(kind)) for kind in ("float64", "float32", "int64", "int32", "bool")]
PLAIN += [(_scalar, f"numpy.{core}.multiarray.scalar") for core in ("core", "_core")]
PLAIN += [(_array, f"numpy.{core}.multiarray._reconstruct") for core in ("core", "_core")]


# ---------------------------------------------------------------- reading a file


class Program(nn.Module):
    """A TorchScript archive or a program of ``torch.export``: it stays in eval mode."""

    def __init__(self, program: nn.Module) -> None:
        super().__init__()
        self.program = program

    def train(self, mode: bool = True) -> Program:
        self.training = mode  # and not the program's: an exported one can't be switched
        return self

    def forward(self, images: Tensor) -> Any:
        return self.program(images)


def load_teacher(
    file: Path,
    arch: str | None = None,
    *,
    classes: int | None = None,
    task: str = "classification",
    weights: str | None = None,
    trust: bool = False,
) -> nn.Module:
    """The network in a file, or the network ``arch`` with the file's weights.

    Args:
        file: tensors in any nesting of dictionaries (``torch.save``) or ``.safetensors``; with
            ``trust`` also a pickled network, a TorchScript archive or an exported program. Told
            by content, not by name.
        arch: as in :func:`builder`; None where the file holds a whole network.
        classes: number of logits, for networks that ask; None: the file's own.
        task: one of :data:`TASKS`.
        weights: where in the file to look, when it holds several copies, such as ``"ema"``.
        trust: whether code that comes with the file may run.

    Returns:
        The network in eval mode, frozen, in float32.

    Raises:
        ValueError: the file can't be read, would run code, does not fit, or holds numbers that
            are not finite.
    """
    content = read(file, trust=trust)
    if arch is not None:
        net = with_weights(content, file, arch, classes=classes, task=task, weights=weights)
    else:
        parts = content.values() if isinstance(content, Mapping) else [content]
        net = next((part for part in parts if isinstance(part, nn.Module)), None)
    if net is None:
        raise ValueError(
            f"teacher={str(file)!r} holds weights only: name the network that they are of, with "
            "arch (--arch), as torchvision's name or module:function."
        )
    net = net.module if isinstance(net, nn.DataParallel) else net
    net = models.frozen(net.float())
    check_finite(net, file)
    return net


def kind_of(file: Path) -> str:
    """What a file is by its content: tensors, script, program, safetensors, or what it seems."""
    with open(file, "rb") as opened:
        head = opened.read(64)
    if not head:
        return "empty"
    if zipfile.is_zipfile(file):
        with zipfile.ZipFile(file) as archive:
            names = [name.partition("/")[2] or name for name in archive.namelist()]
        if "constants.pkl" in names:
            return "a TorchScript archive"
        if {"archive_format", "serialized_exported_program.json"} & set(names):
            return "an exported program"
        return "tensors" if "data.pkl" in names else "a zip archive of something else"
    if head[8:9] == b"{" and int.from_bytes(head[:8], "little") < file.stat().st_size:
        return "safetensors"
    others = {b"\x89HDF": "an HDF5 file, such as Keras writes", b"<": "a page of HTML or XML"}
    others[b"version https://git-lfs"] = "a pointer of Git LFS (fetch the file: git lfs pull)"
    found = (what for start, what in others.items() if head.startswith(start))
    return next(found, "tensors")


def read(file: Path, *, trust: bool = False) -> Any:
    """The content of a file: nested dictionaries with tensors, or a network.

    Raises:
        ValueError: it can't be read, or reading it would run code and ``trust`` is False.
    """
    if not file.is_file():
        raise ValueError(f"teacher={str(file)!r} is no file.")
    kind = kind_of(file)
    if kind in ("a TorchScript archive", "an exported program"):
        if not trust:
            raise ValueError(
                f"teacher={str(file)!r} is {kind}, a program that its author wrote: say --trust "
                "(trust=True) to run it, or have its state dict saved and name --arch."
            )
        try:
            if kind == "an exported program":
                return Program(torch.export.load(file).module())
            return Program(torch.jit.load(file, map_location="cpu").eval())
        except Exception as error:  # of many kinds, in both
            raise ValueError(unreadable(file, error)) from error
    if kind == "safetensors":
        try:
            return safetensors.torch.load_file(file)
        except (safetensors.SafetensorError, ValueError) as error:
            raise ValueError(unreadable(file, error)) from error
    if kind != "tensors":
        raise ValueError(
            f"teacher={str(file)!r} is {kind}: give a file of torch.save's or of safetensors'."
        )
    try:
        with torch.serialization.safe_globals(PLAIN):
            return torch.load(file, map_location="cpu", weights_only=True)
    except Exception as error:  # torch raises many kinds, for damaged and for unsafe files
        objects = re.search(r"GLOBAL (\S+)", str(error))
        if objects is None:
            raise ValueError(unreadable(file, error)) from error
        if not trust:
            raise ValueError(
                f"teacher={str(file)!r} holds pickled objects ({objects[1]}), and loading those "
                "runs code: save torch.save(model.state_dict(), FILE) in its place, or say "
                "--trust (trust=True) if you know who made it."
            ) from error
    try:
        import_from_here()
        return torch.load(file, map_location="cpu", weights_only=False)
    except Exception as error:
        raise ValueError(
            f"teacher={str(file)!r} can't be loaded ({said(error)}): start this where the code of "
            "its network can be imported."
        ) from error


def unreadable(file: Path, error: Exception) -> str:
    """The sentence for a file that its reader gave up."""
    return f"teacher={str(file)!r} can't be read, and may be damaged or cut short ({said(error)})."


def said(error: BaseException) -> str:
    """An error's name and the first line of its message; of torch's reader, the one that tells."""
    message = str(error).partition("WeightsUnpickler error:")[2] or str(error)
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    return f"{type(error).__name__}: {lines[0] if lines else 'no message'}"


def check_finite(net: nn.Module, file: Path) -> None:
    """Refuse a network with NaN or infinite weights; the first tensor with any is named."""
    wrong = [
        (name, int((~value.isfinite()).sum()), value.numel())
        for name, value in net.state_dict().items()
        if value.is_floating_point() and not value.isfinite().all()
    ]
    if wrong:
        name, count, of = wrong[0]
        raise ValueError(
            f"teacher={str(file)!r}: {name} holds NaN or infinite numbers ({count} of {of}; "
            f"{len(wrong)} such tensors in all): take an earlier checkpoint of that training."
        )


# ---------------------------------------------------------------- weights and their network


@dataclass(frozen=True)
class Found:
    """A tensor of a file: the dictionary that holds it, its whole dotted name, and itself."""

    place: tuple[str, ...]
    name: str
    value: Tensor


def tensors_in(content: Any, place: tuple[str, ...] = ()) -> Iterator[Found]:
    """Every tensor of nested dictionaries and of networks in them."""
    if isinstance(content, nn.Module):
        content = content.state_dict()
    if isinstance(content, Mapping):
        for key, value in content.items():
            if isinstance(value, Tensor):
                yield Found(place, ".".join([*place, str(key)]), value)
            else:
                yield from tensors_in(value, (*place, str(key)))


@dataclass(frozen=True)
class Match:
    """Which of a file's tensors are a network's weights, and what stands against it."""

    weights: dict[str, Tensor]  # by the network's own names
    prefixes: list[str]  # what stood before those names in the file
    other_copies: list[str]  # prefixes of weights that would have fitted as well
    missing: list[str]
    unplaced: list[str]
    unlike: list[str]  # those whose shapes differ


def match(found: list[Found], wanted: Mapping[str, Tensor], *, among: str = "") -> Match:
    """Find a network's weights in a file by their names' ends and their shapes.

    Each of the file's names is cut at a dot so that its end is one of the network's; what was
    cut off is a prefix: ``module.``, ``model.``, ``state_dict.``, or several. The prefix that
    brings most weights is taken, averaged weights (``ema``) before others, and then prefixes
    that bring only what is still missing, for files where they are mixed.
    """
    ways: dict[str, dict[str, Found]] = {}
    for one in found:
        parts = one.name.split(".")
        ends = (".".join(parts[start:]) for start in range(len(parts)))
        end = next((end for end in ends if end in wanted), None)
        if end is not None and among in one.name:
            ways.setdefault(one.name.removesuffix(end), {})[end] = one

    def unlike(way: dict[str, Found]) -> list[str]:
        return [name for name, one in way.items() if _shape(wanted[name]) != one.value.shape]

    def rank(prefix: str) -> tuple[int, int, bool]:
        return -len(ways[prefix]), len(unlike(ways[prefix])), "ema" not in prefix.lower()

    chosen: dict[str, Found] = {}
    prefixes, others = [], []
    for prefix in sorted(ways, key=rank):
        if not ways[prefix].keys() & chosen.keys():
            chosen |= ways[prefix]
            prefixes.append(prefix)
        elif ways[prefix].keys() == chosen.keys() and len(prefixes) == 1:
            others.append(prefix)
    placed = {one.name for way in ways.values() for one in way.values()}
    places = {one.place for one in chosen.values()}
    return Match(
        weights={name: one.value for name, one in chosen.items()},
        prefixes=prefixes,
        other_copies=others,
        missing=[n for n in wanted if n not in chosen and not n.endswith("num_batches_tracked")],
        unplaced=[
            one.name
            for one in found
            if one.name not in placed
            and one.place in places
            and one.name.startswith(tuple(prefixes))
            # A counter of averages; heads that only training uses.
            and not re.search(r"(^|\.)(n_averaged$|num_batches_tracked$|aux)", one.name)
        ],
        unlike=unlike(chosen),
    )


def _shape(weight: Tensor) -> torch.Size | None:
    return None if nn.parameter.is_lazy(weight) else weight.shape


def with_weights(
    content: Any, file: Path, arch: str, *, classes: int | None, task: str, weights: str | None
) -> nn.Module:
    """The network ``arch`` with the weights that ``content`` holds for it.

    Raises:
        ValueError: what differs, where it does not fit.
    """
    found = list(tensors_in(content))
    if not found:
        raise ValueError(
            f"teacher={str(file)!r} holds no tensors by name: save torch.save(model.state_dict())."
        )
    make = builder(arch, task)
    net = make(classes)
    got = match(found, net.state_dict(), among=weights or "")
    heads = {got.weights[name].shape[:1] for name in got.unlike}
    if classes is None and len(heads) == 1 and (head := heads.pop()):
        net = make(head[0])  # as many classes as the file has
        got = match(found, net.state_dict(), among=weights or "")
    own = net.state_dict()
    if not got.weights:
        raise ValueError(
            f"teacher={str(file)!r} does not fit arch={arch!r}: none of its {len(found)} tensors "
            f"({found[0].name}, ...) has a name of that network's ({next(iter(own), 'none')}, ...)."
        )
    differs = [
        f"{name} is {_sizes(got.weights[name])} in the file and {_sizes(own[name])} in the network"
        for name in got.unlike[:1]
    ]
    differs += [f"the file lacks {_some(got.missing)}"] if got.missing else []
    differs += [f"the network has no place for {_some(got.unplaced)}"] if got.unplaced else []
    if differs:
        told = "" if classes is None else f" with classes={classes}"
        raise ValueError(
            f"teacher={str(file)!r} does not fit arch={arch!r}{told}: {'; '.join(differs)}. "
            "Name the network that the file was saved from."
        )
    if got.other_copies:
        names = [prefix.strip(".") or "the top" for prefix in got.prefixes + got.other_copies]
        print(f"{file.name} holds {', '.join(names)}: {names[0]} is taken (--weights says which).")
    net.load_state_dict(got.weights, strict=False)  # copies into float32
    return net


def _sizes(value: Tensor) -> str:
    return "x".join(str(side) for side in value.shape) or "one number"


def _some(names: list[str]) -> str:
    return names[0] + (f" and {len(names) - 1} more" if len(names) > 1 else "")


def import_from_here() -> None:
    """Let modules in the current folder be imported, as ``python -m`` does."""
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())


def builder(arch: str, task: str = "classification") -> Callable[[int | None], nn.Module]:
    """The function that makes the network ``arch`` names, for a number of classes or its own.

    Args:
        arch: a network of torchvision's for the task, such as ``"resnet18"``; or
            ``"module:function"`` or ``"module:Class"``, the module found in the current folder or
            installed. It is imported and run: name only code that you trust.
        task: one of :data:`TASKS`.

    Raises:
        ValueError: there is no such thing; or, by the function that is returned, it fails, or
            what it makes is no network.
    """
    module, colon, name = arch.partition(":")
    fixed: dict[str, Any] = {}
    if colon:
        try:
            import_from_here()
            make = operator.attrgetter(name)(importlib.import_module(module.removesuffix(".py")))
        except (Exception, SystemExit) as error:  # whatever the module does when it is imported
            raise ValueError(
                f"arch={arch!r} can't be had ({said(error)}): write module:function, the module "
                "being a file in this folder or installed."
            ) from error
    else:
        where = torchvision_segmenters if task == "segmentation" else torchvision_models
        known = torchvision_models.list_models(module=where)
        if arch not in known:
            raise ValueError(
                f"arch={arch!r} is none of torchvision's networks for {task}: take one of "
                f"{', '.join(known[:6])}, ..., or module:function."
            )
        make = torchvision_models.get_model_builder(arch)
        if task == "segmentation":
            fixed = {"weights": None, "weights_backbone": None}  # or it downloads a backbone
    if not callable(make):
        raise ValueError(
            f"arch={arch!r} is of type {type(make).__name__}: name a function or a class."
        )

    def made(classes: int | None) -> nn.Module:
        try:
            net = make(**fixed, **_class_argument(make, classes))
        except (Exception, SystemExit) as error:
            raise ValueError(
                f"arch={arch!r} can't be made ({said(error)}): name a function that needs nothing "
                "but, if anything, num_classes."
            ) from error
        if not isinstance(net, nn.Module):
            raise ValueError(
                f"arch={arch!r} makes a {type(net).__name__}: it must make a torch.nn.Module."
            )
        return net

    return made


def _class_argument(make: Callable, classes: int | None) -> dict[str, int]:
    """The number of classes under the name by which a function takes it; nothing if it does not."""
    try:
        takes = inspect.signature(make).parameters
    except ValueError:  # built in
        return {}
    names = ["num_classes", "classes", "n_classes", "nclasses", "num_labels"]
    name = next((name for name in names if name in takes), None)
    if name is None and any(p.kind is p.VAR_KEYWORD for p in takes.values()) and "weights" in takes:
        name = "num_classes"  # torchvision's functions hand it on
    return {} if name is None or classes is None else {name: classes}
