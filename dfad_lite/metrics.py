"""How good a student is, and how close to its teacher. Real test data is for these only."""

import torch
from torch import Tensor, nn

from dfad_lite.data import VOID, Split


@torch.no_grad()  # not inference mode: of what a network keeps from that, nothing can be learnt
def logits(model: nn.Module, images: Tensor, *, batch_size: int = 500) -> Tensor:
    """The logits ``(N, ...)`` of normalised images ``(N, C, H, W)``, on the model's device.

    The model answers in eval mode and in its own dtype; its mode is put back afterwards. Of images
    with more than 64 x 64 pixels fewer go in at once, so that memory does not grow with them.

    Raises:
        ValueError: no images.
    """
    if len(images) == 0:
        raise ValueError("images is empty: give at least one image (N, C, H, W).")
    weight = next(model.parameters())
    training = model.training
    model.eval()
    parts = images.split(at_once(images, batch_size))
    out = [model(part.to(weight.device, weight.dtype)) for part in parts]
    model.train(training)
    return torch.cat(out)


def at_once(images: Tensor, most: int) -> int:
    """How many of images ``(N, C, H, W)`` go in together: ``most``, fewer above 64 x 64 pixels."""
    return min(most, max(1, most * 64**2 // images[0, 0].numel()))


def accuracy(model: nn.Module, split: Split) -> float:
    """Share of the split's images whose largest logit is the label's; mean IoU of label maps."""
    return score(logits(model, split.normalised()), split.labels)


def score(model_logits: Tensor, labels: Tensor) -> float:
    """The figure that counts: accuracy for labels ``(N,)``, mean IoU for maps ``(N, H, W)``."""
    if labels.dim() == 3:
        return class_iou(model_logits, labels).nanmean().item()
    return (model_logits.argmax(1).cpu() == labels).double().mean().item()


def class_iou(model_logits: Tensor, labels: Tensor) -> Tensor:
    """Intersection over union of each class, ``(classes,)``; nan where the union is empty.

    Args:
        model_logits: ``(N, classes, H, W)``; counted image by image, so that N may be large.
        labels: ``(N, H, W)``, with :data:`dfad_lite.data.VOID` where a pixel does not count.
    """
    classes = model_logits.shape[1]
    table = torch.zeros(classes, classes, dtype=torch.float64)
    for scores, wanted in zip(model_logits.split(50), labels.split(50), strict=True):
        counted = wanted != VOID
        table += confusion(wanted[counted], scores.argmax(1).cpu()[counted], classes)
    return iou(table)


def iou(table: Tensor) -> Tensor:
    """Intersection over union of each class, by a table as of :func:`confusion`."""
    hit = table.diag()
    return hit / (table.sum(0) + table.sum(1) - hit)  # 0 / 0 is nan


def agreement(a: Tensor, b: Tensor) -> float:
    """Share of rows in which two sets of logits ``(N, classes)`` have the same largest entry."""
    return (a.argmax(1) == b.argmax(1)).double().mean().item()


def calibration_error(model_logits: Tensor, labels: Tensor) -> float:
    """Expected calibration error: mean gap of confidence and accuracy over 15 bins."""
    # It brings matplotlib with it, which nothing else in the core needs.
    from torchmetrics.functional.classification import multiclass_calibration_error

    return multiclass_calibration_error(
        model_logits.softmax(1), labels, num_classes=model_logits.shape[1], n_bins=15
    ).item()


def confusion(rows: Tensor, columns: Tensor, classes: int) -> Tensor:
    """Counts ``(classes, classes)`` of pairs of class indices ``(N,)``, int64."""
    return torch.bincount(rows * classes + columns, minlength=classes**2).view(classes, classes)


def certified(teacher_logits: Tensor, student_logits: Tensor) -> float:
    """Share of rows in which the logits alone prove that both networks predict the same class.

    Let m be the teacher's margin, its largest logit less its second. If no logit of the
    student's is m / 2 or more away from the teacher's, then the student's logit of the
    teacher's class has lost less than m / 2 and every other has gained less than m / 2, so the
    order of the two can't have changed. The share is thus never above :func:`agreement`.

    Raises:
        ValueError: the logits are not both ``(N, classes, ...)``, with two classes or more.
    """
    if teacher_logits.shape != student_logits.shape or teacher_logits.shape[1] < 2:
        raise ValueError(
            f"teacher_logits have shape {tuple(teacher_logits.shape)}, student_logits "
            f"{tuple(student_logits.shape)}: give both networks' logits (N, classes, ...) on the "
            "same images, with two classes or more."
        )
    # In float64, so that rounding can't certify a row that float32 logits do not.
    taught, learnt = teacher_logits.double(), student_logits.double()
    first, second = taught.topk(2, dim=1).values.unbind(dim=1)
    largest = (taught - learnt).abs().amax(dim=1)
    return (largest < (first - second) / 2).double().mean().item()


def ascend(
    teacher: nn.Module,
    student: nn.Module,
    images: Tensor,
    *,
    low: float,
    high: float,
    steps: int = 50,
) -> Tensor:
    """Change images so that two networks disagree more: signed gradient ascent on the pixels.

    How far apart they are on the result is a lower bound on how far apart they ever are on
    images between ``low`` and ``high``; a search that finds more would be a better one.

    Args:
        teacher: frozen network, images to logits; as ``student``.
        images: where to start, normalised ``(N, C, H, W)``.
        low: black, normalised; ``high`` is white.
        steps: each changes every pixel by 0.05, in normalised units.

    Returns:
        The images ``(N, C, H, W)`` with the largest mean |T(x) - S(x)| seen on the way, one by
        one, the clamped start included.

    Raises:
        ValueError: ``low`` is not below ``high``.
    """
    if not low < high:
        raise ValueError(f"low={low} must be below high={high}: black and white, normalised.")
    now = images.detach().clamp(low, high)
    best, widest = now.clone(), now.new_full((len(now),), -1.0)
    for step in range(steps + 1):
        now.requires_grad_(True)
        gap = (teacher(now) - student(now)).abs().flatten(1).mean(1)
        better = gap.detach() > widest
        best[better], widest[better] = now.detach()[better], gap.detach()[better]
        if step < steps:
            (gradient,) = torch.autograd.grad(gap.sum(), now)
            now = (now.detach() + 0.05 * gradient.sign()).clamp(low, high)
    return best
