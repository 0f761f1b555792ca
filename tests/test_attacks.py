"""Bit rot, swapped files, wrong calls, full disks and kill -9: nothing is lost, all is said.

A quick part runs with all tests. ``make attack`` tries each much more often, at other moments and
places by the same seeds, and writes ``dfad_lite/results/attacks.csv``.
"""

import contextlib
import functools
import io
import itertools
import json
import math
import os
import random
import re
import shutil
import socket
import struct
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
import urllib.error
import urllib.request
import warnings
import zlib
from collections.abc import Callable, Iterator
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pytest
import torch
from attacked import ended, kill, said, start
from hypothesis import HealthCheck, given, settings, strategies
from PIL import Image
from test_runner import write_toy
from torch import nn
from typer.testing import CliRunner

import benchmarks
from dfad_lite import artefacts, data, explore, profiles, results, store
from dfad_lite.course import heist, own, report, runner, sweep
from dfad_lite.course.cli import app
from dfad_lite.data import fetched

ROOT = Path(__file__).resolve().parents[1]
TABLE = os.environ.get("DFAD_ATTACK")  # where the figures of a whole attack go
SEED = 20
TINY = {
    **{"teacher_epochs": 1, "rounds": 6, "imitation_steps": 1, "batch_size": 8},
    **{"generator_width": 4, "latent_size": 4, "snapshot_every": 3},
}
pytestmark = pytest.mark.filterwarnings("ignore:.* is damaged")


def times(quick: int, whole: int) -> int:
    """How often an attack is tried."""
    return whole if TABLE else quick


@pytest.fixture(scope="module")
def tally() -> Callable[[str, str, int, int], None]:
    """Notes what was tried and what went wrong: a row of a whole attack's table, or a newer one."""

    def note(attack: str, what: str, tried: int, wrong: int) -> None:
        if TABLE:
            rows = {(row["attack"], row["what"]): row for row in benchmarks.read(ROOT / TABLE)}
            row = {"attack": attack, "what": what, "tried": tried, "wrong": wrong}
            rows[attack, what] = row | benchmarks.provenance()
            benchmarks.write(ROOT / TABLE, list(rows.values()))

    return note


def same(one: Any, other: Any) -> bool:
    """Whether two contents are equal, bit by bit."""
    if type(one) is not type(other):
        return False
    if isinstance(one, torch.Tensor):
        return one.dtype == other.dtype and torch.equal(one, other)
    if isinstance(one, dict):
        return list(one) == list(other) and all(same(one[name], other[name]) for name in one)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other or (one != one and other != other)


def contents(student: artefacts.StudentRun) -> list[Any]:
    """All of a student and of its teacher but the seconds they took."""
    nets = (student.student, student.generator, student.teacher.model)
    snapshots = [list(vars(snapshot).values()) for snapshot in student.snapshots]
    history = [list(vars(epoch).values()) for epoch in student.teacher.history]
    records = [list(vars(record).values()) for record in student.records]
    return [[dict(net.state_dict()) for net in nets], snapshots, history, records, student.note]


def student(**changes: Any) -> list[Any]:
    """The tiny student of these settings, from the cache or made."""
    return contents(artefacts.get_student(profiles.load("quick", **(TINY | changes))))


def stopped(**changes: Any) -> None:
    """Begin the same, and leave it unfinished."""
    wanted = profiles.load("quick", **(TINY | changes))
    with pytest.raises(artefacts.OutOfTime):
        artefacts.get_student(wanted, save_every_seconds=0.0, minutes=0)


# ---------------------------------------------------------------- files that rot

MAKERS = """
from torch import nn


def net(num_classes=3):
    return nn.Sequential(nn.Flatten(), nn.Linear(64, num_classes))
"""
SMALL = {"generator_width": 4, "latent_size": 4, "imitation_steps": 1, "batch_size": 8}
JOB = sweep.Job(1, {"seed": "1"}, {"seed": 1}, store.key_of("toy", {"seed": 1}))


def asked(seed: int = 0) -> own.Request:
    """A distillation of ``teacher.pt`` in the current folder."""
    net = "attacked_nets:net"
    more = {"size": "8", "channels": 1, "rounds": 4, "seed": seed, "changes": SMALL}
    return own.Request(Path("teacher.pt"), arch=net, student=net, **more)


def teacher_file(fill: float | None = None) -> None:
    """Leave ``attacked_nets.py`` and ``teacher.pt`` in the current folder."""
    Path("attacked_nets.py").write_text(MAKERS)
    torch.manual_seed(0)
    net = nn.Linear(64, 3)
    if fill is not None:
        nn.init.constant_(net.weight, fill)
    torch.save({"1.weight": net.weight.data * 4, "1.bias": net.bias.data}, "teacher.pt")


@pytest.fixture(scope="module")
def kept(tmp_path_factory) -> Path:
    """A folder with one of each file that the course keeps; ``cache`` in it is a cache."""
    folder = tmp_path_factory.mktemp("kept")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DFAD_CACHE", str(folder / "cache"))
        patch.delenv("DFAD_DATA", raising=False)
        patch.chdir(folder)
        for seed in (0, 1):
            student(seed=seed)
        stopped(seed=2)
        stopped(seed=2, rounds=7)  # another run, of the same networks
        stopped(seed=3, teacher_epochs=3)
        teacher_file()
        for seed in (0, 1):
            own.play(own.plan(asked(seed)), Path(f"out{seed}"))
        result = {"accuracy": 0.5, "curve": [[0, 0.1, 2.0, None]]}
        sweep.keep(Path("jobs"), JOB, sweep.Outcome("ok", 1.5, result))
    return folder


@pytest.fixture
def here(kept: Path, own_cache: Path, tmp_path: Path, monkeypatch) -> Path:
    """A copy of that folder, which is the current one, and its cache the cache."""
    shutil.copytree(kept, tmp_path / "here")
    monkeypatch.setenv("DFAD_CACHE", str(tmp_path / "here" / "cache"))
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "here"


def renew(kept: Path) -> None:
    """Put the cache back as it was."""
    shutil.rmtree("cache")
    shutil.copytree(kept / "cache", "cache")


def paths(pattern: str) -> list[Path]:
    """Files of the current folder, the damaged ones left out."""
    return sorted(path for path in Path().glob(pattern) if "damaged" not in path.name)


def artefact(path: Path) -> Any:
    """What is kept beside, or in, a file of an artefact."""
    manifest = json.loads(path.with_suffix(".json").read_bytes()) if path.suffix == ".pt" else {}
    return store.get(path.parent.name, path.stem, manifest.get("made_from"))


def made_by_distill(folder: Path) -> dict[str, Any]:
    """The tensors that distill left in a folder."""
    run = store.read_json(folder / "run.json")
    return store.load_tensors(folder / "made.pt", of=run["key"])


