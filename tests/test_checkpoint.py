"""Reading strangers' files, and making logits of what their networks answer."""

import copy
import os
import warnings
from types import SimpleNamespace

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


def breaks():
    raise KeyError("no such\\nlayer")


def number():
    return 3


constant = 7
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
        "averaged beside plain": {"model": other, "ema": {**behind, "n_averaged": torch.tensor(9)}},
        "teacher named": {"student": other, "teacher": behind},
        "half precision": {name: value.half().to(value.dtype) for name, value in state.items()},
    }


@pytest.mark.parametrize("how", under({}))
def test_weights_are_found_wherever_they_are(how, net, tmp_path) -> None:
    torch.save(under(net.state_dict())[how], tmp_path / "t.pt")
    named = "teacher" if how == "teacher named" else None
    read = checkpoint.load_teacher(tmp_path / "t.pt", "stranger:Net", weights=named)
    if how == "half precision":
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


class Bomb:
    """Pickled, it makes a folder when it is loaded."""

    def __init__(self, path) -> None:
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


def test_nothing_unsafe_is_run_without_trust(net, tmp_path) -> None:
    torch.save({"model": net.state_dict(), "hook": Bomb(tmp_path / "run")}, tmp_path / "t.pt")
    with pytest.raises(ValueError, match=r"pickled objects \(\S*mkdir\).*--trust"):
        checkpoint.load_teacher(tmp_path / "t.pt", "stranger:Net")
    assert not (tmp_path / "run").exists()
    checkpoint.load_teacher(tmp_path / "t.pt", "stranger:Net", trust=True)
    assert (tmp_path / "run").exists()  # so the test can fail
    with pytest.raises(ValueError, match="can't be loaded .FileExistsError"):  # run once more
        checkpoint.load_teacher(tmp_path / "t.pt", "stranger:Net", trust=True)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b"<!doctype html><title>Sign in</title>", "a page of HTML"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0", "git lfs pull"),
        (b"\x89HDF\r\n\x1a\n", "HDF5"),
        (b"PK\x03\x04 cut short", "damaged or cut short"),
        (b"what is this", "damaged or cut short"),
    ],
)
def test_files_of_other_kinds_are_told(content, says, tmp_path) -> None:
    (tmp_path / "t.pt").write_bytes(content)
    with pytest.raises(ValueError, match=says):
        checkpoint.load_teacher(tmp_path / "t.pt", "stranger:Net")
    with pytest.raises(ValueError, match="is no file"):
        checkpoint.load_teacher(tmp_path / "none.pt", "stranger:Net")


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


def test_the_number_of_classes_is_the_files(tmp_path) -> None:
    torch.save(checkpoint.builder("stranger:sized")(7).state_dict(), tmp_path / "t.pt")
    read = checkpoint.load_teacher(tmp_path / "t.pt", "stranger:sized")
    assert read(torch.zeros(1, 12)).shape == (1, 7)
    with pytest.raises(ValueError, match="with classes=4: 1.weight is 7x12 in the file and 4x12"):
        checkpoint.load_teacher(tmp_path / "t.pt", "stranger:sized", classes=4)


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


FORMS = {
    "logits": lambda x: x,
    "log-probabilities": lambda x: x.log_softmax(1),
    "probabilities": lambda x: x.softmax(1),
    "a tuple": lambda x: (x, x.mean()),
    "a loss first": lambda x: [x.mean(), x],
    "features first": lambda x: (x.repeat(1, 2), x),
    "a dictionary": lambda x: {"aux": x * 0, "logits": x},
    "a dictionary, out": lambda x: {"aux": x * 0, "out": x},
    "an object": lambda x: SimpleNamespace(logits=x, loss=None),
    "maps of one pixel": lambda x: x[:, :, None, None],
}


@pytest.mark.parametrize("form", FORMS)
def test_logits_are_made_of_any_answer(form) -> None:
    torch.manual_seed(0)
    net, images = Answers(FORMS[form]).eval(), adapt.probes(1, SIZE)
    logits = adapt.as_logits(net, images, classes=3)
    wanted = net.linear(images.flatten(1))
    assert torch.allclose(logits(images).log_softmax(1), wanted.log_softmax(1), atol=1e-4)
    assert logits(images).mean(1).abs().max() < 1e-5  # the free constant is gone
    assert logits.scores == (form if "probabilities" in form else "logits")


@pytest.mark.parametrize(
    ("net", "more", "says"),
    [
        (Answers(lambda x: x, 4), {"classes": 3}, r"answers \[\(16, 4\)\] .*classes=3"),
        (Answers(lambda x: x * float("nan")), {}, "NaN or infinity"),
        (Answers(lambda x: x * 0 + 1), {}, "the same to every image"),
        (Answers(lambda x: x.detach()), {}, "no gradient"),
        (Answers(lambda x: (x * 100).round() + 0 * x), {}, "no usable gradient"),
        (Answers(lambda x: x.argmax(1)), {}, "it answers"),
        (Answers(lambda x: x, 1), {}, "it answers"),
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
    padded = adapt.Padded(nn.Sequential(nn.AvgPool2d(4), nn.Upsample(scale_factor=4)))
    assert padded(torch.zeros(2, 1, 10, 9)).shape == (2, 1, 10, 9)
