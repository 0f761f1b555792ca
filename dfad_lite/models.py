"""The networks of the course: teachers, students and generators.

All classifiers map normalised images ``(N, C, H, W)`` to logits ``(N, classes)``; all
generators map latents ``(N, latent_size)`` to normalised images ``(N, C, H, W)``.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dfad_lite.profiles import CLASSIFIERS, SEGMENTERS


def _halved(size: int, times: int) -> int:
    """An image's side after so many halvings; a ``ValueError`` if it can't be halved so often."""
    if size % 2**times:
        raise ValueError(
            f"size={size} must be a multiple of {2**times}: the network halves or doubles an "
            f"image's side {times} times."
        )
    return size // 2**times


class SmallNet(nn.Sequential):
    """Two 5x5 convolutions and a linear layer: the `quick` pair, for 16x16 images."""

    def __init__(self, width: int, channels: int, classes: int, size: int) -> None:
        super().__init__(
            nn.Conv2d(channels, width, 5, padding=2),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(width, 2 * width, 5, padding=2),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Linear(2 * width * _halved(size, 2) ** 2, classes),
        )


class LeNet5(nn.Sequential):
    """LeNet-5 with ReLU and max-pooling, for 32x32 images; ``half`` halves every layer.

    61,706 parameters and 416,520 multiply-adds at one channel and ten classes; its half
    15,738 and 133,740. The paper prints 433 K and 139 K multiply-adds, which come out when
    each convolution's bias is added once per *input* channel.
    """

    def __init__(self, channels: int, classes: int, *, half: bool = False) -> None:
        a, b, c, d = (3, 8, 60, 42) if half else (6, 16, 120, 84)
        super().__init__(
            nn.Conv2d(channels, a, 5),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(a, b, 5),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(b, c, 5),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(c, d),
            nn.ReLU(),
            nn.Linear(d, classes),
        )


class ResNet8(nn.Sequential):
    """Three residual blocks behind a 3x3 stem, with batch norm: the small teacher that has it.

    Two convolutions a block, the stem and the linear layer make eight; images of any size.
    """

    def __init__(self, width: int, channels: int, classes: int) -> None:
        from torchvision.models.resnet import BasicBlock

        def block(inputs: int, outputs: int) -> BasicBlock:
            if inputs == outputs:
                return BasicBlock(inputs, outputs)
            shortcut = [nn.Conv2d(inputs, outputs, 1, 2, bias=False), nn.BatchNorm2d(outputs)]
            return BasicBlock(inputs, outputs, 2, nn.Sequential(*shortcut))

        super().__init__(
            nn.Conv2d(channels, width, 3, padding=1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            block(width, width),
            block(width, 2 * width),
            block(2 * width, 4 * width),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(4 * width, classes),
        )


class SmallSegmenter(nn.Module):
    """Class scores for every pixel, for CPUs: down to a quarter of the size, back up to a half.

    The finer features join on the way up; a pixel shuffle makes the last doubling.
    Images ``(N, C, H, W)`` to logits ``(N, classes, H, W)``.

    With group norm, which keeps no statistics of the images it was trained on: a student's
    batch norm would keep those of generated images and meet real ones with them.
    """

    def __init__(
        self, width: int, channels: int, classes: int, *, batch_norm: bool = False
    ) -> None:
        super().__init__()
        wide = 2 * width

        def block(inputs: int, outputs: int, kernel: int, **more: int) -> nn.Sequential:
            convolution = nn.Conv2d(inputs, outputs, kernel, bias=False, **more)
            norm = nn.BatchNorm2d(outputs) if batch_norm else nn.GroupNorm(outputs // 4, outputs)
            return nn.Sequential(convolution, norm, nn.ReLU())

        self.fine = block(channels, width, 5, stride=2, padding=2)
        self.coarse = nn.Sequential(
            block(width, wide, 3, stride=2, padding=1),
            block(wide, wide, 3, padding=2, dilation=2),
            block(wide, wide, 3, padding=4, dilation=4),
            nn.Upsample(scale_factor=2),
        )
        self.head = nn.Sequential(
            block(width + wide, wide, 3, padding=1),
            nn.Conv2d(wide, 4 * classes, 1),
            nn.PixelShuffle(2),
        )

    def forward(self, images: Tensor) -> Tensor:
        height, width = images.shape[-2:]
        if height % 4 or width % 4:  # sides that can't be halved twice are padded, and cut again
            padded = F.pad(images, (0, -width % 4, 0, -height % 4), mode="replicate")
            return self(padded)[..., :height, :width]
        fine = self.fine(images)
        return self.head(torch.cat([fine, self.coarse(fine)], dim=1))


def _start(latent_size: int, channels: int, side: int, *, bias: bool = True) -> list[nn.Module]:
    """Latents to normalised feature maps ``(N, channels, side, side)``."""
    return [
        nn.Linear(latent_size, channels * side**2, bias=bias),
        nn.Unflatten(1, (channels, side, side)),
        nn.BatchNorm2d(channels),
    ]


def _normed(convolution: nn.Conv2d | nn.ConvTranspose2d) -> list[nn.Module]:
    return [convolution, nn.BatchNorm2d(convolution.out_channels), nn.LeakyReLU(0.2)]


def _end_norm(channels: int, wanted: bool) -> list[nn.Module]:
    # Without scale and shift: the images keep the mean 0 and the variance 1 of normalised data.
    return [nn.BatchNorm2d(channels, affine=False)] if wanted else []


class GeneratorA(nn.Sequential):
    """The reference code's generator for 32x32 images: upsample and convolve, twice."""

    def __init__(
        self, latent_size: int, channels: int, size: int, width: int = 64, end_norm: bool = True
    ) -> None:
        super().__init__(
            *_start(latent_size, 2 * width, _halved(size, 2)),
            nn.Upsample(scale_factor=2),
            *_normed(nn.Conv2d(2 * width, 2 * width, 3, padding=1)),
            nn.Upsample(scale_factor=2),
            *_normed(nn.Conv2d(2 * width, width, 3, padding=1)),
            nn.Conv2d(width, channels, 3, padding=1),
            nn.Tanh(),
            *_end_norm(channels, end_norm),
        )


