"""How well students learn, without data, from a zoo of teachers as strangers train them.

    python -m benchmarks.zoo --half A --seeds 100 --budget 40s --variants "Ours;Broad, 0.03"
    python -m benchmarks.zoo --half B --seeds 0,1,2            # family.Broad, 400 rounds
    python -m benchmarks.zoo --half B --seeds 0,1,2 --budget 200 --variants "Grids, no norm"
    python -m benchmarks.zoo --half B --seeds 0 --kd           # the ceiling: KD on the real data
    python -m benchmarks.zoo --half fresh --seeds 0 --budget 200 --variants Grids

The teachers are those of :mod:`benchmarks.zoo_teachers`, trained when they are first asked for.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Annotated

import torch
import torch.nn.functional as F
import typer
from torch import Tensor, nn

from benchmarks import RESULTS, fill, numbers, some_of
from benchmarks.zoo_teachers import KINDS, UNIT, Teacher, lenet5, teacher
from dfad_lite import data, distill, estimates, family, losses, metrics, models, profiles

# ---------------------------------------------------------------- the games


class Ranged(models.LightGenerator):
    """The light generator, its end in question: blurs, exposure, the range of pixels."""

    def __init__(
        self,
        latent_size: int,
        size: int,
        width: int,
        pixels: tuple[float, float],
        *,
        blurs: int,
        gain: float,
        exposure: float,
        affine: bool,
    ) -> None:
        super().__init__(latent_size, 1, size, width, end_norm=False)
        del self[-1]  # the tanh
        for _ in range(blurs):
            self.append(models.Blur(1))
        self.append(nn.BatchNorm2d(1, affine=affine))
        if affine:
            nn.init.constant_(self[-1].weight, gain)
        self.gain = 1.0 if affine else gain
        self.pixels, self.exposure = pixels, exposure

    def forward(self, z: Tensor) -> Tensor:
        images = super().forward(z)
        if self.exposure:  # each image has a brightness and a contrast of its own
            gain = (self.exposure * z[:, 0]).exp().view(-1, 1, 1, 1)
            images = gain * (images - (2 * self.exposure * z[:, 1]).view(-1, 1, 1, 1))
        mean, std = self.pixels
        return ((self.gain * images).sigmoid() - mean) / std


def blobs(count: int, size: int, pixels: tuple[float, float], stream: torch.Generator) -> Tensor:
    """Smooth random fields ``(count, 1, size, size)`` of some grain, exposed at random."""
    grain = int(torch.randint(2, 10, (1,), generator=stream))
    cells = -(-size // grain) + 3
    field = torch.randn(count, 1, cells, cells, generator=stream)
    field = F.interpolate(field, scale_factor=grain, mode="bicubic")
    down, right = torch.randint(0, 2 * grain, (2,), generator=stream).tolist()
    field = field[:, :, down : down + size, right : right + size]
    field = (field - field.mean()) / field.std()
    gain, offset = torch.randn(2, count, 1, 1, 1, generator=stream)
    mean, std = pixels
    return ((3 * (0.5 * gain).exp() * (field - offset)).sigmoid() - mean) / std


class Candidate(family.Replay):
    """The course's recipe with every part that was tried; as it stands, ``family.Ours``."""

    CENTRE_IMITATION = CENTRE_GENERATION = False  # take the mean over the classes off
    SCALED = False  # divide by the teacher's own spread on generated images
    LOSS = "root"  # of the student: root of squares, mae, relative to each image, kld
    GAP = "mae"  # of the generator
    BALANCE, STATISTICS = 1.0, 1.0
    RELATIVE = False  # statistics in units of the layer's own
    CACHED = False  # the student learns from kept pairs only
    BLOBS = 0.0  # share of the student's images that are random fields
    PIXELS = UNIT
    REPLAYED = 0.5
    PUSHED = 0.25

    def __init__(self, *args, **more):
        super().__init__(*args, **more)
        self.spread = nn.Module()
        self.spread.register_buffer("value", torch.zeros(()))
        self.parts["spread"] = self.spread
        if self.CACHED:
            with torch.no_grad():
                answers = self.teacher(self.memory.images[:2])
            pairs = family.Pairs(self.KEPT, self.memory.images, answers)
            self.memory = self.parts["memory"] = pairs
            for _ in range(8):
                self.keep_more()

    def keep_more(self) -> None:
        with torch.no_grad():
            images = self.mixed(self.generator(self.draw()))
            answers = self.teacher(images)
        self.memory.push(images, answers)
        self.note(answers)

    def mixed(self, images: Tensor) -> Tensor:
        n = int(self.BLOBS * len(images))
        if not n:
            return images
        made = blobs(n, images.shape[-1], self.PIXELS, self.latents)
        return torch.cat([images[n:], made])

    def note(self, answers: Tensor) -> None:
        now = (answers - answers.mean(1, keepdim=True)).detach().std()
        value = self.spread.value
        value.copy_(value.lerp(now, 0.02) if value > 0 else now)

    def prepared(self, logits: Tensor, centre: bool) -> Tensor:
        logits = logits - logits.mean(1, keepdim=True) if centre else logits
        return logits / self.spread.value if self.SCALED else logits

    def images(self) -> Tensor:
        fresh = self.generator(self.draw())
        if not len(self.memory):
            return fresh
        n = int(self.REPLAYED * len(fresh))
        return self.mixed(torch.cat([self.memory.draw(n, self.latents), fresh[n:]]))

    def imitation_objective(self, images: Tensor, wanted: Tensor) -> Tensor:
        if not self.CACHED:
            self.note(wanted)
        learnt = self.prepared(self.student(images), self.CENTRE_IMITATION)
        wanted = self.prepared(wanted, self.CENTRE_IMITATION)
        squares = (learnt - wanted).pow(2)
        if self.LOSS == "root":
            return squares.mean().clamp_min(1e-12).sqrt()
        if self.LOSS == "each":
            return squares.mean(1).clamp_min(1e-12).sqrt().mean()
        return losses.distance(self.LOSS, learnt, wanted)

    def generation_objective(self, images: Tensor, z: Tensor) -> Tensor:
        with family.watching(self.teacher) as seen:
            answers = self.teacher(images)
        plausible = (family.statistics_shift if self.RELATIVE else family.statistics_gap)(seen)
        if self.CACHED:
            self.memory.push(images, answers)
            self.note(answers)
            if self.BLOBS:
                with torch.no_grad():
                    more = blobs(
                        int(self.BLOBS * len(images)), images.shape[-1], self.PIXELS, self.latents
                    )
                    self.memory.push(more, self.teacher(more))
        else:
            self.memory.push(images[: int(self.PUSHED * len(images))])
        learnt = self.prepared(self.student(images), self.CENTRE_GENERATION)
        gap = losses.distance(self.GAP, learnt, self.prepared(answers, self.CENTRE_GENERATION))
        return gap + self.BALANCE * family.balance(answers) - self.STATISTICS * plausible

    def imitate(self) -> Tensor:
        if not self.CACHED or self.source:
            return super().imitate()
        pairs = self.memory.draw(self.settings.batch_size, self.latents)
        loss = self.imitation_objective(*pairs)
        self.student_optimizer.zero_grad()
        loss.backward()
        self.student_optimizer.step()
        return loss.detach()


