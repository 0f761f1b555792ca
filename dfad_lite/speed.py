"""How fast the game is, how fast it could be, and the loop it is measured against.

:func:`plain_rounds` is the game as it was first published, in our own words and without a
thought for time; its arguments switch on, one by one, what :class:`dfad_lite.distill.Game`
does differently. A test holds both to the same weights.
"""

import itertools
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from dfad_lite import distill, losses, models
from dfad_lite.data import described
from dfad_lite.profiles import Profile

STEPS = ("plain", "no needless gradients", "channels last", "fused optimisers")


def networks(
    settings: Profile, *, channels: int, classes: int
) -> tuple[nn.Module, nn.Module, nn.Module]:
    """Teacher, student and generator of these settings, untrained: time does not depend on it."""
    shape = {"channels": channels, "size": settings.image_size}
    teacher = models.classifier(
        settings.teacher_model, **shape, classes=classes, seed=settings.seed
    )
    names, half = [str(number) for number in range(classes)], (0.5,) * channels
    like = described("none", **shape, classes=names, mean=half, std=half)
    game = distill.new_game(settings, teacher, like)
    return game.teacher, game.student, game.generator


def plain_rounds(
    teacher: nn.Module,
    student: nn.Module,
    generator: nn.Module,
    settings: Profile,
    *,
    step: str = "plain",
    device: torch.device | str = "cpu",
    dtype: torch.dtype = torch.float32,
) -> Iterator[None]:
    """Play rounds for ever, each when asked for, at constant learning rates.

    Teacher and student give logits for images ``(N, C, H, W)``, the generator images for latents
    ``(N, latent_size)``. ``step`` is one of :data:`STEPS`, each of which includes those before it.
    """
    at = STEPS.index(step)
    layout = torch.channels_last if at >= 2 else torch.contiguous_format
    for net in (teacher, student, generator):
        net.to(device=device, dtype=dtype).to(memory_format=layout)
    teacher.eval().requires_grad_(at == 0)  # published: gradients of the teacher are left on
    how = {"fused": True} if at >= 3 else {"foreach": False, "fused": False}
    damped = {"momentum": 0.9, "weight_decay": settings.student_weight_decay}
    learn = torch.optim.SGD(student.parameters(), lr=settings.student_lr, **damped, **how)
    search = torch.optim.Adam(generator.parameters(), lr=settings.generator_lr, **how)
    stream = torch.Generator(device).manual_seed(settings.seed)
    shape = (settings.batch_size, settings.latent_size)

    def draw() -> Tensor:
        return torch.randn(shape, generator=stream, device=device, dtype=dtype)

    while True:
        for _ in range(settings.imitation_steps):
            with torch.set_grad_enabled(at == 0):
                images = generator(draw()).detach()
                wanted = teacher(images).detach()
            learn.zero_grad()
            losses.distance(settings.imitation_loss, student(images), wanted).backward()
            learn.step()
        student.requires_grad_(at == 0)  # published: gradients that nobody uses
        images = generator(draw())
        gap = losses.distance(settings.generation_loss, student(images), teacher(images))
        search.zero_grad()
        (-gap).backward()
        search.step()
        student.requires_grad_(True)
        yield


def operations(
    teacher: nn.Module, student: nn.Module, generator: nn.Module, settings: Profile
) -> float:
    """Floating-point operations that one round needs: two for each multiply-add.

    Forward once each; backward once more for gradients of the inputs, once for those of the
    weights. An imitation step is then ``G + T + 3 S`` an image, the generation stage
    ``3 G + 2 S + 2 T``. Norms, activations and optimisers are not counted.
    """
    latents = torch.zeros(2, settings.latent_size)
    with torch.no_grad():
        images = generator(latents)
    g = models.multiply_adds(generator, latents) / 2
    t, s = (models.multiply_adds(net, images) / 2 for net in (teacher, student))
    an_image = settings.imitation_steps * (g + t + 3 * s) + 3 * g + 2 * s + 2 * t
    return 2 * an_image * settings.batch_size


@dataclass(frozen=True)
class Peaks:
    """What this machine reaches, each the best of several tries."""

    matrix: float  # operations a second, a product of two large matrices
    convolution: float  # operations a second, a large 3x3 convolution
    copy: float  # bytes a second read and written


def peaks(device: torch.device | str = "cpu", dtype: torch.dtype = torch.float32) -> Peaks:
    """Measure the machine: two seconds on a CPU."""
    device = torch.device(device)
    side = 8192 if device.type == "cuda" else 1536
    a, b = (torch.randn(side, side, device=device, dtype=dtype) for _ in range(2))
    images = torch.randn(32, 64, 32, 32, device=device, dtype=dtype)
    images = images.to(memory_format=torch.channels_last)
    layer = nn.Conv2d(64, 64, 3, padding=1, bias=False).to(device, dtype)
    layer.to(memory_format=torch.channels_last)
    block = torch.empty(64 * 2**20, device=device)  # 256 MB, more than any cache
    into = torch.empty_like(block)
    with torch.no_grad():
        best = [
            min(seconds(call, 5, device=device))
            for call in (lambda: a @ b, lambda: layer(images), lambda: into.copy_(block))
        ]
    return Peaks(2 * side**3 / best[0], 2 * 32 * 32**2 * 64 * 64 * 9 / best[1], 2 * 2**28 / best[2])


def seconds(
    call: Callable[[], object], tries: int, *, device: torch.device | str = "cpu"
) -> list[float]:
    """Wall times of ``tries`` calls, after one that does not count."""
    calls = (call() for _ in itertools.count())
    return alternate({"calls": calls}, tries=tries, device=device)["calls"]


def alternate(
    loops: Mapping[str, Iterator[object]],
    *,
    tries: int,
    rounds: int = 1,
    device: torch.device | str = "cpu",
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, list[float]]:
    """Seconds a round of several loops, turn by turn, so that a busy moment hits them alike.

    Each of the ``loops`` plays a round when it is asked. A try is so many ``rounds``, and a first
    one does not count. A GPU is waited for before the ``clock`` is read, in seconds:
    ``time.process_time`` where one CPU thread works beside other processes.
    """

    def now() -> float:
        if torch.device(device).type == "cuda":
            torch.cuda.synchronize(device)
        return clock()

    times: dict[str, list[float]] = {name: [] for name in loops}
    for number in range(tries + 1):
        for name, loop in loops.items():
            started = now()
            for _ in range(rounds):
                next(loop)
            if number:
                times[name].append((now() - started) / rounds)
    return times
