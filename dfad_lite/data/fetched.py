"""Data sets of torchvision, and your own: from the cache, from ``$DFAD_DATA``, or the net."""

import contextlib
import gzip
import hashlib
import shutil
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.utils.data import Dataset

try:
    from torchvision import datasets
    from torchvision.datasets.utils import check_md5
    from torchvision.transforms.v2 import functional as vision
except RuntimeError as error:  # "operator torchvision::nms does not exist"
    raise ImportError(
        f"torchvision does not fit the installed torch ({error}). Install both from one index, "
        "in one go: pip install --force-reinstall torch torchvision"
    ) from error

from dfad_lite import store
from dfad_lite.data.split import DataError, Split, by_class, picture, resized, shown, split_of

# Torchvision's class, and what must lie in a folder for it to be opened there.
_OFFICIAL = {
    "mnist": (datasets.MNIST, "MNIST/raw/t10k-labels-idx1-ubyte"),
    "fashion_mnist": (datasets.FashionMNIST, "FashionMNIST/raw/t10k-labels-idx1-ubyte"),
    "cifar10": (datasets.CIFAR10, "cifar-10-batches-py"),
    "cifar100": (datasets.CIFAR100, "cifar-100-python"),
    "svhn": (datasets.SVHN, "{split}_32x32.mat"),
    "caltech101": (datasets.Caltech101, "caltech101/101_ObjectCategories"),
}
# MD5 of the unpacked files: a mirror may have packed them otherwise.
MNIST_FILES = {
    "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
    "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
    "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
    "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
}


def read(name: str, split: str, size: int | None) -> Split:
    """A split of any of these, as :func:`dfad_lite.data.load` gives it."""
    if name.startswith("imagefolder:"):
        return _image_folder(name, Path(name.removeprefix("imagefolder:")), split, size)
    kind, place = _OFFICIAL[name]
    place = place.format(split=split)
    archives = "cifar-10-python.tar*" if name == "cifar10" else f"{place}.tar*"
    with store.locked("data", name):  # two kernels must not fetch it twice
        if name.endswith("mnist"):
            _unpack_mnist(name, Path(place).parent)
        root = at_hand(place, archives=archives)
        if root is None and name.startswith("cifar") and (copy := _recompressed(name, split, size)):
            return copy
        official = _opened(name, kind, split, root)
    if name == "caltech101":
        return _caltech101(official, split, size)
    images = torch.as_tensor(official.data)
    if name == "svhn":
        labels, classes = official.labels, [str(digit) for digit in range(10)]
    else:  # MNIST is (N, H, W), CIFAR (N, H, W, C)
        images = images.unsqueeze(1) if images.ndim == 3 else images.permute(0, 3, 1, 2)
        labels, classes = official.targets, official.classes
    return split_of(name, resized(images, size), torch.as_tensor(labels), classes)


def _caltech101(official: datasets.Caltech101, split: str, size: int | None) -> Split:
    from sklearn.model_selection import train_test_split

    if size is None:
        raise DataError("caltech101's images differ in size: pass size=128 (the paper's).")
    labels = np.array(official.y)
    # The set has no official split: four fifths to train on, the same for everybody.
    train, test = train_test_split(
        np.arange(len(labels)), test_size=0.2, stratify=labels, random_state=0
    )
    rows = np.sort(train if split == "train" else test)
    images = torch.stack([_pixels(official[row][0].convert("RGB"), size) for row in rows])
    return split_of("caltech101", images, torch.from_numpy(labels[rows]), official.categories)


def _recompressed(name: str, split: str, size: int | None) -> Split | None:
    """A smaller copy, as JPEG files ``NAME/<split>/<class>/*`` in ``NAME-imagefolder.tar.gz``.

    They are decoded once and kept as tensors: 60,000 files take half a minute.
    """
    path, mirror = store.cache_root() / f"{name}-recompressed-{split}.pt", store.mirror_root()
    archive = mirror and mirror / f"{name}-imagefolder.tar.gz"
    content = store.kept(path)
    if content is None:
        if archive is None or not archive.exists():
            return None
        content = _decoded(archive, f"{name}/{split}/")
        store.save_tensors(path, content)
    content["images"] = resized(content["images"], size)
    more = {"note": f"{name}, a copy recompressed as JPEG", "version": "recompressed"}
    return split_of(name, **content, **more)


def _decoded(archive: Path, folder: str) -> dict[str, Any]:
    """Images, labels and class names of ``folder<class>/*`` in an archive, in order."""
    images = {}
    with _named(archive), tarfile.open(archive) as tar:
        for file in tar:
            if file.isfile() and file.name.startswith(folder):
                images[file.name] = _pixels(Image.open(tar.extractfile(file)).convert("RGB"), None)
    paths = sorted(images)
    classes, labels = np.unique([Path(path).parent.name for path in paths], return_inverse=True)
    pixels = torch.stack([images[path] for path in paths])
    return {"images": pixels, "labels": torch.from_numpy(labels), "classes": classes.tolist()}


