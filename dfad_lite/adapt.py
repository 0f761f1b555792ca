"""Networks that this course did not make: their answers as logits, images of their size.

:func:`as_logits` tries a network on a few images and makes logits of whatever it answers, or
says in a sentence why it can't be distilled. :class:`Cropped` makes a generator's images fit sizes
that the course's generators do not know.
"""

import contextlib
import copy
from collections.abc import Mapping, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dfad_lite import estimates
from dfad_lite.checkpoint import Program, reason


class Logits(nn.Module):
    """A network whose answers, whatever their form, come out as logits; see :func:`as_logits`.

    Their mean over the classes is subtracted. A constant added to all logits means nothing to a
    softmax, but a mean absolute difference counts it, and ``log_softmax`` adds a large one.
    """

    def __init__(self, net: nn.Module, task: str, classes: int | None = None) -> None:
        super().__init__()
        self.net, self.task, self.classes = net, task, classes
        self.scores = "logits"  # what the network itself answers, or what else as_logits finds
        self.rows = False  # whether it takes images as rows of numbers
        self.memory_format = torch.contiguous_format  # of weights and images

    def forward(self, images: Tensor) -> Tensor:
        """Images ``(N, C, H, W)`` to ``(N, classes)``, or to ``(N, classes, H, W)``."""
        answer = self.raw(images)
        if self.scores == "probabilities":
            answer = answer.clamp_min(1e-30).log()
        elif self.scores == "sigmoids":
            answer = answer.logit(1e-6)
        if answer.shape[1] == 1:  # of two classes, the second's
            answer = torch.cat([torch.zeros_like(answer), answer], 1)
        answer = answer - answer.mean(1, keepdim=True)
        if self.task == "segmentation" and answer.shape[-2:] != images.shape[-2:]:
            return F.interpolate(answer, images.shape[-2:], mode="bilinear", align_corners=False)
        return answer

    def raw(self, images: Tensor) -> Tensor:
        """The network's own scores, found in a tensor, a tuple, a dictionary or an object.

        Raises:
            ValueError: there are none for each image, or there are several.
        """
        images = images.clone(memory_format=self.memory_format)  # some networks change them
        with contextlib.redirect_stdout(None):  # some print something with every batch
            answer = self.net(images.flatten(1) if self.rows else images)
        dims = 2 if self.task == "classification" else 4
        shapes, by_width = [], {}
        for tensor in map(Tensor.float, _tensors(answer)):  # some answer in half precision
            if dims == 2 and tensor.shape[2:] == (1, 1):
                tensor = tensor.flatten(1)  # a network of convolutions only
            tensor = tensor[:, None] if tensor.dim() == dims - 1 else tensor
            shapes.append(tuple(tensor.shape))
            # Not by len(), which would fix the number of images of an exported program.
            if tensor.dim() == dims and tensor.shape[0] == images.shape[0]:
                by_width.setdefault(tensor.shape[1], tensor)
        one = by_width.pop(1, None)  # a number that tells two classes apart; or a loss
        fitting = [t for width, t in by_width.items() if self.classes in (None, width)]
        if one is not None and self.classes == 2:
            fitting = fitting or [one]
        if len(fitting) == 1:
            return fitting[0]
        wanted = "(N, classes)" if dims == 2 else "(N, classes, H, W)"
        told = "" if self.classes is None else f" with classes={self.classes}"
        if fitting:
            told += " (--classes says which)"
        elif one is not None:
            told += " (--classes 2 where one number tells two apart)"
        raise ValueError(
            f"it answers {shapes or type(answer).__name__} to {len(images)} images, where one "
            f"{wanted}{told} is wanted for task={self.task!r}"
        )


def _tensors(answer: Any) -> list[Tensor]:
    """The tensors of an answer; of one with ``logits`` or ``out`` only these."""
    if isinstance(answer, Tensor):
        return [answer]
    if not isinstance(answer, Mapping | tuple | list):  # an object
        answer = getattr(answer, "__dict__", {})
    if isinstance(answer, Mapping):
        answer = [answer[n] for n in ("logits", "out") if n in answer][:1] or answer.values()
    return [tensor for part in answer for tensor in _tensors(part)]


def probes(channels: int, size: tuple[int, int]) -> Tensor:
    """Images ``(16, channels, *size)`` to try a network on: noise, half of it blurred."""
    stream = torch.Generator().manual_seed(4)
    noise = torch.randn(8, channels, *size, generator=stream)
    return torch.cat([noise, estimates.blurred_noise(8, channels, size, seed=4)])


