"""Networks that this course did not make, fitted to it: what they answer, and what they take.

:func:`as_logits` tries a network on a few images and makes logits of whatever it answers, or
says in a sentence why it can't be distilled. :class:`Cropped` makes a generator's images, and
:class:`Padded` a segmenter, fit sizes that the course's networks do not know.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dfad_lite import metrics
from dfad_lite.checkpoint import Program, said

PROBES = 16  # images that a network is tried on

# ---------------------------------------------------------------- answers


class Logits(nn.Module):
    """A network whose answers, whatever their form, come as logits; see :func:`as_logits`.

    The mean over the classes is taken off. A constant added to all logits means nothing to a
    softmax, but a mean absolute difference counts it, and ``log_softmax`` adds a large one.

    Attributes:
        classes: number of logits.
        scores: what the network itself answers: logits, log-probabilities or probabilities.
        memory_format: how it likes its weights and images laid out.
    """

    def __init__(self, net: nn.Module, task: str, classes: int | None = None) -> None:
        super().__init__()
        self.net, self.task, self.classes = net, task, classes
        self.scores = "logits"
        self.memory_format = torch.contiguous_format

    def forward(self, images: Tensor) -> Tensor:
        """Images ``(N, C, H, W)`` to ``(N, classes)``, or to ``(N, classes, H, W)``."""
        answer = self.raw(images)
        if self.scores == "probabilities":
            answer = answer.clamp_min(1e-12).log()
        answer = answer - answer.mean(1, keepdim=True)
        if self.task == "segmentation" and answer.shape[-2:] != images.shape[-2:]:
            return F.interpolate(answer, images.shape[-2:], mode="bilinear", align_corners=False)
        return answer

    def raw(self, images: Tensor) -> Tensor:
        """The network's own scores, whatever they are."""
        if self.memory_format is torch.contiguous_format:
            # Not contiguous(), which leaves the strides of a grey channels-last image.
            images = images.flatten(1).unflatten(1, images.shape[1:])
        return self.picked(self.net(images), len(images))

    def picked(self, answer: Any, count: int) -> Tensor:
        """The tensor of scores in an answer: a tensor, a tuple, a dictionary, an object.

        Raises:
            ValueError: there is none for ``count`` images.
        """
        dims = 2 if self.task == "classification" else 4
        shapes = []
        for tensor in _tensors(answer):
            if tensor.dim() == 4 and dims == 2 and tensor.shape[2:] == (1, 1):
                tensor = tensor.flatten(1)  # a network of convolutions only
            fits = tensor.dim() == dims and len(tensor) == count and tensor.shape[1] > 1
            if fits and self.classes in (None, tensor.shape[1]):
                return tensor
            shapes.append(tuple(tensor.shape))
        wanted = "(N, classes)" if dims == 2 else "(N, classes, H, W)"
        told = "" if self.classes is None else f" with classes={self.classes}"
        raise ValueError(
            f"it answers {shapes or type(answer).__name__} to {count} images, where "
            f"{wanted}{told} is wanted for task={self.task!r}"
        )


def _tensors(answer: Any) -> Iterator[Tensor]:
    """The tensors of an answer, the likeliest first."""
    if isinstance(answer, Tensor):
        yield answer
    elif isinstance(answer, Mapping):
        for name in sorted(answer, key=lambda name: name not in ("logits", "out")):
            yield from _tensors(answer[name])
    elif isinstance(answer, tuple | list):
        for part in answer:
            yield from _tensors(part)
    elif hasattr(answer, "logits"):
        yield from _tensors(answer.logits)


