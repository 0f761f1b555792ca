"""What was measured: tables that the notebooks quote, a CSV file each, and one long run, an NPZ.

``benchmarks/README.md`` in the repository says how each was made: command, machine and seeds.
``paper`` is the exception: the figures that the paper prints in its tables (arXiv 1912.11006),
means over its runs with their standard deviations; empty where it gives none, or where a method
failed.
"""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import pandas


def table(name: str) -> "pandas.DataFrame":
    """A committed table as a data frame, one row a run; ``name`` is such as ``"outcomes"``.

    Raises:
        ValueError: there is no such table; those that there are are named.
    """
    import pandas

    return pandas.read_csv(_found(name, ".csv"))


def arrays(name: str) -> "dict[str, np.ndarray]":
    """A committed run as arrays: what was noted of a long game, moment by moment.

    Raises:
        ValueError: there is no file of that name, such as ``"natural_run"``; others are named.
    """
    import numpy as np

    with np.load(_found(name, ".npz"), allow_pickle=False) as stored:
        return dict(stored)


def _found(name: str, ending: str) -> Path:
    path = Path(__file__).with_name(f"{name}{ending}")
    if not path.is_file():
        known = sorted(other.stem for other in path.parent.glob(f"*{ending}"))
        raise ValueError(f"name={name!r}: no {name}{ending}; take one of {', '.join(known)}.")
    return path
