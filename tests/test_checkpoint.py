"""Reading strangers' files, and making logits of what their networks answer."""

import copy
import importlib
import os
import pickle
import sys
import tarfile
import tempfile
import warnings
import zipfile
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
import safetensors.torch
import torch
from torch import nn

from dfad_lite import adapt, checkpoint

# A module such as people have beside their checkpoint.
MODULE = """
import torch
import torch.nn.functional as F
from torch import nn


class Net(nn.Module):  # PyTorch's MNIST example, in small: no num_classes, view, log_softmax
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 4, 3)
        self.bn = nn.BatchNorm2d(4)
        self.fc = nn.Linear(4 * 4 * 5, 3)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.bn(self.conv1(x))), 2)
        x = x.view(-1, 4 * 4 * 5)
        return F.log_softmax(self.fc(x), dim=1)


def sized(num_classes=5):
    return nn.Sequential(nn.Flatten(), nn.Linear(12, num_classes))


def needs(width):
    return nn.Linear(width, 2)


def named(num_classes):
    return nn.Linear(4, num_classes)


def handed_on(pretrained=False, **options):
    return sized(**options)


def counted(nb_classes=5):
    return sized(nb_classes)


def built(width, *, outputs=2):
    return nn.Linear(width, outputs)


class Normed(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = Net()

    def forward(self, x):
        return self.net((x - 0.5) / 0.25)


def touch(path):
    open(path, "w").close()


def breaks():
    raise KeyError("no such\\nlayer")


def number():
    return 3


constant = 7
instance = nn.Linear(2, 2)
"""
SIZE = (10, 12)


@pytest.fixture(autouse=True)
def here(tmp_path_factory, monkeypatch):
    """The current folder holds ``stranger.py``."""
    folder = tmp_path_factory.getbasetemp() / "here"
    folder.mkdir(exist_ok=True)
    (folder / "stranger.py").write_text(MODULE)
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def net():
    torch.manual_seed(0)
    net = checkpoint.builder("stranger:Net")(None)
    with torch.no_grad():
        net.bn.running_mean.add_(0.1)  # so that a buffer that is forgotten shows
    return net.eval()


def same(a: nn.Module, b: nn.Module) -> bool:
    images = torch.randn(2, 1, *SIZE, generator=torch.Generator().manual_seed(1))
    return torch.allclose(a(images), b(images), atol=1e-6)


# ---------------------------------------------------------------- files


def under(state: dict) -> dict[str, object]:
    """Ways in which training scripts save a state dict."""
    optimiser = {"state": {0: {"exp_avg": torch.ones(4, 1, 3, 3), "step": 3}}, "param_groups": []}
    behind = {f"module.{name}": value for name, value in state.items()}
    compiled = {f"_orig_mod.module.{name}": value for name, value in state.items()}
    mixed = {
        ("model." if at % 2 else "module._orig_mod.") + name: value
        for at, (name, value) in enumerate(state.items())
    }
    other = {name: torch.zeros_like(value) for name, value in state.items()}
    return {
        "plain": state,
        "state_dict": {"state_dict": state},
        "model_state_dict, optimiser": {"model_state_dict": state, "optimizer": optimiser},
        "model": {"epoch": 3, "model": behind, "optim": {"optimizer": optimiser}},
        "net, with NumPy's numbers": {"net": state, "best": np.float64(0.9), "at": np.int64(3)},
        "weights, deep": {"a": {"b": {"weights": compiled}}},
        "student": {"student": state},
        "module.": behind,
        "_orig_mod.module.": compiled,
        "mixed prefixes": mixed,
        "layers wrapped": {
            f"model.{name}".replace("conv1.", "conv1.module.").replace(
                "bn.", "bn._orig_mod."
            ): value
            for name, value in state.items()
        },
        "heads that only training uses": state | {"AuxLogits.fc.weight": torch.ones(3, 9)},
        "averaged beside plain": {"model": other, "ema": {**behind, "n_averaged": torch.tensor(9)}},
        "teacher named": {"student": other, "teacher": behind},
        "counters of a profiler": state | {"total_ops": torch.zeros(1), "fc.total_ops": state},
        "Lightning's, with a loss": {
            "state_dict": {f"net.{name}": value for name, value in state.items()}
            | {"net.criterion.weight": torch.ones(3)},
            "callbacks": {"ModelCheckpoint{'monitor': 'val'}": {"best": torch.tensor(0.9)}},
        },
        "NumPy's arrays": {name: value.numpy() for name, value in state.items()},
        "pairs of name and tensor": list(state.items()),
        "in a tuple": (state, 0.9, [3]),
        "by layer": {
            layer: {n.split(".")[1]: v for n, v in state.items() if n.startswith(layer)}
            for layer in ("conv1", "bn", "fc")
        },
        "bfloat16": {name: value.bfloat16().to(value.dtype) for name, value in state.items()},
        "float64": {name: value.double() for name, value in state.items()},
        "half precision": {name: value.half().to(value.dtype) for name, value in state.items()},
    }