class Tried(family.Broad):
    """``family.Broad`` with what was tried on top of it; all is off."""

    FIELDS_ONLY = False  # nothing that the generator makes is kept
    EVEN = 0.0  # rare classes are drawn more often from what is kept
    SURE = 0.0  # the generator is paid for a teacher that is sure

    def keep(self, images: Tensor, answers: Tensor) -> None:
        if self.FIELDS_ONLY:
            with torch.no_grad():
                images = self.generator.fields(len(images), self.latents)
                answers = self.teacher(images)
        super().keep(images, answers)

    def lesson(self) -> tuple[Tensor, Tensor]:
        batch = super().lesson()
        if not self.EVEN or self.source:
            return batch
        named = self.pairs.answers[: len(self.pairs)].argmax(1)
        often = named.bincount(minlength=10) + self.EVEN * len(named)
        picked = torch.multinomial(1 / often[named], len(batch[0]), True, generator=self.latents)
        return self.pairs.images[picked], self.pairs.answers[picked]

    def generation_objective(self, images: Tensor, z: Tensor) -> Tensor:
        gain = super().generation_objective(images, z)
        return gain - self.SURE * family.one_hot(self.teacher(images)) if self.SURE else gain


class Focused(models.ExposedGenerator):
    """Each image is blurred by a share of its own."""

    def exposed(self, images: Tensor, z: Tensor) -> Tensor:
        blur, share = models.Blur(1), torch.special.ndtr(z[:, 1]).view(-1, 1, 1, 1)
        return super().exposed(torch.lerp(images, 1.5 * blur(blur(images)), share), z)


