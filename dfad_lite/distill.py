"""The DFAD game: a student imitates, a generator looks for where it still fails.

One round (Fang et al. 2019, algorithm 1) is

* the imitation stage, k times: draw z, hold the generator, the student takes one step down
  L_IM = D(T(G(z)), S(G(z)));
* the generation stage, once: draw z, hold the student, the generator takes one step down
  L_GEN = -D(T(G(z)), S(G(z))).

No image and no label of the real data comes in here: the only thing that knows about them
is the teacher.
"""

import dataclasses
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, ClassVar

import torch
from torch import Tensor, nn
from torch.optim.lr_scheduler import LambdaLR

from dfad_lite import losses, models
from dfad_lite.profiles import Profile

if TYPE_CHECKING:
    from dfad_lite.data import Split


@dataclass(frozen=True)
class Record:
    """What one round left behind. Losses are measured before the step they lead to."""

    round: int  # counted from 1
    imitation: float  # mean imitation loss of the k student steps
    generation: float  # what the generator maximised, before its step; nan without a generator
    student_lr: float
    generator_lr: float


def learning_rate_factor(settings: Profile, done: int) -> float:
    """What both learning rates are multiplied by after ``done`` rounds."""
    if settings.game_schedule == "cosine":
        return 0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * done / settings.rounds))
    if settings.game_schedule == "steps":
        return 0.1 ** sum(done >= at for at in settings.game_step_rounds)
    return 1.0


