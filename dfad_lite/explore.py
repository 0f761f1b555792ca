"""Sliders and menus over the figures of :mod:`dfad_lite.plots`.

Each widget shows a figure that ``plots`` draws, so that a static copy of it can stand
beside. Pictures are drawn when first asked for and kept, so moving back is instant.
"""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Callable, Hashable
from functools import lru_cache

import ipywidgets as ipw
import numpy as np
import torch
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox
from PIL import Image

from dfad_lite import playground, plots
from dfad_lite.artefacts import StudentRun
from dfad_lite.data import Split


class Painter:
    """Figures as HTML images with a text for those who can't see them, all laid out like the first.

    Measuring every text to find where the axes go takes longer than drawing them, and a picture
    whose axes stay where they are is calmer to look at.

    Not ``ipywidgets.Image``: it has no alt text, and one with a tooltip is not drawn at all.
    """

    def __init__(self, alt: str) -> None:
        self.alt = alt
        self.places: list[Bbox] = []  # of the axes, as shares of the figure
        self.words: list[tuple[float, float]] = []  # where the figure's own texts stand

    def __call__(self, figure: Figure, words: str = "") -> str:
        """The image; ``words`` are added to what the alt text says of every figure."""
        figure.set_dpi(90)
        canvas = FigureCanvasAgg(figure)
        if not self.places:
            canvas.draw()
            self.places = [axis.get_position() for axis in figure.axes]
            self.words = [text.get_position() for text in figure.texts]
        figure.set_layout_engine("none")  # the first one, too: the same state is the same picture
        for axis, place in zip(figure.axes, self.places, strict=True):
            axis.set_position(place)
        for text, where in zip(figure.texts, self.words, strict=False):  # one may have a title more
            text.set_position(where)
        canvas.draw()
        buffer = io.BytesIO()
        pixels = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
        pixels.save(buffer, format="png", compress_level=1)  # quick: it goes no further than a page
        coded = base64.b64encode(buffer.getvalue()).decode()
        alt = html.escape(f"{self.alt}; {words}" if words else self.alt)
        return (
            f'<img class="dfad-picture" alt="{alt}" style="max-width: 100%" '
            f'src="data:image/png;base64,{coded}">'
        )


def panel(draw: Callable[..., Figure], alt: str, **controls: ipw.Widget) -> ipw.VBox:
    """The figure that ``draw(**values of the controls)`` gives, drawn anew when one moves.

    Args:
        draw: called with the controls' values by name; values must be hashable. Its figures
            all have the same axes.
        alt: what the picture shows, for those who can't see it.
        **controls: widgets with a value; one without a description is called as here.
    """
    picture, image = Painter(alt), ipw.HTML()

    @lru_cache(maxsize=256)
    def drawn(*values: Hashable) -> str:
        return picture(draw(**dict(zip(controls, values, strict=True))))

    def update(_change: object = None) -> None:
        image.value = drawn(*(control.value for control in controls.values()))

    for name, control in controls.items():
        control.description = control.description or name
        control.observe(update, names="value")
    update()
    return ipw.VBox([ipw.HBox(list(controls.values()), layout={"flex_flow": "wrap"}), image])


def replay(run: StudentRun, like: Split) -> ipw.VBox:
    """Move through the rounds of a game: its samples, their hardness, and the curves."""
    moments = [(str(snapshot.round), at) for at, snapshot in enumerate(run.snapshots)]
    return panel(
        lambda round: plots.replay_frame(run, like, round),
        "samples, histogram of disagreement and curves of the chosen round",
        round=ipw.SelectionSlider(options=moments, layout={"width": "32rem"}),
    )


def walk(run: StudentRun, like: Split) -> ipw.VBox:
    """Walk through z from one sample to another, with both networks' probabilities as bars."""
    return panel(
        lambda start, end, position: plots.walk_frame(run, like, start, end, position),
        "the generated image and the class probabilities of teacher and student",
        start=ipw.BoundedIntText(0, max=9999, description="from seed"),
        end=ipw.BoundedIntText(1, max=9999, description="to seed"),
        position=ipw.FloatSlider(0.0, max=1.0, step=0.05),
    )


