"""What a profile's students reach, over seeds, with the generator and with noise in its place.

    python -m benchmarks.outcomes --profile quick --seeds 0,1,2,3,4
    python -m benchmarks.outcomes --profile laptop --rounds 3450 --method Ours --table my.csv

Adds to ``dfad_lite/results/outcomes.csv``; a run that is there already is not done again.
Another method, precision or number of rounds wants a table of its own: the notebooks draw this
one. Accuracies are those after the last round. Use an empty ``DFAD_CACHE`` folder to time
everything anew: seconds are those of the run that made the artefact.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import typer

from benchmarks import RESULTS, changed, fill, numbers, provenance, some_of
from dfad_lite import artefacts, profiles

TABLE = RESULTS / "outcomes.csv"


def main(
    profile: str = "quick",
    seeds: str = "0,1,2,3,4",
    inputs: str = "generator,noise",
    rounds: int = 0,
    method: str = "DFAD",
    precision: str = "auto",
    table: Path = TABLE,
) -> None:
    """Distil one student per seed and kind of input, and add a row for each."""
    some_of(profile, profiles.NAMES)
    special = bool(rounds) or method != "DFAD" or precision != "auto"
    if special and table.resolve() == TABLE.resolve():
        raise typer.BadParameter("--table: another file, if rounds, method or precision are given")
    more = {"rounds": rounds} if rounds else {}

    def settings_of(seed: int) -> profiles.Profile:
        return profiles.load(profile, seed=seed, precision=precision, **more)

    def cases() -> Iterator[dict[str, object]]:
        for seed in numbers(seeds):
            settings = settings_of(seed)
            case = {"profile": profile, "dataset": settings.dataset, "seed": seed}
            own = {"method": method, "precision": precision} if special else {}
            for kind in inputs.split(","):
                yield {**case, "inputs": kind, "rounds": changed(settings, method).rounds, **own}

    def measure(case: dict[str, object]) -> dict[str, object]:
        settings = settings_of(case["seed"])
        device = profiles.apply(settings)
        run = artefacts.get_student(settings, inputs=case["inputs"], method=method)
        return {
            "teacher_accuracy": f"{run.teacher.accuracy:.4f}",
            "student_accuracy": f"{run.accuracy:.4f}",
            "teacher_seconds": f"{run.teacher.seconds:.1f}",
            "student_seconds": f"{run.seconds:.1f}",
            "note": run.teacher.note,
            "device": provenance(device)["device"],
        }

    fill(table, cases(), measure)


if __name__ == "__main__":
    typer.run(main)
