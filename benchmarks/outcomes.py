"""What a profile's students reach, over seeds, with the generator and with noise in its place.

    python -m benchmarks.outcomes --profile quick --seeds 0,1,2,3,4
    python -m benchmarks.outcomes --profile laptop --rounds 3450 --method Ours --table my.csv

Appends to ``benchmarks/outcomes.csv``; a run that is there already is not done again. Another
method, precision or number of rounds wants a table of its own: the notebooks draw this one.
Accuracies are those after the last round. Use an empty ``DFAD_CACHE`` folder to time
everything anew: seconds are those of the run that made the artefact.
"""

from __future__ import annotations

import csv
import platform
from datetime import date
from pathlib import Path

import torch
import typer

from benchmarks import RESULTS
from dfad_lite import artefacts, family, profiles

TABLE = RESULTS / "outcomes.csv"
COLUMNS = (
    "profile dataset seed inputs rounds teacher_accuracy student_accuracy teacher_seconds "
    "student_seconds device threads torch date note"
).split()


def rows(table: Path = TABLE) -> list[dict[str, str]]:
    """The table as it stands."""
    if not table.exists():
        return []
    with open(table, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def main(
    profile: str = "quick",
    seeds: str = "0,1,2,3,4",
    inputs: str = "generator,noise",
    rounds: int = 0,
    method: str = "DFAD",
    precision: str = "auto",
    table: Path = TABLE,
) -> None:
    """Distil one student per seed and kind of input, and append a row for each."""
    special = bool(rounds) or method != "DFAD" or precision != "auto"
    if special and table.resolve() == TABLE.resolve():
        raise typer.BadParameter("--table: another file, if rounds, method or precision are given")
    for seed in (int(seed) for seed in seeds.split(",")):
        for kind in inputs.split(","):
            more = {"rounds": rounds} if rounds else {}
            settings = profiles.load(profile, seed=seed, precision=precision, **more)
            name = {"profile": profile, "dataset": settings.dataset, "seed": str(seed)}
            name |= {"inputs": kind}
            name["rounds"] = str(family.METHODS[method].settings_for(settings).rounds)
            if special:
                name |= {"method": method, "precision": precision}
            if any(all(row[key] == name[key] for key in name) for row in rows(table)):
                continue
            run = artefacts.get_student(settings, inputs=kind, method=method)
            device = profiles.device_of(settings)
            row = name | {
                "teacher_accuracy": f"{run.teacher.accuracy:.4f}",
                "student_accuracy": f"{run.accuracy:.4f}",
                "teacher_seconds": f"{run.teacher.seconds:.1f}",
                "student_seconds": f"{run.seconds:.1f}",
                "device": torch.cuda.get_device_name()
                if device.type == "cuda"
                else f"CPU ({platform.machine()})",
                "threads": str(torch.get_num_threads()),
                "torch": torch.__version__,
                "date": date.today().isoformat(),
                "note": run.teacher.note,
            }
            new = not table.exists()
            with open(table, "a", newline="", encoding="utf-8") as file:
                writer = csv.DictWriter(file, COLUMNS + ["method", "precision"] * special)
                if new:
                    writer.writeheader()
                writer.writerow(row)
            print(row, flush=True)


if __name__ == "__main__":
    typer.run(main)
