"""What is shipped answers like what was trained, or is refused in a sentence with nothing left."""

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from typer.testing import CliRunner

import dfad_lite
from dfad_lite import adapt, artefacts, data, deploy, distill, federated, metrics, models, profiles
from dfad_lite.course.cli import app

onnx = pytest.importorskip("onnx", reason='install the extra: pip install -e ".[device]"')

SHAPE = (1, 16, 16)
SMALL = {"rounds": 6, "teacher_epochs": 2, "snapshot_every": 3}


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> artefacts.StudentRun:
    """A student of a short game, in a cache of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DFAD_CACHE", str(tmp_path_factory.mktemp("run")))
        return artefacts.get_student(profiles.load("quick", **SMALL))


@pytest.fixture(scope="module")
def real() -> torch.Tensor:
    """Digits, normalised."""
    return data.load("digits", "test", size=16).normalised()


@pytest.fixture(scope="module")
def file(run, tmp_path_factory) -> Path:
    """The student's file in float32."""
    path = tmp_path_factory.mktemp("file") / "student.onnx"
    deploy.to_onnx(run.student, SHAPE, path)
    return path


# ---------------------------------------------------------------- files


@pytest.mark.parametrize("count", [1, 540])
def test_a_file_answers_as_torch_for_any_number_of_images(run, file, real, count) -> None:
    wanted = metrics.logits(run.student, real[:count])
    torch.testing.assert_close(deploy.answers(file, real[:count]), wanted, atol=1e-4, rtol=1e-5)


def test_batch_norm_is_folded_and_the_network_left_as_it_was(tmp_path) -> None:
    network = models.classifier("resnet8_half", channels=3, classes=10, size=16, seed=0).train()
    network(torch.randn(16, 3, 16, 16))  # moves the running statistics
    before = {name: value.clone() for name, value in network.state_dict().items()}
    assert deploy.to_onnx(network, (3, 16, 16), tmp_path / "r.onnx") < 1e-5
    assert network.training
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())
    kinds = [node.op_type for node in onnx.load(tmp_path / "r.onnx").graph.node]
    assert "Conv" in kinds and "BatchNormalization" not in kinds


def test_a_student_of_ones_own_is_exported_for_any_number_of_images(tmp_path) -> None:
    net = nn.Sequential(nn.Conv2d(1, 3, 3), nn.Flatten(), nn.Linear(588, 3), nn.Softmax(1)).eval()
    logits = adapt.as_logits(net, adapt.probes(1, SHAPE[1:]))
    deploy.to_onnx(logits, SHAPE, tmp_path / "x.onnx")
    images = torch.randn(5, *SHAPE)
    wanted = metrics.logits(logits, images)
    torch.testing.assert_close(
        deploy.answers(tmp_path / "x.onnx", images), wanted, atol=1e-4, rtol=0
    )


@pytest.mark.filterwarnings("ignore:.*weight_norm.*deprecated")
def test_a_student_with_weight_norm_is_exported(tmp_path) -> None:
    layer = nn.utils.weight_norm(nn.Linear(256, 3))
    images = adapt.probes(1, SHAPE[1:])
    net = adapt.as_logits(nn.Sequential(nn.Flatten(), layer), images, who="student")
    assert deploy.to_onnx(models.frozen(net), SHAPE, tmp_path / "w.onnx") < 1e-5


class Chooses(nn.Linear):
    """Looks at its numbers before it decides."""

    def forward(self, images):
        answers = super().forward(images.flatten(1))
        return answers if answers.sum() > 0 else -answers


class Drops(nn.Linear):
    """Answers for some of the images only."""

    def forward(self, images):
        flat = images.flatten(1)
        return super().forward(flat[flat.sum(1) > 0])


class Bessel(nn.Linear):
    """Has an operator that ONNX does not know."""

    def forward(self, images):
        return torch.special.bessel_j0(super().forward(images.flatten(1)))


class Shakes(nn.Linear):
    """Answers anew each time."""

    def forward(self, images):
        return super().forward(images.flatten(1)) + torch.randn(len(images), 3)


@pytest.mark.parametrize("kind", [Chooses, Drops, Bessel, Shakes])
def test_what_cannot_be_exported_is_refused_and_leaves_nothing(kind, tmp_path) -> None:
    with pytest.raises(ValueError, match=f"network {kind.__name__} (can't be|answers otherwise)"):
        deploy.to_onnx(kind(256, 3), SHAPE, tmp_path / "x.onnx")
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def full_disk(monkeypatch) -> None:
    """A disk on which nothing more fits."""

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)


def test_a_full_disk_is_one_sentence_and_nothing_is_left(file, tmp_path, full_disk) -> None:
    with pytest.raises(ValueError, match="can't be written .*no room"):
        deploy.to_whole_numbers(file, tmp_path / "x.onnx")
    assert list(tmp_path.iterdir()) == []