# A variant: parts of the game, settings, and the generator's end.
Variant = tuple[dict[str, object], dict[str, object], dict[str, object]]
CENTRED = {"CENTRE_IMITATION": True, "CENTRE_GENERATION": True}
SCALED = CENTRED | {"SCALED": True, "RELATIVE": True}
CACHED = SCALED | {"CACHED": True}
ADAM = {"student_optimizer": "adam", "student_lr": 0.002, "student_weight_decay": 0.0}
RANGE = {"blurs": 1, "gain": 2.0, "exposure": 0.0, "affine": False}
EXPOSED = RANGE | {"exposure": 0.5}
B64 = {"batch_size": 64}
K10 = B64 | {"imitation_steps": 10, "generator_model": "exposed"}
# For teachers with batch norm; the student has it, too. Without: "Grids, no norm".
DREAMS = {
    "batch_size": 64,
    "imitation_steps": 40,
    "generator_model": "exposed",
    "student_lr": 0.1,
    "generator_lr": 0.1,
    "student_model": "resnet8_half",
}
BROAD = {"BASE": Tried, "COARSE": 0.0}
VARIANTS: dict[str, Variant] = {
    "Ours": ({}, {}, {}),
    "centred": (CENTRED, {}, {}),
    "scaled, Adam": (SCALED, ADAM, {}),
    "scaled, Adam, exposed": (SCALED, ADAM, EXPOSED),
    "kept, Adam, exposed": (CACHED, ADAM | B64, EXPOSED),
    "scaled, Adam, exposed, blobs 0.5": (SCALED | {"BLOBS": 0.5}, ADAM, EXPOSED),
    "scaled, Adam, blobs alone": (SCALED | {"BLOBS": 1.0}, ADAM, EXPOSED),
    "blobs, SGD": (CENTRED | {"BLOBS": 0.5, "RELATIVE": True}, {}, EXPOSED),
    "blobs, loss of each": (SCALED | {"BLOBS": 0.5, "LOSS": "each"}, ADAM, EXPOSED),
    "blobs, kept, k 10": (
        *(CACHED | {"BLOBS": 1.0}, ADAM | B64 | {"imitation_steps": 10}, EXPOSED),
    ),
    "blobs, kept, k 10, SGD": (
        CENTRED | {"RELATIVE": True, "CACHED": True, "BLOBS": 1.0},
        *(B64 | {"imitation_steps": 10}, EXPOSED),
    ),
    "blobs, kept, k 20": (
        *(CACHED | {"BLOBS": 1.0}, ADAM | B64 | {"imitation_steps": 20}, EXPOSED),
    ),
    "blobs, kept, k 10, each": (
        CACHED | {"BLOBS": 1.0, "LOSS": "each"},
        *(ADAM | B64 | {"imitation_steps": 10}, EXPOSED),
    ),
    "blobs, kept, k 10, each, SGD 0.03": (
        CENTRED | {"RELATIVE": True, "CACHED": True, "BLOBS": 1.0, "LOSS": "each"},
        *(B64 | {"imitation_steps": 10, "student_lr": 0.03}, EXPOSED),
    ),
    "Broad, 0.03, coarse": (BROAD | {"COARSE": 1.5}, K10 | {"student_lr": 0.03}, {}),
    "Broad, 0.03, some coarse": (BROAD | {"COARSE": 2.0}, K10 | {"student_lr": 0.03}, {}),
    "some coarse, even": (BROAD | {"COARSE": 2.0, "EVEN": 0.03}, K10 | {"student_lr": 0.03}, {}),
    "some coarse, sure": (BROAD | {"COARSE": 2.0, "SURE": 1.0}, K10 | {"student_lr": 0.03}, {}),
    "some coarse, small16": (
        BROAD | {"COARSE": 2.0},
        K10 | {"student_lr": 0.03, "student_model": "small16"},
        {},
    ),
    "fields only": (
        BROAD | {"COARSE": 2.0, "FIELDS_ONLY": True},
        *(K10 | {"student_lr": 0.03}, {}),
    ),
    "some coarse, blurs 3": (BROAD | {"COARSE": 2.0, "BLURS": 2}, K10 | {"student_lr": 0.03}, {}),
    "some coarse, focus": (BROAD | {"COARSE": 2.0, "FOCUS": True}, K10 | {"student_lr": 0.03}, {}),
    "some coarse, 16384 kept": (
        BROAD | {"COARSE": 2.0, "KEPT": 16384},
        *(K10 | {"student_lr": 0.03}, {}),
    ),
    "recipe": ({"BASE": family.Broad}, K10 | {"student_lr": 0.03, "student_model": "small16"}, {}),
    "Grids": ({"BASE": family.Grids}, DREAMS, {}),
    "Grids, no norm": (
        {"BASE": family.Grids},
        DREAMS | {"student_lr": 0.03, "student_model": "small16"},
        {},
    ),
    "some coarse, 1024 kept": (
        BROAD | {"COARSE": 2.0, "KEPT": 1024},
        *(K10 | {"student_lr": 0.03}, {}),
    ),
    "Broad, 0.03": (BROAD, K10 | {"student_lr": 0.03}, {}),
}


