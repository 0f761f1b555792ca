"""What was measured, and how: a script for each table of ``dfad_lite/results``.

A script says which cases its table has and how one is measured; :func:`fill` does the rest.
"""

from __future__ import annotations

import csv
import datetime
import io
import platform
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import torch
import typer

import dfad_lite
from dfad_lite import store
from dfad_lite.distill import settings_of
from dfad_lite.family import METHODS
from dfad_lite.profiles import Profile

RESULTS = Path(dfad_lite.__file__).parent / "results"


def fill(
    table: Path,
    cases: Iterable[Mapping[str, object]],
    measure: Callable[[dict[str, object]], Mapping[str, object] | None],
) -> None:
    """Measure each case that a table lacks, and add its row as soon as it is there.

    A row is the case, what was measured, and :func:`provenance`. A table that is there keeps its
    columns and their order, and takes of the provenance what it has columns for.

    Args:
        table: a CSV file, made when there is none.
        cases: the key columns of each row; one whose cells are there, as text, is not made again.
        measure: the other columns of a case, or None to leave it out.

    Raises:
        ValueError: the table has no column for a part of a case, or of what was measured.
    """
    for case in cases:
        rows = read(table)
        columns = list(rows[0]) if rows else []
        _check_columns(table, columns, case)
        key = {name: str(value) for name, value in case.items()}
        if any(key.items() <= row.items() for row in rows):
            continue
        measured = measure(dict(case))
        if measured is None:
            continue
        row = {**case, **measured}
        _check_columns(table, columns, row)
        row |= {name: value for name, value in provenance().items() if name not in row}
        # Read again: another process may have added to it meanwhile.
        write(table, [*read(table), {name: row.get(name, "") for name in columns or row}])
        print(*list(row.values())[:10], flush=True)


def _check_columns(table: Path, columns: list[str], row: Mapping[str, object]) -> None:
    if columns and (unknown := [name for name in row if name not in columns]):
        raise ValueError(
            f"{table} has no column {', '.join(unknown)}: give another file with --table."
        )


def read(table: Path) -> list[dict[str, str]]:
    """The rows of a CSV file; none if there is no file."""
    if not table.exists():
        return []
    with open(table, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def write(table: Path, rows: list[Mapping[str, object]]) -> None:
    """A CSV file of these rows, whole or not at all."""
    text = io.StringIO()
    writer = csv.DictWriter(text, rows[0], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    store.write_text(table, text.getvalue())


def provenance(device: torch.device | str = "cpu") -> dict[str, str]:
    """Where and when something was measured: device, CPU threads, torch's version, date."""
    on_gpu = torch.device(device).type == "cuda"
    return {
        "device": torch.cuda.get_device_name() if on_gpu else f"CPU ({platform.machine()})",
        "threads": str(torch.get_num_threads()),
        "torch": torch.__version__,
        "date": datetime.date.today().isoformat(),
    }


def some_of(text: str, known: Iterable[str]) -> list[str]:
    """The parts of an option such as ``a,b``; stops at one that is not known."""
    parts = text.split(",")
    if unknown := [part for part in parts if part not in (known := list(known))]:
        raise typer.BadParameter(f"{', '.join(unknown)}: take some of {', '.join(known)}")
    return parts


def numbers(text: str) -> list[int]:
    """The seeds of an option such as ``0,1,2``."""
    return [int(part) for part in text.split(",")]


def changed(settings: Profile, method: str) -> Profile:
    """The settings as the method's game has them."""
    return settings_of(METHODS[method], settings)
