"""Distilling a teacher that was made outside the course."""

import pytest
import torch
from PIL import Image
from torch import nn
from torchvision import models as torchvision_models
from typer.testing import CliRunner

from dfad_lite import checkpoint, metrics, profiles
from dfad_lite.course.cli import app

ARCH, SIZE = "shufflenet_v2_x0_5", 32
NORM = ((0.5, 0.5, 0.5), (0.25, 0.25, 0.25))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder of red, green and blue images with noise, twenty a class."""
    root = tmp_path_factory.mktemp("images")
    stream = torch.Generator().manual_seed(0)
    for at, name in enumerate(("blue", "green", "red")):
        (root / name).mkdir()
        for number in range(20):
            pixels = torch.randint(0, 120, (SIZE, SIZE, 3), generator=stream)
            pixels[..., 2 - at] += 120
            Image.fromarray(pixels.byte().numpy()).save(root / name / f"{number}.png")
    return root


@pytest.fixture(scope="module")
def teacher(folder, tmp_path_factory):
    """The file of a torchvision model, trained on the folder."""
    torch.manual_seed(0)
    net = torchvision_models.get_model(ARCH, num_classes=3)
    blank = torchvision_models.get_model(ARCH, num_classes=3)
    split = checkpoint.test_images(folder, blank, SIZE, *NORM)
    images, learn = split.normalised(), torch.optim.Adam(net.parameters(), lr=5e-3)
    for _ in range(40):
        loss = nn.functional.cross_entropy(net(images), split.labels)
        learn.zero_grad()
        loss.backward()
        learn.step()
    for _ in range(20):  # batch norm's statistics catch up
        with torch.no_grad():
            net(images)
    assert metrics.accuracy(net, split) > 0.9
    file = tmp_path_factory.mktemp("teacher") / "teacher.pt"
    torch.save(net.state_dict(), file)
    return file


@pytest.mark.slow
def test_the_command_leaves_a_student_and_a_report(folder, teacher, tmp_path) -> None:
    command = ["distill", "--teacher", str(teacher), "--arch", ARCH, "--classes", "3"]
    command += ["--size", str(SIZE), "--rounds", "15", "--set", "batch_size=16"]
    command += ["--test", str(folder), "--mean", "0.5,0.5,0.5", "--std", "0.25,0.25,0.25"]
    done = CliRunner().invoke(app, [*command, "--out", str(tmp_path)])
    assert done.exit_code == 0, done.output
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert page.count("<img alt=") == 2 and "data-free estimate" in page
    state = torch.load(tmp_path / "student.pt", weights_only=True)
    student = checkpoint.models.classifier("resnet8", channels=3, classes=3, size=SIZE)
    student.load_state_dict(state)
    split = checkpoint.test_images(folder, student, SIZE, *NORM)
    accuracy = f"{metrics.accuracy(student, split):.4f}"
    assert f"student's test accuracy</td><td>{accuracy}" in page.replace("&#x27;", "'")


def test_a_student_of_torchvision_can_be_named(teacher) -> None:
    trained = checkpoint.load_teacher(teacher, ARCH, 3)
    settings = profiles.load("quick", image_size=SIZE, rounds=2, batch_size=4, device="cpu")
    made = checkpoint.distil(trained, classes=3, settings=settings, student=ARCH)
    assert isinstance(made.student, type(trained))
    assert [at for at, _ in made.curve] == [1, 2] and 0 <= made.estimate <= 1


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"arch": "resnet1000"}, "arch='resnet1000' is none of torchvision's"),
        ({"arch": "nowhere:net"}, "arch='nowhere:net' can't be had"),
        ({"arch": "resnet18"}, "does not fit arch='resnet18' with classes=3"),
        ({"classes": 4}, "does not fit"),
    ],
)
def test_what_does_not_fit_is_said(teacher, change, says) -> None:
    wanted = {"arch": ARCH, "classes": 3} | change
    with pytest.raises(ValueError, match=says):
        checkpoint.load_teacher(teacher, **wanted)


def test_a_pickled_model_is_refused_and_a_missing_file_named(tmp_path) -> None:
    torch.save(nn.Linear(2, 2), tmp_path / "model.pt")
    with pytest.raises(ValueError, match="can't be read as a state dict"):
        checkpoint.load_teacher(tmp_path / "model.pt", ARCH, 3)
    with pytest.raises(ValueError, match="is no file"):
        checkpoint.load_teacher(tmp_path / "none.pt", ARCH, 3)


def test_a_function_of_a_module_makes_the_teacher(tmp_path, monkeypatch) -> None:
    (tmp_path / "mine.py").write_text(
        "from torch import nn\n\n\ndef net(num_classes):\n"
        "    return nn.Sequential(nn.Flatten(), nn.Linear(4, num_classes))\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    torch.save({"state_dict": checkpoint.builder("mine:net")(2).state_dict()}, tmp_path / "t.pt")
    net = checkpoint.load_teacher(tmp_path / "t.pt", "mine:net", 2)
    assert net(torch.zeros(1, 1, 2, 2)).shape == (1, 2)
