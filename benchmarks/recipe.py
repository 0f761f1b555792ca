"""Which parts make a better student than DFAD's at the same cost: the ablation on digits.

    python -m benchmarks.recipe --seeds 100,101,102,103,104,105        # about 40 minutes, one core
    python -m benchmarks.recipe --teacher "batch norm" --seeds 100,101,102     # about 15 minutes

Adds to ``dfad_lite/results/recipe.csv`` a row for each validation seed and variant, with the
share of the *training* images on which the student agrees with its teacher, by which parts were
chosen. A row that is there is not made again. Rounds are such that all variants take about as long.
"""

from __future__ import annotations

import copy
import dataclasses
import time
from pathlib import Path
from typing import Annotated

import torch
import torch.nn.functional as F
import typer
from torch import Tensor

from benchmarks import RESULTS, fill, numbers, some_of
from benchmarks.family import settings_of
from dfad_lite import artefacts, data, family, losses, metrics
from dfad_lite.distill import Game, new_game


class Candidate(Game):
    """DFAD with every part that was tried; all are off."""

    STATISTICS = 0.0  # weight of the batch-norm statistics, where a teacher has any (DFQ's)
    BALANCE = 0.0  # weight of the entropy of the mean prediction (DAFL's)
    LIVELY = 0.0  # weight of the size of the teacher's features (DAFL's)
    VIRTUAL = 0.0  # share of a batch that lies between two generated images (2102.11638)
    AVERAGED = 0.0  # share of a batch from a moving average of the generator (MAD's)
    REPLAYED = 0.0  # share of a batch from a memory of earlier images (CMI's)
    HARD = 1  # so many times as many images are made, of which the hardest are kept
    SHIFTED = 0  # a batch is moved by up to so many pixels each way
    CONTRAST = 0.0  # each image is multiplied by a number between 1 - this and 1 + this
    NOISE = 0.0  # share of a batch that is standard normal noise
    STUDENT_DECAY = 0.0  # of a moving average of the student, which is then the one handed over
    ROOT = False  # the student goes down the root of the mean squared difference
    ONE_PASS = False  # one generator pass, and its batch norm, for all k batches of a round

    def __init__(self, *args, **more):
        super().__init__(*args, **more)
        self.waiting: list[Tensor] = []
        if self.AVERAGED:
            self.parts["generator"] = copy.deepcopy(self.generator).requires_grad_(False)
        if self.REPLAYED:
            with torch.no_grad():
                like = copy.deepcopy(self.generator)(torch.zeros(2, self.settings.latent_size))
            self.parts["memory"] = family.Memory(4096, like)
        if self.STUDENT_DECAY:
            self.parts["student"] = copy.deepcopy(self.student).requires_grad_(False)

    def images(self) -> Tensor:
        if not self.ONE_PASS:
            return self.changed(self.generator(self.draw()))
        if not self.waiting:
            z = torch.cat([self.draw() for _ in range(self.settings.imitation_steps)])
            self.waiting = list(self.generator(z).chunk(self.settings.imitation_steps))
        return self.changed(self.waiting.pop())

    def changed(self, images: Tensor) -> Tensor:
        count = len(images)
        if self.HARD > 1:
            more = torch.cat([images, self.generator(self.draw())])
            gaps = (self.teacher(more) - self.student(more)).abs().mean(1)
            images = more[gaps.topk(count).indices]
        if self.AVERAGED:
            n = int(self.AVERAGED * count)
            images = torch.cat([images[n:], self.parts["generator"](self.draw())[:n]])
        if self.REPLAYED and len(self.parts["memory"]):
            n = int(self.REPLAYED * count)
            images = torch.cat([images[n:], self.parts["memory"].draw(n, self.latents)])
        if self.VIRTUAL:
            n = int(self.VIRTUAL * count)
            mix = torch.rand(n, 1, 1, 1, generator=self.latents)
            images = torch.cat([images[n:], torch.lerp(images[:n], images.flip(0)[:n], mix)])
        if self.SHIFTED:
            by = torch.randint(-self.SHIFTED, self.SHIFTED + 1, (2,), generator=self.latents)
            images = images.roll(by.tolist(), dims=(2, 3))
        if self.CONTRAST:
            factor = torch.rand(count, 1, 1, 1, generator=self.latents)
            images = images * (1 + self.CONTRAST * (2 * factor - 1))
        if self.NOISE:
            n = int(self.NOISE * count)
            images = torch.cat([images[n:], self.draw(*images.shape[1:])[:n]])
        return images

    def imitation_objective(self, images: Tensor, wanted: Tensor) -> Tensor:
        if self.ROOT:
            return F.mse_loss(self.student(images), wanted).sqrt()
        return super().imitation_objective(images, wanted)

    def generation_objective(self, images: Tensor, z: Tensor) -> Tensor:
        with family.watching(self.teacher) as seen:
            answers = self.teacher(images)
        if self.REPLAYED:
            self.parts["memory"].push(images[: len(images) // 4])
        gap = losses.distance(self.settings.generation_loss, self.student(images), answers)
        gap = gap - self.STATISTICS * family.statistics_gap(seen)
        lively = self.LIVELY * seen.features.abs().mean()
        return gap + self.BALANCE * family.balance(answers) + lively

    def generate(self) -> Tensor:
        gain = super().generate()
        if self.AVERAGED:
            family.follow(self.parts["generator"], self.generator, 0.95)
        if self.STUDENT_DECAY:
            family.follow(self.parts["student"], self.student, self.STUDENT_DECAY)
            if self.round + 1 == self.settings.rounds:
                self.student.load_state_dict(self.parts["student"].state_dict())
        return gain


SMALL = {"batch_size": 32, "rounds": 550}
SMOOTH = {"generator_model": "smooth"}
OURS = {"BALANCE": 1.0, "REPLAYED": 0.5}
# A variant: the parts that are switched on, and the settings that are changed.
VARIANTS: dict[str, tuple[dict[str, object], dict[str, object]]] = {
    "DFAD": ({}, {}),
    "+ small batches": ({}, SMALL),
    "+ smooth generator": ({}, {**SMOOTH, "rounds": 185}),
    "+ balance": ({"BALANCE": 1.0}, {}),
    "+ replay": ({"REPLAYED": 0.5}, {}),
    "+ averaged generator": ({"AVERAGED": 0.5}, {"rounds": 165}),
    "+ hardest of two batches": ({"HARD": 2}, {"rounds": 115}),
    "+ mixtures": ({"VIRTUAL": 0.5}, {"rounds": 190}),
    "+ shifts": ({"SHIFTED": 2}, {}),
    "+ contrast": ({"CONTRAST": 0.5}, {}),
    "+ noise": ({"NOISE": 0.25}, {}),
    "+ feature size": ({"LIVELY": 0.1}, {}),
    "+ root of squares": ({"ROOT": True}, {}),
    "+ averaged student": ({"STUDENT_DECAY": 0.95}, {}),
    "+ one generator pass": ({"ONE_PASS": True}, {}),
    "+ k = 2": ({}, {"imitation_steps": 2, "rounds": 400}),
    "+ k = 10": ({}, {"imitation_steps": 10, "rounds": 110}),
    "+ student rate 0.03": ({}, {"student_lr": 0.03}),
    "four parts": (OURS, SMALL | SMOOTH),
    "four parts - small batches": (OURS, {**SMOOTH, "rounds": 180}),
    "four parts - smooth generator": (OURS, SMALL),
    "four parts - balance": ({**OURS, "BALANCE": 0.0}, SMALL | SMOOTH),
    "four parts - replay": ({**OURS, "REPLAYED": 0.0}, SMALL | SMOOTH),
    "four parts + root of squares": ({**OURS, "ROOT": True}, SMALL | SMOOTH),
    "four parts + mixtures": ({**OURS, "VIRTUAL": 0.5}, SMALL | SMOOTH),
    "four parts + noise": ({**OURS, "NOISE": 0.25}, SMALL | SMOOTH),
    "four parts + k = 3": (OURS, {**SMALL, **SMOOTH, "imitation_steps": 3, "rounds": 825}),
}
FIVE = OURS | {"ROOT": True}
# For a teacher with batch norm, whose statistics are there to be matched.
WITH_NORM: dict[str, tuple[dict[str, object], dict[str, object]]] = {
    "DFAD": ({}, {}),
    "+ statistics 0.3": ({"STATISTICS": 0.3}, {}),
    "five parts": (FIVE, SMALL | SMOOTH),
    **{
        f"five parts + statistics {weight}": (FIVE | {"STATISTICS": weight}, SMALL | SMOOTH)
        for weight in (0.1, 0.3, 1.0, 3.0)
    },
}
TEACHERS = {"plain": VARIANTS, "batch norm": WITH_NORM}


def measure(case: dict[str, object]) -> dict[str, object]:
    """Play one game and measure its student."""
    parts, changes = TEACHERS[case["teacher"]][case["variant"]]
    settings = settings_of("digits", case["teacher"], case["seed"])
    settings = dataclasses.replace(settings, **changes)
    trained = artefacts.get_teacher(settings).model
    train, test = (data.load("digits", s, size=settings.image_size) for s in ("train", "test"))
    game = new_game(settings, trained, test, type("Variant", (Candidate,), parts))
    started = time.process_time()
    for _ in game.play():
        pass
    seconds = time.process_time() - started
    seen, real = (split.normalised() for split in (train, test))
    learnt = metrics.logits(game.student, real)
    valid = metrics.agreement(metrics.logits(game.student, seen), metrics.logits(trained, seen))
    return {
        "rounds": settings.rounds,
        "validation_agreement": f"{valid:.4f}",
        "accuracy": f"{metrics.score(learnt, test.labels):.4f}",
        "agreement": f"{metrics.agreement(learnt, metrics.logits(trained, real)):.4f}",
        "cpu_seconds": f"{seconds:.1f}",
    }


def main(
    seeds: str = "100,101,102,103,104,105",
    teacher: str = "plain",
    variants: Annotated[
        str, typer.Option(help="Some, separated by commas; all if not given.")
    ] = "",
    table: Path = RESULTS / "recipe.csv",
) -> None:
    """A row for each seed and variant."""
    some_of(teacher, TEACHERS)
    torch.set_num_threads(1)
    known = TEACHERS[teacher]
    cases = (
        {"teacher": teacher, "variant": variant, "seed": seed}
        for seed in numbers(seeds)
        for variant in (some_of(variants, known) if variants else known)
    )
    fill(table, cases, measure)


if __name__ == "__main__":
    typer.run(main)
