"""Distilling a teacher of one's own, as the command does: tried, played, judged, reported."""

import json
import math
import re

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn
from typer.testing import CliRunner

from dfad_lite import adapt, artefacts, family, metrics, plots
from dfad_lite.course import own, report
from dfad_lite.course.cli import app

MODULE = """
from torch import nn


def flat(num_classes=3):
    return nn.Sequential(nn.Flatten(), nn.Linear(64, num_classes))


def grey(num_classes=3):
    return nn.Sequential(
        nn.Conv2d(1, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(2), nn.Flatten(),
        nn.Linear(16, num_classes), nn.LogSoftmax(1),
    )


def pixels(num_classes=3):
    return nn.Conv2d(3, num_classes, 3, padding=1)
"""
# A game small enough to be played while one waits.
SMALL = {"generator_width": 4, "latent_size": 4, "imitation_steps": 1, "batch_size": 8}


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """The current folder holds ``makers.py``, and a teacher's file for each of its networks."""
    monkeypatch.setenv("DFAD_CACHE", str(tmp_path / "cache"))
    (tmp_path / "makers.py").write_text(MODULE)
    monkeypatch.chdir(tmp_path)
    for name in ("flat", "grey", "pixels"):
        torch.manual_seed(0)
        net = own.checkpoint.builder(f"makers:{name}")(3)
        with torch.no_grad():
            next(net.parameters()).mul_(4)  # surer answers
        torch.save({"model": net.state_dict()}, f"{name}.pt")
    return tmp_path


def asked(name: str = "flat", **more) -> own.Request:
    wanted = {"teacher": own.Path(f"{name}.pt"), "arch": f"makers:{name}", "size": "8"}
    wanted |= {"rounds": 4, "student": "makers:flat", "changes": SMALL}
    wanted |= {"channels": 1} if name == "flat" else {}
    return own.Request(**(wanted | more))


def test_a_teacher_that_remembers_its_images_is_asked_for_them(tmp_path) -> None:
    (tmp_path / "norms.py").write_text(MODULE.replace("nn.ReLU()", "nn.BatchNorm2d(4)"))
    torch.save(own.checkpoint.builder("norms:grey")(3).state_dict(), "norms.pt")
    request = {"arch": "norms:grey", "rounds": None, "student": None}
    request["changes"] = SMALL | {"imitation_steps": 2}
    tried = own.plan(asked("norms", **request))
    chosen, settings = tried.request, tried.settings
    assert (chosen.method, chosen.student, chosen.rounds) == ("Grids", "resnet8_half", 200)
    assert (settings.batch_size, settings.imitation_steps, settings.student_lr) == (8, 2, 0.1)
    chosen = own.plan(asked("norms", **request | {"method": "MAD", "rounds": 3})).request
    assert (chosen.method, chosen.student, chosen.rounds) == ("MAD", "small16", 3)
    plain = own.plan(asked("grey", **request | {"arch": "makers:grey"}))  # no batch norm
    chosen, settings = plain.request, plain.settings
    assert (chosen.method, chosen.student, chosen.rounds) == ("Grids", "small16", 200)
    assert settings.student_lr == 0.03
    flat = own.plan(asked("flat", rounds=None, student=None))  # no convolution
    assert (flat.request.method, flat.request.rounds) == ("Broad", 2000)


