"""Files of teachers that this course did not train.

:func:`load_teacher` reads what people have: weights under any key and behind any prefix, as
``.safetensors`` and ``.npz`` too, and, if the file is trusted, whole networks. Whatever can't be
read is refused with a sentence that says what to do. No code in a file is run unless it is trusted.
"""

import argparse
import ast
import difflib
import functools
import importlib
import inspect
import io
import itertools
import operator
import os
import pickle
import re
import sys
import tarfile
import zipfile
from collections import OrderedDict
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

# What training scripts keep beside the weights: NumPy's numbers and arrays, and argparse's
# settings. Building these runs no code of the file's own.
_scalar, _array = np.float64(0).__reduce__()[0], np.zeros(0).__reduce__()[0]
PLAIN = [argparse.Namespace, np.ndarray, np.dtype]
PLAIN += [type(np.dtype(kind)) for kind in ("float64", "float32", "int64", "int32", "bool")]
PLAIN += [(_scalar, f"numpy.{core}.multiarray.scalar") for core in ("core", "_core")]
PLAIN += [(_array, f"numpy.{core}.multiarray._reconstruct") for core in ("core", "_core")]

# Tensors that may stand among the weights though the network has no place for them: counters, and
# what only training uses.
BESIDES = r"(?i)(^|\.)((n_averaged|num_batches_tracked|total_ops|total_params)$|aux|criterion|loss)"
# Kinds of files that hold code, as error messages call them.
SCRIPT, PROGRAM = "a TorchScript archive", "an exported program"
PICKLE = "a pickle that torch.save did not write"
# Parts that training wrappers, such as DataParallel and torch.compile, put into layers' names.
WRAPPERS = ("module", "_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module")


# ---------------------------------------------------------------- reading a file


class Refused(ValueError):
    """Why a file is refused, and what to do; the caller puts the file's name in front."""


class Program(nn.Module):
    """A TorchScript archive or a program of ``torch.export``; always in eval mode."""

    def __init__(self, program: nn.Module) -> None:
        super().__init__()
        self.program = program
        if not list(program.parameters()):  # torch.jit.freeze makes constants of them
            self.device_of = nn.Parameter(torch.zeros(()))

    def train(self, mode: bool = True) -> nn.Module:
        self.training = mode  # not the program's, since an exported one can't be switched
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
    """The network in a file, or the network ``arch`` with the file's weights: frozen, in float32.

    Args:
        file: tensors in any nesting of dictionaries and lists (``torch.save``), ``.safetensors``,
            or ``.npz``; with ``trust`` also a pickled network, a TorchScript archive or an
            exported program. Told by content, not by name.
        arch: as in :func:`builder`; None where the file holds a whole network.
        classes: number of logits, for networks that ask; None: the file's own.
        weights: where in the file to look, when it holds several copies, such as ``"ema"``.
        trust: whether code that comes with the file may run.

    Raises:
        ValueError: the file can't be read, would run code, does not fit, or holds numbers that
            are not finite.
    """
    try:
        content = read(file, trust=trust, inert=arch is not None)
        if arch is None:
            net = network_in(content, weights or "")
        else:
            net = with_weights(content, arch, task, classes, weights or "")
        while isinstance(net, nn.DataParallel):
            net = net.module
        net = models.frozen(net.float())
        check_finite(net)
    except Refused as error:
        raise ValueError(f"teacher={str(file)!r} {error}") from error
    for layer in net.modules():
        if isinstance(layer, nn.SyncBatchNorm):  # the same here, and by this name methods know it
            layer.__class__ = nn.BatchNorm2d
    return net


