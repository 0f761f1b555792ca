"""Natural images on a laptop's CPU: where the images come from, and the family at equal time.

    python -m benchmarks.natural --study run --seeds 0              # the profile's whole game
    python -m benchmarks.natural --study run --seeds 1,2 --rounds 240       # the same, unwatched
    python -m benchmarks.natural --study run --seeds 0,1,2 --methods original --rounds 240  # KD
    python -m benchmarks.natural --study family --seeds 0,1,2       # 120 CPU seconds each
    python -m benchmarks.natural --study family --seeds 3,4 --methods Grids,DeepInversion
    python -m benchmarks.natural --study sources --seeds 0,1,2      # the same, other images
    python -m benchmarks.natural --study recipe --seeds 100         # the same, one part changed

All on CIFAR-10 in the profile ``laptop``, one thread, accuracies of the last round. A game of
given seconds gets as many rounds as fit, by a measurement of its first ones in the same process.
``recipe`` has a teacher of its own, of six epochs, and measures on 5,000 *training* images.
``run`` keeps its students in the cache, and without ``--rounds`` the game moment by moment in
``results/natural_run.npz``.
"""

from __future__ import annotations

import dataclasses
import platform
import statistics
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import typer
from torch import Tensor, nn

from benchmarks import RESULTS, fill, numbers, some_of
from benchmarks.__main__ import peak_resident
from dfad_lite import (
    artefacts,
    baselines,
    data,
    distill,
    diversity,
    family,
    metrics,
    profiles,
    store,
)

FAMILY = ("Grids", "DFAD", "DAFL", "ZSKT", "DFQ", "MAD", "CMI", "DeepInversion", "Ours")
# Where a student's images come from: a data set, pure noise, or one of the games.
SOURCES = {
    "original": "cifar10",
    "related": "camvid",
    "photos": "photos",
    "unrelated": "mnist",
    "noise": "noise",
}