class GeneratorB(nn.Sequential):
    """The reference code's generator for larger images (DCGAN): four transposed convolutions."""

    def __init__(
        self, latent_size: int, channels: int, size: int, width: int = 64, end_norm: bool = False
    ) -> None:
        layers = _start(latent_size, 8 * width, _halved(size, 4))
        for wide, narrow in pairwise([8 * width, 4 * width, 2 * width, width, width]):
            layers += _normed(nn.ConvTranspose2d(wide, narrow, 4, stride=2, padding=1))
        layers += [nn.Conv2d(width, channels, 3, padding=1), nn.Tanh()]
        super().__init__(*layers, *_end_norm(channels, end_norm))
        for layer in self:
            if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
                nn.init.normal_(layer.weight, 0.0, 0.02)
                nn.init.zeros_(layer.bias)


class LightGenerator(nn.Sequential):
    """A generator made for CPUs: both convolutions work at a half of the image's size or less.

    Where generator A convolves many channels at full size, this one convolves at a quarter
    and at half of it, and a pixel shuffle turns groups of four channels into 2x2 pixels.
    """

    def __init__(
        self, latent_size: int, channels: int, size: int, width: int = 16, end_norm: bool = True
    ) -> None:
        super().__init__(
            *_start(latent_size, 2 * width, _halved(size, 2), bias=False),
            nn.LeakyReLU(0.2),
            nn.Conv2d(2 * width, 4 * width, 3, padding=1),
            nn.PixelShuffle(2),
            nn.BatchNorm2d(width),
            nn.LeakyReLU(0.2),
            nn.Conv2d(width, 4 * channels, 3, padding=1),
            nn.PixelShuffle(2),
            *self.end(channels),
            *_end_norm(channels, end_norm),
        )

    def end(self, channels: int) -> list[nn.Module]:
        """The layers between the last convolution and the end norm."""
        return [nn.Tanh()]


