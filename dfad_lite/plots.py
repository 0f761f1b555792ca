"""Figures in one house style: the same colours for the same players, axes with units.

Colours are Okabe and Ito's, which colour-blind readers can tell apart. Every function
returns a matplotlib figure; in a notebook, end the cell with it.
"""

from __future__ import annotations

import csv
import math
import statistics
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import seaborn as sns
import torch
import torch.nn.functional as F
from IPython.display import Markdown
from matplotlib import ticker
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from dfad_lite.artefacts import Snapshot, StudentRun
from dfad_lite.data import VOID, Split, to_display
from dfad_lite.metrics import class_iou, logits
from dfad_lite.playground import REACH, Moment

TEACHER, STUDENT, GENERATOR, NOISE = "#0072B2", "#D55E00", "#009E73", "#7F7F7F"
# What is drawn without a colour of its own takes these; the first four are no player's.
PALETTE = ("#000000", "#E69F00", "#56B4E9", "#CC79A7", GENERATOR, STUDENT, TEACHER)
SOURCES = {  # what a student learns on, by the names of the paper's tables
    "KD-ORI": "#000000",
    "KD-REL": "#56B4E9",
    "KD-UNR": "#CC79A7",
    "RANDOM": NOISE,
    "DFAD": STUDENT,
}


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
    return name.split(" ")[0][:10]


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
        axis.imshow(sheet.permute(1, 2, 0).squeeze(-1), vmin=0, vmax=255)
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
    at = np.arange(len(classes))
    axis.bar(at - 0.2, teacher, 0.4, color=TEACHER, label="teacher")
    axis.bar(at + 0.2, student, 0.4, color=STUDENT, label="student")
    axis.set(xticks=at, ylim=(0, 1), ylabel="probability")
    axis.set_xticklabels([short(name) for name in classes])
    axis.legend(frameon=False, fontsize=10)


def committed(name: str) -> list[dict[str, str]]:
    """The rows of a committed table, ``benchmarks/<name>``, every cell as text.

    Raises:
        FileNotFoundError: the package was installed without the checkout that holds the table.
    """
    path = Path(__file__).parent / "results" / name
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def hardness(snapshot: Snapshot) -> Tensor:
    """Mean |T(x) - S(x)| of each sample of a snapshot, ``(64,)``, in logits."""
    gap = snapshot.teacher_logits.float() - snapshot.student_logits.float()
    return gap.abs().flatten(1).mean(1)


def replay_frame(run: StudentRun, like: Split, index: int) -> Figure:
    """One moment of a game: samples, how hard they are, and where it lies on the curves.

    Args:
        run: the game.
        like: gives mean and std for display.
        index: which snapshot, from 0; negative ones count from the end.
    """
    now = run.snapshots[index]
    figure, (left, middle, right) = new(1, 3, width=11, height=3.3)
    sheet = contact_sheet(to_display(now.images[:36], like.mean, like.std), columns=6)
    left.imshow(sheet.permute(1, 2, 0).squeeze(-1))
    left.set_axis_off()
    left.set_title(f"samples after round {now.round}")
    widest = max(hardness(snapshot).max().item() for snapshot in run.snapshots)
    middle.hist(hardness(now), bins=np.linspace(0, widest, 25), color=GENERATOR)
    middle.axvline(now.discrepancy, color="black", ls="--", label="mean of real images")
    middle.set(xlabel="mean |T − S| of a sample (logits)", ylabel="samples")
    middle.set_title("how hard they are")
    middle.legend(frameon=False, fontsize=10)
    at = [snapshot.round for snapshot in run.snapshots]
    right.axhline(run.teacher.accuracy, color=TEACHER, ls="--", label="teacher")
    right.plot(at, [s.accuracy for s in run.snapshots], color=STUDENT, label="student")
    right.plot(now.round, now.accuracy, "o", color=STUDENT, ms=10)
    shift = -22 if now.accuracy > 0.5 else 12  # points, away from the axis
    where = {"textcoords": "offset points", "ha": "center"}
    right.annotate(f"{now.accuracy:.3f}", (now.round, now.accuracy), (0, shift), **where)
    right.set(xlabel="round", ylabel="test accuracy", ylim=(0, 1.05))
    right.legend(frameon=False, loc="lower right", fontsize=10)
    return figure


