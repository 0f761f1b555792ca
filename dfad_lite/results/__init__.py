"""What was measured: tables that the notebooks quote, a CSV file each, and one long run, an NPZ.

``benchmarks/README.md`` in the repository says how each was made: command, machine and seeds.
``paper`` is the exception: the figures that the paper prints in its tables (arXiv 1912.11006),
means over its runs with their standard deviations; empty where it gives none, or where a method
failed.
"""

from importlib import resources
from importlib.resources.abc import Traversable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import pandas


def table(name: str) -> "pandas.DataFrame":
    """A committed table as a data frame, one row a run.

    Args:
        name: of a table without its ending, such as ``"outcomes"``.

    Raises:
        ValueError: there is no such table; those that there are are named.
    """
    import pandas

    with _found(name, ".csv").open(encoding="utf-8") as file:
        return pandas.read_csv(file)


def arrays(name: str) -> "dict[str, np.ndarray]":
    """A committed run as arrays: what was noted of a long game, moment by moment.

    Args:
        name: of a file without its ending, such as ``"natural_run"``.

    Raises:
        ValueError: there is no such file; those that there are are named.
    """
    import numpy as np

    with _found(name, ".npz").open("rb") as file, np.load(file, allow_pickle=False) as stored:
        return dict(stored)


def _found(name: str, ending: str) -> Traversable:
    folder = resources.files(__package__)
    path = folder / f"{name}{ending}"
    if not path.is_file():
        known = sorted(p.name.removesuffix(ending) for p in folder.iterdir() if ending in p.name)
        raise ValueError(f"name={name!r}: no {name}{ending}; take one of {', '.join(known)}.")
    return path
