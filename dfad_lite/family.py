"""The main ways of data-free distillation, each as a :class:`dfad_lite.distill.Game`.

They differ in what the generator is paid for, in where the student's images come from, and in
what the student imitates; the loop, its networks and its schedule stay DFAD's. Coefficients are
named constants, the paper's where that is said; where a method leaves its paper, its docstring
tells.
"""

from __future__ import annotations

import contextlib
import copy
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dfad_lite import losses, models
from dfad_lite.distill import Game
from dfad_lite.profiles import Profile

# ---------------------------------------------------------------- looking into a network


@dataclass
class Seen:
    """What a network showed of its inside while it answered one batch."""

    features: Tensor | None = None  # (N, F): what the last linear layer gets
    statistics: list[Tensor] = field(default_factory=list)  # one scalar for each batch norm
    shifts: list[Tensor] = field(default_factory=list)  # the same in units of the layer's own
    maps: dict[int, Tensor] = field(default_factory=dict)  # by height: last ReLU's (N, C, h, w)


Norm = nn.BatchNorm1d | nn.BatchNorm2d


@contextlib.contextmanager
def watching(model: nn.Module) -> Iterator[Seen]:
    """Hooks that fill a :class:`Seen` while ``model`` answers; gone when the block ends."""
    seen = Seen()

    def statistics(layer: Norm, inputs: tuple[Tensor]) -> None:
        others = [dim for dim in range(inputs[0].dim()) if dim != 1]
        variance, mean = torch.var_mean(inputs[0], dim=others, correction=0)
        away, kept = mean - layer.running_mean, layer.running_var + layer.eps
        if isinstance(layer, nn.BatchNorm2d):
            seen.statistics.append(away.norm() + (variance - layer.running_var).norm())
        wider = ((variance + layer.eps) / kept).log()
        seen.shifts.append(((away / kept.sqrt()).abs().mean() + wider.abs().mean()) / 2)

    def features(_: nn.Linear, inputs: tuple[Tensor]) -> None:
        seen.features = inputs[0]

    def maps(_: nn.ReLU, __: tuple[Tensor], output: Tensor) -> None:
        if output.dim() == 4:
            seen.maps[output.shape[2]] = output

    with contextlib.ExitStack() as hooks:
        for layer in model.modules():
            if isinstance(layer, Norm) and layer.running_mean is not None:
                hooks.enter_context(layer.register_forward_pre_hook(statistics))
            elif isinstance(layer, nn.ReLU):
                hooks.enter_context(layer.register_forward_hook(maps))
            elif isinstance(layer, nn.Linear):  # the last one to be called stays
                hooks.enter_context(layer.register_forward_pre_hook(features))
        yield seen


def watched(model: nn.Module, images: Tensor) -> tuple[Tensor, Seen]:
    """A network's answers to images, and what it showed of its inside."""
    with watching(model) as seen:
        return model(images), seen


def features_of(seen: Seen) -> Tensor:
    """What the last linear layer got, ``(N, F)``; a ``ValueError`` where there is none."""
    if seen.features is None:
        raise ValueError("teacher has no linear layer, so no features: take another method.")
    return seen.features


def shown(generator: nn.Module, settings: Profile) -> Tensor:
    """Two images of a copy of a generator, ``(2, C, H, W)``: only to know what they are like."""
    weight = next(generator.parameters())
    with torch.no_grad():
        return copy.deepcopy(generator)(weight.new_zeros(2, settings.latent_size))


# ---------------------------------------------------------------- terms of the objectives


def one_hot(logits: Tensor) -> Tensor:
    """Cross-entropy of logits ``(N, classes)`` with their own largest class: small when sure."""
    return F.cross_entropy(logits, logits.argmax(1))


def balance(logits: Tensor) -> Tensor:
    """Entropy in nats of the mean prediction over a batch: large when classes come equally.

    Logits are ``(N, classes)``, or ``(N, classes, H, W)`` with a class for every pixel.
    """
    others = [dim for dim in range(logits.dim()) if dim != 1]
    mean = logits.softmax(1).mean(others)
    return torch.special.entr(mean.clamp_min(1e-12)).sum()  # at 0 its slope has no end


def statistics_gap(seen: Seen) -> Tensor | float:
    """How far a batch's statistics are from those a teacher's batch norms keep; 0 without any."""
    return torch.stack(seen.statistics).sum() if seen.statistics else 0.0


