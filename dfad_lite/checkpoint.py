"""Files of teachers that this course did not train.

:func:`load_teacher` reads what people have: weights under any key and behind any prefix, as
``.safetensors`` and ``.npz`` too, and, if the file is trusted, whole networks. Whatever can't be
read is refused with a sentence that says what to do. No code in a file is run unless it is trusted.
"""

import ast
import difflib
import functools
import inspect
import io
import itertools
import os
import pickle
import pkgutil
import re
import sys
import tarfile
import zipfile
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
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
# NumPy's arrays may hold weights, too: building these runs no code of the file's own.
_array = np.zeros(0).__reduce__()[0]
ARRAYS = [np.ndarray, np.dtype, *{type(np.dtype(kind)) for kind in "?bhilqBHILQefd"}]
ARRAYS += [(_array, f"numpy.{core}.multiarray._reconstruct") for core in ("core", "_core")]
# Tensors that may stand among the weights though the network has no place for them: counters, and
# what only training uses.
BESIDES = r"(?i)(^|\.)((n_averaged|num_batches_tracked|total_ops|total_params)$|aux|criterion|loss)"
# What makers of networks call the number of classes.
CLASSES = "(n|nb|num|number_of)_?(class|classes|labels|outputs)|classes|class_num"
# Parts that training wrappers, such as DataParallel and torch.compile, put into layers' names.
WRAPPERS = ("module", "_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module")


class Refused(ValueError):
    """Why a file is refused, and what to do; the caller puts the file's name in front."""


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
        content = read(file, trust=trust, whole=arch is None)
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
            layer._check_input_dim = lambda images: None  # it may get vectors, too
    return net


def check_finite(net: nn.Module) -> None:
    """Refuse a network with NaN or infinite weights; the first tensor with any is named."""
    tensors = {name: v for name, v in net.state_dict().items() if isinstance(v, Tensor)}
    odd = {name: count for name, v in tensors.items() if (count := int((~v.isfinite()).sum()))}
    for name, buffer in net.named_buffers():
        if name in odd and (buffer.isfinite() | buffer.isneginf()).all():
            del odd[name]  # a mask of an attention
    if odd:
        name, count = next(iter(odd.items()))
        raise Refused(
            f"can't teach: {name} holds NaN or infinite numbers ({count} of "
            f"{tensors[name].numel()}; {len(odd)} such tensors in all). Take an earlier checkpoint."
        )


# ---------------------------------------------------------------- reading a file


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


class Inert:
    """Stands for any class of other code: it makes empty dictionaries, whatever the arguments.

    The objects' state, such as the tensors of a network's layers, is in their ``vars()``.
    """

    def __new__(cls, *args: Any) -> OrderedDict:
        return OrderedDict()


def unpickled(file: Path, trust: bool, whole: bool) -> Any:
    """What ``torch.save`` wrote, with :class:`Inert` for each class of other code that it names.

    That code runs, if it may, only for a ``whole`` network, or where nothing else reads the file.
    """
    others: list[str] = []  # as torch's errors name them, without ``builtins.``
    while not (trust and whole):
        inert = [(Inert, start + name) for name in others for start in ("", "builtins.")]
        try:
            with torch.serialization.safe_globals(ARRAYS + inert):
                return torch.load(file, map_location="cpu", weights_only=True)
        except Exception as error:  # torch raises many kinds, for damaged and for unsafe files
            met = re.findall(r"GLOBAL (\S+)|Unsupported operand", str(error)) or others[:1]
            if not met:
                raise
            name = met[0] or "of a late protocol"
            if name not in others:
                others.append(name)
            elif trust:
                break
            else:
                raise Refused(
                    f"holds pickled objects ({name}), and loading those runs code: save "
                    "torch.save(model.state_dict(), FILE) in its place; or say --trust "
                    "(trust=True) if you know who made it."
                ) from error
    importable(Path.cwd())  # as `python -m` does
    return torch.load(file, map_location="cpu", weights_only=False)


