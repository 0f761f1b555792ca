"""Training a classifier with labels: how the teacher comes to know what it knows."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dfad_lite.data import VOID, Split
from dfad_lite.profiles import Profile

# Part of every artefact's key: raise it when a change here changes what comes out.
RECIPE = 1


@dataclass(frozen=True)
class Epoch:
    """What one pass over the training set left behind."""

    epoch: int  # counted from 1
    loss: float  # mean cross-entropy over the epoch, in nats
    lr: float  # at the epoch's first step


def train(
    model: nn.Module, split: Split, settings: Profile, *, device: torch.device | str = "cpu"
) -> Iterator[Epoch]:
    """Train ``model`` in place with SGD on cross-entropy, a record each epoch.

    The reference code's recipe: momentum 0.9, no augmentation for MNIST; for 32x32 colour
    images, random crops (4 pixels of padding) and flips. The whole split stays on the
    device, so there are no worker processes.

    Args:
        model: network from ``(N, C, H, W)`` to ``(N, classes)``, or to ``(N, classes, H, W)``
            where every pixel has a label.
        split: training images and labels.
        settings: the profile: epochs, batch size, learning rate, seed.
        device: where to train.
    """
    yield from Training(model, split, settings, device=device).epochs()


class Training:
    """The training of :func:`train`, which can be stopped after any epoch and gone on with.

    ``label_smoothing`` spreads that share of each label over all classes.
    """

    def __init__(
        self,
        model: nn.Module,
        split: Split,
        settings: Profile,
        *,
        device: torch.device | str,
        label_smoothing: float = 0.0,
    ) -> None:
        self.label_smoothing = label_smoothing
        self.model = model.to(device=device, memory_format=torch.channels_last).train()
        self.split, self.settings, self.device = split, settings, device
        self.order = torch.Generator().manual_seed(settings.seed)
        self.optimizer = torch.optim.SGD(
            model.parameters(),
            lr=settings.teacher_lr,
            momentum=0.9,
            weight_decay=settings.teacher_weight_decay,
            fused=True,
        )
        self.epoch = 0

    def epochs(self) -> Iterator[Epoch]:
        """Train to the last epoch, each when asked for."""
        settings, split = self.settings, self.split
        images = split.normalised(device=self.device)
        labels = split.labels.to(self.device)
        # A short last batch would weigh its images more, and batch norm can't take a single one.
        per_epoch = max(1, len(labels) // settings.teacher_batch)
        while self.epoch < settings.teacher_epochs:
            total = torch.zeros((), device=self.device)
            shuffled = torch.randperm(len(labels), generator=self.order)
            first_lr = settings.teacher_lr * _factor(settings, self.epoch)
            for step, picked in enumerate(shuffled.split(settings.teacher_batch)[:per_epoch]):
                for group in self.optimizer.param_groups:
                    group["lr"] = settings.teacher_lr * _factor(
                        settings, self.epoch + step / per_epoch
                    )
                batch = images[picked.to(self.device)]
                wanted = labels[picked.to(self.device)]
                if split.augment and wanted.dim() == 3:  # label maps move with their images
                    batch, wanted = crop_and_flip_both(batch, wanted, self.order)
                elif split.augment:
                    batch = crop_and_flip(batch, self.order)
                loss = F.cross_entropy(
                    self.model(batch),
                    wanted,
                    ignore_index=VOID,
                    label_smoothing=self.label_smoothing,
                )
                self.optimizer.zero_grad()
                loss.backward()
                self.optimizer.step()
                total += loss.detach()
            self.epoch += 1
            yield Epoch(self.epoch, total.item() / per_epoch, first_lr)

    def state_dict(self) -> dict[str, Any]:
        """Everything that changes from epoch to epoch."""
        return {
            "epoch": self.epoch,
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "order": self.order.get_state(),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from where ``state`` was taken."""
        self.epoch = state["epoch"]
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.order.set_state(state["order"].cpu())


def _factor(settings: Profile, epochs_done: float) -> float:
    """What the learning rate is multiplied by after ``epochs_done`` epochs."""
    if settings.teacher_schedule == "cosine":
        return 0.5 * (1 + math.cos(math.pi * epochs_done / settings.teacher_epochs))
    if settings.teacher_schedule == "steps":
        return 0.1 ** (int(epochs_done) // settings.teacher_step_epochs)
    return 1.0


def crop_and_flip(batch: Tensor, order: torch.Generator, *, padding: int = 4) -> Tensor:
    """Shift each image of ``(N, C, H, W)`` by up to ``padding`` pixels and mirror half of them."""
    which, rows, columns = _places(batch, order, padding)
    padded = F.pad(batch, [padding] * 4, mode="constant")
    # Indexing around the channel slice puts the channels last; put them back second.
    return padded[which, :, rows, columns].permute(0, 3, 1, 2)


def crop_and_flip_both(
    batch: Tensor, maps: Tensor, order: torch.Generator, *, padding: int = 4
) -> tuple[Tensor, Tensor]:
    """The same of images and of their label maps ``(N, H, W)``; what comes in from outside is void.

    The border of the images repeats their edge.
    """
    which, rows, columns = _places(batch, order, padding)
    padded = F.pad(batch, [padding] * 4, mode="replicate")
    labels = F.pad(maps, [padding] * 4, value=VOID)
    moved = padded[which, :, rows, columns].permute(0, 3, 1, 2)
    return moved, labels[which, rows, columns]


def _places(batch: Tensor, order: torch.Generator, padding: int) -> tuple[Tensor, Tensor, Tensor]:
    """Where each pixel of the result is taken from, in the padded batch."""
    count, _, height, width = batch.shape
    device = batch.device
    down = torch.randint(2 * padding + 1, (count, 1, 1), generator=order).to(device)
    right = torch.randint(2 * padding + 1, (count, 1, 1), generator=order).to(device)
    mirrored = (torch.rand(count, 1, 1, generator=order) < 0.5).to(device)
    rows = torch.arange(height, device=device).view(1, -1, 1) + down
    columns = torch.arange(width, device=device).view(1, 1, -1)
    columns = torch.where(mirrored, columns.flip(2), columns) + right
    which = torch.arange(count, device=device).view(-1, 1, 1)
    return which, rows, columns
