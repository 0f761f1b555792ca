"""Twelve teachers as strangers train them, for :mod:`benchmarks.zoo`: networks and trainings.

Two halves, fixed before the first game was played: A to choose a recipe on (by agreement on
*training* images), B to confirm it on. Both hold convolutional nets, a multi-layer
perceptron, a transformer and a residual net, sharp and soft teachers, dark and light grounds.
"""

from __future__ import annotations

import functools
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dfad_lite import data, metrics, models, store

# ---------------------------------------------------------------- networks of strangers


def lenet5() -> nn.Module:
    """LeNet-5 with ``log_softmax``, 32 x 32."""
    return nn.Sequential(models.LeNet5(1, 10), nn.LogSoftmax(1))


def dropnet() -> nn.Module:
    """PyTorch's older MNIST example: two 5 x 5 convolutions, channel dropout, 28 x 28."""
    return nn.Sequential(
        *(nn.Conv2d(1, 10, 5), nn.MaxPool2d(2), nn.ReLU()),
        *(nn.Conv2d(10, 20, 5), nn.Dropout2d(), nn.MaxPool2d(2), nn.ReLU(), nn.Flatten()),
        *(nn.Linear(320, 50), nn.ReLU(), nn.Dropout(), nn.Linear(50, 10), nn.LogSoftmax(1)),
    )


def example() -> nn.Module:
    """PyTorch's newer MNIST example: wide 3 x 3 convolutions, dropout twice, 28 x 28."""
    return nn.Sequential(
        *(nn.Conv2d(1, 32, 3), nn.ReLU(), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Dropout(0.25), nn.Flatten(), nn.Linear(9216, 128), nn.ReLU(), nn.Dropout(0.5)),
        *(nn.Linear(128, 10), nn.LogSoftmax(1)),
    )


def vgg(size: int, *, norm: bool, dropout: float) -> nn.Module:
    """Four 3 x 3 convolutions in two stages and two linear layers."""
    layers: list[nn.Module] = []
    for inputs, outputs in ((1, 16), (16, 16), (16, 32), (32, 32)):
        layers += [nn.Conv2d(inputs, outputs, 3, padding=1)]
        layers += [nn.BatchNorm2d(outputs)] if norm else []
        layers += [nn.ReLU()]
        layers += [nn.MaxPool2d(2)] if inputs == outputs else []
    layers += [nn.Flatten(), nn.Linear(32 * (size // 4) ** 2, 128), nn.ReLU()]
    return nn.Sequential(*layers, nn.Dropout(dropout), nn.Linear(128, 10))


class Block(nn.Module):
    """Two 3 x 3 convolutions and a shortcut."""

    def __init__(self, inputs: int, outputs: int, norm: Callable[[int], nn.Module]) -> None:
        super().__init__()
        stride = outputs // inputs
        self.way = nn.Sequential(
            *(nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), norm(outputs), nn.ReLU()),
            *(nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False), norm(outputs)),
        )
        self.shortcut = nn.Conv2d(inputs, outputs, 1, stride) if stride > 1 else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.way(x) + self.shortcut(x))


def resnet(norm: Callable[[int], nn.Module]) -> nn.Module:
    """Three residual blocks behind a stem with stride 2."""
    return nn.Sequential(
        *(nn.Conv2d(1, 16, 3, 2, 1, bias=False), norm(16), nn.ReLU()),
        *(Block(16, 16, norm), Block(16, 32, norm), Block(32, 64, norm)),
        *(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10)),
    )


def mlp(size: int, *, norm: bool, dropout: float) -> nn.Module:
    """Two hidden layers of 256 and 128."""
    layers: list[nn.Module] = [nn.Flatten()]
    for inputs, outputs in ((size**2, 256), (256, 128)):
        layers += [nn.Linear(inputs, outputs), *([nn.BatchNorm1d(outputs)] if norm else [])]
        layers += [nn.ReLU(), nn.Dropout(dropout)]
    return nn.Sequential(*layers, nn.Linear(128, 10))


