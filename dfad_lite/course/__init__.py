"""The course's machinery: commands, runs of the notebooks, sweeps, hand-outs and the site.

Nothing outside this folder imports it, and nothing here trains or evaluates a network.
"""

from importlib.util import find_spec


def need(extra: str, *modules: str) -> None:
    """Stop with the command that installs an extra when one of its modules is missing.

    Raises:
        ValueError: naming the modules that are missing.
    """
    missing = [name for name in modules if find_spec(name) is None]
    if missing:
        raise ValueError(
            f"{', '.join(missing)} not installed: this needs the extra {extra!r}. "
            f'Install it with: pip install -e ".[{extra}]"'
        )
