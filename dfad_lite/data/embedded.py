"""Data sets that are on every machine with the course: digits, printed digits, photographs."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont
from sklearn.datasets import load_digits, load_sample_images
from sklearn.model_selection import train_test_split

from dfad_lite.data.split import Split, resized, split_of

_DIGITS = [str(digit) for digit in range(10)]


def read(name: str, split: str, size: int | None) -> Split:
    """``digits``, ``printed`` or ``photos``, as :func:`dfad_lite.data.load` gives them."""
    return {"digits": _digits, "printed": _printed, "photos": _photos}[name](split, size)


def _digits(split: str, size: int | None) -> Split:
    bunch = load_digits()
    # One split for everybody, for ever: 1,257 images to train on and 540 to test on.
    train, test = train_test_split(
        np.arange(len(bunch.target)), test_size=0.3, stratify=bunch.target, random_state=0
    )
    rows = np.sort(train if split == "train" else test)
    pixels = np.round(bunch.images[rows] * (255 / 16)).astype(np.uint8)  # 0...16 to 0...255
    images = resized(torch.from_numpy(pixels).unsqueeze(1), size)
    return split_of("digits", images, torch.from_numpy(bunch.target[rows]), _DIGITS)


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
    # Where matplotlib keeps its fonts, without the half second that importing it takes.
    folder = Path(importlib.util.find_spec("matplotlib").origin).parent / "mpl-data" / "fonts/ttf"
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
    bunch = load_sample_images()
    photos = [torch.tensor(photo).permute(2, 0, 1) for photo in bunch.images]
    labels = torch.arange(count) % len(photos)
    patches = []
    for label in labels.tolist():
        photo, width = photos[label], int(rng.integers(16, 97))
        top, left = (int(rng.integers(0, side - width)) for side in photo.shape[1:])
        patch = photo[None, :, top : top + width, left : left + width]
        patches.append(resized(patch, size or 32))
    classes = [Path(file).stem for file in bunch.filenames]
    return split_of("photos", torch.cat(patches), labels, classes)