@pytest.mark.parametrize("how", under({}))
def test_weights_are_found_wherever_they_are(how, net, tmp_path) -> None:
    torch.save(under(net.state_dict())[how], tmp_path / "t.pt")
    named = "teacher" if how == "teacher named" else None
    read = checkpoint.load_teacher(tmp_path / "t.pt", "stranger:Net", weights=named)
    if how in ("half precision", "bfloat16"):
        net.load_state_dict(under(net.state_dict())[how])
    assert same(read, net)
    assert not read.training and not any(p.requires_grad for p in read.parameters())


def test_which_of_several_copies_is_taken_is_said(net, tmp_path, capsys) -> None:
    state = net.state_dict()
    torch.save({"student": state, "teacher": state}, tmp_path / "t.pt")
    checkpoint.load_teacher(tmp_path / "t.pt", "stranger:Net")
    assert "holds student, teacher: student is taken" in capsys.readouterr().out


def test_safetensors_and_half_precision(net, tmp_path) -> None:
    state = {name: value.half() for name, value in net.state_dict().items()}
    safetensors.torch.save_file(state, tmp_path / "named.bin")  # told by its content
    read = checkpoint.load_teacher(tmp_path / "named.bin", "stranger:Net")
    assert {p.dtype for p in read.parameters()} == {torch.float32}
    assert same(read, copy.deepcopy(net).half().float())


def test_numpy_archives(net, tmp_path) -> None:
    np.savez(tmp_path / "t.npz", **{name: v.numpy() for name, v in net.state_dict().items()})
    assert same(checkpoint.load_teacher(tmp_path / "t.npz", "stranger:Net"), net)
    np.savez(tmp_path / "t.npz", *[value.detach().numpy() for value in net.parameters()])
    with pytest.raises(ValueError, match="none of its 6 tensors .arr_0"):
        checkpoint.load_teacher(tmp_path / "t.npz", "stranger:Net")


class Gone(dict):
    """Of a package that is not there any more when its file is read."""


@pytest.mark.parametrize("whole", [False, True])
def test_weights_among_objects_of_other_code_are_read_without_it(
    whole, net, tmp_path, monkeypatch
) -> None:
    module = ModuleType("gone_package")
    monkeypatch.setitem(sys.modules, "gone_package", module)
    module.Net, module.Gone = type("Net", (type(net),), {}), Gone
    for kind in (module.Net, Gone):
        monkeypatch.setattr(kind, "__module__", "gone_package")
    settings = {"path": PurePosixPath("/a"), "of": defaultdict(list, a=[1]), "lr": Gone(lr=0.1)}
    content = {"state_dict": net.state_dict(), "hyper_parameters": settings}
    if whole:
        net.__class__ = module.Net
        content = {"net": nn.DataParallel(net), "epoch": 3}
    torch.save(content, tmp_path / "t.pt")
    del sys.modules["gone_package"]
    assert same(checkpoint.load_teacher(tmp_path / "t.pt", "stranger:Net"), net)
    with pytest.raises(ValueError, match="name the network with --arch"):
        checkpoint.load_teacher(tmp_path / "t.pt")
    with pytest.raises(ValueError, match="No module named 'gone_package'.*--arch"):
        checkpoint.load_teacher(tmp_path / "t.pt", trust=True)