def student_for(size: int) -> str:
    """The network of the course that a stranger's student should be, by image size."""
    return "lenet5_half" if size == 32 else "small8"


def new_game(made: Teacher, variant: Variant, seed: int, **changes: object) -> distill.Game:
    """A game at round 0 against a teacher of the zoo."""
    parts, settings, end = variant
    size, pixels = made.kind.size, made.kind.pixels
    wanted = {"generator_model": "smooth", "batch_size": 32, "device": "cpu", "seed": seed}
    wanted |= {"student_model": student_for(size), "image_size": size, "rounds": 10**6}
    if made.kind.net is lenet5:  # its half is what the issue asks for
        settings = settings | {"student_model": "lenet5_half"}
    chosen = profiles.load("quick", **(wanted | settings | changes))
    student = models.classifier(
        chosen.student_model, channels=1, classes=10, size=size, seed=seed + 1000
    )
    if "BASE" in parts:  # a game of the family's as it is, or with its constants changed
        kind = type("Variant", (parts["BASE"],), parts)
        like = SimpleNamespace(channels=1, mean=[pixels[0]], std=[pixels[1]], classes=range(10))
        kind.CHANGES = {}
        game = distill.new_game(chosen, copy.deepcopy(made.net), like, kind, student=student)
        game.generator.COARSE = parts.get("COARSE", models.ExposedGenerator.COARSE)
        if parts.get("FOCUS"):
            game.generator.__class__ = Focused
        for _ in range(parts.get("BLURS", 0)):
            game.generator.insert(game.generator.own - 1, models.Blur(1))
            game.generator.own += 1
        return game
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed + 2000)
        if end:
            maker = Ranged(chosen.latent_size, size, chosen.generator_width, pixels, **end)
        else:
            maker = models.generator(
                chosen.generator_model,
                latent_size=chosen.latent_size,
                channels=1,
                size=size,
                width=chosen.generator_width,
            )
    kind = type("Variant", (Candidate,), parts | {"PIXELS": pixels})
    return kind(copy.deepcopy(made.net), student, maker, chosen, device="cpu")