def test_a_batch_fits_into_memory_unless_it_was_asked_for(monkeypatch) -> None:
    images = torch.zeros(2, 1, 4, 4)
    net = nn.Sequential(nn.Conv2d(1, 2, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(32, 1))
    inputs, maps = 4 * 16, 4 * 32  # bytes
    assert adapt.bytes_an_image(net, images) == inputs + maps
    request = asked("grey", changes=SMALL | {"batch_size": 40})
    few = {name: value for name, value in SMALL.items() if name != "batch_size"}
    whole = own.plan(asked("grey", changes=few)).settings
    monkeypatch.setattr(own, "MEMORY", 20_000)
    assert whole.batch_size == 64
    assert 8 <= own.plan(asked("grey", changes=few)).settings.batch_size < 64
    assert own.plan(request).settings.batch_size == 40


def test_large_images_are_refused_for_no_batch_that_nobody_asked_for(monkeypatch) -> None:
    monkeypatch.setattr("os.sysconf", {"SC_PAGE_SIZE": 4096, "SC_PHYS_PAGES": 2**21}.get)  # 8 GB
    for method, large, small in ("Grids", 12, 128), ("Broad", 8, 64):
        wanted = asked(method=method, changes={})
        assert own.settings_of(wanted, (512, 512)).batch_size == large
        assert own.settings_of(wanted, (64, 64)).batch_size == small


def images(folder, classes, size=(8, 8), count=4) -> None:
    """A folder of grey images, a folder a class, brighter from class to class."""
    for at, name in enumerate(classes):
        (folder / name).mkdir(parents=True)
        for number in range(count):
            shade = np.full(size, 60 * at + 5 * number, dtype=np.uint8)
            Image.fromarray(shade).save(folder / name / f"{number}.png")


# ---------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"size": "big"}, "size='big'"),
        ({"size": "8x8x8"}, "size='8x8x8'"),
        ({"size": "8x1024"}, "each side must be from 8 to 512"),
        ({"task": "regression"}, "task='regression'"),
        ({"method": "GAN"}, "method='GAN' is unknown"),
        ({"method": "CMI", "task": "segmentation"}, "method='CMI' is unknown for segmentation"),
        ({"mean": "0.5"}, "give both"),
        ({"mean": "none", "std": "0.5"}, "none for both"),
        ({"mean": "nan", "std": "1"}, "mean='nan': numbers must be finite"),
        ({"mean": "0", "std": "0"}, "std='0': .* above 0"),
        ({"mean": "127.5", "std": "127.5"}, "mean='127.5': .* from 0 to 255 by 255"),
        ({"mean": "a", "std": "1"}, "mean='a': write numbers"),
        ({"mean": "0,0", "std": "1,1"}, "one number a channel, 1 here"),
        ({"channels": None}, "say --channels"),
        ({"channels": 3}, "teacher can't answer 16 images of 3x8x8"),
        ({"size": "9"}, "teacher can't answer 16 images of 1x9x9"),
        ({"classes": 4}, "with classes=4"),
        ({"student": "lenet5_half"}, "LeNet-5 takes 32"),
        ({"student": "segmenter8"}, "student='segmenter8' is not for classification"),
        ({"student": "makers:nothing"}, "arch='makers:nothing' can't be had"),
        ({"student": "makers:pixels"}, "student can't answer"),
        ({"method": "ZSKT"}, "a first round fails .*attention"),
        ({"changes": {"dataset": "mnist"}}, "dataset='mnist' has no meaning here"),
        ({"changes": {"teacher_epochs": 3}}, "teacher_epochs=3 has no meaning here"),
        ({"changes": {"image_size": 32}}, "image_size=32 has no meaning here: say --size"),
        ({"changes": {"latent_size": 1}}, "latent_size=1: give 2 or more"),
        ({"changes": {"no_such": 1}}, "'no_such' is no setting"),
        ({"changes": {"student_lr": -1.0}}, "student_lr=-1.0 is out of range"),
    ],
)
def test_what_makes_no_sense_is_refused_before_any_work(change, says) -> None:
    with pytest.raises(ValueError, match=says) as refused:
        own.plan(asked(**change))
    assert "\n" not in str(refused.value)


