"""The plain loop and each of its quicker forms compute what the game computes."""

import copy
import csv
import itertools
from collections.abc import Callable

import pytest
import torch
import typer
from typer.testing import CliRunner

from benchmarks import __main__ as loops
from benchmarks import gpu
from benchmarks.traffic import Traffic
from dfad_lite import distill, profiles, speed

SMALL = profiles.load("quick", batch_size=8, imitation_steps=2, generator_width=4)


@pytest.mark.parametrize("step", speed.STEPS)
def test_every_form_of_the_loop_gives_the_game_s_weights(step) -> None:
    nets = speed.networks(SMALL, channels=1, classes=10)
    ours = copy.deepcopy(nets)
    loop = speed.plain_rounds(*nets, SMALL, step=step, dtype=torch.float64)
    list(itertools.islice(loop, 3))
    settings = profiles.load(
        "quick",
        **{
            name: getattr(SMALL, name)
            for name in ("batch_size", "imitation_steps", "generator_width")
        },
        game_schedule="constant",
    )
    game = distill.Game(*ours, settings, dtype=torch.float64)
    list(game.play(3))
    for plain, fast in zip(nets[1:], ours[1:], strict=True):
        for name, value in fast.state_dict().items():
            assert torch.allclose(value, plain.state_dict()[name], rtol=1e-9, atol=1e-10), name


def test_operations_are_counted_by_hand() -> None:
    teacher = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(6, 5, bias=False))
    student = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(6, 5, bias=False))
    generator = torch.nn.Linear(32, 6, bias=False)
    settings = profiles.load("quick", batch_size=4, imitation_steps=3)
    g, t, s = 32 * 6, 30, 30
    expected = 2 * 4 * (3 * (g + t + 3 * s) + 3 * g + 2 * s + 2 * t)
    assert speed.operations(teacher, student, generator, settings) == expected


def test_traffic_counts_what_goes_in_and_out() -> None:
    a, b = torch.zeros(3, 4), torch.zeros(4, 5)
    with Traffic() as traffic:
        (a @ b).view(15)
    assert traffic.bytes == 4 * (12 + 20 + 15)


def status(main: Callable, *words: object) -> int:
    """The exit status of a command of the benchmarks, called in this process."""
    app = typer.Typer()
    app.command()(main)
    done = CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)
    return done.exit_code


def test_scaling_has_a_row_for_each_size(tmp_path, monkeypatch) -> None:
    small = {name: ((8, 16), 24) for name in loops.SIZES}
    monkeypatch.setattr(loops, "SIZES", small)
    assert status(loops.main, "--scaling", "--tries", 1, "--out", tmp_path) == 0
    with open(tmp_path / "scaling.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    wanted = [(name, str(at)) for name in small for at in (8, 16, 24)]
    assert [(row["changed"], row["value"]) for row in rows] == wanted
    assert all(float(row["seconds"]) > 0 for row in rows)


def test_loops_take_turns() -> None:
    order = []
    loops = {name: iter(lambda name=name: order.append(name), 1) for name in "ab"}
    times = speed.alternate(loops, tries=2, rounds=2)
    assert order == list("aabbaabbaabb")
    assert {name: len(values) for name, values in times.items()} == {"a": 2, "b": 2}


def test_the_command_writes_a_row_a_loop(tmp_path) -> None:
    command = ["--cases", "mnist", "--batch", 4, "--tries", 1, "--no-memory", "--out", tmp_path]
    assert status(loops.main, *command) == 0
    with open(tmp_path / "speed.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["loop"] for row in rows] == [*speed.STEPS, "ours", *loops.OWN[:2]]
    assert all(float(row["rounds_per_second"]) > 0 for row in rows)


def test_the_gpu_script_stops_goes_on_and_leaves_its_tables(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(torch, "set_float32_matmul_precision", lambda how: None)  # of the process
    command = ["--device", "cpu", "--dataset", "digits", "--rounds", 3, "--batch", 4]
    command += ["--out", tmp_path / "out"]
    assert [status(gpu.main, *command, "--minutes", minutes) for minutes in (0, 5)] == [3, 0]
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert names == ["curves.csv", "run.csv", "speed.csv", "student.pt"]
    with open(tmp_path / "out" / "run.csv", newline="", encoding="utf-8") as file:
        (row,) = csv.DictReader(file)
    assert row["rounds"] == "3" and 0 < float(row["student"]) < 1
