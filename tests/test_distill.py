"""The game: who learns when, that it sees no data, and that it can be interrupted."""

import copy
import json
import math
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from dfad_lite import artefacts, baselines, distill, models, profiles, speed, store

TINY = {"batch_size": 8, "generator_width": 4, "teacher_epochs": 1, "snapshot_every": 4}


def new_game(**changes) -> distill.Game:
    settings = profiles.load("quick", **TINY | changes)
    shape = {"channels": 1, "size": 16}
    return distill.Game(
        models.classifier("small16", classes=10, seed=1, **shape),
        models.classifier("small8", classes=10, seed=2, **shape),
        models.generator("light", latent_size=settings.latent_size, width=4, seed=3, **shape),
        settings,
    )


def weights(net: torch.nn.Module) -> torch.Tensor:
    return torch.cat([weight.detach().flatten().clone() for weight in net.parameters()])


def test_each_stage_trains_its_own_player_only() -> None:
    game = new_game()
    teacher, student, generator = (
        weights(net) for net in (game.teacher, game.student, game.generator)
    )
    game.imitate()
    assert torch.equal(weights(game.generator), generator)
    assert not torch.equal(weights(game.student), student)
    student = weights(game.student)
    game.student_optimizer.zero_grad()
    game.generate()
    assert torch.equal(weights(game.student), student)
    assert all(weight.grad is None for weight in game.student.parameters())
    assert not torch.equal(weights(game.generator), generator)
    assert torch.equal(weights(game.teacher), teacher)
    assert all(weight.grad is None for weight in game.teacher.parameters())
    assert not game.teacher.training and game.student.training


def test_generation_step_goes_up() -> None:
    game = new_game(generator_lr=1e-3, batch_size=64)
    z = torch.randn(64, game.settings.latent_size)
    game.draw = lambda *shape: z  # the same latents, so that before and after compare
    gaps = [game.generate().item() for _ in range(20)]
    assert gaps[-1] > gaps[0]


def test_play_stops_and_goes_on() -> None:
    game, whole = new_game(rounds=6), new_game(rounds=6)
    pieces = [*game.play(2), *game.play(1), *game.play()]
    assert [record.round for record in pieces] == [1, 2, 3, 4, 5, 6]
    assert pieces == list(whole.play())
    assert list(game.play()) == []


def test_a_stage_that_was_interrupted_leaves_a_student_that_can_learn() -> None:
    game = new_game(rounds=2)

    def interrupt(*_) -> None:
        raise KeyboardInterrupt

    game.generation_objective = interrupt  # as Ctrl-C in the middle
    with pytest.raises(KeyboardInterrupt):
        next(game.play())
    del game.generation_objective
    assert [record.round for record in game.play()] == [1, 2]


def test_resumed_from_a_file_is_bit_equal(tmp_path: Path) -> None:
    whole, first, second = new_game(rounds=6), new_game(rounds=6), new_game(rounds=6)
    list(whole.play())
    list(first.play(3))
    store.save_tensors(tmp_path / "game.pt", first.state_dict())
    second.load_state_dict(store.load_tensors(tmp_path / "game.pt"))
    list(second.play())
    assert second.round == 6
    assert torch.equal(weights(second.student), weights(whole.student))
    assert torch.equal(weights(second.generator), weights(whole.generator))


def test_schedules() -> None:
    cosine = profiles.load("quick", rounds=100)
    assert distill.learning_rate_factor(cosine, 0) == 1
    assert distill.learning_rate_factor(cosine, 50) == pytest.approx(0.505)
    assert distill.learning_rate_factor(cosine, 100) == pytest.approx(0.01)
    steps = profiles.load("paper", dataset="cifar10")
    factors = [distill.learning_rate_factor(steps, n) for n in (4999, 5000, 10000)]
    assert factors == pytest.approx([1, 0.1, 0.01])


def test_noise_has_no_generation_stage() -> None:
    game = new_game(rounds=2)
    game.source = baselines.noise(1, 16)
    before = weights(game.generator)
    records = list(game.play())
    assert all(math.isnan(record.generation) for record in records)
    assert torch.equal(weights(game.generator), before)