# What reads each kind of file that holds tensors, and each that is code, which then runs.
TENSORS = {
    "torch.save's": unpickled,
    "safetensors": lambda file, *_: safetensors.torch.load_file(file),
    "npz": lambda file, *_: dict(np.load(file)),
}
CODE = {
    "a TorchScript archive": lambda file, *_: Program(torch.jit.load(file, "cpu").eval()),
    # Through a buffer, since it may have any name.
    "an exported program": lambda file, *_: Program(
        torch.export.load(io.BytesIO(file.read_bytes())).module()
    ),
    "a pickle that torch.save did not write": lambda file, *_: pickle.loads(file.read_bytes()),
}
# The first that fits the names in an archive, or a file's first bytes, says its kind.
_magic = pickle.dumps(torch.serialization.MAGIC_NUMBER, protocol=2)[2:-1].decode("latin-1")
KINDS = {
    r"\Z": "empty",
    "tar:": "a tar archive",
    r"zip:.*\bconstants\.pkl\n": "a TorchScript archive",
    r"zip:.*\b(archive_format|serialized_exported_program\.json)\n": "an exported program",
    r"zip:.*\bdata\.pkl\n": "torch.save's",
    r"zip:([^\n]+\.npy\n)+\Z": "npz",
    r"zip:([^\n]*)": r"a zip archive (\1, ...)",
    "\x80.*" + re.escape(_magic): "torch.save's",  # before torch 1.6
    "\x80": "a pickle that torch.save did not write",
    r".{5}\0\0\0\{": "safetensors",
    "\x89HDF": "an HDF5 file, such as Keras writes",
    "\x08": "an ONNX model",
    "<": "a page of HTML or XML",
    "version https://git-lfs": "a pointer of Git LFS (fetch the file: git lfs pull)",
    "": "a file that can't be read, of another kind or damaged or cut short",
}


def kind_of(file: Path) -> str:
    """The kind of a file by its content, as :data:`KINDS` calls it."""
    if tarfile.is_tarfile(file):
        shown = "tar:"
    elif zipfile.is_zipfile(file):
        with zipfile.ZipFile(file) as archive:
            shown = "zip:" + "".join(f"{name}\n" for name in archive.namelist())
    else:
        with open(file, "rb") as opened:
            shown = opened.read(64).decode("latin-1")
    fits = (re.match(pattern, shown, re.DOTALL) for pattern in KINDS)
    return next(fit.expand(kind) for fit, kind in zip(fits, KINDS.values(), strict=True) if fit)


def read(file: Path, *, trust: bool, whole: bool) -> Any:
    """The content of a file: nested dictionaries and lists with tensors, or networks.

    Raises:
        Refused: it can't be read, or reading it would run code and ``trust`` is False.
    """
    if not file.is_file():
        raise Refused(
            "is no file: name the one that holds the weights; of a folder, the .safetensors or "
            ".bin file in it; what has an address is to be downloaded first."
        )
    try:
        kind = kind_of(file)
        if reader := (TENSORS | CODE if trust else TENSORS).get(kind):
            return reader(file, trust, whole)
    except Refused:
        raise
    except Exception as error:  # of many kinds, for damaged files and for missing code
        raise Refused(
            f"can't be loaded ({reason(error)}): is it damaged, or cut short? A network in it "
            "needs its code in this folder or installed; its weights do not: say --arch."
        ) from error
    if kind in CODE:
        raise Refused(
            f"is {kind}, which runs code of its author's: say --trust (trust=True) if you know who "
            "made it, or have its state dict saved with torch.save and name --arch."
        )
    raise Refused(
        f"is {kind}: give a file of torch.save's, .safetensors or .npz. Unpack an archive; of "
        "another framework's weights make the same network in PyTorch, copy them into it, and "
        "save its state_dict()."
    )


def reason(error: BaseException) -> str:
    """An error's name and first line; of what torch's readers say, the line with the cause."""
    message = str(error).partition("WeightsUnpickler error:")[2] or str(error)
    lines = [line.strip() for line in message.splitlines() if line.strip()] or ["no message"]
    return f"{type(error).__name__}: {lines[-1 if 'TorchScript' in lines[0] else 0]}"


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
            "gives weights only: name the network with --arch, as torchvision's name or "
            "module:function; or, if the file holds the whole of it, say --trust (trust=True), "
            "which runs code of its author's."
        )
    names.sort(key=lambda name: ("ema" not in name, -models.parameters(nets[name])))
    tell_choice(names)
    return nets[names[0]]