@pytest.mark.parametrize("zipped", [False, True])
def test_files_of_any_age_may_hold_other_code_and_half_precision(zipped, net, tmp_path) -> None:
    arrays = {name: value.numpy() for name, value in net.half().state_dict().items()}
    content = {"model": arrays, "args": Gone(lr=np.float16(0.1)), "path": PurePosixPath("/a")}
    torch.save(content, tmp_path / "t.pt", _use_new_zipfile_serialization=zipped)
    assert same(checkpoint.load_teacher(tmp_path / "t.pt", "stranger:Net"), net.float())


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_pickles_of_any_protocol(zipped, protocol, net, tmp_path) -> None:
    how = {"pickle_protocol": protocol, "_use_new_zipfile_serialization": zipped}
    torch.save({"model": net.state_dict()}, tmp_path / "t.pt", **how)
    assert same(checkpoint.load_teacher(tmp_path / "t.pt", "stranger:Net", trust=True), net)
    if protocol > 3:  # torch reads the earlier ones without code
        with pytest.raises(ValueError, match="of a late protocol.*--trust"):
            checkpoint.load_teacher(tmp_path / "t.pt", "stranger:Net")
    else:
        assert same(checkpoint.load_teacher(tmp_path / "t.pt", "stranger:Net"), net)
    arrays = {name: value.numpy() for name, value in net.state_dict().items()}
    (tmp_path / "t.pt").write_bytes(pickle.dumps(arrays, protocol))
    assert same(checkpoint.load_teacher(tmp_path / "t.pt", "stranger:Net", trust=True), net)


def test_the_right_one_of_several_networks_is_taken(net, tmp_path, capsys) -> None:
    content = {"critic": nn.Linear(2, 1), "nets": {"model": net}}
    torch.save(content, tmp_path / "t.pt")
    assert same(checkpoint.load_teacher(tmp_path / "t.pt", trust=True), net)
    assert "holds nets.model, critic: nets.model is taken" in capsys.readouterr().out
    torch.save(content | {"ema": copy.deepcopy(net).double()}, tmp_path / "t.pt")
    checkpoint.load_teacher(tmp_path / "t.pt", trust=True)
    assert ": ema is taken" in capsys.readouterr().out
    read = checkpoint.load_teacher(tmp_path / "t.pt", trust=True, weights="critic")
    assert isinstance(read, nn.Linear)


def test_batch_norm_of_several_machines_is_batch_norm(net, tmp_path) -> None:
    torch.save(nn.SyncBatchNorm.convert_sync_batchnorm(net), tmp_path / "t.pt")
    read = checkpoint.load_teacher(tmp_path / "t.pt", trust=True)
    assert type(read.bn) is nn.BatchNorm2d and same(read, net)
    vectors = nn.Sequential(nn.Flatten(), nn.BatchNorm1d(120)).eval()
    torch.save(nn.SyncBatchNorm.convert_sync_batchnorm(vectors), tmp_path / "t.pt")
    images = torch.randn(4, 1, *SIZE)
    read = checkpoint.load_teacher(tmp_path / "t.pt", trust=True)
    assert torch.equal(read(images), vectors(images))


def test_a_mask_may_be_infinite(net, tmp_path) -> None:
    net.register_buffer("mask", torch.full((4, 4), -torch.inf).triu(1))
    torch.save(net, tmp_path / "t.pt")
    assert checkpoint.load_teacher(tmp_path / "t.pt", trust=True).mask.isneginf().any()
    net.mask[0, 0] = torch.nan
    torch.save(net, tmp_path / "t.pt")
    with pytest.raises(ValueError, match="mask holds NaN"):
        checkpoint.load_teacher(tmp_path / "t.pt", trust=True)


@pytest.mark.filterwarnings("ignore:.*torch.jit.*deprecated")
def test_a_frozen_program_has_a_place(net, tmp_path) -> None:
    torch.jit.freeze(torch.jit.trace(net, torch.zeros(2, 1, *SIZE))).save(tmp_path / "t.pt")
    read = checkpoint.load_teacher(tmp_path / "t.pt", trust=True)
    assert same(read, net) and len(list(read.parameters())) == 1
    assert adapt.as_logits(read, adapt.probes(1, SIZE)).classes == 3