def statistics_shift(seen: Seen) -> Tensor | float:
    """The same in units of what each channel varies by, mean over layers; 0 without any."""
    return torch.stack(seen.shifts).mean() if seen.shifts else 0.0


def attention_gap(student: Seen, teacher: Seen) -> Tensor:
    """Mean squared difference of normalised attention maps, summed over the sizes both have."""
    shared = student.maps.keys() & teacher.maps.keys()
    if not shared:
        raise ValueError(
            f"student has feature maps of heights {sorted(student.maps)}, teacher of "
            f"{sorted(teacher.maps)}: attention needs networks that share one."
        )

    def attention(maps: Tensor) -> Tensor:
        return F.normalize(maps.pow(2).mean(1).flatten(1))

    gaps = [(attention(student.maps[h]) - attention(teacher.maps[h])).pow(2) for h in shared]
    return torch.stack([gap.mean() for gap in gaps]).sum()


def roughness(images: Tensor) -> Tensor:
    """Total variation: mean squared difference of neighbouring pixels."""
    down, right = images.diff(dim=2), images.diff(dim=3)
    return down.pow(2).mean() + right.pow(2).mean()


# ---------------------------------------------------------------- the methods


class DFAD(Game):
    """Generator: disagreement. Fang et al. 2019, arXiv 1912.11006."""


class Soft(Game):
    """A game whose student imitates the teacher's probabilities, as most methods' do."""

    def imitation_objective(self, images: Tensor, wanted: Tensor) -> Tensor:
        return losses.kld(self.student(images), wanted)


class DAFL(Soft):
    """Generator: sure, lively and balanced answers of the teacher. arXiv 1904.01186.

    The student has no say in what is generated. The balance is in nats; the authors' code has
    logarithms to base 10, which makes its 5 about 2.2 here.
    """

    ACTIVATION, BALANCE = 0.1, 5.0  # the paper's, MNIST

    def generation_objective(self, images: Tensor, z: Tensor) -> Tensor:
        answers, seen = watched(self.teacher, images)
        lively = features_of(seen).abs().mean()
        return self.ACTIVATION * lively + self.BALANCE * balance(answers) - one_hot(answers)


class ZSKT(Game):
    """Generator: KL divergence. Student: KL and the teacher's attention. arXiv 1905.09768."""

    ATTENTION = 250.0  # the paper's, and of mean squares as in its code: it prints norms

    def imitation_objective(self, images: Tensor, wanted: Tensor) -> Tensor:
        with torch.no_grad():
            _, taught = watched(self.teacher, images)
        answers, learnt = watched(self.student, images)
        return losses.kld(answers, wanted) + self.ATTENTION * attention_gap(learnt, taught)

    def generation_objective(self, images: Tensor, z: Tensor) -> Tensor:
        return losses.kld(self.student(images), self.teacher(images))


class Pixels(nn.Module):
    """A generator whose only weights are the images themselves, ``(count, C, H, W)``.

    A latent's first number picks one of them.
    """

    def __init__(self, count: int, shape: Sequence[int], *, seed: int) -> None:
        super().__init__()
        stream = torch.Generator().manual_seed(seed)
        self.images = nn.Parameter(torch.randn(count, *shape, generator=stream))

    def rows(self, z: Tensor) -> Tensor:
        """Which image each latent of ``(N, latent_size)`` stands for: ``(N,)``, int64."""
        count = len(self.images)
        return (torch.special.ndtr(z[:, 0]) * count).long().clamp(0, count - 1)

    def forward(self, z: Tensor) -> Tensor:
        return self.images[self.rows(z)]


class DeepInversion(Soft):
    """No generator but pixels: class, batch-norm statistics, smoothness. arXiv 1912.08795.

    One set for the whole game, not batch after batch; smoothness and size are means, not norms,
    with coefficients of our own. The rate is the paper's.
    """

    STATISTICS, ROUGHNESS, SIZE = 1.0, 0.1, 0.001
    COUNT = 512
    CHANGES = {"generator_lr": lambda settings: 0.05}  # of the pixels

    def __init__(self, teacher, student, generator, settings, **more):
        pixels = Pixels(self.COUNT, shown(generator, settings).shape[1:], seed=settings.seed)
        super().__init__(teacher, student, pixels, settings, **more)

    def generation_objective(self, images: Tensor, z: Tensor) -> Tensor:
        answers, seen = watched(self.teacher, images)
        target = self.generator.rows(z) % answers.shape[1]  # each image has its class for good
        return -(
            F.cross_entropy(answers, target)
            + self.STATISTICS * statistics_gap(seen)
            + self.ROUGHNESS * roughness(images)
            + self.SIZE * images.pow(2).mean()
        )