def _between(run: StudentRun, start: int, end: int, positions: Tensor) -> Tensor:
    """Images ``(N, C, H, W)`` at ``positions`` ``(N,)`` on the way from one z to another.

    On the arc between the two, not on the chord: a standard normal z of many numbers has
    nearly always the same length, and the chord's middle would be too short.
    """
    size = next(run.generator.parameters()).shape[1]
    ends = [torch.randn(size, generator=torch.Generator().manual_seed(s)) for s in (start, end)]
    angle = positions.view(-1, 1) * torch.pi / 2
    weight = next(run.generator.parameters())
    with torch.no_grad():
        z = torch.cos(angle) * ends[0] + torch.sin(angle) * ends[1]
        return run.generator(z.to(weight.device, weight.dtype))


def _probabilities(run: StudentRun, images: Tensor) -> tuple[Tensor, Tensor]:
    both = (run.teacher.model, run.student)
    return tuple(logits(model, images).softmax(1).cpu() for model in both)


def walk_frame(run: StudentRun, like: Split, start: int, end: int, position: float) -> Figure:
    """The image at ``position`` (0 to 1) between two latents, and what both networks say."""
    images = _between(run, start, end, torch.tensor([position]))
    figure, (left, right) = new(1, 2, width=10, height=3.2, width_ratios=(1, 2.4))
    show_images([left], to_display(images, like.mean, like.std), [f"position {position:.2f}"])
    taught, learnt = _probabilities(run, images)
    probability_bars(right, taught[0], learnt[0], like.classes)
    right.set_xlabel("class")
    return figure


def walk_strip(run: StudentRun, like: Split, start: int, end: int, *, steps: int = 8) -> Figure:
    """The whole walk at once: images above, each network's largest probability below."""
    positions = torch.linspace(0, 1, steps)
    images = _between(run, start, end, positions)
    taught, learnt = _probabilities(run, images)
    figure, axes = new(3, steps, width=11, height=4.0, height_ratios=(1.3, 1, 1))
    titles = [f"{position:.2f}" for position in positions]
    show_images(axes[0], to_display(images, like.mean, like.std), titles)
    rows = ((axes[1], taught, TEACHER, "teacher"), (axes[2], learnt, STUDENT, "student"))
    for row, probabilities, colour, name in rows:
        for axis, bars in zip(row, probabilities, strict=True):
            axis.bar(range(len(bars)), bars, color=colour)
            axis.set(ylim=(0, 1), yticks=[], xticks=[int(bars.argmax())])
            axis.set_xticklabels([short(like.classes[int(bars.argmax())])])
        row[0].set(ylabel=f"{name}\nprobability", yticks=[0, 1])
    return figure