def test_quantised_weights_are_refused(net, tmp_path) -> None:
    state = net.state_dict()
    fixed = torch.quantize_per_tensor(state["fc.weight"], 0.1, 0, torch.qint8)
    for weight in (fixed, fixed.int_repr()):
        torch.save(state | {"fc.weight": weight}, tmp_path / "t.pt")
        with pytest.raises(ValueError, match=r"quantised weights \(fc.weight\): take"):
            checkpoint.load_teacher(tmp_path / "t.pt", "stranger:Net")


def test_lazy_layers_take_the_sizes_of_the_file(tmp_path, here) -> None:
    (here / "lazy.py").write_text(
        "from torch import nn\n\ndef net():\n"
        "    return nn.Sequential(nn.LazyConv2d(4, 3), nn.Flatten(), nn.LazyLinear(3))\n"
    )
    net = checkpoint.builder("lazy:net")(None)
    net(torch.zeros(1, 1, *SIZE))
    torch.save(net.state_dict(), tmp_path / "t.pt")
    read = checkpoint.load_teacher(tmp_path / "t.pt", "lazy:net")
    assert adapt.channels_of(read) == 1 and same(read, net)


def test_whole_networks_are_read_only_when_trusted(net, tmp_path) -> None:
    images = torch.randn(4, 1, *SIZE)
    torch.save(net, tmp_path / "pickled.pt")
    torch.save({"epoch": 3, "ema": net}, tmp_path / "in a dict.pt")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.script(net).save(tmp_path / "script.pt")
        count = torch.export.Dim("n", min=2)
        program = torch.export.export(net, (images,), dynamic_shapes=({0: count},))
        torch.export.save(program, tmp_path / "program.pt2")
    for file in tmp_path.iterdir():
        with pytest.raises(ValueError, match="--trust"):
            checkpoint.load_teacher(file)
        read = checkpoint.load_teacher(file, trust=True)
        assert same(read, net), file
        assert adapt.channels_of(read) == 1
        logits = adapt.as_logits(read, images)  # and it can be distilled
        assert logits.classes == 3 and logits.memory_format == torch.contiguous_format
        assert not logits.train().eval().training
    read = checkpoint.load_teacher(tmp_path / "in a dict.pt", "stranger:Net", trust=True)
    assert same(read, net)


class Called:
    """Pickled, it calls a function when it is loaded."""

    def __init__(self, function, path) -> None:
        self.function, self.path = function, path

    def __reduce__(self):
        return self.function, (str(self.path),)


def test_code_is_left_alone_where_weights_can_be_had_without(net, tmp_path, here) -> None:
    hook = Called(importlib.import_module("stranger").touch, str(tmp_path / "run"))
    torch.save({"model": net.state_dict(), "hook": hook}, tmp_path / "t.pt")
    for trust in (False, True):
        read = checkpoint.load_teacher(tmp_path / "t.pt", "stranger:Net", trust=trust)
        assert same(read, net) and not (tmp_path / "run").exists()
    torch.load(tmp_path / "t.pt", weights_only=False)
    assert (tmp_path / "run").exists()  # so the test can fail


def test_nothing_unsafe_is_run_without_trust(net, tmp_path) -> None:
    torch.save(
        {"model": net.state_dict(), "hook": Called(os.mkdir, tmp_path / "run")}, tmp_path / "t.pt"
    )
    with pytest.raises(ValueError, match=r"pickled objects \(\S*mkdir\).*--trust"):
        checkpoint.load_teacher(tmp_path / "t.pt", "stranger:Net")
    assert not (tmp_path / "run").exists()
    checkpoint.load_teacher(tmp_path / "t.pt", "stranger:Net", trust=True)
    assert (tmp_path / "run").exists()  # so the test can fail
    with pytest.raises(ValueError, match="can't be loaded .FileExistsError"):  # run once more
        checkpoint.load_teacher(tmp_path / "t.pt", "stranger:Net", trust=True)