def kind_of(file: Path) -> str:
    """The kind of a file by its content: one that :func:`read` knows, or words for a sentence."""
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
            return SCRIPT
        if {"archive_format", "serialized_exported_program.json"} & set(names):
            return PROGRAM
        if names and all(name.endswith(".npy") for name in names):
            return "npz"
        return "tensors" if "data.pkl" in names else f"a zip archive ({', '.join(names[:2])}, ...)"
    if head[8:9] == b"{" and int.from_bytes(head[:8], "little") < file.stat().st_size:
        return "safetensors"
    if head.startswith(b"\x80"):
        magic = pickle.dumps(torch.serialization.MAGIC_NUMBER, protocol=2)[2:-1]
        return "tensors" if magic in head else PICKLE
    others = {
        b"\x89HDF": "an HDF5 file, such as Keras writes",
        b"\x08": "an ONNX model",
        b"<": "a page of HTML or XML",
        b"version https://git-lfs": "a pointer of Git LFS (fetch the file: git lfs pull)",
    }
    found = (what for start, what in others.items() if head.startswith(start))
    return next(found, "a file that can't be read, of another kind or damaged or cut short")


def read(file: Path, *, trust: bool = False, inert: bool = False) -> Any:
    """The content of a file: nested dictionaries and lists with tensors, or networks.

    With ``inert``, objects of other code are replaced by empty ones that keep their tensors.
    Without, the file's code must run, which needs ``trust``.

    Raises:
        Refused: it can't be read, or reading it would run code and ``trust`` is False.
    """
    if not file.is_file():
        raise Refused(
            "is no file: name the one that holds the weights; of a folder, the .safetensors or "
            ".bin file in it; what has an address is to be downloaded first."
        )
    kind = kind_of(file)
    if kind in (SCRIPT, PROGRAM, PICKLE) and not trust:
        raise Refused(
            f"is {kind}, which runs code of its author's: say --trust (trust=True) if you know who "
            "made it, or have its state dict saved with torch.save and name --arch."
        )
    try:
        if kind == SCRIPT:
            return Program(torch.jit.load(file, map_location="cpu").eval())
        if kind == PROGRAM:
            return Program(torch.export.load(io.BytesIO(file.read_bytes())).module())
        if kind == PICKLE:
            return pickle.loads(file.read_bytes())
        if kind == "safetensors":
            return safetensors.torch.load_file(file)
        if kind == "npz":
            return dict(np.load(file))
        if kind == "tensors":
            return unpickled(file, trust=trust, inert=inert)
    except Refused:
        raise
    except Exception as error:  # of many kinds, for damaged files
        raise Refused(
            f"can't be read, and may be damaged or cut short ({reason(error)})."
        ) from error
    raise Refused(
        f"is {kind}: give a file of torch.save's, .safetensors or .npz. Unpack an archive; of "
        "another framework's weights make the same network in PyTorch, copy them into it, and "
        "save its state_dict()."
    )


class Inert:
    """Stands for any class of other code: it makes empty dictionaries, whatever the arguments.

    The objects' state, such as the tensors of a network's layers, is in their ``vars()``.
    """

    def __new__(cls, *args: Any) -> OrderedDict:
        return OrderedDict()


def unpickled(file: Path, *, trust: bool, inert: bool) -> Any:
    """What ``torch.save`` wrote; the file's own code runs only if nothing else reads it."""
    others: list[str] = []
    try:
        with torch.serialization.safe_globals(PLAIN):
            if inert and zipfile.is_zipfile(file):  # older files don't tell
                others = torch.serialization.get_unsafe_globals_in_checkpoint(file)
            with torch.serialization.safe_globals([(Inert, name) for name in others]):
                return torch.load(file, map_location="cpu", weights_only=True)
    except Exception as error:  # torch raises many kinds, for damaged and for unsafe files
        names = re.findall(r"GLOBAL (\S+)", str(error)) + others
        if "Unsupported operand" in str(error):
            names = ["of a late protocol"]
        if not names:
            raise
        if not trust:
            first = "" if inert else "name the network with --arch, so that none is loaded; "
            raise Refused(
                f"holds pickled objects ({names[0]}), and loading those runs code: {first}save "
                "torch.save(model.state_dict(), FILE) in its place; or say --trust (trust=True) "
                "if you know who made it."
            ) from error
    try:
        import_from_here()
        return torch.load(file, map_location="cpu", weights_only=False)
    except Exception as error:
        raise Refused(
            f"can't be loaded ({reason(error)}): start this where the code of its network can be "
            "imported, or name the network with --arch."
        ) from error