def gallery(
    run: StudentRun, like: Split, kind: int = -1, *, hardest_first: bool = True, count: int = 24
) -> Figure:
    """The last samples in the order of their hardness.

    Args:
        run: the game.
        like: gives class names, and mean and std for display.
        kind: only samples that the teacher takes for this class; -1 for all.
        hardest_first: largest disagreement first, or smallest.
        count: how many at the most.
    """
    last = run.snapshots[-1]
    gap, answer = hardness(last), last.teacher_logits.argmax(1)
    order = gap.argsort(descending=hardest_first)
    if kind >= 0:
        order = order[answer[order] == kind]
    order = order[:count]
    figure, axes = new(2, count // 2, width=11, height=2.6)
    titles = [f"{short(like.classes[answer[i]])}\n{gap[i]:.2f}" for i in order]
    show_images(axes.flat, to_display(last.images[order], like.mean, like.std), titles)
    if len(order) == 0:
        figure.suptitle("the teacher sees none of the samples as this class")
    return figure


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


def sweep_outcomes(rows: Sequence[dict[str, str]], measure: str = "accuracy") -> Figure:
    """A measure over the seeds of each setting of a sweep: points, and their median as a bar.

    Args:
        rows: those of a sweep's ``results.csv``, as ``csv.DictReader`` gives them. The columns
            between ``key`` and ``status`` are the parameters; those that vary name the settings.
        measure: a column of numbers after ``status``.

    Raises:
        ValueError: no row has a number in ``measure``.
    """
    columns = list(rows[0]) if rows else []
    own = columns[columns.index("status") + 1 :] if rows else []
    measures = [name for name in own if any(_number(row[name]) is not None for row in rows)]
    if measure not in measures:
        raise ValueError(
            f"measure={measure!r}: no row has a number for it; take one of "
            f"{', '.join(measures) or 'none, since no job ended well'}"
        )
    parameters = columns[columns.index("key") + 1 : columns.index("status")]
    varying = [
        name for name in parameters if name != "seed" and len({row[name] for row in rows}) > 1
    ]
    groups: dict[str, list[float | None]] = {}
    for row in rows:
        words = [
            row[name] if name == "label" else f"{name} {row[name] or '(default)'}"
            for name in varying
        ]
        label = ", ".join(word for word in words if word) or "every seed"
        groups.setdefault(label, []).append(_number(row[measure]))
    names = [textwrap.fill(label, 40) for label in groups]  # the rest of the width is for bars
    lines = sum(name.count("\n") + 1 for name in names)
    figure, axis = new(width=9, height=1.3 + 0.2 * len(names) + 0.3 * lines)
    for place, values in enumerate(groups.values()):
        there = [value for value in values if value is not None]
        missing = len(values) - len(there)
        note = f"  {missing} of {len(values)} missing" if missing else ""
        if there:
            middle = statistics.median(there)
            axis.barh(place, middle, height=0.6, color=STUDENT, alpha=0.35)
            axis.plot(there, [place] * len(there), "o", ms=5, color=STUDENT)
            note = f"  {middle:.4g}{note}"
        ends = [0.0, *there]
        axis.text(max(ends), place, note, va="center", fontsize=10)
    axis.set_yticks(range(len(names)), names)
    axis.set_ylim(len(names) - 0.5, -0.5)  # in the table's order, from the top
    axis.margins(x=0.15)
    axis.grid(False, axis="y")
    axis.set(xlabel=measure.replace("_", " "), title="points: jobs; bar and number: their median")
    return figure


def _number(text: str) -> float | None:
    """The finite number that a cell holds, if it holds one."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


# ---------------------------------------------------------------- the game on a plane


def plane(axes: Sequence[Axes], now: Moment, points: Tensor, *, mark: Tensor | None = None) -> None:
    """Regions and real points on the first axes; gap and generated points on the second.

    Args:
        axes: two of them.
        now: the moment.
        points: real points ``(N, 2)``.
        mark: a point ``(2,)`` to mark on both.
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
        if mark is not None:
            axis.plot(*mark, "X", ms=11, color="white", mec="black", mew=1.5)


def plane_strip(moments: Sequence[Moment], points: Tensor) -> Figure:
    """Moments of a game side by side: regions above, gap and generated points below."""
    figure, axes = new(2, len(moments), width=12, height=4.6, sharex=True, sharey=True)
    for (above, below), now in zip(axes.T, moments, strict=True):
        plane((above, below), now, points)
        above.set_title(f"round {now.round}")
        below.set_xlabel(f"D {now.measures['real']:.2f}\nD_G {now.measures['generator']:.2f}")
    axes[0, 0].set_ylabel("regions")
    axes[1, 0].set_ylabel("gap, samples")
    return figure


def plane_frame(now: Moment, points: Tensor, mark: Tensor, words: str) -> Figure:
    """One moment of the interactive game, with a marked point and what is said there."""
    figure, (left, middle, right) = new(1, 3, width=10, height=3.3, width_ratios=(1, 1, 0.9))
    plane((left, middle), now, points, mark=mark)
    left.set_title("teacher —, student - -")
    middle.set_title("gap (dark), samples (green)")
    names = {"real": "D, real", "generator": "D_G", "largest": "largest"}
    colours = ("black", GENERATOR, PALETTE[3])
    values = [max(now.measures[name], 0.01) for name in names]
    right.barh(range(3), values, color=colours)
    right.set_yticks(range(3), names.values())
    right.set(xscale="log", xlim=(0.01, 20), ylim=(2.6, -0.6), xlabel="|T − S| (logits)")
    right.set_title(f"round {now.round}")
    figure.supxlabel(words, fontsize=11)
    return figure


# ---------------------------------------------------------------- ablations

_CURVES = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")


# ---------------------------------------------------------------- a class for every pixel

# Okabe and Ito's colours and three more that stand apart from them, a class each.
_CLASS_COLOURS = ("#56B4E9", "#7F7F7F", "#8C564B", "#D55E00", "#F0E442", "#009E73", "#0072B2")
_CLASS_COLOURS += ("#CC79A7", "#E69F00", "#000000", "#B5CF6B", "#9467BD")


def paint(maps: Tensor) -> Tensor:
    """Label maps ``(N, H, W)`` as uint8 images ``(N, 3, H, W)``; void is white."""
    colours = [mpl.colors.to_rgb(colour) for colour in _CLASS_COLOURS]
    table = (torch.tensor([*colours, (1.0, 1.0, 1.0)]) * 255).to(torch.uint8)
    return table[maps.where(maps != VOID, torch.tensor(len(table) - 1))].permute(0, 3, 1, 2)


def class_legend(figure: Figure, classes: Sequence[str]) -> None:
    """The classes' colours beneath a figure."""
    patches = [
        mpl.patches.Patch(color=colour, label=name)
        for colour, name in zip(_CLASS_COLOURS, classes, strict=False)
    ]
    columns = min(len(patches), 6)
    figure.legend(
        handles=patches, ncols=columns, loc="outside lower center", frameon=False, fontsize=10
    )


def image_rows(rows: dict[str, Tensor], classes: Sequence[str] = ()) -> Figure:
    """Rows of uint8 images ``(N, C, H, W)``, each with its name; the classes' colours below."""
    count = max(len(images) for images in rows.values())
    height = 0.35 * (len(classes) > 0) + 1.25 * len(rows)
    figure, axes = new(len(rows), count, width=1.3 * count, height=height, squeeze=False)
    for (name, images), line in zip(rows.items(), axes, strict=True):
        show_images(line, images)
        text = line[0].text(-0.08, 0.5, name, transform=line[0].transAxes, fontsize=11)
        text.set(rotation=90, ha="right", va="center")
    if classes:
        class_legend(figure, classes)
    return figure


def samples_with_masks(run: StudentRun, like: Split, *, count: int = 8) -> Figure:
    """The last samples, and beneath each what teacher and student see in its pixels."""
    last = run.snapshots[-1]
    rows = {
        "generated": to_display(last.images[:count], like.mean, like.std),
        "teacher": paint(last.teacher_logits[:count].argmax(1)),
        "student": paint(last.student_logits[:count].argmax(1)),
    }
    return image_rows(rows, like.classes)


def masks_strip(run: StudentRun, test: Split, *, count: int = 8) -> Figure:
    """Test images, truth, teacher, student, and the pixels in which the two disagree."""
    images = test.normalised()[:count]
    taught = logits(run.teacher.model, images).argmax(1).cpu()
    learnt = logits(run.student, images).argmax(1).cpu()
    differ = ((taught != learnt)[:, None] * 255).to(torch.uint8)
    rows = {
        "image": test.images[:count],
        "truth": paint(test.labels[:count]),
        "teacher": paint(taught),
        "student": paint(learnt),
        "disagree": differ,
    }
    return image_rows(rows, test.classes)


def iou_bars(run: StudentRun, noise: StudentRun, test: Split) -> Figure:
    """Intersection over union of each class: teacher, student, and the student of noise."""
    figure, axis = new(width=10, height=3.4)
    images, at = test.normalised(), np.arange(len(test.classes))
    for shift, model, colour, name in (
        (-0.27, run.teacher.model, TEACHER, "teacher"),
        (0.0, run.student, STUDENT, "student, DFAD"),
        (0.27, noise.student, NOISE, "student, noise only"),
    ):
        values = class_iou(logits(model, images), test.labels)
        axis.bar(at + shift, values.nan_to_num(), 0.26, color=colour, label=name)
    axis.set_xticks(at, [short(name) for name in test.classes], rotation=20)
    axis.set(ylabel="IoU on test images", ylim=(0, 1))
    axis.legend(frameon=False, fontsize=10)
    return figure


def miou_curves(runs: dict[str, StudentRun]) -> Figure:
    """Mean IoU over the rounds of several students of one teacher."""
    figure, axis = new(width=8.5, height=3.4)
    for (name, run), colour in zip(runs.items(), _CURVES[1:], strict=False):
        at = [snapshot.round for snapshot in run.snapshots]
        axis.plot(at, [s.accuracy for s in run.snapshots], ".-", color=colour, label=name)
    teacher = next(iter(runs.values())).teacher.accuracy
    axis.axhline(teacher, color=TEACHER, ls="--", label="teacher")
    axis.set(xlabel="round", ylabel="mean IoU on test images", ylim=(0, None))
    axis.legend(frameon=False, fontsize=10)
    return figure


def segmentation_table() -> Markdown:
    """``benchmarks/segmentation.csv``: mean IoU by data and inputs, with the paper's CamVid."""
    paper = {"original": 0.535, "related": 0.475, "unrelated": 0.406, "noise": 0.018}
    groups: dict[tuple[str, ...], list[dict[str, str]]] = {}
    for row in committed("segmentation.csv"):
        names = ("profile", "dataset", "networks", "inputs", "method", "generator")
        kind = tuple(row[name] for name in (*names, "generation_loss"))
        groups.setdefault(kind, []).append(row)
    lines = [
        "| profile | data | norm | inputs | seeds | teacher | student, median (worst to best) "
        "| share of the teacher's | the paper, CamVid |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for (profile, dataset, networks, inputs, method, generator, loss), rows in sorted(
        groups.items()
    ):
        norm = "batch" if "_bn" in networks else "group"
        taught = [float(row["teacher_miou"]) for row in rows]
        learnt = [float(row["student_miou"]) for row in rows]
        shares = [a / b for a, b in zip(learnt, taught, strict=True)]
        name = (method or inputs) + {"mae": ", −MAE", "log_mae": ", −log(MAE + 1)"}.get(loss, "")
        name += {"light": ", no blur"}.get(generator, "")
        printed = paper.get(inputs, 0.535 if (method, loss) == ("DFAD", "log_mae") else None)
        lines.append(
            f"| {profile} | {dataset} | {norm} | {name} | {len(rows)} "
            f"| {statistics.median(taught):.3f} "
            f"| {statistics.median(learnt):.3f} ({min(learnt):.3f} to {max(learnt):.3f}) "
            f"| {statistics.median(shares):.2f} "
            f"| {printed if printed and dataset == 'camvid' else ''} |"
        )
    return Markdown("\n".join(lines))


LAYERS = ("truth", "teacher", "student", "disagreement")


def pixel_frame(
    run: StudentRun, test: Split, frame: int, layer: str, opacity: float, row: int, column: int
) -> Figure:
    """A test image under a layer of labels, and the class probabilities at one of its pixels.

    Args:
        run: the student and its teacher.
        test: where the image is from.
        frame: which image.
        layer: one of :data:`LAYERS`.
        opacity: of the layer, 0 to 1.
        row: of the pixel, from the top.
        column: of the pixel, from the left.
    """
    image = test.normalised()[frame : frame + 1]
    taught, learnt = (logits(model, image).cpu() for model in (run.teacher.model, run.student))
    maps = {"truth": test.labels[frame : frame + 1], "teacher": taught.argmax(1)}
    maps["student"] = learnt.argmax(1)
    if layer == "disagreement":
        shown = ((maps["teacher"] != maps["student"])[:, None] * 255).expand(-1, 3, -1, -1)
    else:
        shown = paint(maps[layer])
    blend = test.images[frame] * (1 - opacity) + shown[0] * opacity
    figure, (left, right) = new(1, 2, width=10, height=3.6, width_ratios=(1, 1.6))
    show_images([left], blend.to(torch.uint8)[None], [f"image {frame}, {layer}"])
    left.plot(column, row, "s", ms=9, mfc="none", mec="white", mew=2)
    left.plot(column, row, "s", ms=11, mfc="none", mec="black", mew=1)
    at = (0, slice(None), row, column)
    probability_bars(right, taught.softmax(1)[at], learnt.softmax(1)[at], test.classes)
    right.tick_params(axis="x", rotation=30)
    label = int(maps["truth"][0, row, column])
    right.set_title(f"pixel ({row}, {column}): {'void' if label == VOID else test.classes[label]}")
    class_legend(figure, test.classes)
    return figure


def waterfall(times: Mapping[str, Sequence[float]]) -> Figure:
    """Rounds a second of several loops, and how many times the first one's each is.

    Args:
        times: seconds a round by loop, as :func:`dfad_lite.speed.alternate` gives them.
    """
    figure, axes = new(width=9, height=3.6)
    middles = [1 / statistics.median(values) for values in times.values()]
    low = [m - 1 / max(v) for m, v in zip(middles, times.values(), strict=True)]
    high = [1 / min(v) - m for m, v in zip(middles, times.values(), strict=True)]
    axes.bar(range(len(times)), middles, color=STUDENT, width=0.6)
    axes.errorbar(range(len(times)), middles, [low, high], fmt="none", color="black", capsize=4)
    for at, middle in enumerate(middles):
        top = middle + high[at]
        axes.annotate(f"{middle / middles[0]:.2f} x", (at, top), (0, 4), **_ABOVE)
    axes.set_xticks(range(len(times)), [name.replace(" ", "\n", 1) for name in times])
    axes.set_ylabel("rounds a second")
    axes.set_ylim(0, 1.2 * max(m + h for m, h in zip(middles, high, strict=True)))
    return figure


_ABOVE = {"textcoords": "offset points", "ha": "center"}


def batch_times(
    measured: Mapping[int, float], slope: float, start: float, fitted: Sequence[int]
) -> Figure:
    """Seconds a round over the batch, with the line ``start + slope * batch``.

    Args:
        measured: seconds a round by batch.
        slope: seconds an image.
        start: seconds a round of no image.
        fitted: the batches that the line was fitted to; the others test it.
    """
    figure, axes = new(width=7, height=3.4)
    reach = [0, max(measured)]
    axes.plot(reach, [start + slope * n for n in reach], color=NOISE, ls="--", label="fitted line")
    axes.plot(fitted, [measured[n] for n in fitted], "o", color=STUDENT, label="fitted")
    tested = [n for n in measured if n not in fitted]
    axes.plot(
        tested, [measured[n] for n in tested], "s", color=TEACHER, label="not seen by the fit"
    )
    axes.set_xlabel("batch (images)")
    axes.set_ylabel("seconds a round")
    axes.set_ylim(bottom=0)
    axes.legend()
    return figure


def speed_table() -> Markdown:
    """``benchmarks/speed.csv``: the published loop and ours, case by case."""
    lines = [
        "| case | loop | batch | rounds a second, median (slowest to fastest) | times plain "
        "| share of the matrix peak | peak memory |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    rows = committed("speed.csv")
    plain = {r["case"]: float(r["rounds_per_second"]) for r in rows if r["loop"] == "plain"}
    for row in rows:
        memory = f"{int(row['peak_megabytes']):,} MB" if row["peak_megabytes"] else ""
        lines.append(
            f"| {row['case']} | {row['loop']} | {row['batch']} | {row['rounds_per_second']} "
            f"({row['slowest']} to {row['fastest']}) "
            f"| {float(row['rounds_per_second']) / plain[row['case']]:.2f} "
            f"| {float(row['share_of_matrix_peak']):.0%} | {memory} |"
        )
    return Markdown("\n".join(lines))


def roofline(rows: Sequence[Mapping[str, str]] | None = None) -> Figure:
    """Operations a second over operations a byte, under the machine's two roofs.

    The slope is what memory can bring (copying), the flat roof the largest matrix product. Bytes
    are counted as if no operator found anything in a cache, so a point can lie above the slope.

    Args:
        rows: rows of ``speed.csv``; None takes the committed ones.
    """
    rows = [row for row in rows or committed("speed.csv") if row["operations_per_byte"]]
    peak, copy = float(rows[0]["matrix_peak"]), float(rows[0]["copy_peak"])
    figure, axes = new(width=8, height=4.2)
    reach = [1, peak / copy, 1000]
    axes.loglog(reach, [min(peak, copy * x) / 1e9 for x in reach], color="black", lw=1.5)
    axes.annotate("matrix product", (900, peak / 1e9), (0, 5), **{**_ABOVE, "ha": "right"})
    axes.annotate("copying", (1.3, 1.3 * copy / 1e9), (14, 0), **{**_ABOVE, "ha": "left"})
    markers = {"mnist": "o", "cifar10": "s", "camvid": "^"}
    colours = {"plain": NOISE, "ours": STUDENT, "own networks": GENERATOR}
    for row in rows:
        if row["loop"] in colours:
            axes.plot(
                float(row["operations_per_byte"]),
                float(row["operations_per_second"]) / 1e9,
                markers[row["case"]],
                color=colours[row["loop"]],
                ms=9,
                label=f"{row['case']}, {row['loop']}",
            )
    axes.set(xlabel="operations per byte moved", ylabel="billion operations a second")
    axes.set_ylim(bottom=peak / 1e9 / 20)
    axes.yaxis.set_major_locator(ticker.LogLocator(subs=(1, 2, 5)))
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(ticker.StrMethodFormatter("{x:g}"))
        axis.set_minor_locator(ticker.NullLocator())
    axes.legend(ncols=3, fontsize=9, loc="lower right")
    return figure


def scaling_chart(rows: Sequence[Mapping[str, str]] | None = None) -> Figure:
    """Seconds a round over the operations it needs, for batch, width and image size.

    A line ``a + b * operations`` is fitted to the small ones of each (filled) and has to predict
    the largest (hollow).

    Args:
        rows: rows of ``scaling.csv``; None takes the committed ones.
    """
    rows = rows or committed("scaling.csv")
    names = list(dict.fromkeys(row["changed"] for row in rows))
    figure, panels = new(1, len(names), width=10, height=3.4)
    for axes, name in zip(panels, names, strict=True):
        own = [row for row in rows if row["changed"] == name]
        points = [(float(r["operations"]) / 1e9, float(r["seconds"]), r["fitted"]) for r in own]
        seen = [(x, y) for x, y, fitted in points if fitted == "True"]
        slope, start = statistics.linear_regression(*zip(*seen, strict=True))
        ends = [0, max(x for x, _, _ in points)]
        axes.plot(ends, [start + slope * x for x in ends], "--", color=NOISE)
        for x, y, fitted in points:
            axes.plot(x, y, "o", color=STUDENT, mfc=STUDENT if fitted == "True" else "white")
        (far,) = [(x, y) for x, y, fitted in points if fitted != "True"]
        error = (start + slope * far[0]) / far[1]
        title = name.replace("_", " ")
        axes.set_title(f"{title}\npredicted / measured = {error:.2f}", fontsize=11)
        axes.set_xlabel("billion operations a round")
        axes.set_ylim(bottom=0)
    panels[0].set_ylabel("seconds a round")
    return figure


# ---------------------------------------------------------------- the family


def family_rows(**wanted: str) -> list[dict[str, str]]:
    """The rows of ``benchmarks/family.csv`` in which every named column has the value wanted."""
    rows = committed("family.csv")
    return [row for row in rows if all(row[name] == value for name, value in wanted.items())]


def _by(rows: Sequence[Mapping[str, str]], name: str, column: str) -> dict[str, list[float]]:
    """The numbers of a column by the text of another, in the order of the table."""
    found: dict[str, list[float]] = {}
    for row in rows:
        found.setdefault(row[name], []).append(float(row[column]))
    return found


def dots(axis: Axes, groups: Mapping[str, Sequence[float]], *, bold: str = "") -> None:
    """A line of dots for each group, a bar at the median; ``bold`` in the student's colour."""
    for place, (name, values) in enumerate(groups.items()):
        colour = STUDENT if name == bold else TEACHER
        axis.plot(values, [place] * len(values), "o", ms=7, color=colour, alpha=0.6)
        axis.plot(statistics.median(values), place, "|", ms=20, mew=2.5, color=colour)
    axis.set_yticks(range(len(groups)), groups)
    axis.set_ylim(len(groups) - 0.5, -0.5)


def family_chart(dataset: str = "digits") -> Figure:
    """Test accuracy of every method over the seeds: as many student steps, and as much time."""
    figure, axes = new(1, 2, width=11, height=3.8, sharex=True, sharey=True)
    titles = {"steps": "as many student steps", "time": "as much time"}
    for axis, (budget, title) in zip(axes, titles.items(), strict=True):
        rows = family_rows(dataset=dataset, teacher="plain", budget=budget)
        rows = [row for row in rows if int(row["seed"]) < 100]  # the others confirm the recipe
        dots(axis, _by(rows, "method", "accuracy"), bold="Ours")
        taught = statistics.median(float(row["teacher_accuracy"]) for row in rows)
        axis.axvline(taught, color="black", ls="--", lw=1, label="teachers' median")
        axis.set(xlabel="test accuracy after the last round", title=title)
    axes[0].legend(frameon=False, fontsize=10, loc="lower left")
    return figure


def family_table(dataset: str = "digits", budget: str = "steps") -> Markdown:
    """The same as numbers, with how varied the last samples are: medians over the seeds."""
    rows = family_rows(dataset=dataset, teacher="plain", budget=budget)
    rows = [row for row in rows if int(row["seed"]) < 100]
    lines = [
        "| method | seeds | rounds | accuracy, median (worst to best) | agreement | discrepancy "
        "| effective classes | feature distance, real = 1 | near-duplicates | CPU time | kept |",
        "| --- " * 11 + "|",
    ]
    for method in dict.fromkeys(row["method"] for row in rows):
        own = [row for row in rows if row["method"] == method]

        def middle(column: str, own: list[dict[str, str]] = own) -> float:
            return statistics.median(float(row[column]) for row in own)

        values = [float(row["accuracy"]) for row in own]
        lines.append(
            f"| {method} | {len(own)} | {middle('rounds'):.0f} "
            f"| {statistics.median(values):.3f} ({min(values):.3f} to {max(values):.3f}) "
            f"| {middle('agreement'):.3f} | {middle('discrepancy'):.2f} "
            f"| {math.exp(middle('class_entropy')):.1f} | {middle('feature_distance'):.2f} "
            f"| {middle('near_duplicates'):.1%} | {middle('cpu_seconds'):.0f} s "
            f"| {middle('kept_bytes') / 2**20:.1f} MB |"
        )
    return Markdown("\n".join(lines))


def hard_teachers() -> Figure:
    """Median share of its teacher's accuracy that a student reaches, by method and teacher."""
    rows = [r for r in family_rows(dataset="digits", budget="steps") if int(r["seed"]) < 100]
    kinds = list(dict.fromkeys(row["teacher"] for row in rows))
    methods = list(dict.fromkeys(row["method"] for row in rows))
    share = np.full((len(methods), len(kinds)), np.nan)
    for i, method in enumerate(methods):
        for j, kind in enumerate(kinds):
            own = [r for r in rows if (r["method"], r["teacher"]) == (method, kind)]
            share[i, j] = statistics.median(float(row["share"]) for row in own)
    figure, axis = new(width=9, height=4.2)
    axis.imshow(share, cmap="Blues", vmin=0, vmax=1.1, aspect="auto")
    for (i, j), value in np.ndenumerate(share):
        colour = "white" if value > 0.6 else "black"
        axis.text(j, i, f"{value:.2f}", ha="center", va="center", color=colour)
    axis.set_xticks(range(len(kinds)), [kind.replace("-", "-\n") for kind in kinds])
    axis.set_yticks(range(len(methods)), methods)
    axis.grid(False)
    axis.set_xlabel("teacher")
    return figure


def recipe_chart() -> Figure:
    """The ablation of ``benchmarks/recipe.csv``: validation agreement, a dot a seed."""
    rows = [row for row in committed("recipe.csv") if row["teacher"] == "plain"]
    groups = _by(rows, "variant", "validation_agreement")
    figure, axes = new(1, 2, width=11.5, height=5, sharex=True, width_ratios=(1, 1))
    panels = {"one part added": ("DFAD", "+"), "four parts, one changed": ("four parts",) * 2}
    for axis, (title, (name, start)) in zip(axes, panels.items(), strict=True):
        own = {k: v for k, v in groups.items() if k == name or k.startswith(start)}
        dots(axis, own, bold=name)
        axis.axvline(statistics.median(own[name]), color=STUDENT, lw=1, ls=":")
        axis.set(xlabel="agreement, validation", title=title)
        axis.tick_params(axis="y", labelsize=10)
    return figure


def seed_pairs(first: str = "DFAD", second: str = "Ours") -> Figure:
    """Two methods in as much time, a line for each fresh seed: the same teacher for both."""
    rows = family_rows(dataset="digits", teacher="plain", budget="time")
    rows = [row for row in rows if int(row["seed"]) >= 100]
    figure, axes = new(1, 2, width=9, height=3.8)
    for axis, column in zip(axes, ("accuracy", "agreement"), strict=True):
        found = _by(rows, "method", column)
        for a, b in zip(found[first], found[second], strict=True):
            axis.plot([0, 1], [a, b], "o-", color=NOISE, alpha=0.5, lw=1, ms=4)
        for at, name in enumerate((first, second)):
            axis.plot(at, statistics.median(found[name]), "_", color=STUDENT, ms=40, mew=3)
        axis.set_xticks([0, 1], [first, second])
        axis.set(xlim=(-0.5, 1.5), ylabel=f"{column} on test images")
    return figure


def theft_chart() -> Figure:
    """Accuracy of copies made from less and less, by where the questions come from."""
    rows = committed("theft.csv")
    kinds = list(dict.fromkeys(row["answers"] for row in rows))
    ways = {  # colour, marker, and what it is called
        "gradients": ("black", "*", "gradients (DFAD)"),
        "probes 4": (GENERATOR, "s", "generator, 4 probes an image"),
        "probes 1": ("#E69F00", "o", "generator, 1 probe"),
        "probes 0": ("#CC79A7", "v", "generator, no probe"),
        "noise": (NOISE, "X", "noise"),
    }
    figure, axis = new(width=9.5, height=3.8)
    for shift, (way, (colour, marker, name)) in enumerate(ways.items()):
        own = [row for row in rows if row["way"] == way]
        at = [kinds.index(row["answers"]) + 0.13 * (shift - 2) for row in own]
        axis.plot(
            at,
            [float(row["accuracy"]) for row in own],
            marker,
            ms=7,
            color=colour,
            alpha=0.7,
            label=name,
        )
    axis.set_xticks(range(len(kinds)), kinds)
    axis.set(xlabel="what the teacher's owner gives away", ylabel="test accuracy", ylim=(0, 1.02))
    axis.legend(frameon=False, fontsize=10, loc="lower left", bbox_to_anchor=(1, 0))
    return figure


def estimates_chart(column: str = "estimate_blurs") -> Figure:
    """A data-free estimate against what it estimates, a dot a run, coloured by teacher."""
    rows = [row for row in committed("family.csv") if row["dataset"] == "digits"]
    figure, axis = new(width=6.4, height=4.6)
    for colour, kind in zip(_CURVES, dict.fromkeys(row["teacher"] for row in rows), strict=False):
        own = [row for row in rows if row["teacher"] == kind]
        points = [(float(row[column]), float(row["agreement"])) for row in own]
        axis.plot(*zip(*points, strict=True), ".", ms=8, color=colour, alpha=0.6, label=kind)
    axis.plot([0, 1], [0, 1], ":", color="black", lw=1)
    axis.set(xlabel="estimate, without any real image", ylabel="agreement on real test images")
    axis.legend(frameon=False, fontsize=9)
    return figure