def bytes_an_image(net: nn.Module, images: Tensor) -> float:
    """What a forward pass keeps of each image ``(N, C, H, W)`` for the way back, weights apart."""
    kept: dict[int, int] = {}

    def note(tensor: Tensor) -> Tensor:
        kept[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
        answers = net(images.clone().requires_grad_())  # held, so that no storage is used twice
    for weight in (*net.parameters(), *net.buffers()):
        kept.pop(weight.untyped_storage().data_ptr(), None)
    del answers
    return sum(kept.values()) / len(images)


def as_logits(
    net: nn.Module,
    images: Tensor,
    *,
    who: str = "teacher",
    task: str = "classification",
    classes: int | None = None,
) -> Logits:
    """Try a network on a few images, and make logits of what it answers.

    The logarithm of a probability is its logit up to a constant, which is subtracted anyway; so
    outputs of ``log_softmax`` stay as they are. Images come channels-last, which is faster, unless
    the network minds, as one with ``x.view`` does.

    Args:
        net: the network, in eval mode.
        images: ``(N, C, H, W)``, in the range that the network takes.
        who: what error messages call it; a ``"teacher"`` must also pass gradients on.
        task: ``"classification"`` or ``"segmentation"``.
        classes: how many logits there must be; None takes what comes.

    Raises:
        ValueError: it fails on such images; its answers are not finite, do not depend on the
            image, are of another number of classes, or let no gradient through.
    """
    shape = "x".join(str(side) for side in images.shape[1:])
    wrapped = Logits(net, task, classes)
    asked = images.clone().requires_grad_(True)
    errors = []
    for wrapped.rows in (False, True):
        try:
            answer = wrapped.raw(asked)
            break
        except Exception as error:  # whatever a stranger's forward does
            errors.append(error)
    else:
        why = str(errors[0]) if str(errors[0]).startswith("it answers") else reason(errors[0])
        hint = " or export it with a dynamic batch" if isinstance(net, Program) else ""
        raise ValueError(
            f"{who} can't answer {len(images)} images of {shape} (channels, height, width): "
            f"{why}; say --size, --channels, --classes and --task as it was trained{hint}."
        ) from errors[0]
    if not answer.isfinite().all():
        raise ValueError(f"{who} answers NaN or infinity to images of {shape}: its file is broken.")
    if answer.min() >= 0 and (answer.sum(1) - 1).abs().max() < 1e-2:  # of bf16, too
        wrapped.scores = "probabilities"
    elif answer.logsumexp(1).abs().max() < 1e-3:
        wrapped.scores = "log-probabilities"
    elif answer.min() >= 0 and answer.max() <= 1:
        wrapped.scores = "sigmoids"
    answer = wrapped(asked)
    wrapped.classes = answer.shape[1]
    if who == "teacher":
        check_teaches(answer, asked)
    with contextlib.suppress(Exception), torch.no_grad():  # view(), or no copy to be had
        wrapped(images)  # torch.nn.utils.weight_norm leaves a weight that can be copied
        turned = copy.deepcopy(wrapped).to(memory_format=torch.channels_last)
        turned.memory_format = torch.channels_last
        if torch.allclose(answer, turned(images), rtol=1e-3, atol=1e-4):
            wrapped.memory_format = torch.channels_last
    return wrapped


def check_teaches(logits: Tensor, images: Tensor) -> None:
    """Refuse a teacher whose logits ``(N, classes, ...)`` say nothing of the images they answer.

    Raises:
        ValueError: they are all the same, or have no gradient at the images.
    """
    if (logits - logits[:1]).abs().max() <= 1e-6 * logits.abs().max():
        raise ValueError(
            "teacher answers the same to every image: are its weights those of a trained net?"
        )
    slope = None
    if logits.requires_grad:
        # Unequal weights, since the plain sum of logits without their mean is always zero.
        weights = torch.linspace(-1, 1, logits.shape[1]).view(-1, *[1] * (logits.dim() - 2))
        (slope,) = torch.autograd.grad((logits * weights).sum(), images, allow_unused=True)
    if slope is None:
        raise ValueError(
            "teacher lets no gradient through to the image, which the generator needs: is there a "
            "no_grad, a detach, an argmax or a cast to integers in its forward?"
        )
    if not (slope.isfinite().all() and slope.any()):
        raise ValueError("teacher gives the generator no usable gradient: it is zero or NaN.")


def channels_of(net: nn.Module) -> int | None:
    """How many channels the network's first convolution takes; None where it has none."""
    for layer in net.modules():
        if isinstance(layer, nn.Conv2d):
            return layer.weight.shape[1] * layer.groups
    # The layers of a program are not torch's own any more, but their weights are.
    return next((weight.shape[1] for weight in net.parameters() if weight.dim() == 4), None)


class Cropped(nn.Module):
    """The last layer of a generator for images of any size: it crops larger ones."""

    def __init__(self, size: tuple[int, int]) -> None:
        super().__init__()
        self.size = size

    def forward(self, images: Tensor) -> Tensor:
        return images[..., : self.size[0], : self.size[1]]


def in_range(noise: Tensor, mean: Sequence[float], std: Sequence[float]) -> Tensor:
    """Noise ``(N, C, H, W)`` of variance 1 as pixels from black to white, normalised by channel."""
    mean, std = (torch.tensor(values).view(1, -1, 1, 1) for values in (mean, std))
    return ((2 * noise).sigmoid() - mean) / std
