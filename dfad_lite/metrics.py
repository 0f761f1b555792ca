"""How good a student is, and how close to its teacher. Real test data is for these only."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torchmetrics.functional.classification import multiclass_calibration_error

from dfad_lite import losses
from dfad_lite.data import Split


@torch.inference_mode()
def logits(model: nn.Module, images: Tensor, *, batch_size: int = 500) -> Tensor:
    """The model's logits ``(N, ...)`` in eval mode, on the model's device and in its dtype.

    Args:
        model: network from images to logits; its mode is put back afterwards.
        images: normalised images ``(N, C, H, W)``.
        batch_size: images per forward pass.

    Raises:
        ValueError: no images.
    """
    if len(images) == 0:
        raise ValueError("images is empty: give at least one image (N, C, H, W).")
    weight = next(model.parameters())
    training = model.training
    model.eval()
    out = [model(part.to(weight.device, weight.dtype)) for part in images.split(batch_size)]
    model.train(training)
    return torch.cat(out)


def accuracy(model: nn.Module, split: Split) -> float:
    """Share of the split's images whose largest logit is the label's."""
    answers = logits(model, split.normalised()).argmax(1).cpu()
    return (answers == split.labels).double().mean().item()


def agreement(a: Tensor, b: Tensor) -> float:
    """Share of rows in which two sets of logits ``(N, classes)`` have the same largest entry."""
    return (a.argmax(1) == b.argmax(1)).double().mean().item()


def discrepancy(teacher: nn.Module, student: nn.Module, images: Tensor) -> float:
    """Mean absolute difference of the logits on ``images`` (paper, D(T, S) on real images)."""
    return losses.mae(logits(student, images), logits(teacher, images)).item()


def calibration_error(model_logits: Tensor, labels: Tensor, *, bins: int = 15) -> float:
    """Expected calibration error: mean gap of confidence and accuracy over ``bins`` bins."""
    return multiclass_calibration_error(
        model_logits.softmax(1), labels, num_classes=model_logits.shape[1], n_bins=bins
    ).item()


def confusion(rows: Tensor, columns: Tensor, classes: int) -> Tensor:
    """Counts ``(classes, classes)`` of pairs of class indices ``(N,)``, int64."""
    return torch.bincount(rows * classes + columns, minlength=classes**2).view(classes, classes)
