"""Sliders and menus over the figures of :mod:`dfad_lite.plots`.

Each widget shows a figure that ``plots`` draws, so that a static copy of it can stand
beside. Pictures are drawn when first asked for and kept, so moving back is instant.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Hashable
from functools import lru_cache

import ipywidgets as ipw
from matplotlib.figure import Figure

from dfad_lite import plots
from dfad_lite.artefacts import StudentRun
from dfad_lite.data import Split


def picture(figure: Figure) -> bytes:
    """A figure as PNG."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=90)
    return buffer.getvalue()


def panel(draw: Callable[..., Figure], alt: str, **controls: ipw.Widget) -> ipw.VBox:
    """The figure that ``draw(**values of the controls)`` gives, drawn anew when one moves.

    Args:
        draw: called with the controls' values by name; values must be hashable.
        alt: what the picture shows, as its tooltip.
        **controls: widgets with a value.
    """

    @lru_cache(maxsize=256)
    def drawn(values: tuple[Hashable, ...]) -> bytes:
        return picture(draw(**dict(zip(controls, values, strict=True))))

    def values() -> tuple[Hashable, ...]:
        return tuple(control.value for control in controls.values())

    image = ipw.Image(value=drawn(values()), format="png", tooltip=alt)
    image.layout.max_width = "100%"

    def update(_change: object) -> None:
        image.value = drawn(values())

    for control in controls.values():
        control.observe(update, names="value")
    return ipw.VBox([ipw.HBox(list(controls.values()), layout={"flex_flow": "wrap"}), image])


def replay(run: StudentRun, like: Split) -> ipw.VBox:
    """Move through the rounds of a game: its samples, their hardness, and the curves."""
    rounds = [snapshot.round for snapshot in run.snapshots]
    slider = ipw.SelectionSlider(
        options=[(str(number), index) for index, number in enumerate(rounds)],
        description="round",
        layout={"width": "32rem"},
    )
    return panel(
        lambda index: plots.replay_frame(run, like, index),
        "samples, histogram of disagreement and curves of the chosen round",
        index=slider,
    )


def walk(run: StudentRun, like: Split) -> ipw.VBox:
    """Walk through z from one sample to another, with both networks' probabilities as bars."""

    def number(text: str, value: int) -> ipw.BoundedIntText:
        return ipw.BoundedIntText(
            value=value, min=0, max=9999, description=text, layout={"width": "12rem"}
        )

    return panel(
        lambda start, end, position: plots.walk_frame(run, like, start, end, position),
        "the generated image and the class probabilities of teacher and student",
        start=number("from seed", 0),
        end=number("to seed", 1),
        position=ipw.FloatSlider(
            value=0.0,
            min=0.0,
            max=1.0,
            step=0.05,
            description="position",
            layout={"width": "24rem"},
        ),
    )


def gallery(run: StudentRun, like: Split) -> ipw.VBox:
    """The last samples, sorted by hardness, of all classes or of one the teacher sees."""
    classes = [("all", -1), *((name, index) for index, name in enumerate(like.classes))]
    return panel(
        lambda kind, hardest: plots.gallery(run, like, kind, hardest_first=hardest),
        "generated images in the chosen order, with their disagreement",
        kind=ipw.Dropdown(options=classes, value=-1, description="class"),
        hardest=ipw.Dropdown(
            options=[("hardest first", True), ("easiest first", False)], description="order"
        ),
    )
