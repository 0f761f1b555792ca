"""Files of teachers that this course did not train.

:func:`load_teacher` reads what people have: weights under any key and behind any prefix, as
``.safetensors`` and ``.npz`` too, and, where the file is trusted, whole networks. What can't be
had is refused in a sentence that tells what to do. Nothing in a file is run unless it is trusted.
"""

from __future__ import annotations

import ast
import dataclasses
import difflib
import importlib
import inspect
import itertools
import operator
import os
import re
import sys
import tarfile
import zipfile
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
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

# NumPy's arrays, which some files hold in place of tensors: to build them is safe.
_array = np.zeros(0).__reduce__()[0]
ARRAYS = [np.ndarray, np.dtype]
ARRAYS += [type(np.dtype(kind)) for kind in ("float64", "float32", "float16", "int64", "int32")]
ARRAYS += [(_array, f"numpy.{core}.multiarray._reconstruct") for core in ("core", "_core")]


# ---------------------------------------------------------------- reading a file


class Program(nn.Module):
    """A TorchScript archive or a program of ``torch.export``: it stays in eval mode."""

    def __init__(self, program: nn.Module) -> None:
        super().__init__()
        self.program = program
        if not list(program.parameters()):  # all constants, after torch.jit.freeze
            self.device_of = nn.Parameter(torch.zeros(()))

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
        file: tensors in any nesting of dictionaries and lists (``torch.save``), ``.safetensors``,
            or ``.npz``; with ``trust`` also a pickled network, a TorchScript archive or an
            exported program. Told by content, not by name.
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
    content = read(file, trust=trust, inert=arch is not None)
    if arch is not None:
        net = with_weights(content, file, arch, classes=classes, task=task, weights=weights)
    else:
        net = network_in(content, file, weights or "")
    while isinstance(net, nn.DataParallel):
        net = net.module
    for layer in net.modules():
        if isinstance(layer, nn.SyncBatchNorm):  # the same here, and by this name methods know it
            layer.__class__ = nn.BatchNorm2d
    net = models.frozen(net.float())
    check_finite(net, file)
    return net


def kind_of(file: Path) -> str:
    """What a file is by its content: tensors, npz, safetensors, a program, or what it seems."""
    with open(file, "rb") as opened:
        head = opened.read(64)
    if not head:
        return "empty"
    if tarfile.is_tarfile(file):
        return "a tar archive"
    if zipfile.is_zipfile(file):
        with zipfile.ZipFile(file) as archive:
            names = [name.partition("/")[2] or name for name in archive.namelist()]
        if "constants.pkl" in names:
            return "a TorchScript archive"
        if {"archive_format", "serialized_exported_program.json"} & set(names):
            return "an exported program"
        if names and all(name.endswith(".npy") for name in names):
            return "npz"
        return "tensors" if "data.pkl" in names else f"a zip archive ({', '.join(names[:2])}, ...)"
    if head[8:9] == b"{" and int.from_bytes(head[:8], "little") < file.stat().st_size:
        return "safetensors"
    others = {
        b"\x89HDF": "an HDF5 file, such as Keras writes",
        b"\x08": "an ONNX model",
        b"<": "a page of HTML or XML",
        b"{": "JSON text, such as the index of weights in several files",
        b"\x93NUMPY": "of numpy.save's",
        b"version https://git-lfs": "a pointer of Git LFS (fetch the file: git lfs pull)",
    }
    others |= {bytes([0x80, protocol]): "a pickle, not of torch.save's" for protocol in (3, 4, 5)}
    found = (what for start, what in others.items() if head.startswith(start))
    return next(found, "tensors")