def probes(channels: int, size: tuple[int, int]) -> Tensor:
    """Images ``(16, channels, *size)`` to try a network on: noise, half of it blurred."""
    stream = torch.Generator().manual_seed(4)
    noise = torch.randn(PROBES // 2, channels, *size, generator=stream)
    blurred = metrics.blurred_noise(PROBES // 2, channels, max(size), seed=4)
    return torch.cat([noise, blurred[..., : size[0], : size[1]]])


def as_logits(
    net: nn.Module,
    images: Tensor,
    *,
    who: str = "teacher",
    task: str = "classification",
    classes: int | None = None,
) -> Logits:
    """Try a network on a few images, and make logits of what it answers.

    Probabilities get a logarithm, which makes logits of them up to a constant; outputs of
    ``log_softmax`` are such already, and the constant goes. A network that looks at its images'
    memory (``x.view``) keeps them as it knows them; any other gets them channels-last, which is
    faster.

    Args:
        net: in eval mode.
        images: ``(N, C, H, W)``, in the range that the network takes.
        who: ``"teacher"`` or ``"student"``, for the sentence.
        task: one of :data:`TASKS`.
        classes: how many logits there must be; None takes what comes.

    Raises:
        ValueError: it fails on such images; its answers are not finite, do not depend on the
            image, are of another number of classes, or let no gradient through.
    """
    shape = "x".join(str(side) for side in images.shape[1:])
    wrapped = Logits(net, task, classes)
    asked = images.clone().requires_grad_(True)
    try:
        answer = wrapped.raw(asked)
    except Exception as error:  # whatever a stranger's forward does
        reason = str(error) if str(error).startswith("it answers") else said(error)
        hint = " or export it with a dynamic batch" if isinstance(net, Program) else ""
        raise ValueError(
            f"{who} can't answer {len(images)} images of {shape} (channels, height, width): "
            f"{reason}; say --size, --channels, --classes and --task as it was trained{hint}."
        ) from error
    if not answer.isfinite().all():
        raise ValueError(f"{who} answers NaN or infinity to images of {shape}: its file is broken.")
    if who == "teacher":
        if (answer - answer[:1]).abs().max() <= 1e-6 * answer.abs().max():
            raise ValueError(
                f"{who} answers the same to every image: are its weights those of a trained net?"
            )
        if not answer.requires_grad:
            raise ValueError(
                f"{who} lets no gradient through to the image, which the generator needs: is "
                "there a no_grad, a detach or an argmax in its forward?"
            )
        # Weighed unlike, since the sum of probabilities has no slope.
        weights = torch.linspace(-1, 1, answer.shape[1]).view(-1, *[1] * (answer.dim() - 2))
        slope = torch.autograd.grad((answer * weights).sum(), asked)[0]
        if not (slope.isfinite().all() and slope.any()):
            raise ValueError(f"{who} gives the generator no usable gradient: it is zero or NaN.")
    answer = answer.detach()
    wrapped.classes = answer.shape[1]
    if answer.min() >= 0 and (answer.sum(1) - 1).abs().max() < 1e-3:
        wrapped.scores = "probabilities"
    elif answer.logsumexp(1).abs().max() < 1e-3:
        wrapped.scores = "log-probabilities"
    if channels_last_ok(net, images):
        wrapped.memory_format = torch.channels_last
    return wrapped


def channels_last_ok(net: nn.Module, images: Tensor) -> bool:
    """Whether a network in eval mode answers channels-last images as it does others."""
    # By hand: of grey images torch takes either layout for the other.
    turned = images.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2)
    try:
        moved = copy.deepcopy(net).to(memory_format=torch.channels_last)
        with torch.no_grad():
            pairs = zip(_tensors(net(images)), _tensors(moved(turned)), strict=True)
            return all(torch.allclose(a, b, rtol=1e-3, atol=1e-4) for a, b in pairs)
    except Exception:  # view() on what it was not made for, or no copy to be had
        return False


def channels_of(net: nn.Module) -> int | None:
    """How many channels the network's first convolution takes; None where it has none."""
    for layer in net.modules():
        if isinstance(layer, nn.Conv2d):
            return layer.in_channels
    # The layers of a program are not torch's own any more, but their weights are.
    return next((weight.shape[1] for weight in net.parameters() if weight.dim() == 4), None)


# ---------------------------------------------------------------- sizes and ranges


class Cropped(nn.Module):
    """The last layer of a generator for images of any size: it cuts larger ones to it."""

    def __init__(self, size: tuple[int, int]) -> None:
        super().__init__()
        self.size = size

    def forward(self, images: Tensor) -> Tensor:
        return images[..., : self.size[0], : self.size[1]]


def in_range(noise: Tensor, mean: Sequence[float], std: Sequence[float]) -> Tensor:
    """Noise of variance 1 as pixels between black and white, normalised by mean and std.

    Args:
        noise: ``(N, C, H, W)``.
        mean: by channel, of images from 0 to 1, by which the teacher's inputs are normalised.
        std: the same.
    """
    mean, std = (torch.tensor(values).view(1, -1, 1, 1) for values in (mean, std))
    return ((2 * noise).sigmoid() - mean) / std


class Padded(nn.Module):
    """A segmenter for sides that are no multiples of 4: it pads images, and cuts its answers."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, images: Tensor) -> Tensor:
        height, width = images.shape[-2:]
        padded = F.pad(images, (0, -width % 4, 0, -height % 4), mode="replicate")
        return self.net(padded)[..., :height, :width]