# By name: where the files are, and how the course reads one.
KINDS: dict[str, tuple[str, Callable[[Path], Any]]] = {
    "a teacher": ("cache/artefacts/teachers/*seed0*.pt", artefact),
    "a teacher's manifest": ("cache/artefacts/teachers/*seed0*.json", artefact),
    "a student": ("cache/artefacts/students/*seed0*.pt", artefact),
    "a student's manifest": ("cache/artefacts/students/*seed0*.json", artefact),
    "an unfinished game": ("cache/artefacts/.unfinished/*small8*.pt", store.kept),
    "an unfinished teacher": ("cache/artefacts/.unfinished/*small16*.pt", store.kept),
    "what distill made": ("out0/made.pt", lambda path: made_by_distill(path.parent)),
    "what distill noted": ("out0/run.json", lambda path: store.kept(path, store.read_json)),
    "a job of a sweep": ("jobs/*.json", lambda path: sweep.kept(path.parent, JOB)),
}


def damages(body: bytes, count: int, stream: random.Random) -> Iterator[bytes]:
    """A file's bytes, damaged: a bit flipped in each part in turn, both ends above all, or more."""
    ends = [(0, 200), (len(body) - 200, len(body))]
    parts = [*ends, *((len(body) * at // 12, len(body) * (at + 1) // 12) for at in range(12))]
    for number in range(count):
        low, high = parts[number % len(parts)]
        at = stream.randrange(max(low, 0), min(max(high, 1), len(body)))
        if number % 10 == 9:  # something coarser
            zeros = body[:at] + bytes(512) + body[at + 512 :]
            damaged = (body[:at], body[at:], body + body[:at], zeros)[number // 10 % 4]
        else:
            damaged = bytearray(body)
            damaged[at] ^= 1 << stream.randrange(8)
        if bytes(damaged) != body:
            yield bytes(damaged)


@pytest.mark.parametrize("kind", KINDS)
def test_no_damage_passes_silently(kind: str, here: Path, tally) -> None:
    pattern, read = KINDS[kind]
    path = paths(pattern)[0]
    folder = shutil.copytree(path.parent, here / "sound")
    right, body = read(path), path.read_bytes()
    assert right is not None
    tried, wrong = 0, []
    for damaged in damages(body, times(28, 240), random.Random(f"{SEED} {kind}")):
        path.write_bytes(damaged)
        try:
            found = read(path)
        except store.DamagedFile:  # said, and for the caller to make again
            found = None
        except Exception as error:
            wrong.append(repr(error))
        if found is not None and not same(found, right):
            wrong.append("another content")
        tried += 1
        for one in path.parent.glob("*.damaged-*"):
            one.unlink()
        shutil.copytree(folder, path.parent, dirs_exist_ok=True)
    tally("a bit flipped, or a part lost", kind, tried, len(wrong))
    assert not wrong and tried > 20 and same(read(path), right)


def test_after_damage_the_same_student_is_made(kept: Path, here: Path, tally) -> None:
    stream, wrong, count = random.Random(SEED), [], times(3, 50)
    right = {seed: student(seed=seed) for seed in (0, 2)}  # of the second there is half a game
    for number in range(count):
        renew(kept)
        seed = 0 if number % 2 else 2
        path = stream.choice(
            paths(f"cache/artefacts/{'[st]*' if number % 2 else '.un*'}/*seed{seed}*")
        )
        *_, damaged = damages(path.read_bytes(), stream.randint(1, 14), stream)
        path.write_bytes(damaged)
        if not same(student(seed=seed), right[seed]):
            wrong.append(path.name)
    tally("a bit flipped, and all made again", "student and teacher, bit-equal", count, len(wrong))
    assert not wrong


def test_after_damage_distill_leaves_the_same(kept: Path, here: Path, tally) -> None:
    stream, wrong, count = random.Random(SEED), [], times(2, 20)
    plan = own.plan(asked())
    right = torch.load("out0/made.pt")
    for number in range(count):
        path = Path("out0", ("made.pt", "run.json")[number % 2])
        *_, damaged = damages(path.read_bytes(), stream.randint(1, 14), stream)
        path.write_bytes(damaged)
        own.play(plan, Path("out0"))
        if not same(store.load_tensors(Path("out0/made.pt"), of=plan.key), right):
            wrong.append(path.name)
    tally("a bit flipped, and all made again", "distill's student, bit-equal", count, len(wrong))
    assert not wrong


# ---------------------------------------------------------------- files of something else


def swap(one: Path, other: Path) -> None:
    """Give two files each other's names."""
    one.rename("between")
    other.rename(one)
    Path("between").rename(other)


def test_files_that_changed_places_are_found_out(kept: Path, here: Path, tally) -> None:
    tried = 0
    right = {(0, 6): student(), (1, 6): student(seed=1), (2, 6): student(seed=2)}
    right[2, 7] = student(seed=2, rounds=7)
    for kind, end in itertools.product(("teachers", "students"), (".pt", ".json", "")):
        renew(kept)
        two = [paths(f"cache/artefacts/{kind}/*seed{seed}*{end}") for seed in (0, 1)]
        for one, other in zip(*two, strict=True):
            swap(one, other)
        for seed in (0, 1):
            assert same(student(seed=seed), right[seed, 6]), (kind, end)
            tried += 1
    renew(kept)
    # Of the same networks, but of other rounds.
    swap(*paths("cache/artefacts/.unfinished/*seed2*.pt"))
    for rounds in (6, 7):
        assert same(student(seed=2, rounds=rounds), right[2, rounds])
        tried += 1
    for name in ("made.pt", "run.json"):
        swap(Path("out0", name), Path("out1", name))
    for seed in (0, 1):
        wanted = torch.load(kept / f"out{seed}" / "made.pt")
        with pytest.raises(ValueError, match="holds another run"):
            own.play(own.plan(asked(seed)), Path(f"out{seed}"))
        swap(Path("out0/run.json"), Path("out1/run.json"))  # the tensors alone are not believed
        own.play(own.plan(asked(seed)), Path(f"out{seed}"))
        assert same(torch.load(f"out{seed}/made.pt"), wanted)
        swap(Path("out0/run.json"), Path("out1/run.json"))
        tried += 1
    tally("files exchanged", "taken for another's", tried, 0)


def nest(depth: int, start: str = "[", end: str = "]") -> bytes:
    """JSON of so many brackets."""
    return (start * depth + end * depth).encode()


TEXTS = ("", "{", "[]", "null", "3", '"x"', "{}", "NaN", '{"a": 1}')
JSONS = {
    **{text: text.encode() for text in TEXTS},
    **{"deep": nest(100_000), "deep objects": nest(9000, '{"a":', "}"), "no text": b"\xff\xfe"},
    "a name twice": b'{"kind": "teachers", "kind": 3}',
}
ODD = {  # what a vouched-for manifest may hold in another place
    "made_from": [{}, None, {"seed": 3}],
    "seconds": ["1", None, [1.0]],
    "metrics": [[], {}, {"accuracy": "high"}, None],
    "kind": ["students", 3],
    "made": [3, None],
    "sha256": ["0", None],
}
TENSORS: dict[str, Any] = {
    **{"a list": [1, 2], "None": None, "a tensor": torch.zeros(3), "nothing": {}, "a number": 3},
    "others": {"model": {"x": torch.zeros(1)}, "history": []},
    "no dictionary": {"model": 3, "history": 3, "work": 3, "records": 3, "seconds": 3},
    "no state": {"work": {"done": 1}, "records": [[1]], "seconds": 1.0},
}


def saved(path: Path, content: Any) -> None:
    """Save anything as if the course had, and let the manifest beside it speak for it."""
    buffer = io.BytesIO()
    torch.save(content, buffer)
    body = buffer.getvalue()
    path.write_bytes(body + b"\n" + store._line(body, path.name))
    if (manifest := path.with_suffix(".json")).exists():
        store.write_json(manifest, store.read_json(manifest) | {"sha256": store.sha256(path)})


def attempts(path: Path) -> dict[str, Callable[[], Any]]:
    """By name, how to put strange things in a file's place."""
    found: dict[str, Callable[[], Any]] = {}
    if path.suffix == ".json":
        manifest = store.read_json(path)
        for name, text in JSONS.items():
            found[f"text {name}"] = functools.partial(path.write_bytes, text)
        changed = {f"{n}={v!r}": manifest | {n: v} for n, values in ODD.items() for v in values}
        for lost in ODD:
            changed[f"no {lost}"] = {n: v for n, v in manifest.items() if n != lost}
        for name, content in changed.items():
            found[name] = functools.partial(store.write_json, path, content)
    else:
        whole = torch.load(path)
        contents = TENSORS | {"an epoch of another form": whole | {"history": [{"epoch": 1}]}}
        for part in whole:
            contents[f"no {part}"] = {n: v for n, v in whole.items() if n != part}
            contents[f"{part}=None"] = whole | {part: None}
        for name, content in contents.items():
            found[name] = functools.partial(saved, path, content)
    found["a folder"] = lambda: (path.unlink(), path.mkdir())
    for to in ("nowhere", "/dev/null", "/dev/zero"):
        found[f"a link to {to}"] = lambda to=to: (path.unlink(), path.symlink_to(to))
    return found


UNFINISHED = {  # which student's they are
    "an unfinished game": {"seed": 2},
    "an unfinished teacher": {"seed": 3, "teacher_epochs": 3},
}


@pytest.mark.parametrize("kind", [kind for kind in KINDS if KINDS[kind][0].startswith("cache")])
def test_what_is_something_else_is_set_aside(kind: str, kept: Path, here: Path, tally) -> None:
    pattern, changes = KINDS[kind][0], UNFINISHED.get(kind, {})
    names = list(attempts(paths(pattern)[0]))
    right, tried = student(**changes), 0
    for name in random.Random(SEED).sample(names, min(times(6, 20), len(names))):
        renew(kept)
        attempts(paths(pattern)[0])[name]()
        listed = CliRunner().invoke(app, ["cache", "list"])
        assert listed.exit_code == 0, (name, listed.exception)
        assert same(student(**changes), right), name
        tried += 1
    tally("something else in its place", kind, tried, 0)
    pruned = CliRunner().invoke(app, ["cache", "prune", "--damaged", "--yes"])
    assert pruned.exit_code == 0 and not any(entry.damaged for entry in store.entries())


def test_files_of_earlier_versions_are_set_aside_once_and_artefacts_stay(here: Path) -> None:
    right, plan = student(seed=2), own.plan(asked())
    shutil.rmtree("cache/artefacts/students")
    stopped(seed=2)
    for path in paths("cache/artefacts/.unfinished/*seed2*.pt"):
        torch.save(torch.load(path), path)  # no last line
    with pytest.warns(UserWarning, match="does not end with the checksum"):
        assert same(student(seed=2), right)
    run = store.read_json(Path("out0/run.json"))
    Path("out0/run.json").write_text(json.dumps(run))
    with pytest.warns(UserWarning, match="check does not fit"):
        own.play(plan, Path("out0"))
    for manifest in paths("cache/artefacts/*s/*.json"):
        content = store.read_json(manifest)
        manifest.write_text(json.dumps({n: v for n, v in content.items() if n != "note"}))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert same(student(seed=2), right)
        own.play(plan, Path("out0"))


def test_an_absurd_manifest_can_be_listed_and_pruned(here: Path) -> None:
    path = paths("cache/artefacts/students/*seed1*.json")[0]
    manifest = store.read_json(path)
    for odd in ({"made": "x" * 9999}, {"seconds": 1e308}, {"metrics": {"[red]": math.nan}}):
        store.write_json(path, manifest | odd)
        for words in (["list"], ["prune", "--damaged", "--yes"]):
            done = CliRunner().invoke(app, ["cache", *words])
            assert done.exit_code == 0, done.exception


# ---------------------------------------------------------------- wrong calls


NONSENSE = [
    *("", " ", "nan", "inf", "-1", "0", "1e999", "9" * 400, "-", "--", "\x00", "a" * 5000, "ü 🙂"),
    *("{[]: 1}", "[" * 3000, "(" * 50_000 + "1", "1+" * 30_000 + "1", "None", "True", "[1, 2]"),
    *("1,2,3", "0.5,0.5", "../..", "/", "/proc/x/y", "/dev/null", "/dev/full/x", "NOT/THERE"),
    *("attacked_nets", "attacked_nets:net", "attacked_nets:none", "..:x", ":", "os:getcwd"),
    *("sys:exit", "vgg16"),
    *("resnet18", "file:///etc", "%s%n", "'; true", "<b>", "\\", "a=b", "*", "~nobody/x", "1x1x1"),
    *("8x8", "meta", "cuda:77", "imagefolder:", "imagefolder:NOT/THERE", "teacher.pt", "wide.csv"),
]
PLAIN = "distill --teacher teacher.pt --arch attacked_nets:net --size 8 --channels 1"
PLAIN += " --student attacked_nets:net --rounds 2 --out new"
TRAIN = "train --minutes 0 " + " ".join(f"--set {name}={value}" for name, value in TINY.items())
# Calls that are right, and the options whose values are then made wrong.
CALLS: dict[str, tuple[str, ...]] = {
    "run --out new": ("--profile", "--only", "--out", "--set", "--jobs"),
    "refresh": ("--only",),
    "sweep wide.csv --out new": ("--out", "--notebook", "--jobs", "--cluster", "--measure", ""),
    TRAIN: ("--profile", "--inputs", "--method", "--minutes", "--set"),
    PLAIN: (
        *("--teacher", "--size", "--arch", "--classes", "--channels", "--task", "--mean", "--std"),
        *("--student", "--method", "--rounds", "--seed", "--minutes", "--test", "--weights"),
        *("--out", "--set"),
    ),
    "export NOT/THERE --out new": ("--out", ""),
    "data check . --as camvid": ("--as", ""),
    "course release --out new": ("--only", "--out"),
    "course grade NOT/THERE": ("--only", "--out", ""),
    "course site --out new": ("--out",),
    "course slides --out new": ("--only", "--out"),
    "course colab --out new --repository o/n": ("--repository", "--out"),
    "heist serve anna --port 0": ("--answers", "--budget", "--rough", "--lock", "--host", "--port"),
    "heist steal http://127.0.0.1:9 --token x --script attacked_nets.py --out new": (
        *("--token", "--script", ""),
    ),
    "heist score a=http://127.0.0.1:9,x --copies .": ("--copies", ""),
}
SETTINGS = tuple(profiles.Profile.__dataclass_fields__)


def wrong_calls() -> list[list[str]]:
    """Commands of which one value was made nonsense."""
    calls = []
    for call, options in CALLS.items():
        for option in options:
            values = NONSENSE if option else [value for value in NONSENSE if value[:1] != "-"]
            calls += [[*call.split(), *filter(None, [option]), value] for value in values]
    for call in (TRAIN, PLAIN):
        calls += [[*call.split(), "--set", f"{n}={v}"] for n in SETTINGS for v in NONSENSE]
    return calls


@pytest.fixture
def desk(tmp_path: Path, monkeypatch) -> Path:
    """A folder to call commands in, where what would take minutes is left out."""
    monkeypatch.chdir(tmp_path)
    teacher_file()
    Path("wide.csv").write_text("seed,rounds\n1,2\n")
    monkeypatch.setattr(runner, "run_series", lambda *_: [])
    monkeypatch.setattr(runner, "in_order", lambda *_: [])
    monkeypatch.setattr("dfad_lite.course.site.sphinx", lambda *_, **__: None)
    monkeypatch.setattr("dfad_lite.course.handout.marked", lambda *_: iter([]))
    monkeypatch.setattr(report, "write_report", lambda out: out / "report.html")
    monkeypatch.setattr("dfad_lite.course.heist.secret_teacher", lambda: 1 / 0)  # a sentence
    monkeypatch.setattr(sweep, "CONNECT_SECONDS", 0.2)
    monkeypatch.setattr(sweep, "local_cluster", lambda _: pytest.skip("a sweep began"))
    return tmp_path


def refused(words: list[str]) -> bool:
    """Whether a call was refused; anything but a sentence is an error.

    Raises:
        AssertionError: it ended in an exception, or without a word.
    """
    done = CliRunner().invoke(app, words)
    shown = " ".join(words)[:200]
    assert done.exception is None or isinstance(done.exception, SystemExit), (
        f"{shown}: {done.exception!r}"
    )
    assert "Traceback" not in done.output, shown
    if done.exit_code == 2:
        assert re.search("error: .{10}|Error", done.output), f"{shown}: {done.output}"
    return done.exit_code == 2


def test_wrong_calls_end_in_a_sentence(desk: Path, tally) -> None:
    stream = random.Random(SEED)
    chosen = stream.sample(wrong_calls(), times(60, 900))
    counted, wrong = 0, []
    for words in chosen:
        try:
            counted += refused(words)
        except AssertionError as error:
            wrong.append(str(error))
        except pytest.skip.Exception:  # the call was right
            pass
        shutil.rmtree("new", ignore_errors=True)
    tally("wrong calls, in one process", "tracebacks", counted, len(wrong))
    assert not wrong, "\n".join(wrong)
    assert counted > len(chosen) // 3


def pictures(folder: Path, classes: int, mode: str = "L") -> None:
    """Two small pictures in each of so many folders."""
    for label in range(classes):
        (folder / f"{label:02}").mkdir(parents=True)
        for number in range(2):
            Image.new(mode, (8, 8), 9 * label + number).save(
                folder / f"{label:02}" / f"{number}.png"
            )


def bomb(path: Path) -> None:
    """A picture of 20,000 by 20,000 pixels, by what its header says."""
    path.parent.mkdir(parents=True, exist_ok=True)
    head = b"IHDR" + struct.pack(">IIBBBBB", 20_000, 20_000, 8, 0, 0, 0, 0)
    chunk = struct.pack(">I", 13) + head + struct.pack(">I", zlib.crc32(head))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk)


LONG = "1+" * 50_000 + "1"
MUST = [  # a call, what it is refused with
    (f"{PLAIN} --teacher nan.pt", "holds NaN or infinite"),
    (f"{PLAIN} --teacher inf.pt", "holds NaN or infinite"),
    (f"{PLAIN} --teacher zeros.pt", "answers the same to every image"),
    (f"{PLAIN} --teacher text.pt", "can't be read|weights only|no tensors"),
    (f"{PLAIN} --set student_lr=10", "student_lr=10.0 is out of range"),
    (f"{PLAIN} --set generator_lr=100", "generator_lr=100.0 is out of range"),
    (f"{PLAIN} --mean nan --std 1", "must be finite"),
    (f"{PLAIN} --mean inf --std 1", "must be finite"),
    (f"{PLAIN} --mean 0 --std 0", "above 0"),
    (f"{PLAIN} --mean 0 --std -1", "above 0"),
    (f"{PLAIN} --mean nonsense --std 1", "write numbers"),
    (f"{PLAIN} --mean none --test two", "has 2 class folders, and the teacher answers 3"),
    (f"{PLAIN} --mean none --test twelve", "has 12 class folders, and the teacher answers 3"),
    (f"{PLAIN} --mean none --test broken", "can't be read as an image"),
    (f"{PLAIN} --mean none --test bombs", "can't be read as an image"),
    (f"{PLAIN} --test three", "needs --mean and --std"),
    (f"{PLAIN} --set dataset=mnist", "no meaning here"),
    (f"{PLAIN} --set teacher_model=lenet5", "no meaning here"),
    (f"{PLAIN} --set image_size=24", "no meaning here: say --size"),
    (f"{PLAIN} --set batch_size=900000000", "would take about"),
    (f"{PLAIN} --set device=meta", "device='meta' can't be used"),
    (f"{PLAIN} --out teacher.pt", "teacher.pt"),
    (f"{PLAIN} --out teacher.pt/deeper", "nothing can be written there"),
    (f"{PLAIN} --out /proc/new", "nothing can be written there"),
    (f"{PLAIN} --out /dev/full/new", "nothing can be written there"),
    (f"{PLAIN} --arch raises:x", "can't be had"),
    (f"{PLAIN} --arch os:nothing", "can't be had"),
    (f"{PLAIN} --arch os:name", "of type str"),
    (f"{PLAIN} --arch os:getcwd", "makes a str"),
    (f"{PLAIN} --arch ..:x", "can't be had"),
    (f"{PLAIN} --size 16 --student vgg16", "size|can't answer"),
    (f"{PLAIN} --student attacked_nets:pair", "student .*it answers"),
    (f"{PLAIN} --student attacked_nets:four", "classes=3"),
    ("course release --out attacked_nets.py", "attacked_nets.py"),
    ("course slides --out attacked_nets.py/x", "nothing can be written there"),
    ("course site --out /proc/x", "nothing can be written there"),
    ("course colab --repository o/n --out /dev/null/x", "nothing can be written there"),
    ("course grade . --out NOT/../attacked_nets.py/x", "nothing can be written there"),
    ("sweep wide.csv --out new --cluster nonsense", "no Dask scheduler answers"),
    ("heist serve anna --port 99999", "'--port'"),
    (f"{TRAIN} --set teacher_model=segmenter16", "teacher_model='segmenter16' does not suit"),
    (f"{TRAIN} --set student_model=segmenter8", "student_model='segmenter8' does not suit"),
    (f"{TRAIN} --set dataset=scenes --set teacher_model=small16", "'small16' does not suit"),
    (f"{TRAIN} --set student_model=lenet5_half", "LeNet-5 takes 32"),
    (f"{TRAIN} --method DAFL --set dataset=scenes", "'DAFL' is unknown for segmentation"),
    (f"{TRAIN} --method Broad --set latent_size=1", "latent_size=1: give 2 or more"),
    (f"{TRAIN} --set device=meta", "device='meta' can't be used"),
    (f"{TRAIN} --set batch_size=900000000", "would take about .* GB"),
    (f"{TRAIN} --set latent_size=900000000", "would take about .* GB"),
    (f"{TRAIN} --set generator_width=90000000", "would take about .* GB"),
    (f"{TRAIN} --set rounds=10000000000", "out of range"),
    (f"{TRAIN} --set seed={LONG}", "is of type str"),
    ("run --out new --set seed={[]:1}", "is of type str"),
    ("run --out new --set device=meta --set seed=-1", "out of range"),
    ("run --out /proc/x", "nothing can be written there"),
]


@pytest.fixture
def odd(desk: Path) -> Path:
    """The same folder, with what is odd in it."""
    for name, fill in (("nan", math.nan), ("inf", math.inf), ("zeros", 0.0), ("teacher", None)):
        teacher_file(fill)
        if name == "zeros":
            torch.save({"1.weight": torch.zeros(3, 64), "1.bias": torch.zeros(3)}, "teacher.pt")
        Path("teacher.pt").rename(f"{name}.pt")
    Path("text.pt").write_text("what is this")
    Path("raises.py").write_text("raise SystemExit('not today')")
    pairs = "\n\ndef pair():\n    return Pair()\n\n\nclass Pair(nn.Module):\n"
    pairs += "    def forward(self, x):\n        return x, x\n"
    Path("attacked_nets.py").write_text(f"{MAKERS}\n\ndef four():\n    return net(4)\n{pairs}")
    for name, classes in (("two", 2), ("three", 3), ("twelve", 12), ("broken", 3), ("bombs", 3)):
        pictures(Path(name), classes)
    Path("broken/01/1.png").write_bytes(Path("broken/01/1.png").read_bytes()[:40])
    bomb(Path("bombs/01/1.png"))
    return desk


@pytest.fixture(autouse=True)
def fresh_attacked_nets() -> Iterator[None]:
    """``attacked_nets`` is another module in each test's folder."""
    before = sys.path.copy()
    yield
    sys.modules.pop("attacked_nets", None)
    sys.path[:] = before


def test_what_makes_no_sense_is_refused_before_any_work(odd: Path, own_cache: Path, tally) -> None:
    before, wrong = sorted(odd.rglob("*")), []
    for call, says in MUST:
        done = CliRunner().invoke(app, call.split(), env={"COLUMNS": "1000"})
        shown = " ".join(re.sub("[─│╭╮╰╯]", "", done.output).split())
        if done.exit_code != 2 or not re.search(says, shown) or "Traceback" in shown:
            wrong.append(f"{call[-80:]}: {done.exit_code} {done.exception!r} {shown[:600]}")
    assert not wrong, "\n".join(wrong)
    left = [p for p in sorted(odd.rglob("*")) if p not in before and "__pycache__" not in str(p)]
    assert left == [] and not list(own_cache.rglob("*.pt*"))
    tally("wrong calls of the issue", "accepted, or tracebacks", len(MUST), 0)


def test_a_bomb_among_frames_is_named(tmp_path: Path) -> None:
    bomb(tmp_path / "train" / "0.png")
    bomb(tmp_path / "trainannot" / "0.png")
    done = CliRunner().invoke(app, ["data", "check", str(tmp_path), "--as", "camvid"])
    assert done.exit_code == 1 and "0.png can't be read as an image" in done.output


def test_the_boundary_holds_in_processes_and_opens_with_debug(odd: Path, tally) -> None:
    calls, last = [call for call, _ in MUST], "sweep wide.csv --out new --cluster nonsense"
    chosen = [*random.Random(SEED).sample(calls, times(2, 24)), last]
    for call in chosen:
        status = ended(odd, *call.split(), DFAD_CACHE=str(odd / "cache"))
        assert status == 2, (call, said(odd))
    assert "Traceback" not in said(odd) and said(odd).lower().count("error") >= len(chosen)
    tally("wrong calls, a process each", "tracebacks", len(chosen), 0)
    status = ended(odd, *PLAIN.split(), "--mean", "nan", "--std", "1", DFAD_DEBUG="1")
    assert status == 1 and "Traceback" in said(odd)


NOTEBOOKS = ("", "[]", "{", "null", '{"cells": 3}', '{"cells": [3], "nbformat": 4}', "\x00")
NOTEBOOKS += ('{"cells": [{"cell_type": "code"}], "nbformat": 4, "nbformat_minor": 5}',)


@pytest.mark.parametrize("text", NOTEBOOKS)
def test_what_is_no_notebook_is_named_before_others_are_graded(text: str, tmp_path: Path) -> None:
    names = [path.name for path in runner.select(ROOT / "notebooks")]
    for student, content in (("anna", (ROOT / "notebooks" / names[1]).read_text()), ("bert", text)):
        (tmp_path / student).mkdir()
        (tmp_path / student / names[1]).write_text(content)
    folders = [str(tmp_path / student) for student in ("anna", "bert")]
    done = CliRunner().invoke(app, ["course", "grade", *folders, "--only", names[1][:2]])
    assert done.exit_code == 2
    assert re.search("bert.*can't be read as a", " ".join(done.output.split()))


def test_a_mistake_of_ours_is_not_hidden(monkeypatch) -> None:
    monkeypatch.setattr(store, "entries", lambda: {}["no such"])
    assert isinstance(CliRunner().invoke(app, ["cache", "list"]).exception, KeyError)


@pytest.mark.slow
def test_the_labs_own_options_are_refused_without_a_traceback() -> None:
    command = [sys.executable, "-m", "dfad_lite", "lab", "--", "--no-browser", "--port=-1"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode != 0 and "Traceback" not in done.stdout + done.stderr, done.stderr


# ---------------------------------------------------------------- killed


LONGER = TINY | {"rounds": 40, "teacher_epochs": 2}
TOY = f"""
from dfad_lite import artefacts, profiles
wanted = profiles.load("quick", seed=seed, **{LONGER})
made = artefacts.get_student(wanted, save_every_seconds=0.0)
"""
CELLS = [('profile = "quick"\nseed = 0', "parameters"), (TOY, "")]


def in_cache(folder: Path, *seeds: int) -> list[Any]:
    """The students of these seeds in a folder's cache, which must be there."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DFAD_CACHE", str(folder / "cache"))
        assert len(paths(f"{folder.name}/cache/artefacts/students/*.pt") or [0]) == len(seeds)
        patch.setattr(artefacts, "carry_on", lambda *_, **__: pytest.fail("made again"))
        return [student(**LONGER, seed=seed) for seed in seeds]


def distilled(folder: Path) -> list[Any]:
    """What distill left, but the seconds and the command."""
    run = store.read_json(folder / "out" / "run.json")
    tries = [{**one, "seconds": 0} for one in run["tries"]]
    made = made_by_distill(folder / "out")
    return [run["status"], tries, run["measured"], made, torch.load(folder / "out" / "student.pt")]


def swept(folder: Path) -> list[Any]:
    """What a sweep left, but the seconds."""
    tables = [benchmarks.read(folder / "out" / f"{name}.csv") for name in ("results", "curves")]
    return [[{**row, "seconds": ""} for row in rows] for rows in tables]


def shown(folder: Path) -> list[Any]:
    """What a run of the series left, but the seconds."""
    rows = benchmarks.read(folder / "out" / "summary.csv")
    return [*in_cache(folder, 0), [{**row, "seconds": ""} for row in rows]]


def with_teacher(folder: Path) -> None:
    """Leave a teacher's file in a folder."""
    with contextlib.chdir(folder):
        teacher_file()


def with_sweep(folder: Path) -> None:
    """Leave a table of two jobs and their notebook, which needs no torch, in a folder."""
    work = "import time\ntime.sleep(0.2)"
    answer = "print('{\"accuracy\":', seed / 10, ', \"curve\": [[1, 0.1, 2.0, 3.0]]}')"
    write_toy(folder, "toy.ipynb", [CELLS[0], (work, ""), (answer, "result")])
    (folder / "two.csv").write_text("seed\n1\n2\n")


def with_checkout(folder: Path) -> None:
    """Leave a checkout of one notebook in a folder."""
    (folder / "checkout").mkdir()
    write_toy(
        folder / "checkout", "notebooks/01_toy.ipynb", [*CELLS, ("made.accuracy", "headline")]
    )


LONGER_TRAIN = "train " + " ".join(f"--set {name}={value}" for name, value in LONGER.items())
LONGER_DISTILL = PLAIN.replace("--rounds 2 --out new", "--rounds 60 --out out")
KILLED = {
    "train": (LONGER_TRAIN, lambda folder: in_cache(folder, 0), lambda _: None, (3, 40)),
    "distill": (LONGER_DISTILL, distilled, with_teacher, (2, 40)),
    "run": ("run --out out", shown, with_checkout, (0, 12)),
    "sweep": ("sweep two.csv --notebook toy.ipynb --out out", swept, with_sweep, (0, 8)),
}


@pytest.mark.parametrize("command", KILLED)
def test_killed_at_any_moment_it_ends_the_same(
    command: str, tmp_path: Path, monkeypatch, tally
) -> None:
    """A command is killed up to five times in a row, and then let end."""
    words, result, prepare, count = KILLED[command]
    if not (count := times(*count)):
        pytest.skip("in make attack: each moment starts kernels")
    monkeypatch.chdir(tmp_path)
    stream, tried, wrong = random.Random(f"{SEED} {words}"), 0, 0

    def begin(name: str) -> tuple[Path, BaseProcess]:
        here = tmp_path / name
        if not here.exists():
            here.mkdir()
            prepare(here)
        return here, start(here, *words.split(), DFAD_CACHE=str(here / "cache"))

    ended(tmp_path, "--help")  # the process that all others are forked from begins
    begun = time.monotonic()
    here, process = begin("whole")
    process.join()
    seconds, status = time.monotonic() - begun, process.exitcode
    assert status in (0, 4), said(here)
    right = result(here)
    for chain in range(1, 20 * count):
        hits = 0
        while hits < min(5, count - tried):
            here, process = begin(f"{chain}")
            process.join(stream.random() * seconds)
            if process.exitcode is not None:
                break  # it was done before
            kill(process)
            hits += 1
        here, process = begin(f"{chain}")
        process.join()
        good = process.exitcode == status and same(result(here), right)
        tried += hits
        wrong += 0 if good and "damaged" not in said(here) else hits
        shutil.rmtree(here)
        if tried >= count:
            break
    tally("kill -9 at a random moment", f"{command}, not bit-equal at the end", tried, wrong)
    assert tried >= count and not wrong


def test_many_processes_make_one_and_a_killed_one_is_replaced(tmp_path: Path, tally) -> None:
    count, cache = times(6, 30), {"DFAD_CACHE": str(tmp_path / "cache"), "DFAD_HELD": "1"}
    processes = [start(tmp_path, *LONGER_TRAIN.split(), **cache) for _ in range(count)]
    trained = tmp_path / "trained.txt"
    while not (trained.exists() and trained.read_text().endswith("\n")):
        time.sleep(0.01)
    first = int(trained.read_text())
    kill(next(process for process in processes if process.pid == first))
    (tmp_path / "go").touch()
    for process in processes:
        process.join()
    assert sorted(process.exitcode for process in processes) == [-9, *[0] * (count - 1)]
    assert len(trained.read_text().split()) == 2, "trained more than once after the kill"
    assert "damaged" not in said(tmp_path)
    assert len(set(re.findall("kept as .*", said(tmp_path)))) == 1
    (tmp_path / "alone").mkdir()
    ended(tmp_path / "alone", *LONGER_TRAIN.split(), DFAD_CACHE=str(tmp_path / "alone/cache"))
    assert same(in_cache(tmp_path, 0), in_cache(tmp_path / "alone", 0))
    tally("processes on one cache, the training one killed", "damaged or made twice", count, 0)


# ---------------------------------------------------------------- no room, and no right


@pytest.mark.parametrize("command", ["train", "distill"])
def test_a_full_disk_is_said_and_nothing_is_lost(command: str, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    words, result, prepare, _ = KILLED[command]
    full, roomy = tmp_path / "full", tmp_path / "roomy"
    for folder in (full, roomy):
        folder.mkdir()
        prepare(folder)
    cache = {"DFAD_CACHE": str(full / "cache")}
    # A file may grow to so many bytes only: the disk ends in the middle of the first that is long.
    for most in (500, 2_000, 5_000):
        assert ended(full, *words.split(), bytes=most, **cache) == 2, said(full)
    assert "File too large" in said(full) and "Traceback" not in said(full)
    assert not list(full.rglob("*.part")) and not list(full.rglob("*damaged*"))
    for folder in (full, roomy):
        status = ended(folder, *words.split(), DFAD_CACHE=str(folder / "cache"))
        assert status in (0, 4), said(folder)
    assert same(result(full), result(roomy))


def test_too_little_room_is_said_before_the_work(desk: Path, own_cache: Path, monkeypatch) -> None:
    little = shutil._ntuple_diskusage(10**9, 10**9 - 1000, 1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: little)
    for call in (TRAIN, PLAIN, "course release --out new", "run --out new"):
        done = CliRunner().invoke(app, call.split(), env={"COLUMNS": "1000"})
        assert done.exit_code == 2 and "MB are needed there, and 0 MB are free" in done.output
    assert not list(own_cache.rglob("*.pt")) and not Path("new").exists()


@pytest.fixture
def public() -> Iterator[tuple[Path, int | None]]:
    """A folder that can't be written to once it is locked, and for whom: root writes anywhere."""
    folder = Path(tempfile.mkdtemp(prefix="dfad_lite_attack_"))
    folder.chmod(0o755)
    yield folder, 65534 if os.getuid() == 0 else None
    for path in [folder, *folder.rglob("*")]:
        if path.is_dir():
            path.chmod(0o755)
    shutil.rmtree(folder)


def lock(folder: Path) -> None:
    """Let nobody write into a folder; what processes print still goes to its ``said.txt``."""
    (folder / "said.txt").touch()
    (folder / "said.txt").chmod(0o666)
    for path in [*folder.rglob("*"), folder]:
        if path.name != "said.txt":
            path.chmod(0o555 if path.is_dir() else 0o444)


def test_a_cache_that_can_only_be_read_serves_what_it_has(public, own_cache: Path) -> None:
    folder, nobody = public
    cache = {"DFAD_CACHE": str(folder / "cache")}
    ended(folder, *LONGER_TRAIN.split(), **cache)
    lock(folder)
    before = sorted(folder.rglob("*"))
    for more, status in (("", 0), ("--set seed=1", 2)):
        words = f"{LONGER_TRAIN} {more}".split()
        assert ended(folder, *words, user=nobody, **cache) == status, said(folder)
    assert "nothing can be written there" in said(folder) and "Traceback" not in said(folder)
    assert said(folder).count("kept as") == 2 and sorted(folder.rglob("*")) == before


def test_a_checkout_that_can_only_be_read_is_said(public) -> None:
    folder, nobody = public
    with_checkout(folder)
    lock(folder)
    before = sorted(folder.rglob("*"))
    for words in ("refresh", "run", "course release --out checkout/new"):
        status = ended(folder, *words.split(), user=nobody, DFAD_CACHE=str(folder / "cache"))
        assert status == 2, said(folder)
    assert said(folder).count("nothing can be written there") == 3
    assert "Traceback" not in said(folder) and sorted(folder.rglob("*")) == before


def test_folders_with_any_name_and_no_home(tmp_path: Path) -> None:
    folder = tmp_path / "Grüße an 日本, 'mit' $Zeichen & Leerzeichen"
    folder.mkdir()
    with_teacher(folder)
    cache = {"DFAD_CACHE": str(folder / "cache ☃"), "HOME": None}
    for words in (LONGER_TRAIN, f"{PLAIN} --minutes 0", "cache list"):
        assert ended(folder, *words.split(), **cache) in (0, 3, 4), said(folder)
    assert "Traceback" not in said(folder)


@pytest.mark.slow
def test_a_bare_environment_will_do(tmp_path: Path) -> None:
    bare = {"PATH": os.environ["PATH"], "LC_ALL": "C", "PYTHONPATH": str(ROOT)}
    bare["DFAD_CACHE"] = str(tmp_path / "ü")
    command = [sys.executable, "-m", "dfad_lite", "cache", "list"]
    done = subprocess.run(command, cwd=tmp_path, env=bare, capture_output=True, text=True)
    assert done.returncode == 0 and "0 entries" in done.stdout, done.stderr


# ---------------------------------------------------------------- anything at all

ANYTHING = strategies.recursive(
    strategies.none()
    | strategies.booleans()
    | strategies.integers()
    | strategies.floats()
    # Letters that no terminal shows and none that can't be encoded.
    | strategies.text(max_size=20),
    lambda inner: (
        strategies.lists(inner, max_size=3)
        | strategies.dictionaries(strategies.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)
often = settings(
    max_examples=times(60, 500),
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@often
@given(strategies.dictionaries(strategies.sampled_from(SETTINGS), ANYTHING, max_size=3))
def test_settings_are_good_or_refused(changes: dict[str, Any]) -> None:
    try:
        profile = profiles.load("quick", **changes)
    except profiles.SettingError as error:
        assert str(error)
    else:
        for name in changes:
            assert profiles.check(name, getattr(profile, name)) == getattr(profile, name)
            assert not isinstance(changes[name], float) or math.isfinite(getattr(profile, name))


@often
@given(strategies.text(max_size=60))
def test_any_text_is_a_value_or_refused(text: str) -> None:
    runner.parse_value(text)
    with contextlib.suppress(ValueError):
        own.sides(text)
    with contextlib.suppress(ValueError):
        own.statistics(own.Request(Path("t.pt"), "8", mean=text, std=text), 3)


CELL = strategies.sampled_from(["", "1", "0.5", "nan", "'", '"', "[1]", "{[]: 1}", "quick", "-1"])
CELLS_OF_A_ROW = strategies.lists(CELL | strategies.text(max_size=6), max_size=4)
ROWS = strategies.lists(CELLS_OF_A_ROW, max_size=4)
COLUMNS = strategies.lists(strategies.sampled_from([*SETTINGS, "profile", "label", "x", ""]))


@often
@given(names=COLUMNS, rows=ROWS, text=strategies.text(max_size=30))
def test_any_table_is_jobs_or_refused(
    names: list[str], rows: list[list[str]], text: str, tmp_path: Path
) -> None:
    notebook = tmp_path / "toy.ipynb"
    if not notebook.exists():
        with_sweep(tmp_path)
    table = tmp_path / "any.csv"
    for content in (text, "\n".join(",".join(cells) for cells in [names, *rows])):
        table.write_text(content, encoding="utf-8", errors="replace")
        try:
            jobs = sweep.read_jobs(table, notebook)
        except ValueError as error:
            assert str(error)
        else:
            assert jobs and len({job.key for job in jobs}) == len(jobs)


# ---------------------------------------------------------------- hostile names, archives, servers


@pytest.mark.slow
def test_names_stay_text_in_a_report(desk: Path) -> None:
    evil = "<script>alert(1)<!-- $x_{ --> `"
    Path("teacher.pt").rename(f"<img src=x onerror=alert(2)> ``` {evil[-3:]}.pt")
    for label, name in enumerate((evil.replace("/", ""), "<b onclick=alert(3)>", "$\\frac{")):
        Path("test", name).mkdir(parents=True)
        Image.new("L", (8, 8), 80 * label).save(Path("test", name, "0.png"))
    (file,) = Path().glob("*.pt")
    words = [*PLAIN.split(), "--teacher", str(file), "--mean", "none", "--test", "test"]
    done = CliRunner().invoke(app, words)
    assert done.exit_code in (0, 4), done.output
    patched, report.write_report = report.write_report, WRITE_REPORT
    page = report.write_report(Path("new")).read_text(encoding="utf-8")
    report.write_report = patched
    for raw in ("<script>alert", "<img src=x", "<b onclick"):
        assert raw not in page
    assert page.count("&lt;script&gt;alert(1)") >= 1 and "&lt;img src=x onerror" in page


WRITE_REPORT = report.write_report


def test_names_stay_text_in_a_scene() -> None:
    evil = "</script><script>alert(1)</script>"
    page = explore.Scene("replay", evil, {"classes": [evil]}).html()
    assert "alert(1)</script>" not in page and page.count("<script") == 2


@pytest.mark.parametrize("member", ["../evil", "/tmp/dfad_lite_evil", "link", "device"])
def test_an_archive_reaches_nothing_outside(
    member: str, tmp_path: Path, own_cache: Path, monkeypatch
) -> None:
    mirror = tmp_path / "mirror"
    mirror.mkdir()
    inside = tarfile.TarInfo("cifar-10-batches-py/data")
    odd = tarfile.TarInfo(member)
    if member == "link":
        odd.type, odd.linkname = tarfile.SYMTYPE, "../../../etc"
    if member == "device":
        odd.type = tarfile.CHRTYPE
    with tarfile.open(mirror / "cifar-10-python.tar.gz", "w:gz") as archive:
        for one in (inside, odd):
            archive.addfile(one, io.BytesIO())
    monkeypatch.setenv("DFAD_DATA", str(mirror))
    if member[0] == "/":  # such a path loses its root, and goes with the rest
        assert fetched.at_hand("cifar-10-batches-py", archives="cifar-10-python.tar*") == own_cache
        assert [path.name for path in own_cache.iterdir()] == ["cifar-10-batches-py"]
        assert not Path(member).exists()
    else:
        with pytest.raises(data.DataError, match="can't be unpacked"):
            fetched.at_hand("cifar-10-batches-py", archives="cifar-10-python.tar*")
        assert list(own_cache.rglob("*")) == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mirror"]


def status(url: str) -> int:
    """The status that a server answers with."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    until = time.monotonic() + 20
    while True:
        try:
            return direct.open(url, timeout=20).status
        except urllib.error.HTTPError as error:
            return error.code
        except urllib.error.URLError:  # it says where it will be before it is there
            assert time.monotonic() < until, url
            time.sleep(0.1)


@pytest.mark.slow
def test_the_lab_is_for_this_machine_and_asks_for_a_token(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "dfad_lite", "lab", "--", "--no-browser", "--allow-root"]
    with subprocess.Popen(
        [*command, f"--port={port}"], cwd=ROOT, stderr=subprocess.PIPE, text=True
    ) as lab:
        try:
            lines = iter(lab.stderr.readline, "")
            found = next(filter(None, (re.search(r"http://\S+\?token=\w{20,}", x) for x in lines)))
            assert found[0].startswith(f"http://127.0.0.1:{port}/"), found[0]
            page = f"http://127.0.0.1:{port}/api/contents"
            assert status(page) == 403
            assert status(f"{page}?{found[0].partition('?')[2]}") == 200
            for *_, (address, *_) in socket.getaddrinfo(socket.gethostname(), port):
                if not address.startswith("127.") and address != "::1":
                    with pytest.raises(OSError):
                        socket.create_connection((address, port), timeout=2).close()
        finally:
            lab.kill()


def test_the_heist_is_for_this_machine_and_asks_for_a_token() -> None:
    about = {"channels": 1, "size": 8, "classes": 3, "student": "small8"}
    service = heist.Service(nn.Sequential(nn.Flatten(), nn.Linear(64, 3)), about, heist.Rules(), [])
    with heist.server(service) as serving:
        threading.Thread(target=serving.serve_forever, daemon=True).start()
        assert serving.server_address[0] == "127.0.0.1"
        assert status(f"http://127.0.0.1:{serving.server_port}/book") == 401
        serving.shutdown()


# ---------------------------------------------------------------- the table


def test_the_readme_says_what_the_table_says() -> None:
    rows = results.table("attacks")
    assert (rows["wrong"] == 0).all()
    tried = rows.groupby("attack")["tried"].sum()
    files = tried.filter(regex="bit|files|place").sum()
    calls = tried.filter(regex="calls").sum()
    moments = tried.filter(regex="kill -9").sum()
    processes = tried.filter(regex="processes on").sum()
    assert files >= 1000 and calls >= 500 and moments >= 100 and processes >= 30
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    said = [f"{files:,} damaged", f"{calls:,} wrong calls"]
    said += [f"{moments} times", f"{processes} processes"]
    assert [words for words in said if words not in readme] == []
