"""One split of a data set, in memory, and what the readers make it with."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from PIL import Image, UnidentifiedImageError
from torch import Tensor

VOID = -1  # the label of pixels that count for nothing


class DataError(ValueError):
    """A data set that is absent, damaged, or not laid out as it should be."""


@dataclass(frozen=True)
class Split:
    """Images and labels of one split of a data set."""

    name: str
    images: Tensor  # (N, C, H, W), uint8, 0 to 255
    labels: Tensor  # (N,), int64; (N, H, W), with VOID, where every pixel has a label or none
    mean: tuple[float, ...]  # per channel, of images scaled to 0...1
    std: tuple[float, ...]
    classes: tuple[str, ...]  # a name per label
    augment: bool = False  # whether the reference recipe crops and flips these in training
    note: str = ""  # to be shown with results on data that are not the original
    version: str = ""  # part of an artefact's key: tells copies of one name apart

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def channels(self) -> int:
        """1 for grey images, 3 for colour."""
        return self.images.shape[1]

    def normalised(
        self, *, device: torch.device | str = "cpu", dtype: torch.dtype = torch.float32
    ) -> Tensor:
        """The images as networks take them: ``(x / 255 - mean) / std``, ``(N, C, H, W)``."""
        mean, std = torch.tensor([self.mean, self.std], dtype=dtype, device=device)[..., None, None]
        return (self.images.to(device).to(dtype) / 255 - mean) / std


def to_display(images: Tensor, mean: tuple[float, ...], std: tuple[float, ...]) -> Tensor:
    """Normalised images ``(N, C, H, W)`` back to uint8, values outside 0...255 clipped."""
    middle, scale = torch.tensor([mean, std])[..., None, None]
    return ((images.float().cpu() * scale + middle).clamp(0, 1) * 255).round().to(torch.uint8)


def described(
    name: str,
    *,
    channels: int,
    size: int | tuple[int, int],
    classes: Sequence[str],
    mean: Sequence[float],
    std: Sequence[float],
) -> Split:
    """A split without images, which describes what a teacher from elsewhere takes and answers.

    ``size`` is an image's side in pixels, or height and width; ``classes`` has a name per logit;
    ``mean`` and ``std``, of images scaled to 0...1, normalise its inputs.

    Raises:
        ValueError: ``mean`` or ``std`` does not have one number a channel.
    """
    for argument, values in {"mean": mean, "std": std}.items():
        if len(values) != channels:
            raise ValueError(
                f"{argument}={tuple(values)}: give one number a channel, {channels} here."
            )
    height, width = (size, size) if isinstance(size, int) else size
    images = torch.zeros(0, channels, height, width, dtype=torch.uint8)
    labels = torch.zeros(0, dtype=torch.int64)
    return Split(name, images, labels, tuple(mean), tuple(std), tuple(classes))


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


def split_of(
    name: str, images: Tensor, labels: Tensor, classes: Sequence[str], **more: str
) -> Split:
    """A :class:`Split` with the mean and std of its name; ``more`` are note and version."""
    mean, std = _STATISTICS.get(name, ((0.5,) * images.shape[1],) * 2)
    augment = images.shape[1] == 3  # the reference recipe augments its colour images only
    return Split(name, images, labels.long(), mean, std, tuple(classes), augment, **more)


def resized(images: Tensor, size: int | None) -> Tensor:
    """uint8 images ``(N, C, H, W)`` at ``size`` x ``size``, bilinear, smoothed when shrunk."""
    if size is None or images.shape[-2:] == (size, size):
        return images.contiguous()
    parts = images.split(5000)  # so that no copy of all of them is made on the way
    return torch.cat(
        [F.interpolate(part, [size, size], mode="bilinear", antialias=True) for part in parts]
    )


def shown(folder: Path) -> list[Path]:
    """A folder's files and folders in order of their names, without hidden ones.

    Raises:
        DataError: the folder is missing or empty.
    """
    found = sorted(path for path in folder.glob("*") if path.name[0] != ".")
    if not found:
        why = "holds no image" if folder.is_dir() else "is missing"
        raise DataError(f"{folder} {why}: put images there, a folder a class.")
    return found


def by_class(folder: Path) -> tuple[list[Path], Tensor, list[str]]:
    """The files ``folder/<class>/*``, each one's label ``(N,)``, and the classes' names.

    Raises:
        DataError: there is no folder of a class, or one is empty.
    """
    names = [path.name for path in shown(folder) if path.is_dir()]
    if not names:
        raise DataError(f"{folder} holds no class folders: put images in {folder}/<class>/.")
    files = [(path, label) for label, name in enumerate(names) for path in shown(folder / name)]
    return [path for path, _ in files], torch.tensor([label for _, label in files]), names


def picture(path: Path, mode: str | None = None) -> Image.Image:
    """An image file, read whole; in ``mode`` (``"L"`` is grey) or, when None, in its own.

    Raises:
        DataError: the file can't be read as an image.
    """
    try:
        with Image.open(path) as image:
            if mode and image.mode.startswith("I"):  # of 16 bits; convert() would cut at 255: white
                image = image.convert("I").point(lambda value: value / 256)
            return image.convert(mode) if mode else image.copy()
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError) as error:
        raise DataError(f"{path} can't be read as an image ({error})") from error