def packed(kind, mode: str) -> bytes:
    """An archive with one file in it."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "t.pth")
        file.write_bytes(b"1")
        with kind(Path(folder, "packed"), mode) as archive:
            getattr(archive, "add", getattr(archive, "write", None))(file, "t.pth")
        return Path(folder, "packed").read_bytes()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b"<!doctype html><title>Sign in</title>", "a page of HTML"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0", "git lfs pull"),
        (b"\x89HDF\r\n\x1a\n", "HDF5"),
        (b"\x08\x0a\x12\x07pytorch", "an ONNX model: .* the same network in PyTorch"),
        (b'{"weight_map": {}}', "can't be read, of another kind or .* give .* or .npz"),
        (pickle.dumps({"a": 1}), "a pickle that torch.save did not write.*--trust"),
        (pickle.dumps({"a": 1}, protocol=2), "a pickle that torch.save did not write.*--trust"),
        (packed(tarfile.open, "w"), "a tar archive: .* Unpack"),
        (packed(tarfile.open, "w:gz"), "a tar archive: .* Unpack"),
        (packed(zipfile.ZipFile, "w"), r"a zip archive \(t.pth, ...\): .* Unpack"),
        (b"PK\x03\x04 cut short", "damaged or cut short"),
        (b"what is this", "damaged or cut short"),
    ],
)
def test_files_of_other_kinds_are_told(content, says, tmp_path) -> None:
    (tmp_path / "t.pt").write_bytes(content)
    with pytest.raises(ValueError, match=says):
        checkpoint.load_teacher(tmp_path / "t.pt", "stranger:Net")
    for name in ("none.pt", "."):
        with pytest.raises(ValueError, match="is no file.*of a folder, the .safetensors"):
            checkpoint.load_teacher(tmp_path / name, "stranger:Net")


def test_broken_weights_are_refused_by_name(net, tmp_path) -> None:
    with torch.no_grad():
        net.fc.weight[0, :2] = float("nan")
    torch.save(net.state_dict(), tmp_path / "t.pt")
    with pytest.raises(ValueError, match=r"fc\.weight holds NaN .*\(2 of 240; 1 such"):
        checkpoint.load_teacher(tmp_path / "t.pt", "stranger:Net")


def test_what_does_not_fit_is_said(net, tmp_path) -> None:
    def says(text: str, arch: str = "stranger:Net", **more) -> None:
        with pytest.raises(ValueError, match=text):
            checkpoint.load_teacher(tmp_path / "t.pt", arch, **more)

    state = net.state_dict()
    torch.save(state, tmp_path / "t.pt")
    says("none of its 9 tensors", arch="squeezenet1_1")
    says("conv1.weight is 4x1x3x3 .* the file lacks bn1.weight and 98 more", arch="resnet18")
    says("weights only: name the network", arch=None)
    torch.save(torch.zeros(3), tmp_path / "t.pt")
    says("weights only: name the network", arch=None)
    says("holds no tensors by name")
    torch.save({"epoch": 3, "optimizer": {"lr": 0.1}}, tmp_path / "t.pt")
    says("holds no tensors by name")
    torch.save({n: v for n, v in state.items() if n != "fc.bias"}, tmp_path / "t.pt")
    says("does not fit arch='stranger:Net': the file lacks fc.bias")
    torch.save(state | {"fc2.weight": state["fc.weight"]}, tmp_path / "t.pt")
    says("the network has no place for fc2.weight")
    torch.save(state | {"fc.weight": torch.zeros(9, 80)}, tmp_path / "t.pt")
    says("fc.weight is 9x80 in the file and 3x80 in the network")
    wide = {name: torch.zeros(7, *value.shape[1:]) for name, value in state.items()}
    torch.save({"student": wide, "teacher": state}, tmp_path / "t.pt")  # named alike, unlike
    assert same(checkpoint.load_teacher(tmp_path / "t.pt", "stranger:Net"), net)


@pytest.mark.parametrize("arch", ["stranger:sized", "stranger:handed_on", "stranger:counted"])
def test_the_number_of_classes_is_the_files(arch, tmp_path) -> None:
    torch.save(checkpoint.builder(arch)(7).state_dict(), tmp_path / "t.pt")
    read = checkpoint.load_teacher(tmp_path / "t.pt", arch)
    assert read(torch.zeros(1, 12)).shape == (1, 7)
    with pytest.raises(ValueError, match="with classes=4: 1.weight is 7x12 in the file and 4x12"):
        checkpoint.load_teacher(tmp_path / "t.pt", arch, classes=4)


def test_a_wrapper_takes_the_weights_of_its_network(net, tmp_path) -> None:
    torch.save({"model": net.state_dict()}, tmp_path / "t.pt")
    read = checkpoint.load_teacher(tmp_path / "t.pt", "stranger:Normed")
    assert same(read.net, net)
    torch.save({n: v for n, v in net.state_dict().items() if n != "bn.bias"}, tmp_path / "t.pt")
    with pytest.raises(ValueError, match="the file lacks net.bn.bias. Name"):
        checkpoint.load_teacher(tmp_path / "t.pt", "stranger:Normed")


@pytest.mark.parametrize(
    "arch",
    [
        "stranger.built(4, outputs=3)",
        "stranger:built(width=4, outputs=3)",
        "stranger.py:built(4, outputs=3)",
        "./stranger.py:built(4, outputs=3)",
        "package/networks.py:built(4, outputs=3)",
        "package.networks:built(4, outputs=3)",
        "{here}/package/networks.py:built(4, outputs=3)",
        "{elsewhere}/away.py:built(4, outputs=3)",
        "stranger:named",
        "stranger:named(3)",
        "stranger:named(num_classes=3)",
    ],
)
def test_networks_are_named_as_people_name_them(arch, here, tmp_path) -> None:
    (here / "package").mkdir(exist_ok=True)
    (here / "package" / "__init__.py").touch()
    (here / "package" / "blocks.py").write_text("from torch.nn import Linear")
    (here / "package" / "networks.py").write_text(
        "from .blocks import Linear\n\ndef built(width, *, outputs):\n"
        "    return Linear(width, outputs)\n"
    )
    (tmp_path / "away.py").write_text(MODULE)
    torch.save(nn.Linear(4, 3).state_dict(), tmp_path / "t.pt")
    arch = arch.format(here=here, elsewhere=tmp_path)
    read = checkpoint.load_teacher(tmp_path / "t.pt", arch)
    assert read(torch.zeros(1, 4)).shape == (1, 3)


def test_one_logit_may_stand_for_two_classes(tmp_path) -> None:
    torch.save(nn.Sequential(nn.Flatten(), nn.Linear(12, 1)).state_dict(), tmp_path / "t.pt")
    read = checkpoint.load_teacher(tmp_path / "t.pt", "stranger:sized", classes=2)
    assert read(torch.zeros(1, 12)).shape == (1, 1)


def test_networks_are_named(here) -> None:
    assert checkpoint.builder("resnet18")(7).fc.out_features == 7
    assert checkpoint.builder("stranger:Net")(7).fc.out_features == 3  # it does not ask
    assert checkpoint.builder("stranger:sized")(7)[1].out_features == 7
    segmenter = checkpoint.builder("lraspp_mobilenet_v3_large", "segmentation")(4)
    assert segmenter.classifier.low_classifier.out_channels == 4
    (here / "fails.py").write_text("raise RuntimeError('not today')")


@pytest.mark.parametrize(
    ("arch", "says"),
    [
        ("resnet1000", "none of torchvision's networks for classification"),
        ("ResNet-18", "take one of resnet18, "),
        ("stranger:built(open('x'))", "with plain values"),
        ("stranger:built(4", "with plain values"),
        ("stranger:instance", "is of type Linear: name a function"),
        ("nowhere:net", "can't be had .*No module named 'nowhere'"),
        ("stranger:Nothing", "can't be had .*AttributeError"),
        ("..:x", "can't be had"),
        (":x", "can't be had"),
        ("stranger:", "can't be had"),
        ("fails:x", "can't be had .RuntimeError: not today"),
        ("stranger:constant", "is of type int: name a function"),
        ("stranger:needs", "can't be made .*missing 1 required"),
        ("stranger:breaks", "can't be made .*KeyError: 'no such"),
        ("stranger:number", "makes a int: it must make a torch.nn.Module"),
    ],
)
def test_networks_that_can_not_be_had_are_said(arch, says, here) -> None:
    (here / "fails.py").write_text("raise RuntimeError('not today')")
    with pytest.raises(ValueError, match=says) as refused:
        checkpoint.builder(arch)(None)
    assert "\n" not in str(refused.value)


# ---------------------------------------------------------------- answers


class Answers(nn.Module):
    """A network that gives its logits in some form."""

    def __init__(self, form, classes: int = 3) -> None:
        super().__init__()
        self.linear, self.form = nn.Linear(120, classes), form

    def forward(self, images):
        return self.form(self.linear(images.reshape(len(images), -1)))


@dataclass
class Answer:
    loss: torch.Tensor
    scores: torch.Tensor


FORMS = {
    "logits": lambda x: x,
    "log-probabilities": lambda x: x.log_softmax(1),
    "probabilities": lambda x: x.softmax(1),
    "a tuple": lambda x: (x, x.mean()),
    "a loss first": lambda x: [x.mean(), x],
    "features first": lambda x: (x.repeat(1, 2), x),
    "a dictionary": lambda x: {"aux": x * 0, "logits": x},
    "a dictionary, out": lambda x: {"aux": x * 0, "out": x},
    "sigmoids": lambda x: x.sigmoid(),
    "an object": lambda x: SimpleNamespace(logits=x, loss=None),
    "an object with features": lambda x: SimpleNamespace(logits=x, hidden=x.repeat(1, 2)),
    "a dataclass": lambda x: Answer(x.mean(), x),
    "printed": lambda x: print(x) or x,
    "maps of one pixel": lambda x: x[:, :, None, None],
}


@pytest.mark.parametrize("form", FORMS)
def test_logits_are_made_of_any_answer(form, capsys) -> None:
    torch.manual_seed(0)
    net, images = Answers(FORMS[form]).eval(), adapt.probes(1, SIZE)
    logits = adapt.as_logits(net, images, classes=3)
    wanted = net.linear(images.flatten(1))
    assert torch.allclose(logits(images).log_softmax(1), wanted.log_softmax(1), atol=1e-4)
    assert logits(images).mean(1).abs().max() < 1e-5  # the free constant is gone
    given = form in ("probabilities", "log-probabilities", "sigmoids")
    assert logits.scores == (form if given else "logits")
    capsys.readouterr()
    logits(images)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("form", [lambda x: x, lambda x: x.sigmoid(), lambda x: x[:, 0]])
def test_one_number_tells_two_classes_apart(form) -> None:
    net, images = Answers(form, 1).eval(), adapt.probes(1, SIZE)
    logits = adapt.as_logits(net, images, classes=2)
    score = net.linear(images.flatten(1))
    assert torch.allclose(logits(images), torch.cat([-score, score], 1) / 2, atol=1e-4)
    segmenter = nn.Conv2d(1, 1, 3, padding=1).eval()
    maps = adapt.as_logits(segmenter, images, task="segmentation", classes=2)(images)
    assert torch.allclose(maps.diff(dim=1), segmenter(images), atol=1e-5)


@pytest.mark.parametrize("dtype", [torch.half, torch.bfloat16, torch.double])
def test_answers_in_other_precision_are_taken_to_single(dtype) -> None:
    net, images = Answers(lambda x: x.softmax(1).to(dtype)).eval(), adapt.probes(1, SIZE)
    answers = adapt.as_logits(net, images)(images)
    assert answers.dtype == torch.float32
    torch.testing.assert_close(answers.softmax(1), net(images).float(), atol=0.01, rtol=0)


def test_sure_probabilities_keep_their_slope() -> None:
    """Where each probe has the same class for sure, and probabilities tell next to nothing."""
    torch.manual_seed(0)
    net, images = Answers(lambda x: (10 * x).softmax(1)).eval(), adapt.probes(1, SIZE)
    with torch.no_grad():
        net.linear.bias[0] = 5
    assert (net(images).amax(1) > 1 - 1e-6).all()
    logits = adapt.as_logits(net, images)
    wanted = 10 * net.linear(images.flatten(1))
    assert torch.allclose(logits(images), wanted - wanted.mean(1, keepdim=True), atol=1e-3)


class InPlace(nn.Module):
    """Normalises its images in place, and takes rows of numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(120, 3)

    def forward(self, rows):
        return self.linear(rows.sub_(0.5))