def read(file: Path, *, trust: bool = False, inert: bool = False) -> Any:
    """The content of a file: nested dictionaries and lists with tensors, or networks.

    Args:
        file: told by content, not by name.
        trust: whether code that comes with the file may run, where it must.
        inert: whether to read files with objects of other code by leaving those empty, their
            tensors apart.

    Raises:
        ValueError: it can't be read, or reading it would run code and ``trust`` is False.
    """
    if not file.is_file():
        raise ValueError(
            f"teacher={str(file)!r} is no file: name the one that holds the weights; of a folder, "
            "the .safetensors or .bin file in it; what has an address is to be downloaded first."
        )
    kind = kind_of(file)
    if kind in ("a TorchScript archive", "an exported program") and not trust:
        raise ValueError(
            f"teacher={str(file)!r} is {kind}, a program that its author wrote: say --trust "
            "(trust=True) to run it, or have its state dict saved and name --arch."
        )
    try:
        match kind:
            case "a TorchScript archive":
                return Program(torch.jit.load(file, map_location="cpu").eval())
            case "an exported program":
                with open(file, "rb") as opened:
                    return Program(torch.export.load(opened).module())
            case "safetensors":
                return safetensors.torch.load_file(file)
            case "npz":
                return dict(np.load(file))
            case "tensors":
                return unpickled(file, trust=trust, inert=inert)
    except Refused:
        raise
    except Exception as error:  # of many kinds, for damaged files
        raise ValueError(
            f"teacher={str(file)!r} can't be read, and may be damaged or cut short ({said(error)})."
        ) from error
    raise ValueError(
        f"teacher={str(file)!r} is {kind}: give a file of torch.save's, .safetensors or .npz. "
        "Unpack an archive; of another framework's weights make the same network in PyTorch, copy "
        "them into it, and save its state_dict()."
    )


class Refused(ValueError):
    """A file of objects that can't be had, or not without code of its own."""


class Inert:
    """What stands for any class of other code: it makes empty dictionaries, whatever it is told.

    The state of its objects, such as the tensors of a network's layers, is in their ``vars()``.
    """

    def __new__(cls, *args: Any) -> OrderedDict:
        return OrderedDict()


def unpickled(file: Path, *, trust: bool, inert: bool) -> Any:
    """What ``torch.save`` wrote; the file's own code is run only where all else fails."""
    others: list[str] = []  # names of classes and functions that torch does not know
    while True:
        known = [*ARRAYS, *((Inert, name) for name in others)]
        try:
            with torch.serialization.safe_globals(known):
                return torch.load(file, map_location="cpu", weights_only=True)
        except Exception as error:  # torch raises many kinds, for damaged and for unsafe files
            found = re.search(r"GLOBAL (\S+)", str(error))
            if found is None and not others:
                raise
            other = found[1] if found else others[0]
            other = other if "." in other else f"builtins.{other}"
            if inert and other not in others:
                others.append(other)
                continue
            if not trust:
                first = "" if inert else "name the network with --arch, so that none is loaded; "
                raise Refused(
                    f"teacher={str(file)!r} holds pickled objects ({other}), and loading those "
                    f"runs code: {first}save torch.save(model.state_dict(), FILE) in its place; "
                    "or say --trust (trust=True) if you know who made it."
                ) from error
            break
    try:
        import_from_here()
        return torch.load(file, map_location="cpu", weights_only=False)
    except Exception as error:
        raise Refused(
            f"teacher={str(file)!r} can't be loaded ({said(error)}): start this where the code of "
            "its network can be imported, or name the network with --arch."
        ) from error


def said(error: BaseException) -> str:
    """An error's name and the first line of its message; of torch's reader, the one that tells."""
    message = str(error).partition("WeightsUnpickler error:")[2] or str(error)
    lines = [line.strip() for line in message.splitlines() if line.strip()] or ["no message"]
    return f"{type(error).__name__}: {lines[-1 if 'TorchScript' in lines[0] else 0]}"


