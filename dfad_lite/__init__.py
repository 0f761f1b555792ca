"""dfad_lite: data-free adversarial distillation, small enough to read in an evening.

Data flows one way through the modules::

    profiles -> data, models -> teacher, losses -> distill -> metrics -> artefacts -> plots

Each module is about one idea; start with :mod:`dfad_lite.distill`.
"""

from importlib import metadata

__version__ = "0.1.0"

OLDEST_TORCH = (2, 6)


def check_torch(version: str) -> None:
    """Stop with a clear message when torch is older than the course supports.

    Args:
        version: torch's version as its metadata gives it, such as ``"2.6.0+cpu"``.

    Raises:
        ImportError: ``version`` is older than :data:`OLDEST_TORCH`.
    """
    major, minor = (int(part) for part in version.split("+")[0].split(".")[:2])
    if (major, minor) < OLDEST_TORCH:
        needed = ".".join(map(str, OLDEST_TORCH))
        raise ImportError(
            f"dfad_lite needs torch {needed} or newer, and found torch {version}. "
            "Install both from one index, in one go: pip install --upgrade torch torchvision"
        )


# Read from the package's metadata: importing torch takes seconds, `--help` should not.
check_torch(metadata.version("torch"))
