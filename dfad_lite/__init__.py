"""dfad_lite: data-free adversarial distillation, small enough to read in an evening.

The method is an evening's reading, in this order: :mod:`~dfad_lite.losses`,
:mod:`~dfad_lite.profiles`, :mod:`~dfad_lite.models`, :mod:`~dfad_lite.teacher`,
:mod:`~dfad_lite.distill` (the game itself), :mod:`~dfad_lite.baselines`,
:mod:`~dfad_lite.metrics`. Beside it stand its kin (``diversity``, ``family``, ``theft``,
``playground``, ``federated``), what keeps, ships and shows (``store``, ``artefacts``, ``deploy``,
``results``, ``plots``, ``explore``), and apart from all of it the course's machinery, ``course``.
Data flows one way, no module imports a later one::

    losses, profiles -> paper_nets, models -> store, data -> teacher, distill -> baselines, metrics
    -> diversity, family, theft, playground, federated
    -> artefacts -> speed, estimates, checkpoint, adapt, deploy -> results, plots -> explore
    -> course
"""

from importlib import metadata
from importlib.util import find_spec

__version__ = "0.1.0"

OLDEST_TORCH = (2, 6)


def check_torch(version: str) -> None:
    """Stop with a clear message when torch's version, such as ``"2.5.0+cpu"``, is too old.

    Raises:
        ImportError: it is older than :data:`OLDEST_TORCH`.
    """
    major, minor = (int(part) for part in version.split("+")[0].split(".")[:2])
    if (major, minor) < OLDEST_TORCH:
        needed = ".".join(map(str, OLDEST_TORCH))
        raise ImportError(
            f"dfad_lite needs torch {needed} or newer, and found torch {version}. "
            "Install both from one index, in one go: pip install --upgrade torch torchvision"
        )


def need(extra: str, *modules: str) -> None:
    """Stop with the command that installs an extra when one of its modules is missing.

    Raises:
        ValueError: naming the modules that are missing.
    """
    missing = [name for name in modules if find_spec(name) is None]
    if missing:
        raise ValueError(
            f"{', '.join(missing)} not installed: this needs the extra {extra!r}. Install it with: "
            f'pip install -e ".[{extra}]", or: pip install {" ".join(missing)}'
        )


# Read from the package's metadata: importing torch takes seconds, `--help` should not.
check_torch(metadata.version("torch"))
