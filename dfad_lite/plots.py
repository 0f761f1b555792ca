"""Figures in one house style: the same colours for the same players, axes with units.

Colours are Okabe and Ito's, which colour-blind readers can tell apart. Every function
returns a matplotlib figure; in a notebook, end the cell with it.
"""

from collections.abc import Mapping, Sequence

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text
from torch import Tensor

from dfad_lite.data import VOID
from dfad_lite.playground import REACH, Moment

TEACHER, STUDENT, GENERATOR, NOISE = "#0072B2", "#D55E00", "#009E73", "#7F7F7F"
# What is drawn without a colour of its own takes these; the first four are no player's.
PALETTE = ("#000000", "#E69F00", "#56B4E9", "#CC79A7", GENERATOR, STUDENT, TEACHER)


def style() -> None:
    """Set the house style of matplotlib and seaborn; call it once at the top of a notebook."""
    sns.set_theme(context="notebook", style="ticks", palette=PALETTE)
    plt.style.use("dfad_lite.house")  # house.mplstyle: what differs from seaborn's
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
    """Draw uint8 images ``(N, C, H, W)``, grey or colour, one an axes; the rest stay empty."""
    for index, axis in enumerate(axes):
        axis.set_axis_off()
        if index < len(images):
            axis.imshow(images[index].permute(1, 2, 0).squeeze(-1), vmin=0, vmax=255)
            if titles is not None:
                axis.set_title(titles[index], fontsize=11)


def strips(
    rows: Mapping[str, Tensor], *, count: int = 12, width: float = 9, height: float = 0.82
) -> Figure:
    """Rows of up to ``count`` uint8 images ``(N, C, H, W)`` side by side, each with its name."""
    from torchvision.utils import make_grid  # seconds to import, for this one function

    figure, axes = new(len(rows), 1, width=width, height=height * len(rows), squeeze=False)
    for axis, (name, images) in zip(axes.flat, rows.items(), strict=True):
        if images.shape[1] not in (1, 3):  # not colours: the mean is shown
            images = images.float().mean(1, keepdim=True).byte()
        blank = images.new_full((max(0, count - len(images)), *images.shape[1:]), 255)
        shown = make_grid(torch.cat([images[:count], blank]), count, padding=1, pad_value=255)
        axis.imshow(shown.permute(1, 2, 0), interpolation="nearest")  # or noise makes large files
        axis.set(xticks=[], yticks=[], frame_on=False)
        axis.set_ylabel(name, rotation=0, ha="right", va="center")
    return figure


def confusion(counts: Tensor, classes: Sequence[str], *, rows: str, columns: str) -> Figure:
    """Counts ``(classes, classes)`` as a grid, shaded by their share of the row.

    Numbers are written in where they fit, for at most 20 classes; zeros are left out.
    """
    figure, axis = new(width=5.6, height=5.0)
    names = [short(name) for name in classes]
    shares = counts / counts.sum(1, keepdim=True).clamp(min=1)
    table = pd.DataFrame(shares, pd.Index(names, name=rows), pd.Index(names, name=columns))
    words = np.where(counts > 0, counts.numpy().astype(str), "") if len(names) <= 20 else None
    look = {"cmap": "Blues", "vmin": 0, "vmax": 1, "cbar": False, "square": True}
    sns.heatmap(table, annot=words, fmt="", annot_kws={"fontsize": 10}, ax=axis, **look)
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
    middle = {"ha": "center", "va": "center"}

    def player(x: float, y: float, text: str, colour: str) -> Text:
        box = {"boxstyle": "round,pad=0.7", "fc": colour, "ec": "none"}
        return axis.text(x, y, text, color="white", bbox=box, **middle)

    def arrow(start: Text, end: Text, **look) -> None:
        """From one player's box to another's."""
        ends = {"patchA": start.get_bbox_patch(), "patchB": end.get_bbox_patch()}
        style = {"arrowstyle": "-|>", "lw": 2, "mutation_scale": 16, "shrinkA": 4, "shrinkB": 4}
        places = {"xy": end.get_position(), "xytext": start.get_position()}
        axis.annotate("", **places, arrowprops=style | ends | look)

    z = player(0.8, 1.75, "noise\nz", NOISE)
    generator = player(2.9, 1.75, "generator\nG", GENERATOR)
    teacher = player(5.8, 2.75, "teacher T\n(frozen)", TEACHER)
    student = player(5.8, 0.75, "student\nS", STUDENT)
    gap = player(8.9, 1.75, "disagreement\nmean |T − S|", "#333333")
    forward = [(z, generator), (generator, teacher), (generator, student)]
    for start, end in [*forward, (teacher, gap), (student, gap)]:
        arrow(start, end, color="#333333")
    axis.text(4.4, 1.75, "images", fontsize=11, **middle)
    axis.text(7.3, 1.75, "logits", fontsize=11, **middle)
    arrow(gap, student, color=STUDENT, ls="--", connectionstyle="arc3,rad=-0.35")
    axis.text(8.2, 0.3, "imitation: smaller", color=STUDENT, fontsize=11)
    arrow(gap, generator, color=GENERATOR, ls="--", connectionstyle="arc3,rad=0.5")
    axis.text(3.2, 3.2, "generation: larger", color=GENERATOR, fontsize=11, ha="center")
    return figure


def plane(axes: Sequence[Axes], now: Moment, points: Tensor) -> None:
    """Regions and ``points`` ``(N, 2)`` on the first of two axes; gap and samples on the second."""
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
