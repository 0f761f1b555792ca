"""Files that must not be lost: written whole or not at all, checked when read, locked while made.

Every file carries a checksum over its name and content, JSON as ``check``, a file of tensors in
its last line. A file that fails it is set aside, with a warning, and made again.

An artefact is one ``torch.save`` file of tensors and plain values with a manifest beside it::

    data_cache/artefacts/<kind>/<key>.pt      what was made
    data_cache/artefacts/<kind>/<key>.json    how: settings, seconds, metrics, versions, SHA-256

torch is imported where tensors are read or written: commands that only write text start at once.
"""

import contextlib
import dataclasses
import errno
import hashlib
import io
import json
import os
import re
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

import filelock


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
    return re.sub(r"[^A-Za-z0-9._-]+", "-", prefix)[:150] + "-" + digest


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


def need_room(folder: Path, needed: int) -> None:
    """Check, before the work, that ``needed`` bytes can be written to a folder, existing or not.

    Raises:
        OSError: the folder is not writable, or its disk has too little room.
    """
    folders = (folder.resolve(), *folder.resolve().parents)
    place = next(path for path in folders if path.exists())
    try:
        with tempfile.TemporaryFile(dir=place):
            pass
    except OSError as error:
        said = f"nothing can be written there ({error.strerror})"
        raise OSError(error.errno, said, str(folder)) from error
    if (free := shutil.disk_usage(place).free) < needed:
        said = f"{needed / 1e6:,.0f} MB are needed there, and {free / 1e6:,.0f} MB are free"
        raise OSError(errno.ENOSPC, said, str(folder))


class DamagedFile(ValueError):
    """A file that can't be read as what it should be."""


# What torch, json and the code that takes content apart raise on damaged files. Not MemoryError.
UNREADABLE = (ValueError, TypeError, LookupError, AttributeError, RuntimeError, OSError)


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write an object as JSON, whole or not at all, with a check over its name and content."""
    saved = content | {"check": key_of(path.stem, content)}
    write_text(path, json.dumps(saved, indent=1) + "\n")


def read_json(path: Path, *, unchecked: bool = False) -> dict[str, Any]:
    """Read what :func:`write_json` wrote; with ``unchecked`` also files that have no check yet.

    Raises:
        DamagedFile: it is another file's, or damaged.
    """
    try:
        content = json.loads(_read(path))
        check = content.pop("check", None)
        if check != key_of(path.stem, content) and not (unchecked and check is None):
            raise DamagedFile("its check does not fit its name and content")
    except UNREADABLE as error:
        raise DamagedFile(f"{path.name}: {_reason(error)}") from error
    return content


def save_tensors(path: Path, content: dict[str, Any], *, of: str | None = None) -> None:
    """``torch.save`` of tensors and plain values, whole or not at all.

    A last line, which ``torch.load`` ignores, is the checksum of the content and of what it belongs
    to: ``of``, such as a key, by default the file's name.
    """
    import torch

    # Not straight to the file: on a full disk torch's own writer does not say what happened.
    buffer = io.BytesIO()
    torch.save(content, buffer)
    body = buffer.getvalue()
    with written_whole(path) as temporary:
        temporary.write_bytes(body + b"\n" + _line(body, of or path.name))


def load_tensors(path: Path, *, of: str | None = None, unchecked: bool = False) -> dict[str, Any]:
    """Read what :func:`save_tensors` wrote, to the CPU; no code in it is run.

    With ``unchecked`` its last line may be any: a manifest vouches for it.

    Raises:
        DamagedFile: it is damaged, or was saved for something other than ``of``.
    """
    import torch

    try:
        body, _, line = (whole := _read(path)).rpartition(b"\n")
        if not unchecked and line != _line(body, of or path.name):
            raise DamagedFile("it does not end with the checksum of its name and content")
        content = torch.load(io.BytesIO(whole), map_location="cpu", weights_only=True)
        if not isinstance(content, dict):
            raise DamagedFile(f"it holds a {type(content).__name__}, no dictionary")
    except Exception as error:  # torch raises many kinds, for damaged and for unsafe files
        raise DamagedFile(f"{path} can't be read: {_reason(error)}") from error
    return content


def _read(path: Path) -> bytes:
    if not path.is_file():  # a device may never end
        raise DamagedFile(f"{path} is no file")
    return path.read_bytes()


def _line(body: bytes, of: str) -> bytes:
    return b"sha256 " + hashlib.sha256(of.encode() + b"\n" + body).hexdigest().encode()


def _reason(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0][:200]


def kept(path: Path, read: Callable[[Path], Any] = load_tensors) -> Any:
    """What ``read`` returns for a file; None if there is none or it is damaged.

    A damaged file of this machine is set aside; one in the shared folder is only named.
    """
    if not path.exists():
        return None
    try:
        return read(path)
    except UNREADABLE as error:
        if (mirror := mirror_root()) and mirror in path.parents:
            warnings.warn(f"{path} is damaged ({_reason(error)}): making our own.", stacklevel=2)
        else:
            set_aside(path, _reason(error))
        return None


def set_aside(path: Path, why: object) -> None:
    """Rename a damaged file, and its manifest with it, so that it is made again; and say so."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
    aside = path.with_name(f"{path.name}.damaged-{stamp}")
    os.replace(path, aside)
    manifest = path.with_suffix(".json")
    if path.suffix == ".pt" and manifest.exists():
        os.replace(manifest, manifest.with_name(f"{manifest.name}.damaged-{stamp}"))
    warnings.warn(f"{path.name} is damaged ({why}): set aside as {aside}.", stacklevel=3)