def test_bfloat16_on_the_cpu_stays_finite() -> None:
    records = list(new_game(rounds=2, precision="bf16").play())
    assert all(math.isfinite(record.imitation + record.generation) for record in records)


def test_auto_is_bfloat16_on_gpus_made_for_it_only(monkeypatch) -> None:
    game, enabled = new_game(precision="auto"), []
    monkeypatch.setattr(torch, "autocast", lambda *_, **how: enabled.append(how["enabled"]))
    game._precision()
    game.device = torch.device("cuda")
    for has in (True, False):
        monkeypatch.setattr(
            torch.cuda, "is_bf16_supported", lambda including_emulation, has=has: has
        )
        game._precision()
    assert enabled == [False, True, False]


NO_DATA = """
import sys, torch
forbidden = sys.argv[2:]
def refuse(event, args):
    if event == "open" and any(str(args[0]).startswith(folder) for folder in forbidden):
        raise PermissionError(f"refused: {args[0]}")
sys.addaudithook(refuse)
from dfad_lite import distill, models, profiles, store
shape = {"channels": 1, "size": 16}
teacher = models.classifier("small16", classes=10, **shape)
teacher.load_state_dict(store.load_tensors(__import__("pathlib").Path(sys.argv[1])))
settings = profiles.load("quick", batch_size=8, generator_width=4)
game = distill.Game(
    teacher,
    models.classifier("small8", classes=10, seed=1, **shape),
    models.generator("light", latent_size=32, width=4, seed=2, **shape),
    settings,
)
print([record.round for record in game.play(3)])
print("data module loaded:", "dfad_lite.data" in sys.modules)
from sklearn.datasets import load_digits
try:
    load_digits()
    print("the digits could be read")
except PermissionError:
    print("the digits were refused")
"""


def test_no_data_enters(tmp_path: Path) -> None:
    """A process that has a checkpoint only, and may open no data, still distils."""
    import sklearn.datasets

    teacher = models.classifier("small16", channels=1, classes=10, size=16)
    store.save_tensors(tmp_path / "teacher.pt", teacher.state_dict())
    folders = [str(Path(sklearn.datasets.__file__).parent / "data"), str(store.cache_root())]
    done = subprocess.run(
        [sys.executable, "-c", NO_DATA, str(tmp_path / "teacher.pt"), *folders],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[1],
    )
    assert done.stdout.splitlines() == [
        "[1, 2, 3]",
        "data module loaded: False",
        "the digits were refused",  # the hook does refuse
    ], done.stderr


PLAY = """
import json, sys
from dfad_lite import artefacts, profiles
artefacts.get_student(profiles.load("quick", **json.loads(sys.argv[1])), save_every_seconds=0.0)
"""


def test_killed_at_a_random_moment_resumes_bit_equal(
    own_cache: Path, tmp_path: Path, monkeypatch
) -> None:
    changes = TINY | {"rounds": 60}
    settings = profiles.load("quick", **changes)
    command = [sys.executable, "-c", PLAY, json.dumps(changes)]
    process = subprocess.Popen(command, cwd=Path(__file__).parents[1])
    unfinished = own_cache / "artefacts" / ".unfinished"
    deadline = time.monotonic() + 120
    while not list(unfinished.glob("*.pt")) and time.monotonic() < deadline:
        assert process.poll() is None, "it ended before it saved anything"
        time.sleep(0.01)
    time.sleep(random.random() * 0.3)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not list((own_cache / "artefacts" / "students").glob("*.pt")), "killed too late"
    resumed = artefacts.get_student(settings)
    assert not list(unfinished.glob("*.pt"))
    monkeypatch.setenv("DFAD_CACHE", str(tmp_path))  # an uninterrupted run, elsewhere
    whole = artefacts.get_student(settings)
    assert torch.equal(weights(resumed.student), weights(whole.student))
    assert torch.equal(weights(resumed.generator), weights(whole.generator))
    assert resumed.records == whole.records
    for ours, theirs in zip(resumed.snapshots, whole.snapshots, strict=True):
        assert torch.equal(ours.student_logits, theirs.student_logits)
        assert ours.accuracy == theirs.accuracy


