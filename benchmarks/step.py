"""Where the student's step goes: each layer of the small residual net, alone, on one thread.

    python -m benchmarks.step          # half a minute; fills dfad_lite/results/step.csv

What keeps a step from the machine's peak: a row for each layer, with its time forwards and
backwards on a batch of 128 images of CIFAR-10's size, its share of the whole, and for
convolutions the share of what a product of two large matrices reaches on the same machine.
CPU seconds, the least of nine; the layers' sum, not the step, is the whole.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import torch
import typer
from torch import Tensor, nn

from benchmarks import RESULTS, provenance, write
from benchmarks.natural import BATCH, machine, settings_of
from dfad_lite import models

KINDS = (nn.Conv2d, nn.BatchNorm2d, nn.ReLU)


def layers(net: nn.Module, images: Tensor) -> list[tuple[str, nn.Module, Tensor]]:
    """Name, layer and what it gets, for each call of a layer of the ``KINDS``."""
    calls: list[tuple[str, nn.Module, Tensor]] = []
    hooks = [
        layer.register_forward_pre_hook(
            lambda layer, inputs, name=name: calls.append((name, layer, inputs[0].detach()))
        )
        for name, layer in net.named_modules()
        if isinstance(layer, KINDS)
    ]
    net(images)
    for hook in hooks:
        hook.remove()
    return calls


def least_seconds(layer: nn.Module, images: Tensor, tries: int = 9) -> tuple[float, float]:
    """CPU seconds forwards, and backwards to the layer's weights and, if they want, inputs."""
    there, back = [], []
    for _ in range(tries):
        given = images + 0.0  # a copy: a ReLU may write into what it gets
        started = time.process_time()
        output = layer(given)
        there.append(time.process_time() - started)
        slopes = torch.ones_like(output)
        started = time.process_time()
        output.backward(slopes)
        back.append(time.process_time() - started)
    return min(there), min(back)


def main(table: Annotated[Path, typer.Option()] = RESULTS / "step.csv") -> None:
    """Measure every layer of the student of ``laptop`` on CIFAR-10."""
    torch.set_num_threads(1)
    name = settings_of(0).student_model
    student = models.classifier(name, channels=3, classes=10, size=32, seed=0)
    student = student.train().to(memory_format=torch.channels_last)
    images = torch.randn(BATCH, 3, 32, 32).to(memory_format=torch.channels_last)
    where = machine()
    peak, rows = float(where.split()[-2]) * 1e9, []
    for name, layer, given in layers(student, images):
        inner = bool(rows)  # nobody asks for the slopes of the images themselves
        there, back = least_seconds(layer, given.requires_grad_(inner))
        adds = models.multiply_adds(layer, given[:1]) if isinstance(layer, nn.Conv2d) else 0
        rows.append(
            {
                "layer": name,
                "kind": type(layer).__name__,
                "channels": f"{given.shape[1]}",
                "pixels": f"{given.shape[2] * given.shape[3]}",
                "forward_ms": f"{1e3 * there:.2f}",
                "backward_ms": f"{1e3 * back:.2f}",
                "seconds": there + back,
                "of_peak": f"{(4 + 2 * inner) * BATCH * adds / (there + back) / peak:.2f}"
                if adds
                else "",
            }
        )
    whole = sum(row["seconds"] for row in rows)
    for row in rows:
        row["of_all"] = f"{row.pop('seconds') / whole:.3f}"
    write(table, [row | {"machine": where} | provenance() for row in rows])


if __name__ == "__main__":
    typer.run(main)
