"""What was measured: the committed tables that the notebooks quote, a CSV file each.

``benchmarks/README.md`` in the repository says how each was made: command, machine and seeds.
``paper`` is the exception: the figures that the paper prints in its tables (arXiv 1912.11006),
means over its runs with their standard deviations; empty where it gives none, or where a method
failed.
"""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas


def table(name: str) -> pandas.DataFrame:
    """A committed table as a data frame, one row a run.

    Args:
        name: of a table without its ending, such as ``"outcomes"``.

    Raises:
        ValueError: there is no such table; those that there are are named.
    """
    import pandas

    folder = resources.files(__package__)
    path = folder / f"{name}.csv"
    if not path.is_file():
        known = sorted(p.name.removesuffix(".csv") for p in folder.iterdir() if ".csv" in p.name)
        raise ValueError(f"name={name!r}: no such table; take one of {', '.join(known)}.")
    with path.open(encoding="utf-8") as file:
        return pandas.read_csv(file)