class DFQ(Soft):
    """Generator: KL, batch-norm statistics, balanced answers. arXiv 2005.04136.

    The paper also wants each answer sure, and compares statistics as normal distributions.
    """

    STATISTICS, BALANCE = 1.0, 1.0

    def generation_objective(self, images: Tensor, z: Tensor) -> Tensor:
        answers, seen = watched(self.teacher, images)
        gap = losses.kld(self.student(images), answers)
        return gap + self.BALANCE * balance(answers) - self.STATISTICS * statistics_gap(seen)


class Memory(nn.Module):
    """The last ``size`` generated images, for replay."""

    def __init__(self, size: int, like: Tensor) -> None:
        super().__init__()
        self.register_buffer("images", torch.zeros(size, *like.shape[1:], dtype=like.dtype))
        self.register_buffer("seen", torch.zeros((), dtype=torch.long))

    def __len__(self) -> int:
        return min(int(self.seen), len(self.images))

    def push(self, images: Tensor, **beside: Tensor) -> None:
        """Keep ``images``, and what belongs to each, in place of the oldest; of many the last."""
        most = len(self.images)  # a place written twice might get an image and another's answers
        places = (int(self.seen) + torch.arange(len(images)))[-most:] % most
        for name, rows in {"images": images, **beside}.items():
            kept = self.get_buffer(name)
            kept[places] = rows[-most:].detach().to(kept.dtype)  # bf16 under autocast
        self.seen += len(images)

    def pick(self, count: int, stream: torch.Generator) -> Tensor:
        """Places of ``count`` of the images kept, with replacement."""
        return torch.randint(len(self), (count,), generator=stream, device=stream.device)

    def draw(self, count: int, stream: torch.Generator) -> Tensor:
        """``count`` of the images kept, with replacement."""
        return self.images[self.pick(count, stream)]


class Replay(Game):
    """A game in which half of the student's images are earlier ones of the generator's."""

    KEPT = 4096

    def __init__(self, *args, **more):
        super().__init__(*args, **more)
        self.memory = Memory(self.KEPT, shown(self.generator, self.settings)).to(self.device)
        self.parts = {"memory": self.memory}

    def images(self) -> Tensor:
        fresh = self.generator(self.draw())
        if not len(self.memory):
            return fresh
        half = len(fresh) // 2
        return torch.cat([fresh[half:], self.memory.draw(half, self.latents)])