def tell_choice(names: list[str]) -> None:
    """Print which of several networks or copies in a file is taken: the first."""
    if len(names) > 1:
        names = [name or "the top" for name in names]
        print(f"The file holds {', '.join(names)}: {names[0]} is taken (--weights says which).")


def parts(*names: str) -> tuple[str, ...]:
    """The parts between the dots of a name, or of a path of names, without :data:`WRAPPERS`."""
    return tuple(part for part in ".".join(names).split(".") if part not in WRAPPERS)


def match(
    found: Mapping[tuple, Tensor], wanted: Mapping[str, Tensor], among: str
) -> tuple[dict[str, Tensor], list[str], list[str]]:
    """Find a network's weights in a file by their names' ends and their shapes.

    Each path in the file is cut where what follows is one of the network's names. What is cut off
    is its prefix, such as ``state_dict.model``. The prefix with the most weights is taken, averaged
    weights (``ema``) before others; then, for files that mix them, prefixes with nothing but
    missing weights. If no path fits, the part with which all of the network's own names begin is
    ignored: the file may hold only what a wrapper contains.

    Returns:
        The weights by the network's own names; the prefixes of all copies of them, the one that is
        taken first; and what lies among the weights though the network has no place for it.
    """
    wrapper = os.path.commonprefix([name.split(".")[:-1] for name in wanted])
    for ignored in (0, len(wrapper)):
        own = {parts(*name.split(".")[ignored:]): name for name in wanted}
        ways: dict[tuple, dict[str, tuple]] = {}  # by prefix: the path to each weight
        rest = []
        for path in found:
            name = parts(*path)
            at = next((at for at in range(len(name)) if name[at:] in own), None)
            if at is None:
                rest.append(path)
            elif among in ".".join(path):
                ways.setdefault(name[:at], {})[own[name[at:]]] = path
        if ways:
            break

    def rank(prefix: tuple) -> tuple[int, int, bool]:
        weights = {name: found[path] for name, path in ways[prefix].items()}
        averaged = "ema" in ".".join(prefix).lower()
        return -len(weights), len(misfits(weights, wanted)), not averaged

    chosen: dict[str, tuple] = {}
    prefixes, copies = [], []
    for prefix in sorted(ways, key=rank):
        if not ways[prefix].keys() & chosen.keys():
            chosen |= ways[prefix]
            prefixes.append(prefix)
        if ways[prefix].keys() == chosen.keys():
            copies.append(".".join(prefix))
    beside = {path[:-1] for path in chosen.values()}
    rest = [path for path in rest if path[:-1] in beside]
    rest = [path for path in rest if any(parts(*path)[: len(p)] == p for p in prefixes)]
    unplaced = [".".join(path) for path in rest if not re.search(BESIDES, ".".join(path))]
    return {name: found[path] for name, path in chosen.items()}, copies, unplaced


def misfits(weights: Mapping[str, Tensor], wanted: Mapping[str, Tensor]) -> list[str]:
    """The names of the weights whose shape is not the wanted one; lazy layers want any."""
    return [
        name
        for name, weight in weights.items()
        if not nn.parameter.is_lazy(wanted[name]) and weight.shape != wanted[name].shape
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
    weights, copies, unplaced = match(found, net.state_dict(), among)
    heads = {weights[name].shape[:1] for name in misfits(weights, net.state_dict())}
    if len(heads) == 1 and (classes is None or (classes == 2 and heads == {(1,)})):
        net = make(*heads.pop())  # as many classes as the file has; one logit tells two apart
    own = net.state_dict()
    missing = [n for n in own if n not in weights and not n.endswith("num_batches_tracked")]
    differs = []
    for name in misfits(weights, own)[:1]:
        there, here = ("x".join(map(str, of[name].shape)) or "one number" for of in (weights, own))
        differs.append(f"{name} is {there} in the file and {here} in the network")
    for what, names in ("the file lacks", missing), ("the network has no place for", unplaced):
        if names:
            more = f" and {len(names) - 1} more" if len(names) > 1 else ""
            differs.append(f"{what} {names[0]}{more}")
    if not weights:
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
    tell_choice(copies)
    net.load_state_dict(weights, strict=False)  # copies into float32
    return net


# ---------------------------------------------------------------- networks by their names


def importable(folder: Path) -> None:
    """Make the modules in a folder importable."""
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))