def reason(error: BaseException) -> str:
    """An error's name and first line; of what torch's readers say, the line with the cause."""
    message = str(error).partition("WeightsUnpickler error:")[2] or str(error)
    lines = [line.strip() for line in message.splitlines() if line.strip()] or ["no message"]
    return f"{type(error).__name__}: {lines[-1 if 'TorchScript' in lines[0] else 0]}"


def check_finite(net: nn.Module) -> None:
    """Refuse a network with NaN or infinite weights; the first tensor with any is named."""
    wrong = {
        name: value
        for name, value in net.state_dict().items()
        if isinstance(value, Tensor) and not value.isfinite().all()
    }
    for name, value in wrong.items():
        raise Refused(
            f"can't teach: {name} holds NaN or infinite numbers ({int((~value.isfinite()).sum())} "
            f"of {value.numel()}; {len(wrong)} such tensors in all). Take an earlier checkpoint."
        )


# ---------------------------------------------------------------- weights and their network


def find_all(content: Any, kind: type, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple, Any]]:
    """Every tensor, or network, in a file's content, after the keys that lead to it."""
    if isinstance(content, kind):
        yield path, content
    elif isinstance(content, nn.Module):
        yield from find_all(content.state_dict(), kind, path)
    elif isinstance(content, np.ndarray) and content.dtype.kind in "fiub":
        yield from find_all(torch.tensor(content), kind, path)
    elif isinstance(content, list | tuple):
        pairs = all(isinstance(p, list | tuple) and len(p) == 2 for p in content)
        pairs = pairs and all(isinstance(name, str) for name, _ in content)
        yield from find_all(dict(content if pairs else enumerate(content)), kind, path)
    elif isinstance(content, Mapping):
        state = getattr(content, "__dict__", {})  # of a network that Inert stands for
        layers = [state.get(part) or {} for part in ("_parameters", "_buffers", "_modules")]
        for key, value in itertools.chain(*(part.items() for part in (content, *layers))):
            yield from find_all(value, kind, (*path, str(key)))


def network_in(content: Any, among: str) -> nn.Module:
    """The network in a file: an averaged one (``ema``) before others, else the largest."""
    nets = {".".join(path): net for path, net in find_all(content, nn.Module)}
    names = [name for name in nets if among in name]
    if not names:
        raise Refused(
            "holds weights only: name the network that they are of, with arch (--arch), as "
            "torchvision's name or module:function."
        )
    names.sort(key=lambda name: ("ema" not in name, -models.parameters(nets[name])))
    tell_choice(names)
    return nets[names[0]]


def tell_choice(names: list[str]) -> None:
    """Print which of several networks or copies in a file is taken: the first."""
    if len(names) > 1:
        names = [name.strip(".") or "the top" for name in names]
        print(f"The file holds {', '.join(names)}: {names[0]} is taken (--weights says which).")


@dataclass(frozen=True)
class Match:
    """Which of a file's tensors are a network's weights, and which others stand among them."""

    weights: dict[str, Tensor]  # by the network's own names
    prefixes: list[str]  # what stood before those names in the file
    other_copies: list[str]  # prefixes of weights that would have fitted as well
    unplaced: list[str]


def without_wrappers(parts: list[str]) -> str:
    """A layer's name without what :data:`WRAPPERS` put into it."""
    return ".".join(part for part in parts if part not in WRAPPERS)