def at_hand(place: str, *, archives: str) -> Path | None:
    """The folder that holds ``place``: the cache, or else the mirror; None if neither does.

    If the mirror has it as an archive, by the pattern ``archives``, that is unpacked to the cache.

    Raises:
        DataError: the archive is damaged, or holds something else.
    """
    cache, mirror = store.cache_root(), store.mirror_root()
    for root in (cache, mirror):
        if root and (root / place).exists():
            return root
    if mirror and (found := sorted(mirror.glob(archives))):
        _unpack_tar(found[0], cache / place)
        return cache
    return None


def _opened(name: str, kind: type[Dataset], split: str, root: Path | None) -> Dataset:
    """Torchvision's data set, checked by it, and downloaded to the cache if need be."""
    cache = store.cache_root()
    options = {"svhn": {"split": split}, "caltech101": {}}.get(name, {"train": split == "train"})
    try:
        return kind(root or cache, download=root in (None, cache), **options)
    except (OSError, RuntimeError) as error:
        call = f"datasets.{kind.__name__}('FOLDER', download=True)"
        if name == "svhn":
            call = "[datasets.SVHN('FOLDER', s, download=True) for s in ('train', 'test')]"
        raise DataError(
            f"{name} is neither in {cache} nor in the folder DFAD_DATA names, and could not be "
            f"downloaded ({error}). On a machine with internet access run\n"
            "    pip install torch torchvision\n"
            f'    python -c "from torchvision import datasets; {call}"\n'
            f"and copy what is in FOLDER into {cache}, or into a folder that the environment "
            "variable DFAD_DATA names. dataset='digits' needs no download."
        ) from error


def _unpack_mnist(name: str, raw: Path) -> None:
    """Unpack from the mirror the files that the cache lacks, or has damaged."""
    mirror = store.mirror_root()
    for file, md5 in MNIST_FILES.items():
        path, archive = store.cache_root() / raw / file, mirror and mirror / raw / f"{file}.gz"
        # Fashion-MNIST's checksums are of the packed files, and torchvision checks them.
        if name == "mnist" and path.exists() and not check_md5(path, md5):
            store.set_aside(path, "its MD5 is not the official one")
            path.with_name(f"{file}.gz").unlink(missing_ok=True)
        if archive is None or path.exists() or not archive.exists():
            continue
        with _named(archive):
            content = gzip.decompress(archive.read_bytes())
        if name == "mnist" and hashlib.md5(content).hexdigest() != md5:
            raise DataError(f"{archive} is not the official {file}: its MD5 differs.")
        with store.written_whole(path) as temporary:
            temporary.write_bytes(content)


def _unpack_tar(archive: Path, folder: Path) -> None:
    """Unpack ``folder``, whole or not at all, from an archive that holds a folder of its name."""
    partial = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        with _named(archive):
            shutil.unpack_archive(archive, partial, filter="data")
            (partial / folder.name).rename(folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


@contextlib.contextmanager
def _named(archive: Path) -> Iterator[None]:
    """Name the archive in the error when it can't be read."""
    try:
        yield
    except (tarfile.TarError, OSError, EOFError) as error:
        raise DataError(f"{archive} can't be unpacked ({error}): fetch it again.") from error


def _image_folder(name: str, root: Path, split: str, size: int | None) -> Split:
    paths, labels, classes = by_class(root / split)
    known = {path.name for path in shown(root / "train") if path.is_dir()}
    if odd := sorted(known ^ set(classes)):
        raise DataError(f"{root}/train and {root}/test differ in their classes: {odd}.")
    # All become grey if the first picture is, or else coloured.
    mode = "L" if Image.getmodebase(picture(paths[0]).mode) == "L" else "RGB"
    images = [_pixels(picture(path, mode), size) for path in paths]
    if len({image.shape for image in images}) > 1:
        raise DataError(f"the images of {root / split} differ in size: pass size=..., such as 32.")
    listing = "".join(f"{p.parent.name}/{p.name} {p.stat().st_size}\n" for p in paths)
    version = hashlib.sha256(listing.encode()).hexdigest()[:10]
    return split_of(name, torch.stack(images), labels, classes, version=version)


def _pixels(image: Image.Image, size: int | None) -> Tensor:
    """A picture as uint8 ``(C, H, W)``: shorter side resized to ``size``, centre cropped."""
    if size is not None:
        image = vision.center_crop(vision.resize(image, size), [size, size])
    return vision.pil_to_tensor(image)
