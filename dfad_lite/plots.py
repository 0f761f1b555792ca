"""Figures in one house style: the same colours for the same players, axes with units.

Colours are Okabe and Ito's, which colour-blind readers can tell apart. Every function
returns a matplotlib figure; in a notebook, end the cell with it.
"""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from dfad_lite.artefacts import Snapshot, StudentRun
from dfad_lite.data import Split, to_display

TEACHER, STUDENT, GENERATOR, NOISE = "#0072B2", "#D55E00", "#009E73", "#7F7F7F"


def style() -> None:
    """Set the house style; call it once at the top of a notebook."""
    mpl.rcParams.update(
        {
            "figure.dpi": 100,
            "savefig.bbox": "tight",
            "font.size": 12,
            "axes.titlesize": 13,
            "axes.labelsize": 12,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.grid": True,
            "grid.alpha": 0.3,
            "lines.linewidth": 2,
            "image.cmap": "gray",
            "figure.constrained_layout.use": True,
        }
    )
    plt.ioff()  # a figure shows once: where its cell ends with it


def new(rows: int = 1, columns: int = 1, *, width: float = 9.0, height: float = 3.4, **more):
    """A figure and its axes, ``width`` x ``height`` inches, that shows only where it is asked to."""
    figure = plt.figure(figsize=(width, height))
    axes = figure.subplots(rows, columns, **more)
    plt.close(figure)  # or the inline backend would show it a second time
    return figure, axes


def show_images(
    axes: Sequence[Axes], images: Tensor, titles: Sequence[str] | None = None, **colours: str
) -> None:
    """Draw uint8 images ``(N, C, H, W)``, one an axes, without ticks.

    Args:
        axes: at least N of them; the rest stay empty.
        images: grey (C = 1) or colour (C = 3).
        titles: a line above each image.
        **colours: ``color=`` of the titles.
    """
    for index, axis in enumerate(axes):
        axis.set_axis_off()
        if index < len(images):
            axis.imshow(images[index].permute(1, 2, 0).squeeze(-1), vmin=0, vmax=255)
            if titles is not None:
                axis.set_title(titles[index], fontsize=11, **colours)


def contact_sheet(images: Tensor, *, columns: int = 16) -> Tensor:
    """uint8 images ``(N, C, H, W)`` in one ``(C, rows*H, columns*W)``, missing ones white."""
    count, channels, height, width = images.shape
    rows = -(-count // columns)
    sheet = torch.full((rows * columns, channels, height, width), 255, dtype=torch.uint8)
    sheet[:count] = images
    sheet = sheet.view(rows, columns, channels, height, width).permute(2, 0, 3, 1, 4)
    return sheet.reshape(channels, rows * height, columns * width)


def samples_over_time(
    snapshots: Sequence[Snapshot], like: Split, *, count: int = 12, moments: int = 6
) -> Figure:
    """The generator's images of the same latents at a few moments of a game, a row each."""
    picked = np.unique(np.linspace(0, len(snapshots) - 1, moments).round().astype(int))
    figure, axes = new(len(picked), 1, width=9, height=0.82 * len(picked), squeeze=False)
    for axis, index in zip(axes[:, 0], picked, strict=True):
        images = to_display(snapshots[index].images[:count], like.mean, like.std)
        axis.imshow(contact_sheet(images, columns=count).permute(1, 2, 0).squeeze(-1))
        axis.set(xticks=[], yticks=[])
        axis.grid(False)
        axis.set_ylabel(f"round\n{snapshots[index].round}", rotation=0, ha="right", va="center")
        axis.spines[:].set_visible(False)
    return figure


def game_curves(run: StudentRun, *, noise: StudentRun | None = None) -> Figure:
    """What the two players saw, round by round, and what it meant on real test images."""
    figure, (left, right) = new(1, 2, width=10, height=3.6)
    rounds = [record.round for record in run.records]
    left.plot(rounds, [r.generation for r in run.records], color=GENERATOR, lw=1, alpha=0.9)
    left.plot(rounds, [r.imitation for r in run.records], color=STUDENT, lw=1, alpha=0.9)
    at = [snapshot.round for snapshot in run.snapshots]
    left.plot(at, [s.discrepancy for s in run.snapshots], "k.-", lw=1)
    left.set(xlabel="round", ylabel="mean |T − S| (logits)", ylim=(0, None))
    left.set_title("disagreement")
    for label, colour in (
        ("generator's step", GENERATOR),
        ("student's steps", STUDENT),
        ("real test images", "black"),
    ):
        left.plot([], [], color=colour, label=label)
    left.legend(frameon=False, fontsize=10)
    right.axhline(run.teacher.accuracy, color=TEACHER, ls="--", label="teacher")
    right.plot(at, [s.accuracy for s in run.snapshots], ".-", color=STUDENT, label="student, DFAD")
    if noise is not None:
        right.plot(
            [s.round for s in noise.snapshots],
            [s.accuracy for s in noise.snapshots],
            ".-",
            color=NOISE,
            label="student, noise only",
        )
    right.set(xlabel="round", ylabel="test accuracy", ylim=(0, 1.02))
    right.set_title("measured on real test images")
    right.legend(frameon=False, loc="lower right", fontsize=10)
    return figure


def confusion(counts: Tensor, classes: Sequence[str], *, rows: str, columns: str) -> Figure:
    """Counts ``(classes, classes)`` as a grid; agreement lies on the diagonal."""
    figure, axis = new(width=5.6, height=5.0)
    share = counts / counts.sum(1, keepdim=True).clamp(min=1)
    axis.imshow(share, cmap="Blues", vmin=0, vmax=1)
    axis.grid(False)
    ticks = range(len(classes))
    axis.set(xticks=ticks, yticks=ticks, xlabel=columns, ylabel=rows)
    axis.set_xticklabels(classes)
    axis.set_yticklabels(classes)
    if len(classes) <= 20:
        for row in ticks:
            for column in ticks:
                if counts[row, column]:
                    dark = share[row, column] > 0.5
                    axis.text(
                        column,
                        row,
                        int(counts[row, column]),
                        ha="center",
                        va="center",
                        fontsize=10,
                        color="white" if dark else "black",
                    )
    return figure


def probability_bars(axis: Axes, teacher: Tensor, student: Tensor, classes: Sequence[str]) -> None:
    """Two sets of class probabilities ``(classes,)`` side by side."""
    at = np.arange(len(classes))
    axis.bar(at - 0.2, teacher, 0.4, color=TEACHER, label="teacher")
    axis.bar(at + 0.2, student, 0.4, color=STUDENT, label="student")
    axis.set(xticks=at, ylim=(0, 1), ylabel="probability")
    axis.set_xticklabels([name.split(" ")[0] for name in classes])
    axis.legend(frameon=False, fontsize=10)