class FromNoise(family.Grids):
    """Images that begin as noise, as DeepInversion's do, not smooth."""

    def begin(self, count: int) -> Tensor:
        return self.draw(*self.pairs.images.shape[1:]).repeat(-(-count // BATCH), 1, 1, 1)[:count]


class OneAnswer(family.Grids):
    """What the teacher says of an image is kept for all of its views."""

    def answers(self, images: Tensor) -> Tensor:
        return self.teacher(images).unsqueeze(-1).expand(-1, -1, 2 * len(self.SHIFTS))


BATCH, ROUNDS = 128, 240  # the profile's
PARTS: dict[str, tuple[type[family.Grids], dict[str, object]]] = {
    "as it is": (family.Grids, {}),
    "pixels": (family.Grids, {"WIDE": (1,)}),
    "no adversary": (family.Grids, {"ADVERSARY_AFTER": 1.0}),
    "no statistics": (family.Grids, {"STATISTICS": 0.0}),
    "from noise": (FromNoise, {}),
    "one answer": (OneAnswer, {}),
    "only mirrored": (family.Grids, {"SHIFTS": ((0, 0),)}),
    "8 steps": (family.Grids, {"STEPS": 8}),
    "32 steps": (family.Grids, {"STEPS": 32}),
    "2 batches kept": (family.Grids, {"KEPT": 2 * BATCH}),
}


def settings_of(seed: int, **changes: object) -> profiles.Profile:
    """The profile's column for CIFAR-10, on one thread; all students have one teacher."""
    return profiles.load("laptop", dataset="cifar10", device="cpu", threads=1, seed=seed, **changes)


def teacher_and_images(study: str = "run") -> tuple[artefacts.TeacherRun, data.Split]:
    """Seed 0's teacher, and the test images that students are measured on.

    Where parts are chosen: a teacher of its own, and images of the training set.
    """
    if study != "recipe":
        return artefacts.get_teacher(settings_of(0)), data.load("cifar10", "test")
    seen = some_images(data.load("cifar10", "train"), 5000, seed=1)
    return artefacts.get_teacher(settings_of(50, teacher_epochs=6)), seen


def new_game(study: str, method: str, seed: int, rounds: int) -> distill.Game:
    """A game at round 0. Other sources' students imitate as those of ``Grids`` do."""
    taught, like = teacher_and_images(study)
    settings, source, parts = settings_of(seed, rounds=rounds), None, {}
    if study == "recipe":
        kind, parts = PARTS[method]
    elif method in SOURCES:
        kind = family.Grids
        source, _ = baselines.source_of(SOURCES[method], settings, like)
    else:
        kind = family.METHODS[method]
    changes = {name: of for name, of in kind.CHANGES.items() if name != "rounds"}
    kind = type(kind.__name__, (kind,), {"CHANGES": changes, **parts})
    return distill.new_game(settings, taught.model, like, kind, source=source)


def rounds_within(seconds: float, study: str, method: str, seed: int) -> int:
    """How many rounds fit into so many CPU seconds, by the second to fourth of a game."""
    trial = new_game(study, method, seed, 100).play()
    next(trial)
    times = []
    for _ in range(3):
        started = time.process_time()
        next(trial)
        times.append(time.process_time() - started)
    return max(2, round(seconds / statistics.median(times)))


def some_images(split: data.Split, count: int, *, seed: int) -> data.Split:
    """So many of its images, of all classes: a split may be sorted by them."""
    rows = torch.randperm(len(split), generator=torch.Generator().manual_seed(seed))[:count]
    return dataclasses.replace(split, images=split.images[rows], labels=split.labels[rows])


def distance(teacher: nn.Module, images: Tensor, real: Tensor) -> float:
    """Frechet distance of two sets of images' features in the teacher: 0 when they are alike."""
    means, covariances = [], []
    for some in (images, real):
        seen = diversity.features(teacher, some).double()
        means.append(seen.mean(0))
        covariances.append(seen.T.cov())
    eigenvalues = torch.linalg.eigvals(covariances[0] @ covariances[1])
    shared = eigenvalues.real.clamp_min(0).sqrt().sum()
    apart = (means[0] - means[1]).square().sum()
    return (apart + covariances[0].trace() + covariances[1].trace() - 2 * shared).item()


def play(study: str, method: str, seed: int, seconds: float, rounds: int) -> dict[str, object]:
    """One game of so many rounds, or else CPU seconds, and what came of it."""
    torch.set_num_threads(1)
    rounds = rounds or rounds_within(seconds, study, method, seed)
    game = new_game(study, method, seed, rounds)
    started = time.process_time()
    for _ in game.play():
        pass
    took, peak = time.process_time() - started, peak_resident()
    if study == "run":
        keep(method, seed, rounds, game.student, game.generator)
    taught, test = teacher_and_images(study)
    real = some_images(test, 2000, seed=2)
    with torch.no_grad():
        shown = torch.cat([game.images() for _ in range(2000 // game.settings.batch_size)])
    return measured(game, taught, test) | {
        "cpu_seconds": f"{took:.0f}",
        "peak_mb": f"{peak:.0f}",
        "distance": f"{distance(taught.model, shown, real.normalised()):.2f}",
        "machine": machine(),
    }


def kept_at(method: str, seed: int, rounds: int) -> Path:
    """Where the student and the generator of a game of the study ``run`` are kept."""
    return store.default_root() / "natural" / f"{method}-seed{seed}-{rounds}-rounds.pt"


def keep(method: str, seed: int, rounds: int, student: nn.Module, generator: nn.Module) -> None:
    """Keep the players of a game of the study ``run``, for :func:`kept_game`."""
    players = {"student": student.state_dict(), "generator": generator.state_dict()}
    store.save_tensors(kept_at(method, seed, rounds), players)


def kept_game(method: str, seed: int, rounds: int = ROUNDS) -> distill.Game:
    """A game of the study ``run`` with its student and generator as they were at the end.

    Raises:
        ValueError: it has not been played here.
    """
    if not (path := kept_at(method, seed, rounds)).exists():
        played_by = f"--study run --methods {method} --rounds {rounds} --seeds {seed}"
        raise ValueError(f"{path} is not there: python -m benchmarks.natural {played_by}")
    game, players = new_game("run", method, seed, 1), store.load_tensors(path)
    game.student.load_state_dict(players["student"])
    game.generator.load_state_dict(players["generator"])
    return game


def measured(
    game: distill.Game, taught: artefacts.TeacherRun, test: data.Split
) -> dict[str, object]:
    """The student after the last round, on the test images."""
    wanted, answers = (
        metrics.logits(net, test.normalised()) for net in (taught.model, game.student)
    )
    settings = game.settings
    return {
        "teacher": settings.teacher_model,
        "student": settings.student_model,
        "rounds": game.round,
        "student_steps": game.round * settings.imitation_steps,
        "batch": settings.batch_size,
        "teacher_accuracy": f"{taught.accuracy:.4f}",
        "accuracy": f"{metrics.score(answers, test.labels):.4f}",
        "agreement": f"{metrics.agreement(answers, wanted):.4f}",
    }


def machine() -> str:
    """The processor, its vector instructions, and the matrix product it reaches on one thread."""
    model, flags = platform.processor() or platform.machine(), ""
    if (file := Path("/proc/cpuinfo")).exists():
        lines = (line.partition(":") for line in file.read_text("utf-8").splitlines())
        found = {name.strip(): value.strip() for name, _, value in lines}
        model, flags = found.get("model name", model), found.get("flags", "")
    wide = "AVX-512" if "avx512f" in flags else "AVX2" if "avx2" in flags else "no AVX2"
    a, times = torch.randn(1024, 1024), []
    for _ in range(10):
        started = time.process_time()  # what else is at work must not count
        a @ a
        times.append(time.process_time() - started)
    return f"{model}, {wide}, {2 * 1024**3 / min(times) / 1e9:.0f} GFLOP/s"


# ---------------------------------------------------------------- the whole game, watched


class Watched(family.Grids):
    """The game, with a look at the student and at the latest images now and then."""

    EVERY, SHOWN = 16, 16

    def __init__(self, *args, **more):
        super().__init__(*args, **more)
        self.taught, self.test = teacher_and_images()
        self.real = self.test.normalised()
        self.wanted = metrics.logits(self.taught.model, self.real)
        self.seen: list[dict[str, object]] = []
        self.sums, self.counts = torch.zeros(10, *self.real.shape[1:]), torch.zeros(10)
        self.steps: list[Tensor] = []
        self.spent = 0.0

    def imitate(self) -> Tensor:
        started = time.process_time()
        self.steps.append(super().imitate())
        self.spent += time.process_time() - started
        return self.steps[-1]

    def generate(self) -> Tensor:
        started = time.process_time()
        gain = super().generate()
        self.spent += time.process_time() - started
        latest = self.generator.images.detach()
        said = metrics.logits(self.taught.model, latest)
        self.sums.index_add_(0, said.argmax(1), latest)
        self.counts += torch.bincount(said.argmax(1), minlength=10)
        if (self.round + 1) % self.EVERY == 0:
            self.look(latest[: self.SHOWN], said[: self.SHOWN], gain)
        return gain

    def look(self, shown: Tensor, said: Tensor, gain: Tensor) -> None:
        """Note where the game stands after this round."""
        answers = metrics.logits(self.student, self.real)
        copied = metrics.logits(self.student, shown)
        places = 10 * self.test.labels + answers.argmax(1)
        self.seen.append(
            {
                "rounds": self.round + 1,
                "seconds": self.spent,
                "accuracy": metrics.score(answers, self.test.labels),
                "agreement": metrics.agreement(answers, self.wanted),
                "generation": float(gain),
                "imitation": float(torch.stack(self.steps).mean()),
                "samples": self.pixels(shown),
                "teacher_labels": said.argmax(1).numpy().astype(np.uint8),
                "student_labels": copied.argmax(1).numpy().astype(np.uint8),
                "confusion": torch.bincount(places, minlength=100).view(10, 10).numpy(),
            }
        )
        self.steps.clear()

    def pixels(self, images: Tensor) -> np.ndarray:
        """Normalised images ``(N, 3, H, W)`` as uint8 ``(N, H, W, 3)``."""
        return data.to_display(images, self.test.mean, self.test.std).permute(0, 2, 3, 1).numpy()

    def save(self, path: Path) -> None:
        """All looks as arrays, the first axis for the moments, and the mean image of each class."""
        columns = {name: np.stack([one[name] for one in self.seen]) for name in self.seen[0]}
        means = self.pixels(self.sums / self.counts.clamp_min(1).view(-1, 1, 1, 1))
        with store.written_whole(path) as temporary, temporary.open("wb") as file:
            np.savez_compressed(file, **columns, class_means=means)


def run() -> dict[str, object]:
    """Seed 0's whole game, kept in the cache and in ``natural_run.npz``."""
    torch.set_num_threads(1)
    games: list[Watched] = []

    def watched(*args, **more) -> Watched:
        games.append(Watched(*args, **more))
        return games[-1]

    watched.CHANGES = family.Grids.CHANGES
    family.METHODS["Grids"] = watched  # in this process, which ends after the game
    found = artefacts.get_student(settings_of(0), method="Grids", save_every_seconds=600)
    game = games[0]
    game.student.load_state_dict(found.student.state_dict())
    if (
        game.seen and game.seen[0]["rounds"] == game.EVERY
    ):  # looks are not kept over an interruption
        game.save(RESULTS / "natural_run.npz")
    taught, test = teacher_and_images()
    keep("Grids", 0, ROUNDS, found.student, found.generator)
    return measured(game, taught, test) | {
        "cpu_seconds": f"{game.spent:.0f}",
        "peak_mb": f"{peak_resident():.0f}",
        "distance": "",
        "machine": machine(),
    }


def measure(case: dict[str, object], seconds: float, rounds: int) -> dict[str, object]:
    """A case in a process of its own, so that the peak of its memory is its own, too."""
    with ProcessPoolExecutor(1, get_context("spawn")) as alone:
        if case["study"] == "run" and not rounds:
            return alone.submit(run).result()
        return alone.submit(play, *case.values(), seconds, rounds).result()


def main(
    study: Annotated[str, typer.Option(help="run, family, sources or recipe.")],
    methods: Annotated[str, typer.Option(help="None given: all of the study's.")] = "",
    seeds: str = "0,1,2",
    seconds: Annotated[float, typer.Option(help="CPU seconds of a game.")] = 120.0,
    rounds: Annotated[int, typer.Option(help="Rounds of a game, in place of seconds.")] = 0,
    table: Path = RESULTS / "natural.csv",
) -> None:
    """A row for each seed and method of a study."""
    known = {"run": [*FAMILY, *SOURCES], "family": FAMILY, "sources": SOURCES, "recipe": PARTS}
    some_of(study, known)
    if study == "run" and not rounds and (seeds != "0" or methods not in ("", "Grids")):
        raise typer.BadParameter("the profile's whole game is seed 0's of Grids: give --rounds")
    methods = methods or ("Grids" if study == "run" else ",".join(known[study]))
    chosen = some_of(methods, known[study])
    cases = (
        {"study": study, "method": method, "seed": seed}
        for seed in numbers(seeds)
        for method in chosen
    )
    fill(table, cases, lambda case: measure(case, seconds, rounds))


if __name__ == "__main__":
    typer.run(main)