def builder(arch: str, task: str = "classification") -> Callable[[int | None], nn.Module]:
    """A function of the number of classes (None: its own) that makes the network ``arch``.

    Args:
        arch: a network of torchvision's for the task, such as ``"resnet18"``; or
            ``"module:function"`` or ``"module:Class(3, width=32)"``, the module found in the
            current folder or installed. It is imported and run: name only code that you trust.
        task: one of :data:`TASKS`.

    Raises:
        ValueError: torchvision has no such network. The returned function raises one when it can't
            be had or made.
    """
    path = arch.partition("(")[0]
    where = torchvision_segmenters if task == "segmentation" else torchvision_models
    known = torchvision_models.list_models(module=where)
    if not {":", "."} & set(path) and path not in known:
        near = difflib.get_close_matches(path.lower().replace("-", ""), known, 6, 0)
        raise ValueError(
            f"arch={arch!r} is none of torchvision's networks for {task}: take one of "
            f"{', '.join(near)}, ..., or module:function."
        )

    def made(classes: int | None) -> nn.Module:
        done = "had"
        try:
            call = ast.parse(f"f{arch[len(path) :] or '()'}", mode="eval").body
            args = [ast.literal_eval(value) for value in call.args]
            options = {part.arg: ast.literal_eval(part.value) for part in call.keywords}
            if path in known and task == "segmentation":  # or it downloads a backbone
                options = {"weights": None, "weights_backbone": None} | options
            make = torchvision_models.get_model_builder(path) if path in known else named(path)
            if isinstance(make, nn.Module) or not callable(make):
                raise TypeError(f"it is of type {type(make).__name__}: name a function or a class")
            done, make = "made", functools.partial(make, *args, **options)
            net = make(**_class_argument(make, classes))
            if not isinstance(net, nn.Module):
                raise TypeError(f"it makes a {type(net).__name__}: it must make a torch.nn.Module")
        except (Exception, SystemExit) as error:  # whatever a stranger's code does
            raise ValueError(
                f"arch={arch!r} can't be {done} ({reason(error)}): write module:function, or "
                "module:Class(3, width=32) with plain values, the module being a file in this "
                "folder or installed; a number of classes may be left out."
            ) from error
        return net

    return made


def named(path: str) -> Any:
    """What ``"module:name"``, ``"module.name"`` or ``"folder/module.py:name"`` names."""
    importable(Path.cwd())  # as `python -m` does
    file, _, name = path.rpartition(":")
    if file.endswith(".py") or len(Path(file).parts) > 1:
        module, base = Path(file).resolve().with_suffix(""), Path.cwd()
        if not module.is_relative_to(base):
            base = module.parent
            importable(base)
        path = f"{'.'.join(module.relative_to(base).parts)}:{name}"
    return pkgutil.resolve_name(path)


def _class_argument(make: functools.partial, classes: int | None) -> dict[str, int]:
    """The number of classes, under whatever name the function takes it; empty if it does not.

    Where it needs one and none is known, it gets 10; the file's weights will show the right one.
    """
    takes = inspect.signature(make).parameters
    name = next((name for name in takes if re.fullmatch(CLASSES, name)), None)
    hands_on = any(taken.kind is taken.VAR_KEYWORD for taken in takes.values())
    if name is None and hands_on and {"weights", "pretrained"} & takes.keys():
        name = "num_classes"  # as torchvision's functions do, and those written like them
    if classes is None and name in takes and takes[name].default is inspect.Parameter.empty:
        classes = 10
    return {} if None in (name, classes) or name in make.keywords else {name: classes}