# ---------------------------------------------------------------- whole numbers


@pytest.mark.parametrize("bits", [8, 4])
def test_whole_numbers_are_those_that_the_game_is_played_in(
    run, file, real, bits, tmp_path
) -> None:
    deploy.to_whole_numbers(file, tmp_path / "x.onnx", real[:256], bits=bits)
    said = deploy.answers(tmp_path / "x.onnx", real)
    played = metrics.logits(deploy.OnDevice(run.student, bits), real)
    assert (said - played).abs().max() < 0.03 * played.abs().max()  # ranges differ a little
    other = metrics.logits(deploy.OnDevice(run.student, 12 - bits), real)
    apart = [(said - logits).abs().mean() for logits in (played, other)]
    assert apart[0] < apart[1]
    kind = {8: onnx.TensorProto.INT8, 4: onnx.TensorProto.INT4}[bits]
    stored = [w for w in onnx.load(tmp_path / "x.onnx").graph.initializer if len(w.dims) > 1]
    assert len(stored) == 3 and all(w.data_type == kind for w in stored)


def test_ranges_come_from_the_images(file, real, tmp_path) -> None:
    wanted = deploy.answers(file, real)
    for name, images in {"right": real[:256], "far": 300 * real[:256], "none": None}.items():
        deploy.to_whole_numbers(file, tmp_path / f"{name}.onnx", images)
    shares = {
        path.stem: metrics.agreement(deploy.answers(path, real), wanted)
        for path in tmp_path.iterdir()
    }
    assert shares["right"] > 0.95 and shares["none"] > 0.95 and shares["far"] < 0.9


@pytest.mark.parametrize(("bits", "images"), [(5, True), (4, False)])
def test_other_bits_are_refused(file, real, bits, images, tmp_path) -> None:
    with pytest.raises(ValueError, match=f"bits={bits}: take 8, or 4"):
        deploy.to_whole_numbers(file, tmp_path / "x", real[:8] if images else None, bits=bits)


def test_gradients_go_straight_through_the_staircase() -> None:
    w = torch.linspace(-1, 1, 50, requires_grad=True)
    on_grid = deploy.on_grid(w, torch.tensor(0.25), -3, 3)
    assert sorted(set(on_grid.tolist())) == [step / 4 for step in range(-3, 4)]
    (3 * on_grid).sum().backward()
    assert torch.equal(w.grad, torch.full((50,), 3.0))


def test_the_game_plays_in_four_bits_while_the_weights_stay_whole(run) -> None:
    settings = profiles.load("quick", rounds=2, batch_size=8)
    like = data.load("digits", "test", size=16)

    def game() -> distill.Game:
        plain = distill.new_game(settings, run.teacher.model, like).student
        student = deploy.OnDevice(plain, bits=4)
        return distill.new_game(settings, run.teacher.model, like, student=student)

    one, parted = game(), game()
    list(one.play())
    list(parted.play(1))
    resumed = game()
    resumed.load_state_dict(parted.state_dict())
    list(resumed.play())
    for a, b in zip(one.student.parameters(), resumed.student.parameters(), strict=True):
        assert torch.equal(a, b)
    weight = one.student.net[0].weight
    assert len(weight[0].unique()) == weight[0].numel()
    assert len(one.student.rounded(weight)[0].unique()) <= 16
    moved = game().student.net[0].weight - weight
    assert moved.abs().max() > 0


# ---------------------------------------------------------------- several owners


def test_an_ensemble_averages_what_its_members_believe() -> None:
    torch.manual_seed(0)
    nets = [nn.Sequential(nn.Flatten(), nn.Linear(4, 3)) for _ in range(3)]
    images = 50 * torch.randn(20, 1, 2, 2)  # where exp alone would overflow
    said = federated.Ensemble(nets)(images)
    believed = torch.stack([net(images).softmax(1) for net in nets]).mean(0)
    torch.testing.assert_close(said.softmax(1), believed)
    assert said.isfinite().all() and said.mean(1).abs().max() < 1e-4


def test_owners_lack_classes_and_their_weights_have_a_mean() -> None:
    split = data.load("digits", "train", size=16)
    left = federated.without(split, (3, 4))
    assert set(left.labels.tolist()) == set(range(10)) - {3, 4}
    assert len(left) == len(left.images) == (~torch.isin(split.labels, torch.tensor([3, 4]))).sum()
    nets = [nn.Linear(2, 2) for _ in range(2)]
    mean = federated.mean_of(nets)
    torch.testing.assert_close(mean.weight, (nets[0].weight + nets[1].weight) / 2)


# ---------------------------------------------------------------- the command


