"""Data sets that are on every machine with the course: digits, printed digits, photographs.

They lie among the files of scikit-learn and matplotlib, which are found without importing
either: in a class of thirty that takes longer than all the rest.
"""

import importlib.util
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont

from dfad_lite.data.split import Split, picture, resized, split_of

_DIGITS = [str(digit) for digit in range(10)]


def read(name: str, split: str, size: int | None) -> Split:
    """``digits``, ``printed`` or ``photos``, as :func:`dfad_lite.data.load` gives them."""
    return {"digits": _digits, "printed": _printed, "photos": _photos}[name](split, size)


def _files_of(package: str) -> Path:
    return Path(importlib.util.find_spec(package).origin).parent


def _digits(split: str, size: int | None) -> Split:
    """1,257 images to train on and 540 to test on, stratified: one split for all, for ever."""
    table = np.loadtxt(_files_of("sklearn") / "datasets/data/digits.csv.gz", delimiter=",")
    tested = np.zeros(len(table), bool)
    tested[np.loadtxt(Path(__file__).with_name("digits_test.csv"), int, delimiter=",")] = True
    rows = table[tested if split == "test" else ~tested]  # 64 pixels, 0 to 16, and the digit
    pixels = np.round(rows[:, :64] * (255 / 16)).astype(np.uint8).reshape(-1, 1, 8, 8)
    labels = torch.from_numpy(rows[:, 64]).long()
    return split_of("digits", resized(torch.from_numpy(pixels), size), labels, _DIGITS)


# Typefaces that come with matplotlib, so that printed digits need no download.
_FONTS = (
    *("DejaVuSans", "DejaVuSans-Bold", "DejaVuSans-Oblique", "DejaVuSansMono"),
    *("DejaVuSerif", "DejaVuSerif-Italic", "STIXGeneral", "cmr10", "cmss10", "cmtt10"),
)


def _printed(split: str, size: int | None) -> Split:
    """Printed digits, turned a little: other than handwritten ones, but digits.

    They fill the frame and come at 8x8, as those of ``digits`` do.
    """
    count, seed = (1200, 1) if split == "train" else (300, 2)
    rng = np.random.default_rng(seed)
    folder = _files_of("matplotlib") / "mpl-data/fonts/ttf"
    labels = torch.arange(count) % 10
    pages = []
    for label in labels.tolist():
        face = ImageFont.truetype(folder / f"{rng.choice(_FONTS)}.ttf", int(rng.integers(72, 88)))
        page = Image.new("L", (64, 64))
        ImageDraw.Draw(page).text((32, 32), str(label), fill=255, font=face, anchor="mm")
        shift = tuple(int(step) for step in rng.integers(-3, 4, 2))
        page = page.rotate(rng.uniform(-15, 15), Image.Resampling.BILINEAR, translate=shift)
        pages.append(np.array(page))
    scanned = resized(torch.from_numpy(np.stack(pages)).unsqueeze(1), 8)
    return split_of("printed", resized(scanned, size), labels, _DIGITS)


def _photos(split: str, size: int | None) -> Split:
    """Square patches, 16 to 96 pixels wide, of scikit-learn's two sample photographs."""
    count, seed = (2000, 1) if split == "train" else (500, 2)
    rng = np.random.default_rng(seed)
    files = sorted((_files_of("sklearn") / "datasets/images").glob("*.jpg"))
    photos = [torch.from_numpy(np.array(picture(file))).permute(2, 0, 1) for file in files]
    labels = torch.arange(count) % len(photos)
    patches = []
    for label in labels.tolist():
        photo, width = photos[label], int(rng.integers(16, 97))
        top, left = (int(rng.integers(0, side - width)) for side in photo.shape[1:])
        patch = photo[None, :, top : top + width, left : left + width]
        patches.append(resized(patch, size or 32))
    classes = [file.stem for file in files]
    return split_of("photos", torch.cat(patches), labels, classes)