def test_a_network_may_take_rows_and_change_them() -> None:
    net, images = InPlace().eval(), adapt.probes(1, SIZE)
    logits, before = adapt.as_logits(net, images), images.clone()
    wanted = net.linear(images.flatten(1) - 0.5)
    assert torch.allclose(logits(images).log_softmax(1), wanted.log_softmax(1), atol=1e-5)
    assert torch.equal(images, before) and logits.rows


@pytest.mark.parametrize(
    ("net", "more", "says"),
    [
        (Answers(lambda x: x, 4), {"classes": 3}, r"answers \[\(16, 4\)\] .*classes=3"),
        (Answers(lambda x: x * float("nan")), {}, "NaN or infinity"),
        (Answers(lambda x: x * 0 + 1), {}, "the same to every image"),
        (Answers(lambda x: x.detach()), {}, "no gradient"),
        (Answers(lambda x: (x * 100).round() + 0 * x), {}, "no usable gradient"),
        (Answers(lambda x: x.argmax(1)), {}, "it answers"),
        (Answers(lambda x: x, 1), {}, "it answers.*--classes 2 where one number"),
        (Answers(lambda x: (x.repeat(1, 2), x)), {}, r"\(16, 6\), \(16, 3\).*--classes says which"),
        (Answers(lambda x: x.to(torch.uint8) + 0.1 * x.detach()), {}, "a cast to integers"),
        (Answers(lambda x: "cat"), {}, "it answers str"),
        (Answers(lambda x: x.view(-1, 6)), {}, r"it answers \[\(8, 6\)\] to 16 images"),
        (Answers(lambda x: x), {"task": "segmentation"}, r"\(N, classes, H, W\)"),
        (nn.Conv2d(3, 4, 3), {}, "can't answer 16 images of 1x10x12 .*say --size, --channels"),
    ],
)
def test_networks_that_can_not_teach_are_refused(net, more, says) -> None:
    with pytest.raises(ValueError, match=says) as refused:
        adapt.as_logits(net.eval(), adapt.probes(1, SIZE), **more)
    assert "\n" not in str(refused.value)