class Blur(nn.Module):
    """Each pixel becomes a mean of its 3x3 surroundings, weighted 1-2-1 both ways."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        line = torch.tensor([1.0, 2.0, 1.0]) / 4
        kernel = (line[:, None] * line).expand(channels, 1, 3, 3)
        self.register_buffer("kernel", kernel.clone(), persistent=False)

    def forward(self, images: Tensor) -> Tensor:
        """``(N, C, H, W)`` to the same shape; the border repeats itself."""
        padded = F.pad(images, (1, 1, 1, 1), mode="replicate")
        return F.conv2d(padded, self.kernel, groups=images.shape[1])


class SmoothGenerator(LightGenerator):
    """The light generator, blurred before its end norm.

    A camera's neighbouring pixels are alike. The bare generator answers a segmenter, which
    looks at every pixel's surroundings, with speckle; through the blur it can't.
    """

    def end(self, channels: int) -> list[nn.Module]:
        return [nn.Tanh(), Blur(channels)]


class ExposedGenerator(LightGenerator):
    """The smooth generator as a camera: each image has its own brightness and contrast.

    Its pixels lie between black and white as the teacher's inputs have them, and two numbers of z
    say how each image is exposed. The adversary has no say in that: a teacher's images may be
    mostly dark or mostly light, and nobody knows which. ``mean`` and ``std``, by channel, normalise
    pixels from 0 to 1 as the teacher wants them; without them pixels come between -2 and 2.
    """

    COARSE = 2.0  # the largest weight of a random image's coarse part; its fine one has 1

    def __init__(
        self,
        latent_size: int,
        channels: int,
        size: int,
        width: int = 16,
        *,
        mean: Sequence[float] | None = None,
        std: Sequence[float] | None = None,
    ) -> None:
        if latent_size < 2:
            raise ValueError(f"latent_size={latent_size}: give 2 or more; two set the exposure.")
        super().__init__(latent_size, channels, size, width)
        self.shape, self.own = (channels, size), len(self)
        for name, values in (("mean", mean or [0.5] * channels), ("std", std or [0.25] * channels)):
            self.register_buffer(name, torch.tensor(values).view(1, -1, 1, 1), persistent=False)

    def end(self, channels: int) -> list[nn.Module]:
        return [Blur(channels)]

    def forward(self, z: Tensor) -> Tensor:
        """Latents ``(N, latent_size)`` to images ``(N, channels, size, size)``."""
        return self.exposed(nn.Sequential(*list(self)[: self.own])(z), z[:, :2])

    def fields(self, count: int, stream: torch.Generator) -> Tensor:
        """Smooth random images ``(count, channels, size, size)`` that nobody learnt to make.

        A fine field, of a grain of 2 to 9 pixels that each batch draws, and a coarse one, of which
        each image has a share of its own.
        """
        channels, size = self.shape
        like = {"generator": stream, "device": self.mean.device, "dtype": self.mean.dtype}
        grain = int(torch.randint(2, 10, (), generator=stream, device=stream.device))
        down, right = torch.randint(grain, (2,), generator=stream, device=stream.device).tolist()
        cells = size // grain + 2
        fine = torch.randn(count, channels, cells, cells, **like)
        fine = F.interpolate(fine, scale_factor=grain, mode="bicubic")
        fine = fine[..., down : down + size, right : right + size]
        coarse = torch.randn(count, channels, 4, 4, **like)
        coarse = F.interpolate(coarse, size=size, mode="bicubic", align_corners=True)
        share = self.COARSE * torch.rand(count, 1, 1, 1, **like)
        field = fine / fine.std() + share * coarse / coarse.std()
        field = field + 2 * field.mean(1, keepdim=True) if channels > 1 else field  # nearly grey
        return self.exposed(field / field.std(), torch.randn(count, 2, **like))

    def exposed(self, images: Tensor, z: Tensor) -> Tensor:
        """Images of variance 1, each in the light that its row of ``(N, 2)`` numbers says."""
        contrast, offset = (0.5 * z[:, 0]).exp().view(-1, 1, 1, 1), z[:, 1].view(-1, 1, 1, 1)
        images = ((2 * contrast * (images - offset)).sigmoid() - self.mean) / self.std
        later = list(self)[self.own :]  # what was appended, such as adapt.Cropped
        return nn.Sequential(*later)(images)


@contextlib.contextmanager
def seeded(seed: int | None) -> Iterator[None]:
    """Draw from a seed, the caller's random state left as it was; with None draw from that."""
    gpus = range(torch.cuda.device_count()) if torch.cuda.is_initialized() else ()
    with torch.random.fork_rng(gpus, enabled=seed is not None):
        if seed is not None:
            torch.manual_seed(seed)
        yield