def match(found: Mapping[tuple, Tensor], wanted: Mapping[str, Tensor], among: str) -> Match:
    """Find a network's weights in a file by their names' ends and their shapes.

    Each of the file's names is cut at the dot after which it is one of the network's. What is cut
    off is its prefix, such as ``module.``, ``state_dict.model.``. The prefix with the most weights
    is taken, averaged weights (``ema``) before others; then, for files that mix them, prefixes
    with nothing but missing weights.

    Names are compared without :data:`WRAPPERS`. If nothing fits, the part with which all of the
    network's own names begin is ignored, too: the file may hold only what a wrapper contains.
    """
    names = {path: ".".join(path) for path in found}
    ways: dict[str, dict[str, tuple]] = {}  # by prefix: the network's name, the place in the file
    wrapper = os.path.commonprefix([name.split(".")[:-1] for name in wanted])
    for known in (0, len(wrapper)):
        own = {without_wrappers(name.split(".")[known:]): name for name in wanted}
        for path, name in names.items():
            parts = name.split(".")
            at = next((at for at in range(len(parts)) if without_wrappers(parts[at:]) in own), None)
            if at is not None and among in name:
                prefix = ".".join([*parts[:at], ""])
                ways.setdefault(prefix, {})[own[without_wrappers(parts[at:])]] = path
        if ways:
            break

    def rank(prefix: str) -> tuple[int, int, bool]:
        weights = {name: found[path] for name, path in ways[prefix].items()}
        return -len(weights), len(misfits(weights, wanted)), "ema" not in prefix.lower()

    chosen: dict[str, tuple] = {}
    prefixes, others = [], []
    for prefix in sorted(ways, key=rank):
        if not ways[prefix].keys() & chosen.keys():
            chosen |= ways[prefix]
            prefixes.append(prefix)
        elif ways[prefix].keys() == chosen.keys() and len(prefixes) == 1:
            others.append(prefix)
    placed = {path for way in ways.values() for path in way.values()}
    places = {path[:-1] for path in chosen.values()}
    unplaced = [
        names[path]
        for path in found
        if path not in placed and path[:-1] in places and names[path].startswith(tuple(prefixes))
    ]
    return Match(
        weights={name: found[path] for name, path in chosen.items()},
        prefixes=prefixes,
        other_copies=others,
        unplaced=[name for name in unplaced if not re.search(BESIDES, name)],
    )


def misfits(weights: Mapping[str, Tensor], wanted: Mapping[str, Tensor]) -> list[str]:
    """The names of the weights whose shape is not the wanted one."""
    sized = {n: weight.shape for n, weight in wanted.items() if not nn.parameter.is_lazy(weight)}
    return [
        name for name, weight in weights.items() if sized.get(name, weight.shape) != weight.shape
    ]


def with_weights(content: Any, arch: str, task: str, classes: int | None, among: str) -> nn.Module:
    """The network ``arch`` with the weights that ``content`` holds for it.

    Raises:
        Refused: they do not fit; says how they differ.
    """
    found = {path: value for path, value in find_all(content, Tensor) if path}
    if not found:
        raise Refused("holds no tensors by name: save torch.save(model.state_dict()).")
    for path, value in found.items():
        if value.is_quantized or value.dtype == torch.int8:
            raise Refused(
                f"holds quantised weights ({'.'.join(path)}): take the file of floating-point "
                "weights that they were made from."
            )
    make = builder(arch, task)
    net = make(classes)
    got = match(found, net.state_dict(), among)
    heads = {got.weights[name].shape[:1] for name in misfits(got.weights, net.state_dict())}
    if len(heads) == 1 and (classes is None or (classes == 2 and heads == {(1,)})):
        net = make(*heads.pop())  # as many classes as the file has; one logit tells two apart
        got = match(found, net.state_dict(), among)
    own = net.state_dict()
    missing = [n for n in own if n not in got.weights and not n.endswith("num_batches_tracked")]
    differs = [
        f"{name} is {_sizes(got.weights[name])} in the file and {_sizes(own[name])} in the network"
        for name in misfits(got.weights, own)[:1]
    ]
    differs += [f"the file lacks {_some(missing)}"] if missing else []
    differs += [f"the network has no place for {_some(got.unplaced)}"] if got.unplaced else []
    if not got.weights:
        differs = [
            f"none of its {len(found)} tensors ({'.'.join(next(iter(found)))}, ...) has a name of "
            f"that network's ({next(iter(own), 'none')}, ...)"
        ]
    if differs:
        told = "" if classes is None else f" with classes={classes}"
        raise Refused(
            f"does not fit arch={arch!r}{told}: {'; '.join(differs)}. Name the network that the "
            "file was saved from, with its sizes."
        )
    if got.other_copies:
        tell_choice(got.prefixes + got.other_copies)
    net.load_state_dict(got.weights, strict=False)  # copies into float32
    return net


def _sizes(value: Tensor) -> str:
    return "x".join(str(side) for side in value.shape) or "one number"