class CMI(Soft, Replay):
    """Generator: KL, batch-norm statistics, and no image like another. Replay. arXiv 2105.08584.

    The contrast is InfoNCE on a small head over the teacher's features: an image shifted by up
    to two pixels should be nearer to itself than to the rest of the batch and to the memory. The
    paper's views are crops, its features those of all batch norms, its generator is begun anew for
    each batch, and also paid for a class for each image.
    """

    STATISTICS, ADVERSARIAL, CONTRAST, TEMPERATURE = 1.0, 0.5, 0.8, 0.2
    KEPT = 2048

    def __init__(self, *args, **more):
        super().__init__(*args, **more)
        with torch.no_grad():
            _, seen = watched(self.teacher, self.memory.images[:2])
        with models.seeded(self.settings.seed):
            head = [nn.Linear(features_of(seen).shape[1], 64), nn.ReLU(), nn.Linear(64, 64)]
        self.parts["head"] = self.head = nn.Sequential(*head).to(self.memory.images)
        self.generator_optimizer.add_param_group({"params": self.head.parameters()})

    def embed(self, images: Tensor) -> tuple[Tensor, Tensor, Seen]:
        """Directions ``(N, 64)`` on the unit sphere, the teacher's logits, and what it showed."""
        answers, seen = watched(self.teacher, images)
        return F.normalize(self.head(seen.features)), answers, seen

    def generation_objective(self, images: Tensor, z: Tensor) -> Tensor:
        down, right = torch.randint(-2, 3, (2,), generator=self.latents, device=self.device)
        here, answers, seen = self.embed(images)
        moved, _, _ = self.embed(images.roll((int(down), int(right)), dims=(2, 3)))
        others = here
        if len(self.memory):
            kept = self.memory.draw(self.settings.batch_size, self.latents)
            others = torch.cat([here, self.embed(kept)[0]])
        target = torch.arange(len(images), device=self.device)
        contrast = F.cross_entropy(moved @ others.T / self.TEMPERATURE, target)
        self.memory.push(images[: self.settings.batch_size // 4])
        plausible = self.STATISTICS * statistics_gap(seen)
        gap = losses.kld(self.student(images), answers)
        return self.ADVERSARIAL * gap - plausible - self.CONTRAST * contrast


class MAD(Game):
    """DFAD, half of each batch from a moving average of the generator. arXiv 2209.10359."""

    DECAY = 0.95

    def __init__(self, *args, **more):
        super().__init__(*args, **more)
        self.average = copy.deepcopy(self.generator).requires_grad_(False)
        self.parts = {"average": self.average}

    def images(self) -> Tensor:
        z = self.draw()
        half = len(z) // 2
        return torch.cat([self.generator(z[:half]), self.average(z[half:])])

    def generate(self) -> Tensor:
        gain = super().generate()
        follow(self.average, self.generator, self.DECAY)
        return gain


class Ours(Replay):
    """The course's recipe: DFAD with the parts that paid in ``results/recipe.csv``.

    A generator that ends with a blur, a quarter of the batch for nearly three times the rounds
    (which takes as long), DAFL's balance of classes, CMI's replay against forgetting, a student
    that goes down the root of the mean squared difference, and, where the teacher has batch
    norm, DFQ's match of its statistics: without that it fails there, as DFAD does.
    """

    BALANCE, STATISTICS = 1.0, 1.0
    CHANGES = {
        "generator_model": lambda settings: "smooth",
        "batch_size": lambda settings: max(8, settings.batch_size // 4),
        "rounds": lambda settings: round(2.75 * settings.rounds),
    }

    def imitation_objective(self, images: Tensor, wanted: Tensor) -> Tensor:
        squares = losses.mse(self.student(images), wanted)
        return squares.clamp_min(1e-12).sqrt()  # at zero the root has no slope

    def generation_objective(self, images: Tensor, z: Tensor) -> Tensor:
        self.memory.push(images[: len(images) // 4])
        answers, seen = watched(self.teacher, images)
        gap = losses.distance(self.settings.generation_loss, self.student(images), answers)
        return gap + self.BALANCE * balance(answers) - self.STATISTICS * statistics_gap(seen)


class Pairs(Memory):
    """The last ``size`` images with what the teacher said of each."""

    def __init__(self, size: int, images: Tensor, answers: Tensor) -> None:
        super().__init__(size, images)
        self.register_buffer("answers", answers.new_zeros(size, *answers.shape[1:]))

    def push(self, images: Tensor, answers: Tensor) -> None:
        """Keep pairs in place of the oldest."""
        super().push(images, answers=answers)

    def draw(self, count: int, stream: torch.Generator) -> tuple[Tensor, Tensor]:
        """``count`` pairs, with replacement: images ``(count, C, H, W)`` and logits."""
        picked = self.pick(count, stream)
        return self.images[picked], self.answers[picked]

    def spread(self) -> Tensor:
        """Standard deviation of the answers that are kept, each without its mean."""
        return losses.centred(self.answers[: len(self)]).std().clamp_min(1e-6)


class Broad(Game):
    """A recipe for teachers of strangers, chosen in ``results/zoo.csv``.

    Logits are compared without their mean over the classes, and the generator's gap is measured
    in units of the teacher's own spread. Besides the generator's images, which are exposed at
    random between black and white, the student sees smooth random ones, and all are kept with the
    teacher's answers: it learns from what is kept, twice as many steps a round, at no cost to the
    teacher. Where the teacher has batch norm, the generator matches its statistics.
    """

    BALANCE, STATISTICS = 1.0, 1.0
    KEPT, ROOM = 4096, 2**28  # pairs, and at most so many bytes of them
    CHANGES = {
        "generator_model": lambda settings: "exposed",
        "batch_size": lambda settings: max(8, settings.batch_size // 2),
        "imitation_steps": lambda settings: 2 * settings.imitation_steps,
        "rounds": lambda settings: 2 * settings.rounds,
        "student_lr": lambda settings: 3 * settings.student_lr,
    }

    def __init__(self, *args, **more):
        super().__init__(*args, **more)
        images = shown(self.generator, self.settings)
        with torch.no_grad():
            answers = self.answers(images)
        room = self.ROOM // (images[:1].nbytes + answers[:1].nbytes)
        kept = max(2 * self.settings.batch_size, min(self.KEPT, room))
        self.pairs = Pairs(kept, images, answers).to(self.device)
        self.parts = {"pairs": self.pairs}

    def answers(self, images: Tensor) -> Tensor:
        """What is kept of the teacher beside images ``(N, C, H, W)``: its logits."""
        return self.teacher(images)

    def keep(self, images: Tensor, answers: Tensor) -> None:
        """Keep images with the teacher's answers, and as many random ones with theirs."""
        with torch.no_grad():
            fields = self.generator.fields(len(images), self.latents)
            self.pairs.push(torch.cat([images, fields]), torch.cat([answers, self.teacher(fields)]))

    def lesson(self) -> tuple[Tensor, Tensor]:
        if self.source:
            return super().lesson()
        while len(self.pairs) < min(len(self.pairs.images), 16 * self.settings.batch_size):
            self.keep(*super().lesson())
        return self.pairs.draw(self.settings.batch_size, self.latents)

    def imitation_objective(self, images: Tensor, wanted: Tensor) -> Tensor:
        gaps = losses.centred(self.student(images)) - losses.centred(wanted)
        return gaps.pow(2).mean().clamp_min(1e-12).sqrt()

    def generation_objective(self, images: Tensor, z: Tensor) -> Tensor:
        answers, seen = watched(self.teacher, images)
        self.keep(images, answers)
        plausible = self.STATISTICS * statistics_shift(seen)
        return self.gap(images, answers) + self.BALANCE * balance(answers) - plausible

    def gap(self, images: Tensor, answers: Tensor) -> Tensor:
        """How far the student is from the teacher's answers, in units of their spread."""
        gap = losses.mae(losses.centred(self.student(images)), losses.centred(answers))
        return gap / self.pairs.spread()


class Grids(Broad):
    """A recipe for photographs, and for classifiers of strangers: images led coarse to fine.

    Each generation stage begins a batch of smooth random images and takes a few steps: towards a
    class each, with which the teacher's batch norms, if any, meet what they remember, and
    towards what the student does not know, once it knows something: DeepInversion's game, much
    shorter and begun again all the time, so that images stay as different as they begin. As steps
    on pixels soon find what this teacher alone takes for a class, grids of an eighth, a quarter,
    half and all of an image's pixels are added to its beginning: large areas change first. An image
    with colours is mirrored at every other step, and the student learns it shifted and mirrored by
    the teacher's answers to just that; a grey one may be a character, which has no mirror image.
    Chosen in ``results/natural.csv`` and ``results/zoo.csv``.
    """

    RECIPE = 2
    STEPS, SHIFT = 16, 2  # on a batch of images; pixels up to which they are moved meanwhile
    WIDE = (8, 4, 2, 1)  # pixels from one weight of a grid to the next
    SHIFTS = ((0, 0), (-2, -1), (2, 1), (-1, 2), (1, -2))  # down and right, of what is learnt
    ADVERSARY_AFTER = 0.15  # of the rounds: a student that knows nothing has nothing to say
    KEPT, ROOM = 65_536, 2**29
    CHANGES = {
        "generator_model": lambda settings: "exposed",
        "generator_lr": lambda settings: 0.1,  # of the grids
        "imitation_steps": lambda settings: 10 * settings.imitation_steps,
        "rounds": lambda settings: max(1, settings.rounds // 8),
        "snapshot_every": lambda settings: max(1, settings.snapshot_every // 8),
    }

    def __init__(self, *args, **more):
        super().__init__(*args, **more)
        self.beginner = self.generator  # of smooth random images; what it makes comes of no weight
        count, (channels, *size) = self.settings.batch_size, self.pairs.images.shape[1:]
        pixels = Pixels(count, (channels, *size), seed=self.settings.seed)
        self.generator = pixels.to(self.pairs.images, memory_format=torch.channels_last)
        self.beginning = self.generator.images.detach().clone()
        sides = [[-(-side // wide) for side in size] for wide in self.WIDE]
        empty = self.beginning.new_zeros
        self.grids = [empty(count, channels, *side).requires_grad_() for side in sides]

    @cached_property
    def generator_optimizer(self) -> torch.optim.Optimizer:
        """Of the grids: the images are made of them."""
        return torch.optim.Adam(self.grids, self.settings.generator_lr, betas=(0.5, 0.99))

    def lesson(self) -> tuple[Tensor, Tensor]:
        if self.source:
            return Game.lesson(self)
        if not len(self.pairs):  # before the first generation stage
            self.remember(self.begin(8 * self.settings.batch_size))
        images, answers = self.pairs.draw(self.settings.batch_size, self.latents)
        views = answers.shape[-1]
        which = int(torch.randint(views, (), generator=self.latents, device=self.device))
        return self.view(images, which), answers[..., which]

    def begin(self, count: int) -> Tensor:
        """Smooth random images, ``(count, C, H, W)``."""
        return self.beginner.fields(count, self.latents)

    def generate(self) -> Tensor:
        """A batch of images led from noise to what the teacher knows; returns the last gain."""
        self.student.eval().requires_grad_(False)  # its batch norms are not to learn from these
        self.beginning.copy_(self.begin(len(self.beginning)))
        for grid in self.grids:
            grid.detach().zero_()
        optimizer = self.generator_optimizer
        optimizer.state.clear()  # it knew other images
        for step in range(self.STEPS):
            with self._precision():
                gain = self.generation_objective(self.led(step), self.beginning)
            optimizer.zero_grad()
            (-gain).backward()
            slower = 0.1 + 0.9 * 0.5 * (1 + math.cos(math.pi * step / self.STEPS))
            optimizer.param_groups[0]["lr"] = slower * self.settings.generator_lr
            optimizer.step()
        self.student.train().requires_grad_(True)
        self.generator.images.detach().copy_(self.made())
        self.remember(self.generator.images.detach())
        return gain.detach()

    def made(self) -> Tensor:
        """The beginning and all grids, cut at black and white; their gradient is not cut."""
        images = self.beginning
        for grid in self.grids:
            images = images + F.interpolate(grid, images.shape[2:], mode="bilinear")
        black, white = ((end - self.beginner.mean) / self.beginner.std for end in (0.0, 1.0))
        return images + (images.maximum(black).minimum(white) - images).detach()

    def led(self, step: int) -> Tensor:
        """The batch as the teacher gets to see it at a step: shifted, and mirrored or not."""
        far = self.SHIFT
        down, right = torch.randint(-far, far + 1, (2,), generator=self.latents, device=self.device)
        images = self.made().roll((int(down), int(right)), dims=(2, 3))  # what leaves comes in
        return images.flip(3) if step % 2 and images.shape[1] == 3 else images

    def generation_objective(self, images: Tensor, z: Tensor) -> Tensor:
        answers, seen = watched(self.teacher, images)
        target = torch.arange(len(images), device=self.device) % answers.shape[1]
        gain = -F.cross_entropy(answers, target) - self.STATISTICS * statistics_gap(seen)
        early = self.round < self.ADVERSARY_AFTER * self.settings.rounds
        return gain if early else gain + self.gap(images, answers)

    def remember(self, images: Tensor) -> None:
        """Keep images with the teacher's answers."""
        with torch.no_grad(), self._precision():
            self.pairs.push(images, self.answers(images))

    def answers(self, images: Tensor) -> Tensor:
        """What the teacher says of each view of images, ``(N, classes, views)``."""
        views = 2 * len(self.SHIFTS) if images.shape[1] == 3 else 1
        return torch.stack([self.teacher(self.view(images, each)) for each in range(views)], -1)

    def view(self, images: Tensor, which: int) -> Tensor:
        """One of the ways in which the student gets to see images: shifted, and maybe mirrored."""
        images = images.flip(3) if which >= len(self.SHIFTS) else images
        return images.roll(self.SHIFTS[which % len(self.SHIFTS)], dims=(2, 3))


def follow(average: nn.Module, model: nn.Module, decay: float) -> None:
    """Move a moving average a step towards ``model``, batch norm's statistics included."""
    new = model.state_dict()
    with torch.no_grad():
        for name, value in average.state_dict().items():
            if value.is_floating_point():
                value.lerp_(new[name], 1 - decay)


METHODS = {
    method.__name__: method
    for method in (DFAD, DAFL, ZSKT, DeepInversion, DFQ, CMI, MAD, Ours, Broad, Grids)
}
# For a class for every pixel: those that ask for no features, and lead no image to a class.
FOR_MAPS = ("DFAD", "ZSKT", "DFQ", "MAD", "Ours", "Broad")


def named(method: str, *, maps: bool = False) -> type[Game]:
    """A method by its name; with ``maps``, one for teachers with a class for every pixel.

    Raises:
        ValueError: it is none of :data:`METHODS`, or not :data:`FOR_MAPS`.
    """
    known, where = (FOR_MAPS, " for segmentation") if maps else (METHODS, "")
    if method not in known:
        raise ValueError(f"method={method!r} is unknown{where}: take one of {', '.join(known)}.")
    return METHODS[method]