class Attend(nn.Module):
    """One block of a transformer, norms first."""

    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.first, self.second = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.qkv, self.out = nn.Linear(dim, 3 * dim), nn.Linear(dim, dim)
        self.mlp = nn.Sequential(nn.Linear(dim, 2 * dim), nn.GELU(), nn.Linear(2 * dim, dim))

    def forward(self, x: Tensor) -> Tensor:
        count, tokens, dim = x.shape
        qkv = self.qkv(self.first(x)).view(count, tokens, 3, self.heads, dim // self.heads)
        mixed = F.scaled_dot_product_attention(*qkv.permute(2, 0, 3, 1, 4))
        x = x + self.out(mixed.transpose(1, 2).reshape(count, tokens, dim))
        return x + self.mlp(self.second(x))


class ViT(nn.Module):
    """A small vision transformer; the mean of its tokens, or a class token, is read out."""

    def __init__(self, size: int, patch: int, dim: int, depth: int, *, token: bool) -> None:
        super().__init__()
        self.embed = nn.Conv2d(1, dim, patch, patch)
        self.token = nn.Parameter(torch.zeros(1, 1, dim)) if token else None
        self.places = nn.Parameter(0.02 * torch.randn(1, (size // patch) ** 2 + token, dim))
        self.blocks = nn.Sequential(*(Attend(dim, 4) for _ in range(depth)))
        self.norm, self.head = nn.LayerNorm(dim), nn.Linear(dim, 10)

    def forward(self, images: Tensor) -> Tensor:
        x = self.embed(images).flatten(2).transpose(1, 2)
        if self.token is not None:
            x = torch.cat([self.token.expand(len(x), -1, -1), x], dim=1)
        x = self.norm(self.blocks(x + self.places))
        return self.head(x.mean(1) if self.token is None else x[:, 0])


# ---------------------------------------------------------------- the teachers

UNIT, HALF, MNIST = (0.0, 1.0), (0.5, 0.5), (0.1307, 0.3081)  # mean and std of the pixels


@dataclass(frozen=True)
class Kind:
    """How one teacher is made."""

    half: str
    net: Callable[[], nn.Module]
    size: int
    pixels: tuple[float, float]  # mean and std of images in [0, 1]
    optimiser: str
    lr: float
    epochs: int
    schedule: str = "constant"  # or cosine, onecycle, steps
    decay: float = 0.0
    smoothing: float = 0.0
    shifts: int = 0  # augmentation: moved by up to so many pixels
    inverted: bool = False  # dark digits on a light ground
    batch: int = 128


def _gn(channels: int) -> nn.Module:
    return nn.GroupNorm(4, channels)


KINDS = {
    "lenet5-adam": Kind("A", lenet5, 32, MNIST, "adam", 1e-3, 12, "steps"),
    "dropnet-sgd": Kind("A", dropnet, 28, MNIST, "sgd", 0.05, 5, "cosine"),
    "vgg-bn-onecycle": Kind(
        *("A", lambda: vgg(28, norm=True, dropout=0.0), 28, UNIT, "sgd", 0.1, 1, "onecycle"),
        decay=5e-4,
        shifts=2,
    ),
    "mlp-dropout-inverted": Kind(
        *("A", lambda: mlp(28, norm=False, dropout=0.2), 28, HALF, "adam", 1e-3, 8),
        inverted=True,
    ),
    "resnet-gn-smoothed": Kind(
        *("A", lambda: resnet(_gn), 32, MNIST, "adamw", 4e-3, 2, "cosine", 0.05, 0.1)
    ),
    "vit-mean": Kind(
        *("A", lambda: ViT(28, 7, 64, 3, token=False), 28, HALF, "adamw", 3e-3, 4, "onecycle"),
        decay=0.05,
        shifts=1,
    ),
    "lenet5-onecycle-shifts": Kind("B", lenet5, 32, UNIT, "adam", 4e-3, 6, "onecycle", shifts=2),
    "example-adam": Kind("B", example, 28, MNIST, "adam", 2e-3, 1, "onecycle"),
    "vgg-dropout-inverted": Kind(
        *("B", lambda: vgg(32, norm=False, dropout=0.5), 32, UNIT, "adam", 2e-3, 1, "cosine"),
        inverted=True,
    ),
    "resnet-bn-cosine": Kind(
        *("B", lambda: resnet(nn.BatchNorm2d), 28, HALF, "sgd", 0.1, 2, "cosine", 5e-4),
        shifts=2,
    ),
    "mlp-bn-smoothed": Kind(
        *("B", lambda: mlp(28, norm=True, dropout=0.0), 28, MNIST, "sgd", 0.05, 6, "onecycle"),
        decay=5e-4,
        smoothing=0.1,
    ),
    "vit-token": Kind(
        *("B", lambda: ViT(32, 8, 64, 3, token=True), 32, MNIST, "adam", 2e-3, 4, "cosine"),
    ),
    # With batch norm, and made when the forerunner of family.Grids had been found on
    # resnet-bn-cosine: to see whether that was luck. In none of the halves.
    "resnet-bn-adam-inverted": Kind(
        *("fresh", lambda: resnet(nn.BatchNorm2d), 32, MNIST, "adam", 3e-3, 2, "onecycle"),
        inverted=True,
    ),
    "vgg-bn-smoothed": Kind(
        *("fresh", lambda: vgg(28, norm=True, dropout=0.3), 28, HALF, "adamw", 2e-3, 1, "cosine"),
        decay=0.01,
        smoothing=0.1,
    ),
}


@dataclass(frozen=True)
class Teacher:
    """A trained teacher with its data; the game gets ``net``, ``pixels`` and sizes only."""

    net: nn.Module
    kind: Kind
    train: tuple[Tensor, Tensor]
    test: tuple[Tensor, Tensor]
    accuracy: float = field(default=math.nan)


@functools.lru_cache(4)
def real(kind: Kind, split: str) -> tuple[Tensor, Tensor]:
    """Normalised images ``(N, 1, size, size)`` and labels of MNIST as this teacher takes them."""
    found = data.load("mnist", split, size=kind.size)
    images = found.images.float() / 255
    images = 1 - images if kind.inverted else images
    mean, std = kind.pixels
    return (images - mean) / std, found.labels


@functools.lru_cache(4)
def teacher(name: str) -> Teacher:
    """A teacher of the zoo: trained now if it is not in the cache."""
    kind = KINDS[name]
    train, test = real(kind, "train"), real(kind, "test")
    path = store.cache_root() / "zoo" / f"{name}.pt"
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(sorted(KINDS).index(name))
        net = kind.net()
        saved = store.kept(path)
        if saved is None:
            started = time.process_time()
            fit(net, kind, *train)
            score = metrics.score(metrics.logits(net, test[0]), test[1])
            seconds = time.process_time() - started
            print(f"{name}: test accuracy {score:.4f} after {seconds:.0f} s of CPU", flush=True)
            saved = {"model": net.state_dict(), "accuracy": score}
            store.save_tensors(path, saved)
    net.load_state_dict(saved["model"])
    return Teacher(models.frozen(net), kind, train, test, saved["accuracy"])


def fit(net: nn.Module, kind: Kind, images: Tensor, labels: Tensor) -> None:
    """Train ``net`` in place, as its kind says."""
    if kind.optimiser == "sgd":
        optimiser = torch.optim.SGD(
            net.parameters(), lr=kind.lr, momentum=0.9, weight_decay=kind.decay
        )
    else:
        make = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[kind.optimiser]
        optimiser = make(net.parameters(), lr=kind.lr, weight_decay=kind.decay)
    steps = kind.epochs * (len(labels) // kind.batch)
    ground = images.amax() if kind.inverted else images.amin()
    net.train().to(memory_format=torch.channels_last)
    for step in range(steps):
        if step % (len(labels) // kind.batch) == 0:
            order = torch.randperm(len(labels)).split(kind.batch)
        done = step / steps
        factor = {
            "constant": 1.0,
            "cosine": 0.5 * (1 + math.cos(math.pi * done)),
            "onecycle": min(done / 0.3, (1 - done) / 0.7),
            "steps": 0.1 if done > 0.75 else 1.0,
        }[kind.schedule]
        for group in optimiser.param_groups:
            group["lr"] = kind.lr * factor
        picked = order[step % (len(labels) // kind.batch)]
        batch = images[picked]
        if kind.shifts:
            down, right = torch.randint(-kind.shifts, kind.shifts + 1, (2,)).tolist()
            padded = F.pad(batch, [kind.shifts] * 4, value=float(ground))
            top, left = kind.shifts + down, kind.shifts + right
            batch = padded[:, :, top : top + kind.size, left : left + kind.size]
        loss = F.cross_entropy(net(batch), labels[picked], label_smoothing=kind.smoothing)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    net.eval()
