"""Training a classifier with labels: how the teacher comes to know what it knows (notebook 01)."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim.lr_scheduler import LambdaLR

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


def learning_rate_factor(settings: Profile, epochs_done: float) -> float:
    """What the learning rate is multiplied by after ``epochs_done`` epochs."""
    if settings.teacher_schedule == "cosine":
        return 0.5 * (1 + math.cos(math.pi * epochs_done / settings.teacher_epochs))
    if settings.teacher_schedule == "steps":
        return 0.1 ** (int(epochs_done) // settings.teacher_step_epochs)
    return 1.0


class Training:
    """Training a network in place with SGD on cross-entropy, an epoch each time it is asked.

    The reference code's recipe: momentum 0.9, no augmentation for MNIST; for images in colour,
    random crops (4 pixels of padding) and flips. The whole split stays on the
    device, so there are no worker processes. It may be stopped after any epoch: ``state_dict``
    holds everything a later process needs to go on as if nothing had happened.

    The ``model`` goes from images ``(N, C, H, W)`` to logits ``(N, classes)``, or to
    ``(N, classes, H, W)`` where every pixel has a label.
    """

    def __init__(
        self, model: nn.Module, split: Split, settings: Profile, *, device: torch.device | str
    ) -> None:
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
        self.done = 0  # epochs
        self.total = settings.teacher_epochs

    def epochs(self) -> Iterator[Epoch]:
        """Train to the last epoch, each when asked for."""
        split, batch_size = self.split, self.settings.teacher_batch
        images = split.normalised(device=self.device)
        labels = split.labels.to(self.device)
        # A short last batch would weigh its images more, and batch norm can't take a single one.
        per_epoch = max(1, len(labels) // batch_size)
        schedule = LambdaLR(
            self.optimizer,
            lambda step: learning_rate_factor(
                self.settings, step // per_epoch + step % per_epoch / per_epoch
            ),
            last_epoch=self.done * per_epoch - 1,
        )
        while self.done < self.total:
            total = torch.zeros((), device=self.device)
            first_lr = schedule.get_last_lr()[0]
            shuffled = torch.randperm(len(labels), generator=self.order).to(self.device)
            for picked in shuffled.split(batch_size)[:per_epoch]:
                batch, wanted = images[picked], labels[picked]
                if split.augment:
                    batch, wanted = crop_and_flip(batch, wanted, self.order)
                loss = self.objective(self.model(batch), wanted)
                self.optimizer.zero_grad()
                loss.backward()
                self.optimizer.step()
                schedule.step()
                total += loss.detach()
            self.done += 1
            yield Epoch(self.done, total.item() / per_epoch, first_lr)

    def objective(self, logits: Tensor, labels: Tensor) -> Tensor:
        """What the network minimises: cross-entropy in nats, over the pixels that have a label."""
        return F.cross_entropy(logits, labels, ignore_index=VOID)

    def state_dict(self) -> dict[str, Any]:
        """Everything that changes from epoch to epoch."""
        return {
            "done": self.done,
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "order": self.order.get_state(),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from where ``state`` was taken."""
        self.done = state["done"]
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.order.set_state(state["order"].cpu())


def crop_and_flip(
    images: Tensor, labels: Tensor, order: torch.Generator, *, padding: int = 4
) -> tuple[Tensor, Tensor]:
    """Shift each image of ``(N, C, H, W)`` by up to ``padding`` pixels and mirror half of them.

    Label maps ``(N, H, W)`` move with their images: what comes in from outside is void, and the
    image's border repeats its edge there. Labels ``(N,)`` stay, and the border is 0.
    """
    count, _, height, width = images.shape
    device = images.device
    down = torch.randint(2 * padding + 1, (count, 1, 1), generator=order).to(device)
    right = torch.randint(2 * padding + 1, (count, 1, 1), generator=order).to(device)
    mirrored = (torch.rand(count, 1, 1, generator=order) < 0.5).to(device)
    columns = torch.arange(width, device=device).view(1, 1, -1)
    # Which image, row and column of the padded batch each pixel of the result is taken from.
    place = (
        torch.arange(count, device=device).view(-1, 1, 1),
        torch.arange(height, device=device).view(1, -1, 1) + down,
        torch.where(mirrored, columns.flip(2), columns) + right,
    )
    maps = labels.dim() == 3
    padded = F.pad(images, [padding] * 4, mode="replicate" if maps else "constant")
    # Indexing around the channel slice puts the channels last; put them back second.
    moved = padded[place[0], :, place[1], place[2]].permute(0, 3, 1, 2)
    return moved, F.pad(labels, [padding] * 4, value=VOID)[place] if maps else labels
