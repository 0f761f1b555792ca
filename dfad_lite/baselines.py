"""Where else a student's inputs could come from: the same game with another source.

The student, its optimiser, its loss, the number of steps and the batch stay those of DFAD;
only the images differ. Their labels are never looked at: the teacher answers for them.
"""

import dataclasses
from collections.abc import Callable

import torch
from torch import Tensor

from dfad_lite import data
from dfad_lite.data import Split
from dfad_lite.distill import Game
from dfad_lite.profiles import Profile

INPUTS = ("generator", "noise", "original", "related", "unrelated")

# What stands for related and for unrelated data, by what the teacher was trained on.
_OTHERS = {
    "digits": ("printed", "photos"),
    "mnist": ("digits", "cifar10"),
    "fashion_mnist": ("mnist", "cifar10"),
    "cifar10": ("cifar100", "svhn"),
    "cifar100": ("cifar10", "svhn"),
    "scenes": ("night_scenes", "photos"),
    "camvid": ("scenes", "photos"),
    "nyuv2": ("voc", "cityscapes"),
}


def dataset_of(inputs: str, dataset: str) -> str:
    """The data set that ``inputs`` means for a teacher trained on ``dataset``.

    They are ``"original"``, ``"related"`` or ``"unrelated"`` (KD-ORI, KD-REL and KD-UNR in the
    paper's tables), or the name of a data set.

    Raises:
        ValueError: an unknown name, or no related or unrelated set is named for ``dataset``.
    """
    if inputs == "original":
        return dataset
    if inputs in ("related", "unrelated"):
        if dataset not in _OTHERS:
            raise ValueError(
                f"inputs={inputs!r}: no {inputs} set is chosen for dataset={dataset!r}. Name one "
                f"yourself, such as inputs='photos'; known are {', '.join(data.NAMES)}."
            )
        return _OTHERS[dataset][inputs == "unrelated"]
    if inputs in data.NAMES or inputs.startswith("imagefolder:"):
        return inputs
    raise ValueError(
        f"inputs={inputs!r} is unknown: take one of {', '.join(INPUTS)}, or the name of a data set."
    )


def foreign(name: str, like: Split, *, size: int) -> Split:
    """The training images of another data set, made to fit a teacher of ``like``'s images.

    Returns:
        uint8 images ``(N, C, size, size)`` with the channels, mean and std of ``like``: grey
        where ``like`` is grey, three equal channels where it is in colour and they are not.

    Raises:
        dfad_lite.data.DataError: the data can't be had.
    """
    split = data.load(name, "train", size=size)
    images, channels = split.images, like.images.shape[1]
    if images.shape[1] == 3 and channels == 1:
        # ITU-R BT.601 luma, as in every picture tool.
        weights = torch.tensor([0.299, 0.587, 0.114]).view(1, 3, 1, 1)
        parts = [(part * weights).sum(1, keepdim=True).round() for part in images.split(5000)]
        images = torch.cat([part.to(torch.uint8) for part in parts])
    elif images.shape[1] == 1 and channels == 3:
        images = images.expand(-1, 3, -1, -1)
    # Nobody trains a teacher on them.
    more = {"mean": like.mean, "std": like.std, "augment": False}
    return dataclasses.replace(split, images=images, **more)


def drawn_from(split: Split) -> Callable[[Game], Tensor]:
    """A source for :class:`dfad_lite.distill.Game`: batches drawn from ``split``, normalised.

    With replacement, by the game's own stream of random numbers.
    """

    def source(game: Game) -> Tensor:
        size = (game.settings.batch_size,)
        rows = torch.randint(len(split), size, generator=game.latents, device=game.device)
        # The labels stay as they are: nobody looks at them.
        batch = dataclasses.replace(split, images=split.images[rows.to(split.images.device)])
        return batch.normalised(device=game.device, dtype=game.dtype)

    return source


def noise(channels: int, size: int) -> Callable[[Game], Tensor]:
    """A source of standard normal pixels, nothing learnt: RANDOM in the paper's tables."""
    return lambda game: game.draw(channels, size, size)


def source_of(
    inputs: str, settings: Profile, like: Split
) -> tuple[Callable[[Game], Tensor] | None, str]:
    """What stands in the generator's place in a game (None: nothing), and what to say about it.

    Images get the channels, mean and std of ``like``, the teacher's data.
    """
    if inputs == "generator":
        return None, ""
    if inputs == "noise":
        return noise(like.channels, settings.image_size), ""
    images = foreign(dataset_of(inputs, settings.dataset), like, size=settings.image_size)
    return drawn_from(images), images.note