def _some(names: list[str]) -> str:
    return names[0] + (f" and {len(names) - 1} more" if len(names) > 1 else "")


# ---------------------------------------------------------------- networks by their names


def import_from_here() -> None:
    """Make modules in the current folder importable, as ``python -m`` does."""
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())


def builder(arch: str, task: str = "classification") -> Callable[[int | None], nn.Module]:
    """A function of the number of classes (None: its own) that makes the network ``arch``.

    Args:
        arch: a network of torchvision's for the task, such as ``"resnet18"``; or
            ``"module:function"`` or ``"module:Class(3, width=32)"``, the module found in the
            current folder or installed. It is imported and run: name only code that you trust.
        task: one of :data:`TASKS`.

    Raises:
        ValueError: there is no such thing. The returned function raises one when making it fails.
    """
    path, bracket, _ = arch.partition("(")
    where = torchvision_segmenters if task == "segmentation" else torchvision_models
    known = torchvision_models.list_models(module=where)
    if not {":", "."} & set(path) and path not in known:
        near = difflib.get_close_matches(path.lower().replace("-", ""), known, 6, 0)
        raise ValueError(
            f"arch={arch!r} is none of torchvision's networks for {task}: take one of "
            f"{', '.join(near)}, ..., or module:function."
        )
    try:
        call = ast.parse(f"f{arch[len(path) :] or '()'}", mode="eval").body
        args = [ast.literal_eval(value) for value in call.args]
        options = {part.arg: ast.literal_eval(part.value) for part in call.keywords}
        make = torchvision_models.get_model_builder(path) if path in known else named(path)
        if isinstance(make, nn.Module) or not callable(make):
            raise TypeError(f"it is of type {type(make).__name__}: name a function or a class")
    except (Exception, SystemExit) as error:  # whatever the module does when it is imported
        raise ValueError(
            f"arch={arch!r} can't be had ({reason(error)}): write module:function, or "
            "module:Class(3, width=32) with plain values, the module being a file in this folder "
            "or installed."
        ) from error
    if path in known and task == "segmentation":  # or it downloads a backbone
        options = {"weights": None, "weights_backbone": None} | options

    def made(classes: int | None) -> nn.Module:
        try:
            net = make(*args, **_class_argument(make, classes, args, options))
            if not isinstance(net, nn.Module):
                raise TypeError(f"it makes a {type(net).__name__}: it must make a torch.nn.Module")
        except (Exception, SystemExit) as error:
            raise ValueError(
                f"arch={arch!r} can't be made ({reason(error)}): say what it needs, as in "
                "module:Class(3, width=32); a number of classes may be left out."
            ) from error
        return net

    return made


def named(path: str) -> Any:
    """What ``"module:name"``, ``"module.name"`` or ``"folder/module.py:name"`` names."""
    import_from_here()
    module, _, name = path.rpartition(":" if ":" in path else ".")
    if module.endswith(".py") or len(Path(module).parts) > 1:
        file, base = Path(module).resolve().with_suffix(""), Path.cwd()
        if not file.is_relative_to(base):
            base = file.parent
            sys.path.insert(0, str(base))
        module = ".".join(file.relative_to(base).parts)
    return operator.attrgetter(name)(importlib.import_module(module))


def _class_argument(make: Callable, classes: int | None, args: list, options: dict) -> dict:
    """``options`` and the number of classes, under whatever name the function takes it, if any.

    Where it needs one and none is known, it gets 10; the file's weights will show the right one.
    """
    try:
        takes = inspect.signature(functools.partial(make, *args)).parameters
    except (TypeError, ValueError):  # built in; or called wrongly, which the call itself will say
        return options
    names = ["num_classes", "classes", "n_classes", "nclasses", "num_labels"]
    name = next((name for name in names if name in takes), None)
    if name is None and any(p.kind is p.VAR_KEYWORD for p in takes.values()) and "weights" in takes:
        name = "num_classes"  # torchvision's functions hand it on
    if classes is None and name in takes and takes[name].default is inspect.Parameter.empty:
        classes = 10
    return options if name is None or classes is None else {name: classes} | options
