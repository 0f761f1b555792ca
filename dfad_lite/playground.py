"""The game on a plane: two moons, where everything that images hide can be computed.

Inputs are points ``(N, 2)`` in the square from -3 to 3, logits are ``(N, 2)``. Teacher,
student and generator are small multilayer perceptrons; the loop is the one for images,
:class:`dfad_lite.distill.Game`.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dfad_lite import distill, metrics, models, profiles

REACH = 3.0  # the square's half side: no generated point lies outside


class Reach(nn.Module):
    """Squash numbers into the square, so that the generator can't run away from it."""

    def forward(self, x: Tensor) -> Tensor:
        return REACH * torch.tanh(x)


def moons(count: int, *, seed: int) -> tuple[Tensor, Tensor]:
    """Points ``(count, 2)``, float32, in two interleaved half circles, and labels ``(count,)``."""
    from sklearn.datasets import make_moons  # seconds to import, for this one function

    points, labels = make_moons(count, noise=0.15, random_state=seed)
    centred = torch.from_numpy(points).float() - torch.tensor([0.5, 0.25])
    return (centred * 1.5).clamp(-REACH, REACH), torch.from_numpy(labels).long()


def grid(steps: int = 61) -> Tensor:
    """A regular grid over the square, ``(steps * steps, 2)``, row by row from the bottom left."""
    axis = torch.linspace(-REACH, REACH, steps)
    y, x = torch.meshgrid(axis, axis, indexing="ij")
    return torch.stack([x.flatten(), y.flatten()], dim=1)


def perceptron(*sizes: int, seed: int) -> nn.Sequential:
    """Linear layers from the first size to the last, with tanh between them."""
    with models.seeded(seed):
        layers = [(nn.Linear(*pair), nn.Tanh()) for pair in itertools.pairwise(sizes)]
    return nn.Sequential(*itertools.chain(*layers))[:-1]


def teacher(*, seed: int, steps: int = 400) -> nn.Module:
    """A perceptron of width 32 trained on 400 points with their labels; frozen."""
    points, labels = moons(400, seed=seed)
    model = perceptron(2, 32, 32, 2, seed=seed)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01, weight_decay=1e-3)
    for _ in range(steps):
        optimizer.zero_grad()
        F.cross_entropy(model(points), labels).backward()
        optimizer.step()
    return models.frozen(model)


def new_game(trained: nn.Module, *, seed: int, **changed: Any) -> distill.Game:
    """A game for a teacher of the plane: a student of width 12 and a generator of points.

    Settings may be ``changed``, such as ``generation_loss="mse"``.

    Raises:
        dfad_lite.profiles.SettingError: a setting of the wrong name, type or range.
    """
    plane = {"latent_size": 4, "student_optimizer": "adam", "student_weight_decay": 0.0}
    settings = profiles.load("quick", seed=seed, **plane | changed)
    student = perceptron(2, 12, 12, 2, seed=seed + 1000)
    generator = perceptron(settings.latent_size, 32, 32, 2, seed=seed + 2000).append(Reach())
    return distill.Game(trained, student, generator, settings, device="cpu")


@torch.no_grad()
def gap(game: distill.Game, points: Tensor) -> Tensor:
    """Mean |T(x) - S(x)| over the logits at each of ``points`` ``(N, 2)``: ``(N,)``."""
    return (game.teacher(points) - game.student(points)).abs().mean(1)


@torch.no_grad()
def samples(game: distill.Game, count: int = 256, *, seed: int = 0) -> Tensor:
    """Points ``(count, 2)`` of the generator, always of the same latents."""
    fixed = torch.Generator().manual_seed(seed)
    return game.generator(torch.randn(count, game.settings.latent_size, generator=fixed))


def measure(game: distill.Game, real: Tensor) -> dict[str, float]:
    """What can't be known without data, and what can, at this moment.

    Returns:
        ``real``: the discrepancy D on real points; ``generator``: D_G on the generator's;
        ``largest``: the largest gap on a grid over the square; ``agreement`` on real points.
    """
    logits = metrics.logits(game.teacher, real), metrics.logits(game.student, real)
    return {
        "real": gap(game, real).mean().item(),
        "generator": gap(game, samples(game, 1024)).mean().item(),
        "largest": gap(game, grid(121)).max().item(),
        "agreement": metrics.agreement(*logits),
    }


@dataclass(frozen=True)
class Moment:
    """What is to be seen of a game at one moment."""

    round: int
    gap: Tensor  # (61, 61): mean |T - S| on the grid, from the bottom left
    student: Tensor  # (61, 61): the student's logit of class 1 less that of class 0
    teacher: Tensor  # (61, 61): the same of the teacher
    samples: Tensor  # (256, 2): the generator's points of the same latents
    measures: dict[str, float]  # from measure()


@torch.no_grad()
def moment(game: distill.Game, real: Tensor, *, round: int) -> Moment:
    """The game as it is now, measured on ``real`` points ``(N, 2)``; nothing is changed."""
    points, square = grid(), (61, 61)
    return Moment(
        round=round,
        gap=gap(game, points).view(square),
        student=game.student(points).diff().view(square),
        teacher=game.teacher(points).diff().view(square),
        samples=samples(game),
        measures=measure(game, real),
    )


def play(
    game: distill.Game, real: Tensor, rounds: int, *, generation_steps: int = 1
) -> Iterator[dict[str, float]]:
    """Play with constant learning rates; yield ``measure()`` after each round, and before all.

    In a round the generator takes ``generation_steps``; in the paper one.
    """
    yield measure(game, real)
    for _ in range(rounds):
        for _ in range(game.settings.imitation_steps):
            game.imitate()
        for _ in range(generation_steps):
            game.generate()
        yield measure(game, real)
