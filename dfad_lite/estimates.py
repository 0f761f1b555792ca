"""How good a student is, guessed without any real image: for teachers of one's own.

``benchmarks/README.md`` says how well the guesses follow the truth, beside others that are worse.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dfad_lite import metrics, models
from dfad_lite.data import Split


def blurred_noise(count: int, channels: int, size: int | tuple[int, int], *, seed: int) -> Tensor:
    """Noise ``(count, channels, size, size)`` with a pixel's neighbours like it, variance 1.

    Standard normal noise, averaged over 3 x 3 pixels three times: nobody's images, but as smooth
    as images are. ``size`` is a side, or height and width.
    """
    height, width = (size, size) if isinstance(size, int) else size
    stream = torch.Generator().manual_seed(seed)
    noise = torch.randn(count, channels, height, width, generator=stream)
    for _ in range(3):
        noise = F.avg_pool2d(noise, 3, stride=1, padding=1)
    return noise / noise.std()


def random_images(like: Split) -> Tensor:
    """Smooth random images ``(N, C, H, W)`` of the size and range of ``like``'s, normalised.

    About twenty for each of its classes, 400 at most, and fewer of more than 64 pixels a side, for
    these take long; always the same, of eight different grains.
    """
    height, width = like.images.shape[-2:]
    side = -(-max(height, width) // 4) * 4  # the generator's images are square
    shape = {"channels": like.channels, "size": side, "latent_size": 8, "width": 4}
    maker = models.generator("exposed", **shape, mean=like.mean, std=like.std, seed=0)
    count = min(20 * len(like.classes), max(32, min(400, 400 * 64**2 // (height * width))))
    stream = torch.Generator().manual_seed(3)
    batches = [maker.fields(count // 8, stream) for _ in range(8)]
    return torch.cat(batches)[..., :height, :width]


def led_to_classes(teacher: nn.Module, images: Tensor, like: Split, *, steps: int = 40) -> Tensor:
    """Images that the teacher is sure of: given ones, changed pixel by pixel towards a class.

    Args:
        teacher: frozen network, images ``(N, C, H, W)`` to logits.
        images: where to start, normalised ``(N, C, H, W)``; each gets one of the classes in turn,
            of as many as have four images each.
        like: gives the classes, and mean and std of the teacher's inputs.
        steps: of Adam, at 0.15, on the pixels' logits, seen through a blur.
    """
    mean, std = (torch.tensor(of).to(images).view(1, -1, 1, 1) for of in (like.mean, like.std))
    blur = models.Blur(like.channels).to(images)
    pixels = (images * std + mean).clamp(0.01, 0.99).logit().requires_grad_(True)
    classes = min(len(like.classes), max(2, len(images) // 4))
    wanted = torch.arange(len(images), device=images.device) % classes
    optimizer = torch.optim.Adam([pixels], lr=0.15)
    at_once = max(1, 400 * 32**2 // images[0, 0].numel())  # memory does not grow with their size

    def seen(pixels: Tensor) -> Tensor:
        return (blur(pixels).sigmoid() - mean) / std

    for _ in range(steps):
        optimizer.zero_grad()
        for part, labels in zip(pixels.split(at_once), wanted.split(at_once), strict=True):
            gap = F.cross_entropy(teacher(seen(part)), labels, reduction="sum")
            gap.backward(inputs=[pixels])
        optimizer.step()
    return seen(pixels).detach()


def on_surest(teacher: nn.Module, student: nn.Module, like: Split, *, steps: int = 40) -> float:
    """Whether a student knows what its teacher is surest of, 0 to 1: when low, it has failed.

    For each class that the teacher names among images that were led to the classes, the share of
    the quarter with its largest margin on which the student names it, too; the mean over the
    classes, or nan if there is but one, which a student knows that says nothing else. Over the
    runs of ``results/zoo.csv`` no other guess without data tells so well which have failed. Of a
    segmenter pixels are counted; its images are led nowhere, with ``steps=0``.
    """
    device = next(teacher.parameters()).device
    images = led_to_classes(teacher, random_images(like).to(device), like, steps=steps)
    both = (metrics.logits(net, images).cpu() for net in (teacher, student))
    taught, learnt = (said.movedim(1, -1).reshape(-1, said.shape[1]) for said in both)
    largest, labels = taught.topk(2, dim=1)
    margin, named = largest[:, 0] - largest[:, 1], labels[:, 0]
    same = (named == learnt.argmax(1)).double()
    shares = []
    for label in named.unique():
        rows = (named == label).nonzero().flatten()
        if len(rows) > 2:
            surest = rows[margin[rows].topk(max(1, len(rows) // 4)).indices]
            shares.append(same[surest].mean())
    return torch.stack(shares).mean().item() if len(shares) > 1 else float("nan")