def check_finite(net: nn.Module, file: Path) -> None:
    """Refuse a network with NaN or infinite weights; the first tensor with any is named."""
    wrong = [
        (name, int((~value.isfinite()).sum()), value.numel())
        for name, value in net.state_dict().items()
        if isinstance(value, Tensor) and value.is_floating_point() and not value.isfinite().all()
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


def leaves(content: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every tensor and network of nested dictionaries and lists, with the names that lead to it."""
    if isinstance(content, nn.Module) or (isinstance(content, Tensor) and path):
        yield path, content
    elif isinstance(content, np.ndarray) and path and content.dtype.kind in "fiub":
        yield path, torch.tensor(content)
    elif isinstance(content, list | tuple):
        pairs = all(
            isinstance(part, list | tuple) and len(part) == 2 and isinstance(part[0], str)
            for part in content
        )
        yield from leaves(dict(content if pairs else enumerate(content)), path)
    elif isinstance(content, Mapping):
        state = getattr(content, "__dict__", {})  # of a network that Inert stands for
        layers = [state.get(kind) or {} for kind in ("_parameters", "_buffers", "_modules")]
        for key, value in itertools.chain(*(part.items() for part in (content, *layers))):
            yield from leaves(value, (*path, str(key)))


def tensors_in(content: Any) -> Iterator[Found]:
    """Every tensor of nested dictionaries and lists, and of networks in them."""
    for path, leaf in leaves(content):
        if isinstance(leaf, nn.Module):
            for name, value in leaf.state_dict().items():
                if isinstance(value, Tensor):
                    yield Found(path, ".".join([*path, name]), value)
        else:
            yield Found(path[:-1], ".".join(path), leaf)


def network_in(content: Any, file: Path, among: str) -> nn.Module:
    """The network in a file: an averaged one (``ema``) before others, else the largest."""
    nets = {".".join(path): leaf for path, leaf in leaves(content) if isinstance(leaf, nn.Module)}
    nets = {name: net for name, net in nets.items() if among in name}
    if not nets:
        raise ValueError(
            f"teacher={str(file)!r} holds weights only: name the network that they are of, with "
            "arch (--arch), as torchvision's name or module:function."
        )
    order = sorted(nets, key=lambda name: ("ema" not in name, -models.parameters(nets[name])))
    tell_choice(file, order)
    return nets[order[0]]


def tell_choice(file: Path, names: list[str]) -> None:
    """Say which of several networks or copies in a file is taken, the first."""
    if len(names) > 1:
        names = [name.strip(".") or "the top" for name in names]
        print(f"{file.name} holds {', '.join(names)}: {names[0]} is taken (--weights says which).")


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
    shared = os.path.commonprefix([name.split(".")[:-1] for name in wanted])
    if not ways and shared:  # a wrapper's name for its network, which the file does not know
        inner = {".".join(name.split(".")[len(shared) :]): name for name in wanted}
        got = match(found, {short: wanted[name] for short, name in inner.items()}, among=among)
        return dataclasses.replace(
            got,
            weights={inner[short]: value for short, value in got.weights.items()},
            missing=[inner[short] for short in got.missing],
            unlike=[inner[short] for short in got.unlike],
        )

    def unlike(way: dict[str, Found]) -> list[str]:
        return [
            name
            for name, one in way.items()
            if not nn.parameter.is_lazy(wanted[name]) and wanted[name].shape != one.value.shape
        ]

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
            # Counters; heads and losses that only training uses.
            and not re.search(
                r"(^|\.)((n_averaged|num_batches_tracked|total_ops|total_params)$|aux|criterion|loss)",
                one.name,
            )
        ],
        unlike=unlike(chosen),
    )


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
    whole = [one for one in found if one.value.is_quantized or one.value.dtype == torch.int8]
    if whole:
        raise ValueError(
            f"teacher={str(file)!r} holds quantised weights ({whole[0].name}): take the file of "
            "floating-point weights that they were made from."
        )
    make = builder(arch, task)
    net = make(classes)
    got = match(found, net.state_dict(), among=weights or "")
    heads = {len(got.weights[name]) for name in got.unlike if got.weights[name].dim()}
    if len(heads) == 1 and (classes is None or (classes == 2 and heads == {1})):
        net = make(heads.pop())  # as many classes as the file has; one logit tells two apart
        got = match(found, net.state_dict(), among=weights or "")
    own = net.state_dict()
    differs = [
        f"{name} is {_sizes(got.weights[name])} in the file and {_sizes(own[name])} in the network"
        for name in got.unlike[:1]
    ]
    differs += [f"the file lacks {_some(got.missing)}"] if got.missing else []
    differs += [f"the network has no place for {_some(got.unplaced)}"] if got.unplaced else []
    if not got.weights:
        differs = [
            f"none of its {len(found)} tensors ({found[0].name}, ...) has a name of that network's "
            f"({next(iter(own), 'none')}, ...)"
        ]
    if differs:
        told = "" if classes is None else f" with classes={classes}"
        raise ValueError(
            f"teacher={str(file)!r} does not fit arch={arch!r}{told}: {'; '.join(differs)}. "
            "Name the network that the file was saved from, with its sizes."
        )
    tell_choice(file, got.prefixes + got.other_copies if got.other_copies else [])
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
            installed; ``"folder/net.py:Net(3, width=32)"`` is understood, too. It is imported and
            run: name only code that you trust.
        task: one of :data:`TASKS`.

    Raises:
        ValueError: there is no such thing; or, by the function that is returned, it fails, or
            what it makes is no network.
    """
    path, bracket, _ = arch.partition("(")
    args, given = arguments(arch) if bracket else ((), {})
    where = torchvision_segmenters if task == "segmentation" else torchvision_models
    known = torchvision_models.list_models(module=where)
    if path in known:
        make = torchvision_models.get_model_builder(path)
        if task == "segmentation":  # or it downloads a backbone
            given = {"weights": None, "weights_backbone": None} | given
    elif ":" in path or "." in path:
        make = named(path)
    else:
        near = difflib.get_close_matches(path.lower().replace("-", ""), known, 6, 0) or known[:6]
        raise ValueError(
            f"arch={arch!r} is none of torchvision's networks for {task}: take one of "
            f"{', '.join(near)}, ..., or module:function."
        )
    if isinstance(make, nn.Module) or not callable(make):
        raise ValueError(
            f"arch={arch!r} is of type {type(make).__name__}: name a function or a class."
        )

    def made(classes: int | None) -> nn.Module:
        try:
            net = make(*args, **given, **_class_argument(make, classes, args, given))
        except (Exception, SystemExit) as error:
            raise ValueError(
                f"arch={arch!r} can't be made ({said(error)}): say what it needs, as in "
                "module:Class(3, width=32); a number of classes may be left out."
            ) from error
        if not isinstance(net, nn.Module):
            raise ValueError(
                f"arch={arch!r} makes a {type(net).__name__}: it must make a torch.nn.Module."
            )
        return net

    return made


def named(path: str) -> Any:
    """What ``"module:name"``, ``"module.name"`` or ``"folder/module.py:name"`` names.

    Raises:
        ValueError: there is no such thing.
    """
    module, _, name = path.rpartition(":" if ":" in path else ".")
    try:
        import_from_here()
        if module.endswith(".py") or len(Path(module).parts) > 1:
            file, base = Path(module).resolve().with_suffix(""), Path.cwd()
            if not file.is_relative_to(base):
                base = file.parent
                sys.path.insert(0, str(base))
            module = ".".join(file.relative_to(base).parts)
        return operator.attrgetter(name)(importlib.import_module(module))
    except (Exception, SystemExit) as error:  # whatever the module does when it is imported
        raise ValueError(
            f"arch={path!r} can't be had ({said(error)}): write module:function, the module "
            "being a file in this folder or installed."
        ) from error


def arguments(arch: str) -> tuple[list, dict[str, Any]]:
    """The arguments in ``"module:Class(3, width=32)"``.

    Raises:
        ValueError: they are no plain values: numbers, texts, lists, dictionaries and the like.
    """
    try:
        call = ast.parse(f"f{arch[arch.index('(') :]}", mode="eval").body
        if not isinstance(call.func, ast.Name):
            raise SyntaxError("more than one pair of brackets")
        args = [ast.literal_eval(value) for value in call.args]
        return args, {part.arg: ast.literal_eval(part.value) for part in call.keywords}
    except (SyntaxError, ValueError, AttributeError) as error:
        raise ValueError(
            f"arch={arch!r}: write what it needs as plain values, as in module:Class(3, width=32)."
        ) from error


def _class_argument(
    make: Callable, classes: int | None, args: Sequence, given: Mapping[str, Any]
) -> dict[str, int]:
    """The number of classes under the name by which a function takes it; nothing if it does not."""
    try:
        signature = inspect.signature(make)
        taken = signature.bind_partial(*args, **given).arguments
    except (TypeError, ValueError):  # built in; or called wrongly, which the call itself will say
        return {}
    takes = signature.parameters
    names = ["num_classes", "classes", "n_classes", "nclasses", "num_labels"]
    name = next((name for name in names if name in takes), None)
    if name is None and any(p.kind is p.VAR_KEYWORD for p in takes.values()) and "weights" in takes:
        name = "num_classes"  # torchvision's functions hand it on
    if name is None or name in taken or name in given:
        return {}
    if classes is None and name in takes and takes[name].default is inspect.Parameter.empty:
        classes = 10  # any number: with_weights makes it again with the file's
    return {} if classes is None else {name: classes}
