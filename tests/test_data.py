"""Data sets: where they are looked for, and what is said when something is wrong."""

import gzip
import hashlib
import struct
import subprocess
import sys
import tarfile
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from sklearn.datasets import load_digits, load_sample_images
from sklearn.model_selection import train_test_split
from torchvision import datasets

from dfad_lite import data, store
from dfad_lite.data import fetched


def picture(path: Path, value: int, *, mode: str = "RGB", size: tuple[int, int] = (12, 10)) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size, value if mode == "L" else (value, 0, 255 - value)).save(path)


def folder_of_pictures(root: Path, **more) -> Path:
    for split in ("train", "test"):
        for label, name in enumerate(("cat", "dog")):
            picture(root / split / name / "a.png", 40 * label, **more)
            picture(root / split / name / "b.png", 40 * label + 9, **more)
    return root


def test_digits_are_split_once_and_for_all() -> None:
    train, test = data.load("digits", "train"), data.load("digits", "test")
    assert (len(train), len(test)) == (1257, 540)
    assert train.images.dtype == torch.uint8 and train.images.shape[1:] == (1, 8, 8)
    assert test.labels.bincount().min() >= 52  # stratified: a tenth each
    assert torch.equal(test.images, data.load("digits", "test").images)
    digest = hashlib.sha256(test.labels.numpy().tobytes()).hexdigest()
    assert digest.startswith(DIGITS_TEST_LABELS)
    scaled = train.images / 255
    assert scaled.mean().item() == pytest.approx(train.mean[0], abs=0.002)
    assert scaled.std().item() == pytest.approx(train.std[0], abs=0.002)


def test_digits_and_photographs_are_scikit_learn_s() -> None:
    bunch = load_digits()
    rows = train_test_split(np.arange(1797), test_size=0.3, stratify=bunch.target, random_state=0)
    for split, picked in zip(("train", "test"), map(np.sort, rows), strict=True):
        ours = data.load("digits", split)
        assert np.array_equal(ours.labels, bunch.target[picked])
        assert np.abs(ours.images[:, 0] * (16 / 255) - bunch.images[picked]).max() < 0.05
    theirs = [Path(file).stem for file in load_sample_images().filenames]
    assert data.load("photos", "test").classes == tuple(theirs)


DIGITS_TEST_LABELS = "c109985223b3"  # of the labels in order, SHA-256


def test_normalised_and_back() -> None:
    test = data.load("digits", "test", size=16)
    assert torch.equal(data.to_display(test.normalised(), test.mean, test.std), test.images)


def idx_file(values: np.ndarray) -> bytes:
    head = struct.pack(">HBB", 0, 8, values.ndim) + struct.pack(f">{values.ndim}I", *values.shape)
    return head + values.astype(np.uint8).tobytes()


@pytest.fixture
def mnist_mirror(tmp_path: Path, monkeypatch) -> Path:
    """A small MNIST in the real layout, packed, with its checksums."""
    folder = tmp_path / "mirror" / "MNIST" / "raw"
    folder.mkdir(parents=True)
    sums = {}
    for name in fetched.MNIST_FILES:
        shape = (20, 28, 28) if "images" in name else (20,)
        content = idx_file(np.arange(np.prod(shape)).reshape(shape) % 10)
        sums[name] = hashlib.md5(content).hexdigest()
        (folder / f"{name}.gz").write_bytes(gzip.compress(content))
    monkeypatch.setattr(fetched, "MNIST_FILES", sums)
    monkeypatch.setenv("DFAD_DATA", str(tmp_path / "mirror"))
    return folder


def test_archives_of_the_mirror_are_unpacked_into_the_cache(mnist_mirror: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in mnist_mirror.rglob("*")}
    found = data.load("mnist", "train", size=32)
    assert found.images.shape == (20, 1, 32, 32) and found.labels.tolist()[:3] == [0, 1, 2]
    assert {path: path.stat().st_mtime_ns for path in mnist_mirror.rglob("*")} == before
    assert (store.cache_root() / "MNIST" / "raw" / "train-labels-idx1-ubyte").exists()


def test_a_damaged_file_in_the_cache_is_set_aside_and_made_again(mnist_mirror: Path) -> None:
    data.load("mnist", "test")
    path = store.cache_root() / "MNIST" / "raw" / "t10k-images-idx3-ubyte"
    path.write_bytes(path.read_bytes()[:100])
    with pytest.warns(UserWarning, match="t10k-images-idx3-ubyte is damaged"):
        assert len(data.load("mnist", "test")) == 20
    assert list(path.parent.glob("*.damaged-*"))