def classifier(
    name: str, *, channels: int, classes: int, size: int, seed: int | None = None
) -> nn.Module:
    """A fresh classifier by name, ``(N, channels, size, size)`` to ``(N, classes)``.

    A segmenter is one for every pixel: ``(N, classes, size, size)``.

    Args:
        name: one of :data:`dfad_lite.profiles.CLASSIFIERS` or ``SEGMENTERS``.
        size: height and width of an image in pixels. LeNet-5 takes 32 only.
        seed: of the weights; the caller's random state is left as it was.

    Raises:
        ValueError: an unknown name, or a size that the network can't take.
    """
    if name.startswith("lenet5") and size != 32:
        raise ValueError(f"image_size={size} does not fit {name}: LeNet-5 takes 32.")
    kinds: dict[str, Callable[[], nn.Module]] = {
        "small16": lambda: SmallNet(16, channels, classes, size),
        "small8": lambda: SmallNet(8, channels, classes, size),
        "lenet5": lambda: LeNet5(channels, classes),
        "lenet5_half": lambda: LeNet5(channels, classes, half=True),
        "resnet8": lambda: ResNet8(16, channels, classes),
        "resnet8_half": lambda: ResNet8(8, channels, classes),
        "segmenter16": lambda: SmallSegmenter(16, channels, classes),
        "segmenter8": lambda: SmallSegmenter(8, channels, classes),
        "segmenter16_bn": lambda: SmallSegmenter(16, channels, classes, batch_norm=True),
        "segmenter8_bn": lambda: SmallSegmenter(8, channels, classes, batch_norm=True),
    }
    known = CLASSIFIERS + SEGMENTERS
    if name not in known:
        raise ValueError(f"{name!r} is no network of this course: take {', '.join(known)}.")
    with seeded(seed):
        if name in kinds:
            return kinds[name]()
        from dfad_lite import paper_nets  # torchvision takes seconds to import

        return paper_nets.NETWORKS[name](channels, classes)


def generator(
    name: str,
    *,
    latent_size: int,
    channels: int,
    size: int,
    width: int,
    end_norm: bool = True,
    mean: Sequence[float] | None = None,
    std: Sequence[float] | None = None,
    seed: int | None = None,
) -> nn.Module:
    """A fresh generator by name, ``(N, latent_size)`` to ``(N, channels, size, size)``.

    Args:
        name: one of :data:`dfad_lite.profiles.GENERATORS`.
        width: channels of the last hidden layer (the reference code's ngf).
        end_norm: batch norm after the tanh (reference code: A has it, B has not).
        mean: by channel, of the teacher's inputs, as is ``std``; for ``exposed`` only.
        seed: of the weights; the caller's random state is left as it was.

    Raises:
        ValueError: an unknown name, or a size that the generator can't make.
    """
    kinds = {"light": LightGenerator, "smooth": SmoothGenerator, "exposed": ExposedGenerator}
    kinds |= {"generator_a": GeneratorA, "generator_b": GeneratorB}
    if name not in kinds:
        raise ValueError(f"{name!r} is no generator of this course: take {', '.join(kinds)}.")
    more = {"mean": mean, "std": std} if name == "exposed" else {"end_norm": end_norm}
    with seeded(seed):
        return kinds[name](latent_size, channels, size, width, **more)


def frozen(model: nn.Module) -> nn.Module:
    """The model in eval mode with no gradients for its weights: how a teacher is used."""
    return model.eval().requires_grad_(False)


def parameters(model: nn.Module) -> int:
    """How many weights the model has, frozen ones included; batch norm's statistics are none."""
    return sum(weight.numel() for weight in model.parameters())


def multiply_adds(model: nn.Module, example: Tensor) -> int:
    """Multiply-adds of one forward pass on ``example`` (biases, pooling and activations free).

    Counted by torch's own counter, which counts a multiply-add as two operations.
    """
    from torch.utils.flop_counter import FlopCounterMode

    training = model.training
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model.eval()(example)
    model.train(training)
    return counter.get_total_flops() // 2