def gallery(run: StudentRun, like: Split) -> ipw.VBox:
    """The last samples, sorted by hardness, of all classes or of one the teacher sees."""
    classes = [("all", -1), *((name, index) for index, name in enumerate(like.classes))]
    orders = [("hardest first", True), ("easiest first", False)]
    return panel(
        lambda kind, hardest: plots.gallery(run, like, kind, hardest_first=hardest),
        "generated images in the chosen order, with their disagreement",
        kind=ipw.Dropdown(options=classes, description="class"),
        hardest=ipw.Dropdown(options=orders, description="order"),
    )


def plane(*, seed: int = 0) -> ipw.VBox:
    """Play the two-dimensional game by hand: a button a stage, and a point to look at."""
    points, _ = playground.moons(400, seed=seed)
    trained = playground.teacher(seed=seed)
    wide, row = {"width": "16rem"}, {"flex_flow": "wrap"}
    k = ipw.Dropdown(options=[1, 2, 5, 10, 20], value=5, description="k", layout=wide)
    loss = ipw.Dropdown(options=["mae", "mse", "kld"], description="loss", layout=wide)
    reach = {"min": -playground.REACH, "max": playground.REACH, "step": 0.1, "value": 0.0}
    x, y = (ipw.FloatSlider(description=name, **reach) for name in "xy")
    image, picture = ipw.HTML(), Painter("regions, gap and samples of the game as it is now")
    game, now = None, None

    def draw(_change: object = None) -> None:
        mark = torch.tensor([x.value, y.value])
        with torch.no_grad():
            taught, learnt = (net(mark[None])[0] for net in (game.teacher, game.student))
        words = (
            f"at ({x.value:.1f}, {y.value:.1f}): T = ({taught[0]:.2f}, {taught[1]:.2f}), "
            f"S = ({learnt[0]:.2f}, {learnt[1]:.2f}), "
            f"mean |T − S| = {(taught - learnt).abs().mean():.2f}"
        )
        image.value = picture(plots.plane_frame(now, points, mark, words), words)

    def play(rounds: int, *, imitate: bool = True, generate: bool = True) -> None:
        nonlocal now
        for _ in range(rounds):
            for _ in range(k.value if imitate else 0):
                game.imitate()
            if generate:
                game.generate()
                game.round += 1
        now = playground.moment(game, points, round=game.round)
        draw()

    def reset(_change: object = None) -> None:
        nonlocal game
        wanted = {"imitation_loss": loss.value, "generation_loss": loss.value}
        game = playground.new_game(trained, seed=seed, **wanted)
        play(0)

    actions = {
        "Imitate": ("k steps of the student", lambda _: play(1, generate=False)),
        "Generate": ("one step of the generator", lambda _: play(1, imitate=False)),
        "10 rounds": ("ten times: imitate, then generate", lambda _: play(10)),
        "Reset": ("a new student and a new generator", reset),
    }
    buttons = [ipw.Button(description=name, tooltip=tip) for name, (tip, _) in actions.items()]
    for button, (_, action) in zip(buttons, actions.values(), strict=True):
        button.on_click(action)
    loss.observe(reset, names="value")  # another loss is another game
    for slider in (x, y):
        slider.observe(draw, names="value")
    reset()
    return ipw.VBox([ipw.HBox(buttons, layout=row), ipw.HBox([k, loss, x, y], layout=row), image])


def pixels(run: StudentRun, test: Split) -> ipw.VBox:
    """Look at a segmenter's test images: which layer, how opaque, and what is said of a pixel."""
    height, width = test.images.shape[-2:]
    return panel(
        lambda **chosen: plots.pixel_frame(run, test, **chosen),
        "a test image under the chosen layer, and class probabilities at the marked pixel",
        frame=ipw.IntSlider(0, max=min(len(test), 50) - 1, description="image"),
        layer=ipw.Dropdown(options=plots.LAYERS, value="student"),
        opacity=ipw.FloatSlider(0.5, max=1.0, step=0.1),
        row=ipw.IntSlider(height // 2, max=height - 1),
        column=ipw.IntSlider(width // 2, max=width - 1),
    )
