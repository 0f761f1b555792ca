"""Files that must not be lost: written whole or not at all, checked when read, locked while made.

An artefact is one ``torch.save`` file of tensors and plain values with a manifest beside it::

    data_cache/artefacts/<kind>/<key>.pt      what was made
    data_cache/artefacts/<kind>/<key>.json    how: settings, seconds, metrics, versions, SHA-256

torch is imported where tensors are written or read, so that text can be written without it.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
import os
import pickle
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import filelock


@dataclass(frozen=True)
class Entry:
    """One artefact on disk."""

    kind: str
    key: str
    path: Path
    bytes: int
    made: str  # ISO 8601, UTC
    seconds: float  # what it took to make
    metrics: dict[str, float]
    damaged: bool


def cache_root() -> Path:
    """Where everything that can be made again is kept.

    ``$DFAD_CACHE`` if it is set; ``data_cache/`` beside the package in a checkout;
    ``~/.cache/dfad_lite`` when the package was installed elsewhere.
    """
    if named := os.environ.get("DFAD_CACHE"):
        return Path(named).expanduser()
    checkout = Path(__file__).resolve().parents[1]
    if (checkout / "pyproject.toml").exists():
        return checkout / "data_cache"
    return Path.home() / ".cache" / "dfad_lite"


def mirror_root() -> Path | None:
    """The read-only folder that ``$DFAD_DATA`` names, or None.

    Raises:
        FileNotFoundError: ``$DFAD_DATA`` names no folder.
    """
    named = os.environ.get("DFAD_DATA")
    if not named:
        return None
    folder = Path(named).expanduser()
    if not folder.is_dir():
        raise FileNotFoundError(
            f"DFAD_DATA={named!r} is no folder: point it at the folder with the data sets, "
            "or unset it."
        )
    return folder


def default_root() -> Path:
    """The folder of the artefacts that this machine makes."""
    return cache_root() / "artefacts"


def key_of(prefix: str, made_from: dict[str, Any]) -> str:
    """A file name for what ``made_from`` makes: ``prefix`` for people, a hash for the rest."""
    digest = hashlib.sha256(json.dumps(made_from, sort_keys=True).encode()).hexdigest()[:10]
    return re.sub(r"[^A-Za-z0-9._-]+", "-", prefix) + "-" + digest


@contextlib.contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """Give a temporary name to write to, and rename it to ``path`` when all went well."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield temporary
        with open(temporary, "rb") as file:
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a text file, whole or not at all."""
    with written_whole(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def save_tensors(path: Path, content: dict[str, Any]) -> None:
    """``torch.save``, whole or not at all."""
    import torch

    with written_whole(path) as temporary:
        torch.save(content, temporary)


class DamagedFile(ValueError):
    """A file that can't be read as what it should be."""


def load_tensors(path: Path) -> dict[str, Any]:
    """Read a file of tensors and plain values to the CPU; no code in it is run.

    Raises:
        DamagedFile: the file is not what ``save_tensors`` wrote.
    """
    import torch

    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except (RuntimeError, EOFError, ValueError, pickle.UnpicklingError) as error:
        raise DamagedFile(f"{path} can't be read ({str(error).splitlines()[0]})") from error


def set_aside(path: Path, why: str) -> None:
    """Rename a damaged file so that it is made again, and say so."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
    aside = path.with_name(f"{path.name}.damaged-{stamp}")
    os.replace(path, aside)
    warnings.warn(f"{path.name} is damaged ({why}): set aside as {aside}.", stacklevel=3)


def sha256(path: Path) -> str:
    """The SHA-256 of a file, in hex."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextlib.contextmanager
def locked(kind: str, key: str) -> Iterator[None]:
    """Hold the lock of an artefact, so that two kernels don't make it twice.

    The second one waits, and finds the artefact when it comes in.
    """
    folder = default_root() / ".locks"
    folder.mkdir(parents=True, exist_ok=True)
    with filelock.FileLock(folder / f"{kind}-{key}.lock"):
        yield


def put(kind: str, key: str, content: dict[str, Any], manifest: dict[str, Any]) -> None:
    """Keep an artefact: the tensors first, then the manifest that vouches for them."""
    import torch

    path = default_root() / kind / f"{key}.pt"
    save_tensors(path, content)
    manifest = {
        "kind": kind,
        "key": key,
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "torch": torch.__version__,
        "sha256": sha256(path),
        **manifest,
    }
    write_text(path.with_suffix(".json"), json.dumps(manifest, indent=2) + "\n")


def get(kind: str, key: str) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """An artefact and its manifest, or None when it must be made.

    Looked for in this machine's cache, then in ``$DFAD_DATA/artefacts``. A damaged file of
    ours is set aside; one in the shared folder is named and passed over.
    """
    roots = [default_root()]
    if mirror := mirror_root():
        roots.append(mirror / "artefacts")
    for root in roots:
        path = root / kind / f"{key}.pt"
        if not path.exists() or not path.with_suffix(".json").exists():
            continue
        try:
            manifest = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
            if manifest["sha256"] != sha256(path):
                raise DamagedFile("its checksum differs from its manifest's")
            return load_tensors(path), manifest
        except (ValueError, KeyError, TypeError) as error:
            if root == default_root():
                set_aside(path, str(error))
            else:
                warnings.warn(f"{path} is damaged ({error}): making our own.", stacklevel=2)
    return None


def entries(root: Path | None = None) -> list[Entry]:
    """All artefacts under ``root`` (this machine's when None), with the damaged ones."""
    root = root or default_root()
    found = []
    for path in sorted(root.glob("*/*.pt*")):
        if path.name.startswith("."):
            continue
        manifest: dict[str, Any] = {}
        damaged = path.suffix != ".pt"  # a name such as KEY.pt.damaged-20260101T000000
        if not damaged:
            try:
                manifest = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
                damaged = manifest.get("sha256") != sha256(path)
            except (OSError, ValueError):
                damaged = True
        found.append(
            Entry(
                kind=path.parent.name,
                key=path.name.removesuffix(".pt"),
                path=path,
                bytes=path.stat().st_size,
                made=manifest.get("made", ""),
                seconds=float(manifest.get("seconds", 0.0)),
                metrics=manifest.get("metrics", {}),
                damaged=damaged,
            )
        )
    return found


def remove(entry: Entry) -> None:
    """Delete an artefact and its manifest."""
    entry.path.unlink(missing_ok=True)
    if entry.path.suffix == ".pt":
        entry.path.with_suffix(".json").unlink(missing_ok=True)


def plain(settings: Any) -> dict[str, Any]:
    """A frozen dataclass as a dictionary that JSON and ``weights_only`` loading both take."""
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in dataclasses.asdict(settings).items()
    }