def test_a_network_keeps_the_layout_of_memory_that_it_needs(net) -> None:
    """``view`` breaks on channels-last images: such networks get them as they know them."""
    images = adapt.probes(1, SIZE)
    turned = images.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2)
    moved = copy.deepcopy(net).to(memory_format=torch.channels_last)
    with pytest.raises(RuntimeError, match="view"):
        moved(turned)
    logits = adapt.as_logits(net, images)
    assert torch.allclose(logits(turned).log_softmax(1), net(images), atol=1e-6)
    easy = nn.Sequential(nn.Conv2d(1, 4, 3), nn.Flatten(), nn.Linear(320, 3)).eval()
    assert adapt.as_logits(easy, images).memory_format == torch.channels_last


def test_maps_of_a_segmenter_get_the_size_of_the_image() -> None:
    net = nn.Conv2d(3, 4, 3, stride=2, padding=1).eval()
    logits = adapt.as_logits(net, adapt.probes(3, SIZE), task="segmentation")
    assert logits(torch.zeros(2, 3, *SIZE)).shape == (2, 4, *SIZE)


def test_images_get_the_size_and_range_that_are_wanted() -> None:
    images = 5 * torch.randn(2, 1, 12, 12, generator=torch.Generator().manual_seed(0))
    assert torch.equal(adapt.Cropped((10, 9))(images), images[:, :, :10, :9])
    bounded = adapt.in_range(images, (0.5,), (0.25,))
    assert -2 <= bounded.min() < -1.99 and 1.99 < bounded.max() <= 2