def sha256(path: Path) -> str:
    """The SHA-256 of a file, in hex."""
    return hashlib.sha256(_read(path)).hexdigest()


@contextlib.contextmanager
def locked(kind: str, key: str) -> Iterator[None]:
    """Hold the lock of an artefact, so that two kernels don't make it twice.

    The second one waits, and finds the artefact when it comes in.
    """
    path = default_root() / ".locks" / f"{kind}-{key}.lock"
    with contextlib.ExitStack() as held:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            held.enter_context(filelock.FileLock(path))
        except OSError as error:  # a cache that can only be read needs no lock
            if error.errno not in (errno.EACCES, errno.EPERM, errno.EROFS):
                raise
        yield


def put(kind: str, key: str, content: dict[str, Any], manifest: dict[str, Any]) -> None:
    """Keep an artefact: the tensors first, then the manifest that vouches for them.

    ``kind`` is its folder, such as ``"teachers"``, and ``key`` comes from :func:`key_of`; the
    manifest has ``made_from``, ``seconds``, ``metrics``, and perhaps a ``note``.
    """
    path = default_root() / kind / f"{key}.pt"
    save_tensors(path, content)
    made = datetime.now(UTC).isoformat(timespec="seconds")
    known = {"kind": kind, "key": key, "made": made, "torch": metadata.version("torch")}
    write_json(path.with_suffix(".json"), known | {"sha256": sha256(path)} | manifest)


# What a manifest holds, and of which type.
MANIFEST = {"kind": str, "key": str, "made": str, "torch": str, "sha256": str, "note": str}
MANIFEST |= {"made_from": dict, "seconds": int | float, "metrics": dict}


def read_manifest(path: Path) -> dict[str, Any]:
    """The manifest beside an artefact's tensors.

    Raises:
        DamagedFile: it lacks an entry, or belongs to other tensors than those beside it.
    """
    manifest = {"note": ""} | read_json(path.with_suffix(".json"), unchecked=True)
    if odd := [name for name, kind in MANIFEST.items() if not isinstance(manifest.get(name), kind)]:
        raise DamagedFile(f"its manifest lacks {', '.join(odd)}, or has it of another type")
    if not all(isinstance(value, int | float) for value in manifest["metrics"].values()):
        raise DamagedFile("its manifest's metrics are no numbers")
    wanted = {"kind": path.parent.name, "key": path.stem, "sha256": sha256(path)}
    if manifest != manifest | wanted:
        raise DamagedFile("its manifest is of another file, or of what that was before")
    return manifest


def get(
    kind: str,
    key: str,
    made_from: dict[str, Any] | None = None,
    load: Callable[[dict[str, Any], dict[str, Any]], Any] = lambda *found: found,
) -> Any:
    """An artefact's content and manifest; None if it is not kept, or damaged.

    Looked for in this machine's cache, then in ``$DFAD_DATA/artefacts``, by :func:`kept`.

    Args:
        kind: as in :func:`put`; and so ``key``.
        made_from: the settings it must have been made from; None trusts the key.
        load: makes what is returned from content and manifest. A file with which it fails is
            damaged, too; then it must leave nothing half done.
    """

    def read(path: Path) -> Any:
        manifest = read_manifest(path)
        if made_from not in (None, manifest["made_from"]):
            raise DamagedFile("it was made from other settings")
        return load(load_tensors(path, unchecked=True), manifest)

    mirror = mirror_root()
    for root in (default_root(), *([mirror / "artefacts"] if mirror else [])):
        path = root / kind / f"{key}.pt"
        if path.with_suffix(".json").exists() and (found := kept(path, read)) is not None:
            return found
    return None


@dataclass(frozen=True)
class Entry:
    """One artefact on disk; of a damaged one only the file is known."""

    kind: str
    key: str
    path: Path
    bytes: int
    damaged: bool
    made: str = ""  # ISO 8601, UTC
    seconds: float = 0.0  # what it took to make
    metrics: dict[str, float] = field(default_factory=dict)


def entries() -> list[Entry]:
    """All artefacts of this machine, with the damaged ones."""
    root, found = default_root(), []
    for path in sorted([*root.glob("[!.]*/*.pt"), *root.glob("*/*.pt.damaged-*")]):
        told = {}
        with contextlib.suppress(*UNREADABLE):
            if path.suffix == ".pt":
                manifest = read_manifest(path)
                told = {name: manifest[name] for name in ("made", "seconds", "metrics")}
        kind, key, size = path.parent.name, path.name.removesuffix(".pt"), path.lstat().st_size
        found.append(Entry(kind, key, path, size, damaged=not told, **told))
    return found


def remove(entry: Entry) -> None:
    """Delete an artefact and its manifest."""
    name, _, rest = entry.path.name.rpartition(".pt")
    for path in (entry.path, entry.path.with_name(f"{name}.json{rest}")):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def plain(settings: Any) -> dict[str, Any]:
    """A dataclass as JSON would give it back: tuples become lists, and paths strings."""
    return json.loads(json.dumps(dataclasses.asdict(settings), default=str))