def test_test_images_must_suit_the_teacher(here) -> None:
    images(here / "two", ["a", "b"])
    plan = own.plan(asked(mean="none"))
    spectral = own.dataclasses.replace(plan.like, images=torch.zeros(0, 4, 8, 8))
    with pytest.raises(ValueError, match="the teacher takes 4 channels: leave --test out"):
        report.test_images(here / "two", own.dataclasses.replace(plan, like=spectral))
    assert plots.strips({"four": torch.zeros(2, 4, 8, 8, dtype=torch.uint8)})
    with pytest.raises(ValueError, match="has 2 class folders, and the teacher answers 3 classes"):
        report.test_images(here / "two", plan)
    with pytest.raises(ValueError, match="needs --mean and --std"):
        report.test_images(here / "two", own.plan(asked()))


# ---------------------------------------------------------------- sizes, ranges, tasks


@pytest.mark.parametrize(
    ("size", "student", "method"),
    [
        *(("9", "resnet8_half", None), ("10x13", "resnet8_half", None)),
        *(("12x8", "makers:grey", None), ("8x12", "makers:grey", "DeepInversion")),
    ],
)
def test_any_size_and_shape(size, student, method, here) -> None:
    plan = own.plan(asked("grey", size=size, student=student, method=method))
    game = own.new_game(plan, plan.settings)
    assert game.images().shape == (8, 1, *own.sides(size))
    run = own.play(plan, here / "out")
    assert run["tries"][0]["rounds"] == 4


def test_the_range_of_the_teachers_inputs_is_the_games() -> None:
    plan = own.plan(asked(mean="none"))
    game = own.new_game(plan, plan.settings)
    game.generate()
    made = game.images()
    assert made.min() >= 0 and made.max() <= 1
    assert plan.like.mean == (0.0,) and plan.pixels
    plan = own.plan(asked(mean="0.5", std="0.25"))
    game = own.new_game(plan, plan.settings)
    game.generate()
    made = game.images()
    assert -2 <= made.min() < 0 < made.max() <= 2
    assert not own.plan(asked()).pixels


def test_inputs_up_to_255_are_not_the_students(here) -> None:
    plan = own.plan(asked(mean="0", std="0.00392157"))
    assert plan.like.mean == (0.5,) and plan.like.std == (0.25,)
    pixels = torch.rand(4, 1, 8, 8)
    net = own.checkpoint.load_teacher(plan.request.teacher, plan.request.arch)
    wanted = net(255 * pixels).log_softmax(1)
    assert torch.allclose(plan.teacher((pixels - 0.5) / 0.25).log_softmax(1), wanted, rtol=1e-3)
    assert "pixels from 0 to 1, less [0.5], by [0.25]" in report.loading(plan)


