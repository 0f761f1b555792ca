"""How well a teacher is copied from its answers alone, on digits.

    python -m benchmarks.theft --seeds 0,1,2,3,4        # about 25 minutes, one core

Appends to ``theft.csv``: a row for each seed, kind of answer, and way to find questions:
``gradients`` (the weights are known: DFAD), ``probes 0``, ``probes 1`` and ``probes 4`` (a
generator that asks so many more questions an image to know which way the gap grows) and
``noise``. Queries are all images whose answer was asked for. A row that is there is not made again.
"""

from __future__ import annotations

import csv
import datetime
import platform
from pathlib import Path

import torch
import typer

from benchmarks import RESULTS
from benchmarks.family import settings_of
from dfad_lite import artefacts, baselines, data, metrics, theft

WAYS = ("probes 0", "probes 1", "probes 4", "noise")


def outcome(answers: str, way: str, seed: int) -> dict[str, object]:
    """Play one game, and measure the copy and what a defender would have seen."""
    settings = settings_of("digits", "plain", seed, None)
    trained = artefacts.get_teacher(settings).model
    test = data.load("digits", "test", size=settings.image_size)
    train = data.load("digits", "train", size=settings.image_size)
    start = artefacts.new_game(settings, trained, test)
    probes = int(way.removeprefix("probes ")) if way.startswith("probes") else 0
    game = theft.thief(answers, probes=probes)(
        trained,
        start.student,
        start.generator,
        settings,
        device="cpu",
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
        "answers": answers,
        "way": way,
        "seed": seed,
        "queries": settings.rounds * settings.batch_size * steps,
        "accuracy": f"{metrics.score(learnt, test.labels):.4f}",
        "agreement": f"{metrics.agreement(learnt, wanted):.4f}",
        **{f"auc_{name}": f"{theft.separability(asked[name], used[name]):.4f}" for name in asked},
        "class_resemblance": f"{alike.nanmean():.4f}",
        "nearest_training": f"{theft.nearest(samples, seen[: len(real)]).mean():.4f}",
        "nearest_test": f"{theft.nearest(samples, real).mean():.4f}",
        "device": f"CPU ({platform.machine()})",
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "date": datetime.date.today().isoformat(),
    }


def main(seeds: str = "0,1,2,3,4", table: Path = RESULTS / "theft.csv") -> None:
    """A row for each seed, kind of answer and way to find questions."""
    torch.set_num_threads(1)
    done = set()
    if table.exists():
        with open(table, newline="", encoding="utf-8") as file:
            done = {(row["answers"], row["way"], row["seed"]) for row in csv.DictReader(file)}
    kinds = [("weights", "gradients")]
    kinds += [(answers, way) for answers in theft.ANSWERS[1:] for way in WAYS]
    for seed in seeds.split(","):
        for answers, way in kinds:
            if (answers, way, seed) in done:
                continue
            row = outcome(answers, way, int(seed))
            new = not table.exists()
            with open(table, "a", newline="", encoding="utf-8") as file:
                writer = csv.DictWriter(file, row, lineterminator="\n")
                if new:
                    writer.writeheader()
                writer.writerow(row)
            print(*list(row.values())[:9], flush=True)


if __name__ == "__main__":
    typer.run(main)