def test_damaged_archives_are_named(mnist_mirror: Path) -> None:
    path = mnist_mirror / "train-images-idx3-ubyte.gz"
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(data.DataError, match="train-images-idx3-ubyte.gz can't be unpacked"):
        data.load("mnist", "train")
    path.write_bytes(gzip.compress(b"something else"))
    with pytest.raises(data.DataError, match="not the official"):
        data.load("mnist", "train")


def test_offline_and_absent_says_how_to_fetch(monkeypatch) -> None:
    def offline(self) -> None:
        raise OSError("no network")

    monkeypatch.setattr(datasets.CIFAR10, "download", offline)
    with pytest.raises(data.DataError) as error:
        data.load("cifar10", "test")
    for part in ("no network", "datasets.CIFAR10('FOLDER', download=True)", "DFAD_DATA"):
        assert part in str(error.value)


def test_a_recompressed_copy_is_read_and_named(tmp_path: Path, monkeypatch) -> None:
    folder_of_pictures(tmp_path / "cifar10", size=(32, 32))
    (tmp_path / "mirror").mkdir()
    with tarfile.open(tmp_path / "mirror" / "cifar10-imagefolder.tar.gz", "w:gz") as tar:
        tar.add(tmp_path / "cifar10", "cifar10")
    monkeypatch.setenv("DFAD_DATA", str(tmp_path / "mirror"))
    for _ in range(2):  # unpacked, then found unpacked
        found = data.load("cifar10", "train")
        assert "recompressed" in found.note and found.version == "recompressed"
        assert found.images.shape == (4, 3, 32, 32) and found.mean[0] == 0.4914
    assert [path.name for path in (tmp_path / "mirror").iterdir()] == ["cifar10-imagefolder.tar.gz"]


def test_the_readers_libraries_are_loaded_when_a_reader_is_asked_for() -> None:
    code = (
        "import sys; from dfad_lite import data; data.load('digits', 'test'); print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"torchvision", "sklearn", "matplotlib", "pandas"} & set(done.stdout.split())


def test_a_described_split_has_the_shape_of_what_a_teacher_takes() -> None:
    like = data.described(
        "theirs", channels=3, size=(12, 20), classes=("a", "b"), mean=(0.5,) * 3, std=(0.2,) * 3
    )
    assert like.images.shape == (0, 3, 12, 20) and like.channels == 3 and len(like) == 0
    assert like.normalised().shape == (0, 3, 12, 20)
    with pytest.raises(ValueError, match=r"std=\(0.2,\): give one number a channel, 3 here"):
        data.described("theirs", channels=3, size=8, classes="ab", mean=(0.5,) * 3, std=(0.2,))


def test_own_images(tmp_path: Path) -> None:
    colour = data.load(f"imagefolder:{folder_of_pictures(tmp_path / 'c')}", "train", size=8)
    assert colour.images.shape == (4, 3, 8, 8) and colour.classes == ("cat", "dog")
    assert colour.labels.tolist() == [0, 0, 1, 1] and colour.mean == (0.5, 0.5, 0.5)
    grey = data.load(f"imagefolder:{folder_of_pictures(tmp_path / 'g', mode='L')}", "test", size=8)
    assert grey.images.shape == (4, 1, 8, 8) and grey.images[3, 0, 4, 4] == 49
    for path in (tmp_path / "g").rglob("*.png"):  # the same in 16 bits, as from a scanner
        pixels = np.array(Image.open(path)).astype(np.uint16)
        Image.fromarray(257 * pixels).save(path)
    fine = data.load(f"imagefolder:{tmp_path / 'g'}", "test", size=8)
    assert torch.equal(fine.images, grey.images)


def test_what_is_wrong_with_own_images_is_named(tmp_path: Path) -> None:
    name = f"imagefolder:{tmp_path}"
    with pytest.raises(data.DataError, match="train is missing"):
        data.load(name, "train")
    folder_of_pictures(tmp_path)
    (tmp_path / "train" / "dog" / "c.png").write_text("no picture")
    with pytest.raises(data.DataError, match=r"c\.png can't be read"):
        data.load(name, "train", size=8)
    (tmp_path / "train" / "dog" / "c.png").unlink()
    picture(tmp_path / "train" / "dog" / "d.png", 1, size=(20, 20))
    with pytest.raises(data.DataError, match="differ in size"):
        data.load(name, "train")
    (tmp_path / "train" / "eel").mkdir()
    with pytest.raises(data.DataError, match="eel holds no image"):
        data.load(name, "train", size=8)
    with pytest.raises(data.DataError, match=r"differ in their classes: \['eel'\]"):
        data.load(name, "test", size=8)


def test_unknown_names() -> None:
    with pytest.raises(data.DataError, match="dataset='minst'"):
        data.load("minst", "train")
    with pytest.raises(data.DataError, match="split='val'"):
        data.load("digits", "val")
