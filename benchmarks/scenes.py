"""How soon a scene answers: from an action to the painted frame, in headless Chromium.

    python -m benchmarks.scenes

Adds to ``dfad_lite/results/scenes.csv`` a row for each scene of the committed notebooks: the median
and the worst of its actions (drags over its pictures, arrow keys, sliders, buttons), and for the
plane the frames a second while it plays, each a round with its 200 samples and its map of 60 x 60
gaps. ``load`` is what waited for a processor meanwhile: times of a busy machine say little. What
the page's thread computes, ``cpu_ms`` an action and ``frame_cpu_ms`` a frame, depends on it less.
"""

from __future__ import annotations

import os
import shutil
import statistics
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import typer

from benchmarks import RESULTS, fill
from dfad_lite import explore
from dfad_lite.course import runner, site

ACTIONS = 24  # at least, a scene
# From the moment at which the event came in to the end of the frame that shows the answer.
WATCH = """() => {
  window.answered = null;
  const note = ({ timeStamp }) => {
    const painted = () => (window.answered = performance.now() - timeStamp);
    requestAnimationFrame(() => setTimeout(painted));
  };
  for (const kind of ["pointermove", "keydown", "click"])
    window.addEventListener(kind, note, { capture: true, once: true });
}"""
# Rounds that the plane plays, one a frame, and in how many seconds.
PLAY = """async () => {
  const round = () => +document.querySelector(".dx-words").textContent.match(/\\d+/)[0];
  const [first, started] = [round(), performance.now()];
  await new Promise((done) => setTimeout(done, 5000));
  return [round() - first, (performance.now() - started) / 1000];
}"""


def scenes(root: Path) -> dict[tuple[str, str], str]:
    """The HTML of each scene of the committed notebooks, by notebook and cell."""
    found = {}
    for path in runner.select(root / "notebooks"):
        for cell in runner.read_notebook(path).cells:
            if html := site.scene(cell):
                found[path.stem, cell.id] = html
    return found


@contextmanager
def chromium() -> Iterator[Any]:
    """A page of headless Chromium, which must be installed, as must the extra ``browser``."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started:
        path = shutil.which("chromium") or shutil.which("google-chrome")
        browser = started.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser.new_page(viewport={"width": 1280, "height": 900})
        browser.close()


def actions(page: Any) -> Iterator[Callable[[], None]]:
    """What a hand does to the scene in the page, once through; each is to be called at once."""
    for canvas in page.locator("canvas[tabindex]").all():
        canvas.scroll_into_view_if_needed()
        box = canvas.bounding_box()
        places = [
            (box["x"] + share * box["width"], box["y"] + (1 - share) * box["height"])
            for share in (0.1, 0.3, 0.5, 0.7, 0.9)
        ]
        page.mouse.move(*places[0])
        page.mouse.down()
        yield from (partial(page.mouse.move, *place) for place in places[1:])
        page.mouse.up()
        yield from (partial(canvas.press, key) for key in ("ArrowLeft", "ArrowUp"))
    for slider in page.locator("input[type=range]").all():
        yield from (partial(slider.press, key) for key in ("ArrowRight", "ArrowRight", "ArrowLeft"))
    for name in ("Imitate", "Generate"):
        for button in page.get_by_role("button", name=name).all():
            yield partial(button.press, "Enter")


def measured(page: Any, html: str) -> dict[str, object]:
    """Milliseconds of a scene's actions, after one round of them that does not count."""
    page.set_content(explore.page(html, "a scene"))
    page.wait_for_selector(".dx-words")
    devtools = page.context.new_cdp_session(page)
    devtools.send("Performance.enable", {"timeDomain": "threadTicks"})

    def computed() -> float:
        metrics = devtools.send("Performance.getMetrics")["metrics"]
        return next(1000 * m["value"] for m in metrics if m["name"] == "TaskDuration")

    for action in actions(page):
        action()
    times: list[float] = []
    before = computed()
    while len(times) < ACTIONS:
        for action in actions(page):
            page.evaluate(WATCH)
            action()
            page.wait_for_function("() => window.answered !== null")
            times.append(page.evaluate("() => window.answered"))
    cpu = (computed() - before) / len(times)
    frames: dict[str, str] = {"frames_per_second": "", "frame_cpu_ms": ""}
    if '"kind":"plane"' in html:
        page.get_by_role("button", name="Play").click()
        before = computed()
        played, seconds = page.evaluate(PLAY)
        frames["frames_per_second"] = f"{played / seconds:.0f}"
        frames["frame_cpu_ms"] = f"{(computed() - before) / played:.1f}"
    return {
        "actions": len(times),
        "median_ms": f"{statistics.median(times):.1f}",
        "worst_ms": f"{max(times):.1f}",
        "cpu_ms": f"{cpu:.1f}",
        **frames,
        "load": f"{os.getloadavg()[0]:.1f}",
    }


def main(table: Path = RESULTS / "scenes.csv") -> None:
    found = scenes(runner.checkout())
    cases = [{"notebook": notebook, "cell": cell} for notebook, cell in found]
    with chromium() as page:
        fill(table, cases, lambda case: measured(page, found[case["notebook"], case["cell"]]))


if __name__ == "__main__":
    typer.run(main)