@pytest.fixture(scope="module")
def shipped(tmp_path_factory) -> Path:
    """What the command makes of a student of the cache."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DFAD_CACHE", str(tmp_path_factory.mktemp("cache")))
        key = artefacts.get_student(profiles.load("quick", **SMALL)).key
        out = tmp_path_factory.mktemp("out") / "shipped"
        done = export(key, "--out", str(out), "--licence", "CC BY 4.0")
        assert done.exit_code == 0, done.output
        assert export(key, "--out", str(out)).exit_code == 2  # it is there already
    assert [path.name for path in out.parent.iterdir()] == ["shipped"]
    return out


def export(*arguments: str):
    """Call the command."""
    return CliRunner().invoke(app, ["export", *arguments])


def test_the_card_says_what_was_shipped(shipped, run, real) -> None:
    card = json.loads((shipped / "model_card.json").read_text("utf-8"))
    assert {path.name for path in shipped.iterdir()} == {
        *("student.onnx", "student_int8.onnx"),
        *("model_card.json", "model_card.md", "infer.py"),
    }
    labels = data.load("digits", "test", size=16).labels
    for name, accuracy in list(card["accuracy"].items())[:2]:
        assert accuracy == metrics.score(deploy.answers(shipped / name, real), labels)
        assert card["bytes"][name] == (shipped / name).stat().st_size
    assert card["accuracy"]["student.onnx"] == pytest.approx(run.accuracy)
    assert card["learnt_from"] == "no data: generated images"
    assert card["recipe"]["method"] == "DFAD" and card["recipe"]["rounds"] == SMALL["rounds"]
    assert card["teacher"]["licence"] == "CC BY 4.0"
    assert card["input"]["mean"] == [0.3053] and card["input"]["shape"] == ["any", 1, 16, 16]
    words = (shipped / "model_card.md").read_text("utf-8")
    assert "CC BY 4.0" in words and f"{card['accuracy']['student_int8.onnx']:.4f}" in words


def test_the_example_needs_no_torch(shipped, real, tmp_path) -> None:
    (tmp_path / "torch.py").write_text("raise ImportError('there is no torch here')")
    images = data.load("digits", "test", size=16).images[:100]
    np.save(tmp_path / "images.npy", images.numpy())
    alone = {**os.environ, "PYTHONPATH": str(tmp_path)}
    no_torch = subprocess.run([sys.executable, "-c", "import torch"], env=alone, stderr=-3)
    assert no_torch.returncode == 1
    command = [sys.executable, str(shipped / "infer.py"), str(tmp_path / "images.npy")]
    printed = subprocess.run(command, env=alone, capture_output=True, text=True, cwd=tmp_path)
    assert printed.returncode == 0, printed.stderr
    wanted = deploy.answers(shipped / "student_int8.onnx", real[:100]).argmax(1)
    assert [int(word) for word in printed.stdout.split()] == wanted.tolist()
    assert len((shipped / "infer.py").read_text("utf-8").splitlines()) == 5


def test_ranges_are_measured_on_what_a_student_learnt_on() -> None:
    from dfad_lite.course import export as room

    run = artefacts.get_student(profiles.load("quick", **SMALL), inputs="original")
    one = room.student(run.key)  # its generator never learnt, and makes grey images
    assert torch.equal(one.images, run.snapshots[-1].images.float())
    assert one.told["learnt_from"] == "images: digits"


def test_what_is_not_there_is_one_sentence(tmp_path, monkeypatch) -> None:
    (tmp_path / "empty").mkdir()
    for what, said in {"no-such-key": "is no student of the cache", "empty": "no run of"}.items():
        done = export(str(tmp_path / what) if what == "empty" else what)
        assert done.exit_code == 2 and said in done.output, done.output
    monkeypatch.setattr(dfad_lite, "find_spec", lambda name: None)
    done = export("any")
    assert done.exit_code == 2 and "pip install onnx onnxruntime onnxscript" in done.output


def test_a_folder_is_named_after_its_student(monkeypatch) -> None:
    from dfad_lite.course import export as room

    one = room.Student(nn.Identity(), torch.zeros(0), None, {"name": "my-student"})
    monkeypatch.setattr(room, "student", lambda what: one)
    monkeypatch.setattr(room, "ship", lambda *_: {"bytes": {}, "accuracy": None})
    done = export("any")
    assert done.exit_code == 0 and str(Path("runs", "export", "my-student")) in done.output


def test_a_full_disk_leaves_no_folder(tmp_path, full_disk, run, monkeypatch) -> None:
    from dfad_lite.course import export as room

    generated = room.generated(run.generator, 32)
    like = data.load("digits", "test", size=16)
    one = room.Student(run.student, generated, like, {"name": "x", "teacher": {"name": "t"}})
    with pytest.raises(ValueError, match="can't be written"):
        room.ship(one, tmp_path / "out", None)
    assert list(tmp_path.iterdir()) == []