def rounds_in(seconds: float, made: Teacher, variant: Variant) -> int:
    """How many rounds take so many CPU seconds, by twenty of them."""
    game = new_game(made, variant, 0)
    for _ in game.play(5):
        pass
    started = time.process_time()
    for _ in game.play(20):
        pass
    return round(20 * seconds / (time.process_time() - started))


def batches(pixels: Tensor) -> Callable[[distill.Game], Tensor]:
    """A game's source that draws from real images: KD on the teacher's own data."""

    def batch(game: distill.Game) -> Tensor:
        rows = torch.randint(len(pixels), (game.settings.batch_size,), generator=game.latents)
        return pixels[rows]

    return batch


def measure(case: dict[str, object]) -> dict[str, object]:
    """Play one game and measure its student."""
    label, budget = str(case["variant"]), str(case["budget"])
    made, variant = teacher(str(case["teacher"])), VARIANTS[label.removeprefix("KD, ")]
    rounds = rounds_in(float(budget[:-1]), made, variant) if budget.endswith("s") else int(budget)
    game = new_game(made, variant, int(case["seed"]), rounds=rounds)
    if label.startswith("KD, "):
        game.source = batches(made.train[0])
    seen = made.train[0][:5000]
    taught_seen, taught = (metrics.logits(made.net, x) for x in (seen, made.test[0]))
    started, curve = time.process_time(), []
    for record in game.play():
        if record.round % max(1, rounds // 8) == 0:
            pause = time.process_time()
            known = metrics.agreement(metrics.logits(game.student, seen[:2000]), taught_seen[:2000])
            curve.append(f"{known:.3f}/{record.imitation:.3g}/{record.generation:.3g}")
            started += time.process_time() - pause
    spent = time.process_time() - started
    learnt = metrics.logits(game.student, made.test[0])
    score, size = metrics.score(learnt, made.test[1]), made.kind.size
    mean, std = ([value] for value in made.kind.pixels)
    names = [str(label) for label in range(10)]
    like = data.described(label, channels=1, size=size, classes=names, mean=mean, std=std)
    blurred = estimates.blurred_noise(1000, 1, size, seed=2)
    blurs = metrics.agreement(*(metrics.logits(net, blurred) for net in (made.net, game.student)))
    known = metrics.agreement(metrics.logits(game.student, seen), taught_seen)
    return {
        "half": made.kind.half,
        "student": game.settings.student_model,
        "rounds": rounds,
        "teacher_accuracy": f"{made.accuracy:.4f}",
        "validation_agreement": f"{known:.4f}",
        "accuracy": f"{score:.4f}",
        "share": f"{score / made.accuracy:.4f}",
        "agreement": f"{metrics.agreement(learnt, taught):.4f}",
        "cpu_seconds": f"{spent:.1f}",
        "estimate_blurs": f"{blurs:.4f}",
        "estimate_sure": f"{estimates.on_surest(made.net, game.student, like):.4f}",
        "curve": " ".join(curve),
    }


def main(
    teachers: str = "",
    half: str = "A",
    variants: Annotated[str, typer.Option(help="Some, separated by semicolons.")] = "recipe",
    seeds: str = "100",
    budget: Annotated[str, typer.Option(help="Rounds, or CPU seconds as in 40s.")] = "400",
    kd: Annotated[bool, typer.Option(help="On the real data, as many steps.")] = False,
    table: Path = RESULTS / "zoo.csv",
) -> None:
    """A row for each seed, variant and teacher of a half, or those named."""
    torch.set_num_threads(1)
    of_half = [name for name, kind in KINDS.items() if kind.half == half]
    cases = (
        {
            "budget": budget,
            "teacher": name,
            "seed": seed,
            "variant": f"KD, {variant}" if kd else variant,
        }
        for seed in numbers(seeds)
        for variant in variants.split(";")
        for name in (some_of(teachers, KINDS) if teachers else of_half)
    )
    fill(table, cases, measure)


if __name__ == "__main__":
    typer.run(main)
