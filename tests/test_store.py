"""Nothing is lost: atomic writes, damaged files, shared artefacts, locks."""

import pickle
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from dfad_lite import artefacts, profiles, store

MANIFEST = {"made_from": {}, "seconds": 1.5, "metrics": {"accuracy": 0.5}}
TINY = {"teacher_epochs": 1}


def test_an_interrupted_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "note.txt"
    store.write_text(path, "old")
    with pytest.raises(KeyboardInterrupt), store.written_whole(path) as temporary:
        temporary.write_text("half of the new")
        raise KeyboardInterrupt
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["note.txt"]


def test_code_in_a_file_is_not_run(tmp_path: Path) -> None:
    class Evil:
        def __reduce__(self):
            return (Path(tmp_path / "ran").touch, ())

    (tmp_path / "evil.pt").write_bytes(pickle.dumps(Evil()))
    torch.save({"evil": Evil()}, tmp_path / "evil2.pt")
    for name in ("evil.pt", "evil2.pt"):
        with pytest.raises(store.DamagedFile, match=name):
            store.load_tensors(tmp_path / name)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("damage", ["truncated", "other bytes", "manifest"])
def test_a_damaged_artefact_is_named_and_set_aside(damage: str) -> None:
    store.put("teachers", "key", {"a": torch.ones(3)}, MANIFEST)
    path = store.default_root() / "teachers" / "key.pt"
    whole = path.read_bytes()
    if damage == "truncated":
        path.write_bytes(whole[: len(whole) // 2])
    elif damage == "other bytes":
        path.write_bytes(whole[:-9] + b"123456789")
    else:
        path.with_suffix(".json").write_text("{")
    assert [entry.damaged for entry in store.entries()] == [True]
    with pytest.warns(UserWarning, match="key.pt is damaged"):
        assert store.get("teachers", "key") is None
    assert list(path.parent.glob("key.pt.damaged-*")) and not path.exists()
    store.put("teachers", "key", {"a": torch.ones(3)}, MANIFEST)
    assert store.get("teachers", "key")[0]["a"].tolist() == [1, 1, 1]


def test_a_shared_folder_is_read_and_never_written(tmp_path: Path, monkeypatch) -> None:
    store.put("teachers", "key", {"a": torch.ones(3)}, MANIFEST)
    (tmp_path / "class").mkdir()
    store.default_root().rename(tmp_path / "class" / "artefacts")
    monkeypatch.setenv("DFAD_DATA", str(tmp_path / "class"))
    before = sorted(tmp_path.rglob("*"))
    assert store.get("teachers", "key")[1]["metrics"] == {"accuracy": 0.5}
    shared = tmp_path / "class" / "artefacts" / "teachers" / "key.pt"
    shared.write_bytes(b"damaged")
    with pytest.warns(UserWarning, match="making our own"):
        assert store.get("teachers", "key") is None
    assert sorted(tmp_path.rglob("*")) == before
    monkeypatch.setenv("DFAD_DATA", str(tmp_path / "absent"))
    with pytest.raises(FileNotFoundError, match="DFAD_DATA"):
        store.get("teachers", "key")


def test_entries_and_remove() -> None:
    store.put("students", "one", {"a": torch.ones(3)}, MANIFEST)
    (entry,) = store.entries()
    assert (entry.kind, entry.key, entry.seconds) == ("students", "one", 1.5)
    assert entry.bytes == entry.path.stat().st_size and not entry.damaged
    store.remove(entry)
    assert store.entries() == [] and not list(entry.path.parent.iterdir())


def test_two_processes_train_a_teacher_once() -> None:
    code = (
        "from dfad_lite import artefacts, profiles, teacher\n"
        "train = teacher.Training.epochs\n"
        "def counted(*a, **k):\n    print('trained', flush=True)\n    return train(*a, **k)\n"
        "teacher.Training.epochs = counted\n"
        "artefacts.get_teacher(profiles.load('quick', teacher_epochs=3))\n"
    )
    both = [
        subprocess.Popen(
            [sys.executable, "-c", code],
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[1],
        )
        for _ in range(2)
    ]
    said = [process.communicate()[0] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert "".join(said).count("trained") == 1


def test_what_makes_an_artefact_is_in_its_key() -> None:
    first = artefacts.get_teacher(profiles.load("quick", **TINY))
    assert artefacts.get_teacher(profiles.load("quick", **TINY, rounds=3)).key == first.key
    assert artefacts.get_teacher(profiles.load("quick", **TINY, threads=2)).key == first.key
    assert artefacts.get_teacher(profiles.load("quick", **TINY, seed=1)).key != first.key
    assert artefacts.get_teacher(profiles.load("quick", teacher_epochs=2)).key != first.key


@pytest.mark.parametrize("method", ["DFAD", "Ours", "DeepInversion"])
def test_a_student_is_had_by_its_key_whatever_makes_its_images(method: str) -> None:
    small = {"rounds": 4, "batch_size": 8, "imitation_steps": 1, "generator_width": 4}
    made = artefacts.get_student(profiles.load("quick", **TINY | small), method=method)
    kept = artefacts.stored_student(made.key)
    assert kept.key == made.key and kept.records == made.records
    for name in ("student", "generator"):
        one, other = (getattr(run, name).state_dict() for run in (made, kept))
        assert all(torch.equal(one[entry], other[entry]) for entry in one | other)
    with pytest.raises(ValueError, match="'nobody' is no student of the cache"):
        artefacts.stored_student("nobody")


def test_memories_need_no_room_for_an_optimiser(monkeypatch) -> None:
    class Work:
        def state_dict(self) -> dict:
            return {"student": {"w": torch.zeros(10)}, "parts": {"pairs": {"i": torch.zeros(1000)}}}

    needed: list[int] = []

    def full(folder: Path, count: int) -> None:
        needed.append(count)
        raise OSError("full")

    monkeypatch.setattr(store, "need_room", full)
    with pytest.raises(OSError, match="full"):
        artefacts.carry_on(Work(), iter(()), "work")
    assert needed == [6 * 40 + 2 * 4000]