def test_a_damaged_save_is_set_aside(own_cache: Path) -> None:
    settings = profiles.load("quick", **TINY, rounds=2)
    whole = artefacts.get_student(settings)
    path = artefacts.unfinished(whole.key)
    for entry in store.entries():
        if entry.kind == "students":
            store.remove(entry)
    path.parent.mkdir()
    path.write_bytes(b"not what was saved")
    with pytest.warns(UserWarning, match="damaged"):
        again = artefacts.get_student(settings)
    assert again.records == whole.records
    assert list(path.parent.glob("*.damaged-*"))


def test_a_made_student_is_loaded(monkeypatch) -> None:
    settings = profiles.load("quick", **TINY, rounds=2)
    made = artefacts.get_student(settings)
    monkeypatch.setattr(distill.Game, "play", lambda self: pytest.fail("played again"))
    assert artefacts.get_student(settings).accuracy == made.accuracy
    with pytest.raises(ValueError, match="inputs='nothing'"):
        artefacts.get_student(settings, inputs="nothing")


def test_a_student_with_dropout_goes_on_as_if_never_stopped() -> None:
    def game() -> distill.Game:
        torch.manual_seed(7)
        settings = profiles.load("quick", rounds=4, batch_size=8, imitation_steps=2)
        student = torch.nn.Sequential(
            torch.nn.Flatten(), torch.nn.Dropout(0.5), torch.nn.Linear(256, 3)
        )
        teacher = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(256, 3))
        shape = {"channels": 1, "size": 16}
        generator = models.generator("light", latent_size=32, width=4, seed=2, **shape)
        return distill.Game(teacher, student, generator, settings)

    whole, first, second = game(), game(), game()
    list(whole.play())
    list(first.play(2))
    state = copy.deepcopy(first.state_dict())
    torch.manual_seed(99)  # whatever else this process draws
    second.load_state_dict(state)
    list(second.play())
    for name, value in whole.student.state_dict().items():
        assert torch.equal(value, second.student.state_dict()[name])
    drawn = torch.rand(1)
    torch.manual_seed(99)
    assert torch.equal(drawn, torch.rand(1))  # the game left the global stream alone


def test_losses_read_rarely_are_the_same_losses() -> None:
    settings = profiles.load("quick", rounds=5, batch_size=8, imitation_steps=1, generator_width=4)
    games = [
        distill.Game(*speed.networks(settings, channels=1, classes=10), settings) for _ in "ab"
    ]
    assert list(games[0].play()) == list(games[1].play(fetch_every=3))


def test_minutes_stop_and_the_same_call_goes_on(tmp_path, monkeypatch) -> None:
    changes = {"rounds": 3, "batch_size": 8, "teacher_epochs": 3, "generator_width": 4}
    settings = profiles.load("quick", **changes, snapshot_every=1)
    monkeypatch.setenv("DFAD_CACHE", str(tmp_path / "whole"))
    whole = artefacts.get_student(settings)
    monkeypatch.setenv("DFAD_CACHE", str(tmp_path / "pieces"))
    said = []
    for _ in range(4):  # two epochs and two rounds end late; the last of each is the end
        with pytest.raises(artefacts.OutOfTime) as stopped:
            artefacts.get_student(settings, minutes=0)
        said.append(str(stopped.value))
    assert said == [
        *("teacher: 1 of 3 epochs", "teacher: 2 of 3 epochs"),
        *("student: 1 of 3 rounds", "student: 2 of 3 rounds"),
    ]
    pieces = artefacts.get_student(settings, minutes=0)
    for name, value in whole.student.state_dict().items():
        assert torch.equal(value, pieces.student.state_dict()[name])
    assert [r.round for r in pieces.records] == [1, 2, 3]
    assert pieces.teacher.history == whole.teacher.history
