"""How well a teacher is copied from its answers alone, on digits.

    python -m benchmarks.theft --seeds 0,1,2,3,4        # about 25 minutes, one core

Adds to ``dfad_lite/results/theft.csv`` a row for each seed, kind of answer, and way to find
questions: ``gradients`` (the weights are known: DFAD), ``probes 0``, ``probes 1`` and
``probes 4`` (a generator that asks so many more questions an image to know which way the gap
grows) and ``noise``. Queries are all images whose answer was asked for. A row that is there is
not made again.
"""

from __future__ import annotations

from pathlib import Path

import torch
import typer

from benchmarks import RESULTS, fill, numbers
from benchmarks.family import settings_of
from dfad_lite import artefacts, baselines, data, distill, metrics, theft

WAYS = ("probes 0", "probes 1", "probes 4", "noise")


def measure(case: dict[str, object]) -> dict[str, object]:
    """Play one game, and measure the copy and what a defender would have seen."""
    way = case["way"]
    settings = settings_of("digits", "plain", case["seed"])
    trained = artefacts.get_teacher(settings).model
    test = data.load("digits", "test", size=settings.image_size)
    train = data.load("digits", "train", size=settings.image_size)
    probes = int(way.removeprefix("probes ")) if way.startswith("probes") else 0
    game = distill.new_game(
        settings,
        trained,
        test,
        theft.thief(case["answers"], probes=probes),
        source=baselines.noise(1, settings.image_size) if way == "noise" else None,
    )
    for _ in game.play():
        pass
    real = test.normalised()
    wanted, learnt = metrics.logits(trained, real), metrics.logits(game.student, real)
    with torch.no_grad():
        samples = torch.cat([game.images() for _ in range(8)])[: len(real)]
    asked, used = theft.suspicion(trained, samples), theft.suspicion(trained, real)
    said = metrics.logits(trained, samples).argmax(1)
    seen = train.normalised()
    alike = theft.class_resemblance(samples, said, seen, train.labels, len(train.classes))
    steps = settings.imitation_steps + (way != "noise") * (1 + probes)
    return {
        "queries": settings.rounds * settings.batch_size * steps,
        "accuracy": f"{metrics.score(learnt, test.labels):.4f}",
        "agreement": f"{metrics.agreement(learnt, wanted):.4f}",
        **{f"auc_{name}": f"{theft.separability(asked[name], used[name]):.4f}" for name in asked},
        "class_resemblance": f"{alike.nanmean():.4f}",
        "nearest_training": f"{theft.nearest(samples, seen[: len(real)]).mean():.4f}",
        "nearest_test": f"{theft.nearest(samples, real).mean():.4f}",
    }


def main(seeds: str = "0,1,2,3,4", table: Path = RESULTS / "theft.csv") -> None:
    """A row for each seed, kind of answer and way to find questions."""
    torch.set_num_threads(1)
    kinds = [("weights", "gradients")]
    kinds += [(answers, way) for answers in theft.ANSWERS[1:] for way in WAYS]
    cases = (
        {"answers": answers, "way": way, "seed": seed}
        for seed in numbers(seeds)
        for answers, way in kinds
    )
    fill(table, cases, measure)


if __name__ == "__main__":
    typer.run(main)
