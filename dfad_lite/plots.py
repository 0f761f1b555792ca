"""Figures in one house style: the same colours for the same players, axes with units.

Colours are Okabe and Ito's, which colour-blind readers can tell apart. Every function
returns a matplotlib figure; in a notebook, end the cell with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
import torch
import torch.nn.functional as F
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from dfad_lite.data import VOID
from dfad_lite.playground import REACH, Moment

TEACHER, STUDENT, GENERATOR, NOISE = "#0072B2", "#D55E00", "#009E73", "#7F7F7F"
# What is drawn without a colour of its own takes these; the first four are no player's.
PALETTE = ("#000000", "#E69F00", "#56B4E9", "#CC79A7", GENERATOR, STUDENT, TEACHER)


def style() -> None:
    """Set the house style of matplotlib and seaborn; call it once at the top of a notebook."""
    sns.set_theme(
        context="notebook",
        style="ticks",
        palette=PALETTE,
        rc={
            "figure.dpi": 100,
            "savefig.bbox": "tight",
            "font.size": 12,
            "axes.titlesize": 13,
            "axes.labelsize": 13,
            "xtick.labelsize": 12,
            "ytick.labelsize": 12,
            "legend.fontsize": 11,
            "legend.title_fontsize": 11,
            "legend.frameon": False,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.grid": True,
            "axes.axisbelow": True,
            "grid.alpha": 0.3,
            "lines.linewidth": 2,
            "image.cmap": "gray",
        },
    )
    plt.ioff()  # a figure shows once: where its cell ends with it


def new(rows: int = 1, columns: int = 1, *, width: float = 9.0, height: float = 3.4, **more):
    """A figure of ``width`` x ``height`` inches and its axes; shown where a cell ends with it."""
    figure = plt.figure(figsize=(width, height), layout="constrained")
    axes = figure.subplots(rows, columns, **more)
    plt.close(figure)  # or the inline backend would show it a second time
    return figure, axes


def short(name: str) -> str:
    """A class's name for an axis: ``"7"`` for MNIST's ``"7 - seven"``, at most 10 letters."""
    return name.split(" ")[0][:10].replace("$", r"\$")  # which would begin a formula


def show_images(axes: Sequence[Axes], images: Tensor, titles: Sequence[str] | None = None) -> None:
    """Draw uint8 images ``(N, C, H, W)``, one an axes, without ticks.

    Args:
        axes: at least N of them; the rest stay empty.
        images: grey (C = 1) or colour (C = 3).
        titles: a line above each image.
    """
    for index, axis in enumerate(axes):
        axis.set_axis_off()
        if index < len(images):
            axis.imshow(images[index].permute(1, 2, 0).squeeze(-1), vmin=0, vmax=255)
            if titles is not None:
                axis.set_title(titles[index], fontsize=11)


def contact_sheet(images: Tensor, *, columns: int = 16) -> Tensor:
    """uint8 images ``(N, C, H, W)`` in one ``(C, rows*(H+1), columns*(W+1))``, on white."""
    images = F.pad(images, (0, 1, 0, 1), value=255)  # a white line between neighbours
    count, channels, height, width = images.shape
    rows = -(-count // columns)
    sheet = torch.full((rows * columns, channels, height, width), 255, dtype=torch.uint8)
    sheet[:count] = images
    sheet = sheet.view(rows, columns, channels, height, width).permute(2, 0, 3, 1, 4)
    return sheet.reshape(channels, rows * height, columns * width)


def strips(
    rows: Mapping[str, Tensor], *, count: int = 12, width: float = 9, height: float = 0.82
) -> Figure:
    """Rows of up to ``count`` uint8 images ``(N, C, H, W)`` side by side, each with its name."""
    figure, axes = new(len(rows), 1, width=width, height=height * len(rows), squeeze=False)
    for axis, (name, images) in zip(axes[:, 0], rows.items(), strict=True):
        blank = images.new_full((max(0, count - len(images)), *images.shape[1:]), 255)
        sheet = contact_sheet(torch.cat([images[:count], blank]), columns=count)
        pixels = sheet.permute(1, 2, 0).squeeze(-1)
        axis.imshow(
            pixels, vmin=0, vmax=255, interpolation="nearest"
        )  # else noise makes large files
        axis.set(xticks=[], yticks=[])
        axis.grid(False)
        axis.set_ylabel(name, rotation=0, ha="right", va="center")
        axis.spines[:].set_visible(False)
    return figure


def confusion(counts: Tensor, classes: Sequence[str], *, rows: str, columns: str) -> Figure:
    """Counts ``(classes, classes)`` as a grid, shaded by their share of the row.

    Numbers are written in where they fit, for at most 20 classes; zeros are left out.
    """
    figure, axis = new(width=5.6, height=5.0)
    share = counts / counts.sum(1, keepdim=True).clamp(min=1)
    words = np.where(counts > 0, counts.numpy().astype(str), "")
    names = [short(name) for name in classes]
    sns.heatmap(
        share.numpy(),
        annot=words if len(classes) <= 20 else None,
        fmt="",
        annot_kws={"fontsize": 10},
        xticklabels=names,
        yticklabels=names,
        cmap="Blues",
        vmin=0,
        vmax=1,
        cbar=False,
        square=True,
        ax=axis,
    )
    axis.set(xlabel=columns, ylabel=rows)
    return figure


def probability_bars(axis: Axes, teacher: Tensor, student: Tensor, classes: Sequence[str]) -> None:
    """Two sets of class probabilities ``(classes,)`` side by side."""
    names = [short(name) for name in classes]
    both = pd.DataFrame({"teacher": teacher, "student": student}, index=names)
    both.plot.bar(ax=axis, color=[TEACHER, STUDENT], width=0.8, rot=0, ylim=(0, 1))
    axis.set_ylabel("probability")


def game_diagram() -> Figure:
    """The three players, what flows between them, and which way the gradients go."""
    figure, axis = new(width=10, height=3.6)
    axis.set(xlim=(0, 10), ylim=(0, 3.6))
    axis.set_axis_off()
    players = (
        (0.3, 1.3, 1.0, "noise\nz", NOISE),
        (2.1, 1.3, 1.7, "generator\nG", GENERATOR),
        (5.0, 2.3, 1.7, "teacher T\n(frozen)", TEACHER),
        (5.0, 0.3, 1.7, "student\nS", STUDENT),
        (8.0, 1.3, 1.9, "disagreement\nmean |T − S|", "#333333"),
    )
    for x, y, width, text, colour in players:
        box = {"boxstyle": "round,pad=0.05", "fc": colour, "ec": "none"}
        axis.add_patch(mpl.patches.FancyBboxPatch((x, y), width, 0.9, **box))
        axis.text(x + width / 2, y + 0.45, text, color="white", ha="center", va="center")
    solid = {"arrowstyle": "-|>", "lw": 1.8, "color": "#333333", "mutation_scale": 16}
    for start, end in (
        ((1.45, 1.75), (1.95, 1.75)),
        ((3.95, 1.95), (4.85, 2.65)),
        ((3.95, 1.55), (4.85, 0.85)),
        ((6.85, 2.65), (7.85, 1.95)),
        ((6.85, 0.85), (7.85, 1.55)),
    ):
        axis.annotate("", end, start, arrowprops=solid)
    axis.text(4.4, 1.75, "images", ha="center", va="center", fontsize=11)
    axis.text(7.3, 1.75, "logits", ha="center", va="center", fontsize=11)
    back = {"arrowstyle": "-|>", "lw": 2, "ls": "--", "mutation_scale": 16}
    down = back | {"color": STUDENT, "connectionstyle": "arc3,rad=-0.25"}
    axis.annotate("", (6.5, 0.2), (8.9, 1.15), arrowprops=down)
    axis.text(8.2, 0.1, "imitation: smaller", color=STUDENT, fontsize=11)
    up = back | {"color": GENERATOR, "connectionstyle": "arc3,rad=0.42"}
    axis.annotate("", (2.9, 2.35), (8.9, 2.35), arrowprops=up)
    axis.text(2.2, 3.35, "generation: larger", color=GENERATOR, fontsize=11, ha="center")
    return figure


# ---------------------------------------------------------------- the game on a plane


def plane(axes: Sequence[Axes], now: Moment, points: Tensor) -> None:
    """Regions and real points on the first axes; gap and generated points on the second.

    Args:
        axes: two of them.
        now: the moment.
        points: real points ``(N, 2)``.
    """
    square = (-REACH, REACH, -REACH, REACH)
    left, right = axes
    left.imshow(
        now.teacher > 0, origin="lower", extent=square, cmap="Blues", alpha=0.45, vmin=0, vmax=1.5
    )
    left.plot(*points.T, ".", ms=2, color="black", alpha=0.4)
    line = {"levels": [0.0], "extent": square}
    left.contour(now.teacher, colors=TEACHER, **line)
    if (now.student > 0).any() and (now.student < 0).any():
        left.contour(now.student, colors=STUDENT, linestyles="--", **line)
    norm = mpl.colors.LogNorm(0.03, 15, clip=True)
    right.imshow(now.gap.clamp(min=0.03), origin="lower", extent=square, cmap="Greys", norm=norm)
    right.plot(*now.samples.T, ".", ms=3, color=GENERATOR)
    for axis in axes:
        axis.grid(False)
        axis.set(xlim=(-REACH, REACH), ylim=(-REACH, REACH), xticks=[-2, 0, 2], yticks=[-2, 0, 2])


# ---------------------------------------------------------------- a class for every pixel

# None of them is a player's, and the first seven can be told apart by colour-blind readers.
CLASSES = ("#99DDFF", "#332288", "#C8A165", "#AA3377", "#FFF275", "#225522", "#FFAACC")
CLASSES += ("#000000", "#999933", "#9966CC", "#DDDDDD", "#66CCAA", "#663333")


def paint(maps: Tensor) -> Tensor:
    """Label maps ``(N, H, W)`` as uint8 images ``(N, 3, H, W)``; void is white."""
    colours = [mpl.colors.to_rgb(colour) for colour in (*CLASSES, "white")]
    table = (torch.tensor(colours) * 255).round().to(torch.uint8)
    return table[maps.where(maps != VOID, len(CLASSES))].permute(0, 3, 1, 2)


def class_legend(figure: Figure, classes: Sequence[str]) -> Figure:
    """The same figure, with the classes' colours beneath it."""
    patches = [
        mpl.patches.Patch(color=colour, label=name)
        for colour, name in zip(CLASSES, classes, strict=False)
    ]
    columns = min(len(patches), 7)
    figure.legend(handles=patches, ncols=columns, loc="outside lower center", fontsize=10)
    return figure