class Game:
    """Teacher, student and generator with their optimisers, ready to play rounds.

    The networks are moved to ``device`` and ``dtype`` and trained in place; the teacher is
    frozen. ``play`` may be stopped and called again at any time, and ``state_dict`` holds
    everything a later process needs to go on as if nothing had happened.

    Args:
        teacher: trained network, images ``(N, C, H, W)`` to logits.
        student: the network to train, same input and output shapes.
        generator: latents ``(N, latent_size)`` to images ``(N, C, H, W)``.
        settings: the profile: losses, optimisers, learning rates, rounds, batch, seed.
        device: where to play; None leaves it to the teacher's weights.
        dtype: dtype of weights and images (float64 in the tests).
        source: a function of the game that gives a batch ``(N, C, H, W)`` in the generator's
            place; rounds then have no generation stage. For the baselines only.
    """

    RECIPE: ClassVar[int] = 1  # part of a student's key: raised when a method's students change
    # What a method changes of any profile: a setting's name, and its value from the profile.
    CHANGES: ClassVar[dict[str, Callable[[Profile], Any]]] = {}

    def __init__(
        self,
        teacher: nn.Module,
        student: nn.Module,
        generator: nn.Module,
        settings: Profile,
        *,
        device: torch.device | str | None = None,
        dtype: torch.dtype = torch.float32,
        source: Callable[["Game"], Tensor] | None = None,
    ) -> None:
        device = torch.device(device or next(teacher.parameters()).device)
        for net in (teacher, student, generator):
            # Channels-last is how the CPU's and the GPU's fast convolutions read images; a network
            # from elsewhere may not survive it (see adapt.as_logits), and says so.
            layout = getattr(net, "memory_format", torch.channels_last)
            net.to(device=device, dtype=dtype, memory_format=layout)
        self.teacher = models.frozen(teacher)
        self.student = student.train()
        self.generator = generator.train()
        self.settings = settings
        self.device, self.dtype, self.source = device, dtype, source
        self.round, self.total = 0, settings.rounds
        self.parts: dict[str, nn.Module] = {}  # what else a method keeps, saved with the game
        self.latents = torch.Generator(device).manual_seed(settings.seed)

    # Made when first asked for: a game that is only loaded needs neither, and a process that
    # makes an optimiser waits seconds for what torch imports with it.

    @cached_property
    def student_optimizer(self) -> torch.optim.Optimizer:
        """Of the imitation stage."""
        of = self.settings
        return _optimizer(
            of.student_optimizer, self.student, of.student_lr, of.student_weight_decay
        )

    @cached_property
    def generator_optimizer(self) -> torch.optim.Optimizer:
        """Of the generation stage."""
        settings = self.settings
        return _optimizer(settings.generator_optimizer, self.generator, settings.generator_lr)

    def play(self, rounds: int | None = None, *, fetch_every: int = 1) -> Iterator[Record]:
        """Play ``rounds`` more rounds (to the end of the schedule when None), a record each.

        The losses are read every ``fetch_every`` rounds, their records then coming in a row: a GPU
        must be waited for to read a loss.
        """
        last = self.total if rounds is None else min(self.total, self.round + rounds)
        # The rate depends on the round alone: nothing of the schedules has to be saved.
        factor = partial(learning_rate_factor, self.settings)
        optimizers = (self.student_optimizer, self.generator_optimizer)
        schedules = [LambdaLR(each, factor, self.round - 1) for each in optimizers]
        used = schedules if self.source is None else schedules[:1]
        waiting: list[tuple[int, Tensor, Tensor | float, float, float]] = []
        self.student.train().requires_grad_(True)  # Ctrl-C may have left it as generate() has it
        while self.round < last:
            rates = [schedule.get_last_lr()[0] for schedule in schedules]
            # Dropout draws from torch's global stream: one of seed and round alone, so that a
            # resumed game draws the same masks.
            with models.seeded(1_000_003 * self.settings.seed + self.round):
                steps = [self.imitate() for _ in range(self.settings.imitation_steps)]
                generation = self.generate() if self.source is None else math.nan
            for schedule in used:
                schedule.step()
            self.round += 1
            waiting.append((self.round, torch.stack(steps).mean(), generation, *rates))
            if self.round % fetch_every == 0 or self.round == last:
                ready, waiting = waiting, []
                for number, imitation, gap, *rates in ready:
                    yield Record(number, float(imitation), float(gap), *rates)

    def imitate(self) -> Tensor:
        """One student step on fresh samples; returns the loss, a scalar without gradient."""
        images, wanted = self.lesson()
        with self._precision():
            loss = self.imitation_objective(images, wanted)
        self.student_optimizer.zero_grad()
        loss.backward()
        self.student_optimizer.step()
        return loss.detach()

    def generate(self) -> Tensor:
        """One generator step towards more disagreement; returns the objective before it."""
        self.student.requires_grad_(False)  # gradients pass through it, none are kept for it
        with self._precision():
            z = self.draw()
            gain = self.generation_objective(self.generator(z), z)
        self.generator_optimizer.zero_grad()
        (-gain).backward()
        self.generator_optimizer.step()
        self.student.requires_grad_(True)
        return gain.detach()

    # The seams: what the methods of dfad_lite.family do otherwise.

    def images(self) -> Tensor:
        """A batch for the student to imitate on, ``(N, C, H, W)``."""
        return self.source(self) if self.source else self.generator(self.draw())

    def lesson(self) -> tuple[Tensor, Tensor]:
        """A batch for the student to imitate on, and the teacher's logits ``(N, classes)``."""
        with torch.no_grad(), self._precision():  # no graph through generator and teacher
            images = self.images()
            return images, self.teacher(images)

    def imitation_objective(self, images: Tensor, wanted: Tensor) -> Tensor:
        """What the student minimises; ``wanted`` are the teacher's logits on ``images``."""
        return losses.distance(self.settings.imitation_loss, self.student(images), wanted)

    def generation_objective(self, images: Tensor, z: Tensor) -> Tensor:
        """What the generator maximises with ``images``, which it made of the latents ``z``."""
        return losses.distance(
            self.settings.generation_loss, self.student(images), self.teacher(images)
        )

    def draw(self, *shape: int) -> Tensor:
        """Standard normal numbers ``(batch_size, *shape)``: latents z when no shape is given."""
        return torch.randn(
            (self.settings.batch_size, *(shape or (self.settings.latent_size,))),
            generator=self.latents,
            device=self.device,
            dtype=self.dtype,
        )

    @property
    def done(self) -> int:
        """Rounds that were played."""
        return self.round

    def _precision(self) -> torch.autocast:
        wanted = self.settings.precision
        use = wanted == "bf16"
        if wanted == "auto" and self.device.type == "cuda":  # older GPUs only emulate it, slowly
            use = torch.cuda.is_bf16_supported(including_emulation=False)
        return torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=use)

    def state_dict(self) -> dict[str, Any]:
        """Everything that changes while playing, as tensors and plain values."""
        return {
            "round": self.round,
            "student": self.student.state_dict(),
            "generator": self.generator.state_dict(),
            "student_optimizer": self.student_optimizer.state_dict(),
            "generator_optimizer": self.generator_optimizer.state_dict(),
            "latents": self.latents.get_state(),
            "parts": {name: part.state_dict() for name, part in self.parts.items()},
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from where ``state`` was taken: bit-equal on the CPU."""
        self.round = state["round"]
        self.student.load_state_dict(state["student"])
        self.generator.load_state_dict(state["generator"])
        self.student_optimizer.load_state_dict(state["student_optimizer"])
        self.generator_optimizer.load_state_dict(state["generator_optimizer"])
        self.latents.set_state(state["latents"].cpu())
        for name, part in self.parts.items():
            part.load_state_dict(state["parts"][name])


def _optimizer(
    name: str, model: nn.Module, lr: float, weight_decay: float = 0.0
) -> torch.optim.Optimizer:
    more = {"lr": lr, "weight_decay": weight_decay, "fused": True}
    if name == "adam":
        return torch.optim.Adam(model.parameters(), **more)
    return torch.optim.SGD(model.parameters(), momentum=0.9, **more)


def settings_of(kind: type[Game], settings: Profile) -> Profile:
    """``settings`` with what a method changes of any profile; rates fall as early in its game."""
    changed = {name: value_of(settings) for name, value_of in kind.CHANGES.items()}
    longer = changed.get("rounds", settings.rounds) / settings.rounds
    steps = tuple(max(1, round(longer * at)) for at in settings.game_step_rounds)
    return dataclasses.replace(settings, game_step_rounds=steps, **changed)


def new_generator(settings: Profile, like: "Split") -> nn.Module:
    """A fresh ``settings.generator_model`` for images with the channels and range of ``like``'s."""
    return models.generator(
        settings.generator_model,
        latent_size=settings.latent_size,
        channels=like.channels,
        size=settings.image_size,
        width=settings.generator_width,
        end_norm=settings.generator_end_norm,
        mean=like.mean,
        std=like.std,
        seed=settings.seed + 2000,
    )


def new_game(
    settings: Profile,
    teacher: nn.Module,
    like: "Split",
    kind: type[Game] = Game,
    *,
    student: nn.Module | None = None,
    generator: nn.Module | None = None,
    **options: Any,
) -> Game:
    """A game at round 0, with fresh players: the one way to a game.

    Args:
        settings: the profile; what ``kind`` changes of it (``kind.CHANGES``) is applied here, so
            the game's own are ``game.settings``.
        teacher: a trained network for images like those of ``like``.
        like: gives channels, mean and std of the images, and the number of classes.
        kind: the method, such as ``family.Ours``.
        student: None makes ``settings.student_model``; and so ``generator``.
        **options: for ``kind``: ``device``, ``dtype``, ``source``.
    """
    settings = settings_of(kind, settings)
    if student is None:  # other weights than the teacher began with, though they may be alike
        student = models.classifier(
            settings.student_model,
            channels=like.channels,
            classes=len(like.classes),
            size=settings.image_size,
            seed=settings.seed + 1000,
        )
    if generator is None:
        generator = new_generator(settings, like)
    return kind(teacher, student, generator, settings, **options)