def test_a_segmentation(here) -> None:
    plan = own.plan(asked("pixels", task="segmentation", student=None, size="10x8", mean="none"))
    assert plan.request.student == "segmenter8"
    run = own.play(plan, here / "out")
    assert run["tries"][0]["bound"] == own.MAPS_FAILED_BELOW
    folder = here / "test"
    for name in ("images", "labels"):
        (folder / name).mkdir(parents=True)
    for number in range(2):
        pixels = np.random.default_rng(number).integers(0, 255, (20, 16, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / "images" / f"{number}.jpg")
        labels = np.full((20, 16), number, dtype=np.uint8)
        labels[:4] = 255
        Image.fromarray(labels).save(folder / "labels" / f"{number}.png")
    test = report.test_images(folder, plan)
    assert test.labels.shape == (2, 10, 8) and set(test.labels.unique().tolist()) == {-1, 0, 1}
    report.measure(plan, here / "out", run, test)
    assert len(run["measured"]["iou"][1]) == 3 and 0 <= run["measured"]["student"] <= 1
    assert sum(map(sum, run["measured"]["confusion"])) == 2 * 8 * 8
    assert "--method DFAD, ZSKT, DFQ, MAD, Ours." in " ".join(
        report.advice(run | {"status": "failed"})
    )
    runs_in(here / "out", run["loading"], (2, 3, 10, 8), (2, 3, 10, 8))
    Image.fromarray(np.full((20, 16), 7, dtype=np.uint8)).save(folder / "labels" / "1.png")
    with pytest.raises(ValueError, match="holds the class 7, and the teacher knows 0 to 2"):
        report.test_images(folder, plan)
    Image.fromarray(np.zeros((20, 16, 3), dtype=np.uint8)).save(folder / "labels" / "1.png")
    with pytest.raises(ValueError, match="labels/1.png is in colour"):
        report.test_images(folder, plan)


def runs_in(folder, lines: str, images: tuple[int, ...], logits: tuple[int, ...]) -> nn.Module:
    """Run the lines that load a student, in the folder that holds it."""
    names: dict = {}
    exec(lines.replace('"student.pt"', repr(str(folder / "student.pt"))), names)
    assert len(lines.splitlines()) == 5
    assert names["student"](torch.zeros(images)).shape == logits
    return names["student"]


# ---------------------------------------------------------------- how it goes


def test_a_failed_game_is_played_again_gentler_and_at_most_twice(here, monkeypatch, capsys) -> None:
    plan = own.plan(asked())
    monkeypatch.setattr(own, "estimate", lambda plan, student: 0.1)
    run = own.play(plan, here / "bad")
    rates = [one["student_lr"] for one in run["tries"]]
    assert rates == pytest.approx([0.03, 0.003, 0.0003]) and run["status"] == "failed"
    assert "try 1 failed" in (out := capsys.readouterr().out) and "try 2 failed" in out
    assert own.play(plan, here / "bad")["tries"] == run["tries"]  # it is over

    answers = iter([0.3, 0.9])
    monkeypatch.setattr(own, "estimate", lambda plan, student: next(answers))
    run = own.play(plan, here / "good")
    assert run["status"] == "good" and len(run["tries"]) == 2
    with pytest.raises(ValueError, match="holds another run"):
        own.play(own.plan(asked(seed=1)), here / "good")


class OnGPU(torch.Tensor):
    """Stands for a tensor that torch.load can't place here."""

    def cpu(self) -> torch.Tensor:
        return self.as_subclass(torch.Tensor)


def test_a_student_of_a_gpu_is_written_for_machines_without_one(here, monkeypatch) -> None:
    def on_gpu(*args):
        one, made = once(*args)
        made["student"] = {name: v.as_subclass(OnGPU) for name, v in made["student"].items()}
        return one, made

    once = own.play_once
    monkeypatch.setattr(own, "play_once", on_gpu)
    monkeypatch.setattr(own, "estimate", lambda *_: 0.9)
    own.play(own.plan(asked()), here / "out")
    assert torch.load(here / "out" / "student.pt", weights_only=True)


def test_numbers_that_are_not_finite_end_the_game_in_their_round(here, monkeypatch) -> None:
    class Breaks(family.DFAD):
        def imitate(self):
            loss = super().imitate()
            if self.round == 2 and self.settings.student_lr > 0.003:
                with torch.no_grad():
                    next(self.student.parameters()).fill_(math.nan)
                return loss * math.nan
            return loss

    monkeypatch.setitem(family.METHODS, "DFAD", Breaks)
    monkeypatch.setattr(own, "estimate", lambda plan, student: 0.9)
    plan = own.plan(asked(method="DFAD"))
    one, made = own.play_once(plan, plan.settings, "k", None)
    assert one.rounds == 3 and one.troubles == ["numbers that are not finite, in round 3"]
    assert all(value.isfinite().all() for value in made["student"].values())
    run = own.play(plan, here / "out")
    assert run["status"] == "good" and [one["rounds"] for one in run["tries"]] == [3, 4]
    report.measure(plan, here / "out", run, None)
    assert "2 tries, at student_lr 0.01, 0.001" in report.verdict(run)


def check(**more) -> own.Check:
    good = {"round": 1, "gap": 0.3, "agreement": 0.9, "said": 3, "named": [0, 1, 2], "variety": 0.5}
    return own.Check(**(good | more))


def test_troubles_are_named() -> None:
    long = [check(round=at) for at in range(1, 20)]
    assert own.troubles(long, 3) == [] == own.troubles([], 3)
    for last, says in (
        (check(said=1), "the student answers the same"),
        (check(variety=0.01), "images are all alike"),
        (check(gap=math.nan), "not finite"),
        (check(round=20, gap=0.9), r"the gap grows \(0.30 at round 1, 0.90 at 20\)"),
    ):
        (found,) = own.troubles([*long, last], 3)
        assert re.search(says, found)
    assert own.troubles(long, 5) == ["classes that never come: 3, 4"]
    assert own.troubles(long[:3], 5) == []  # too early to say


def test_a_dead_student_ends_its_game(here, monkeypatch) -> None:
    class Dead(family.DFAD):
        def imitate(self):
            loss = super().imitate()
            with torch.no_grad():
                for weight in self.student.parameters():
                    weight.zero_()
            return loss

    monkeypatch.setitem(family.METHODS, "DFAD", Dead)
    plan = own.plan(asked("grey", student="makers:grey", method="DFAD", rounds=30))
    monkeypatch.setattr(own, "dead", lambda check: check.said == 1)
    one, _ = own.play_once(plan, plan.settings, "k", None)
    assert one.troubles == ["the student answers the same to everything, round 6"] and one.failed


def test_a_run_in_pieces_ends_bit_equal(here) -> None:
    plan = own.plan(asked(rounds=6))
    pieces = 0
    while (run := own.play(plan, here / "pieces", minutes=0))["status"] == "stopped":
        pieces += 1
        done = run["progress"]["rounds"]
        assert f"after {done} of 6 rounds" in report.verdict(run)
    whole = own.play(plan, here / "whole")
    assert pieces >= 5 and len(run["tries"]) == len(whole["tries"])
    a, b = (torch.load(here / name / "made.pt") for name in ("pieces", "whole"))
    for name, value in a["student"].items():
        assert torch.equal(value, b["student"][name])
    assert a["records"] == b["records"] and a["checks"] == b["checks"]


# ---------------------------------------------------------------- the command


@pytest.mark.slow
def test_the_command_leaves_a_student_and_a_report(here) -> None:
    images(here / "test", ["a", "b", "c"])
    command = ["distill", "--teacher", "grey.pt", "--arch", "makers:grey", "--size", "8"]
    command += ["--rounds", "3", "--student", "resnet8_half", "--mean", "0.5", "--std", "0.25"]
    command += [f"--set={name}={value}" for name, value in SMALL.items()]
    done = CliRunner().invoke(app, [*command, "--test", "test", "--out", "out"])
    run = json.loads((here / "out" / "run.json").read_text())
    assert done.exit_code == own.STATUS[run["status"]], done.output
    assert run["status"] in ("good", "failed")
    page = (here / "out" / "report.html").read_text(encoding="utf-8")
    assert not re.findall(r"<(?:script|link|img)[^>]+(?:src|href)=.https?:", page)  # offline
    assert page.index("A student of grey.pt") < page.index("The networks")
    words = re.sub("<[^>]+>", "", page)
    assert report.verdict(run)[:40] in words and "multiply-adds" in words
    student = runs_in(here / "out", run["loading"], (2, 1, 8, 8), (2, 3))
    plan = own.plan(own.Request(**(run["request"] | {"teacher": here / "grey.pt"})))
    test = report.test_images(here / "test", plan)
    assert metrics.accuracy(student, test) == run["measured"]["student"]
    assert isinstance(plan.teacher, adapt.Logits)


def test_the_page_takes_a_reader_from_a_file_to_a_student(here, monkeypatch) -> None:
    """The network and the command of docs/your_own_teacher.md, with fewer rounds."""
    page = own.Path(__file__).parents[1].joinpath("docs", "your_own_teacher.md").read_text("utf-8")
    network, command = (
        re.search(rf"```{kind}\n(.*?)```", page, re.DOTALL)[1] for kind in ("python", "sh")
    )
    (here / "net.py").write_text(network)
    net = own.checkpoint.builder("net:Net")(None)
    torch.save(net.state_dict(), "mnist_cnn.pt")
    monkeypatch.setattr(report, "write_report", lambda out: out / "report.html")
    monkeypatch.setattr(own, "estimate", lambda plan, student: 0.9)
    words = command.replace("\\\n", " ").split()[3:]
    assert words[0] == "distill"
    done = CliRunner().invoke(app, [*words, "--rounds", "2", "--set", "batch_size=2"])
    assert done.exit_code == 0, done.output
    assert (here / "runs" / "distilled" / "student.pt").exists()
    options = CliRunner().invoke(app, ["distill", "--help"], env={"COLUMNS": "200"}).output
    for option in re.findall(r"`(--[a-z]+)", page):
        assert option in options, option


def test_statuses_tell_how_it_went(here, monkeypatch) -> None:
    monkeypatch.setattr(report, "write_report", lambda out: out / "report.html")
    command = ["distill", "--teacher", "flat.pt", "--arch", "makers:flat", "--size", "8"]
    command += ["--channels", "1", "--rounds", "3", "--student", "makers:flat"]
    command += [f"--set={name}={value}" for name, value in SMALL.items()]

    def status(*more: str, estimate: float = 0.9) -> int:
        monkeypatch.setattr(own, "estimate", lambda plan, student: estimate)
        return CliRunner().invoke(app, [*command, *more]).exit_code

    assert status("--out", "a") == 0
    assert status("--out", "b", estimate=0.2) == 4
    assert status("--out", "c", "--minutes", "0") == 3
    assert status("--out", "c") == 0
    assert status("--out", "d", "--size", "big") == 2

    def interrupt(*args, **more):
        raise KeyboardInterrupt

    monkeypatch.setattr(artefacts, "carry_on", interrupt)
    assert status("--out", "e") == 3


def test_a_student_that_fails_on_test_images_has_failed(here) -> None:
    images(here / "test", ["a", "b", "c"])
    plan = own.plan(asked("grey", student="makers:grey", mean="none"))
    run = own.play(plan, here / "out") | {"status": "good"}
    test = report.test_images(here / "test", plan)
    taught = metrics.logits(plan.teacher, test.normalised()).argmax(1)
    test = own.dataclasses.replace(test, labels=taught)  # so that the teacher is always right
    report.measure(plan, here / "out", run, test)
    share = run["measured"]["student"] / run["measured"]["teacher"]
    assert run["status"] == ("failed" if share < report.FAILED_SHARE else "good")
    assert run["measured"]["teacher"] == 1 and run["measured"]["agreement"] == share


@pytest.mark.filterwarnings("ignore:.*torch.jit.*deprecated")
def test_programs_teach_like_networks(here) -> None:
    net = own.checkpoint.load_teacher(own.Path("grey.pt"), "makers:grey")
    example = torch.zeros(4, 1, 8, 8)
    torch.jit.trace(net, example).save("script.pt")
    count = torch.export.Dim("n", min=2)
    program = torch.export.export(net, (example,), dynamic_shapes=({0: count},))
    torch.export.save(program, "program.pt2")
    students = []
    for file in ("grey.pt", "script.pt", "program.pt2"):
        arch = "makers:grey" if file == "grey.pt" else None
        plan = own.plan(asked("grey", teacher=own.Path(file), arch=arch, trust=True))
        run = own.play(plan, here / file[:4])
        report.measure(plan, here / file[:4], run, None)
        assert run["networks"]["teacher"]["parameters"] == 4 * 9 + 4 + 16 * 3 + 3
        students.append(torch.load(here / file[:4] / "student.pt"))
    for name, value in students[0].items():
        for other in students[1:]:
            assert torch.allclose(value, other[name], atol=1e-4)
