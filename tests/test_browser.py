"""The scenes in JupyterLab, moved by keyboard and mouse in a real browser.

Needs Chromium and the extra ``browser`` (see ``conftest.py``). Screenshots and the times of all
interactions are left in ``runs/browser``.
"""

import csv
import json
import os
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from nbformat import sign

from dfad_lite.course import runner

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "runs" / "browser"
LIMIT = 0.02  # seconds from the event to the painted frame, median; a busy machine gets much more
# Noise of JupyterLab itself, seen on an empty notebook, too.
HARMLESS = ("favicon", "ResizeObserver loop", "/lsp/status", "GPU stall", "AudioContext")

pytestmark = pytest.mark.slow
SERIES = os.environ.get("DFAD_TEST_SERIES")  # `python -m dfad_lite test` leaves a run there
RUN_HERE = "01_teacher"
NOTEBOOKS = {  # how many scenes each shows
    "01_teacher": 1,
    "03_discrepancy_bound": 1,
    "04_adversarial_generation": 3,
    "05_losses_and_stability": 1,
    "06_segmentation": 1,
    "07_natural_images": 1,
    "11_explorer": 2,
}


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@pytest.fixture(scope="module")
def served(tmp_path_factory, warm_folder) -> Iterator[str]:
    """The address of a JupyterLab on copies of the notebooks, with settings of its own."""
    home = tmp_path_factory.mktemp("jupyter")
    (home / "data").mkdir()
    notary = sign.NotebookNotary(data_dir=str(home / "data"))
    for name in NOTEBOOKS:  # what is shown must come from this run
        if is_executed(name):
            notebook = runner.read_notebook(Path(SERIES, f"{name}.ipynb"))
            notary.sign(notebook)  # outputs of a notebook that nobody trusts may not move
        else:
            notebook = runner.read_notebook(ROOT / "notebooks" / f"{name}.ipynb")
            for cell in notebook.cells:
                if cell.cell_type == "code":
                    cell.outputs, cell.execution_count = [], None
        runner.write_notebook(home / f"{name}.ipynb", notebook)
    settings = {  # all cells stay in the page, and no question about news
        "notebook-extension/tracker": {"windowingMode": "none"},
        "apputils-extension/notification": {"fetchNews": "false"},
    }
    for name, values in settings.items():
        path = home / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values), encoding="utf-8")
    port = free_port()
    options = [
        *("--no-browser", "--allow-root", "--ip=127.0.0.1", f"--port={port}"),
        *("--IdentityProvider.token=", "--LabApp.expose_app_in_browser=True"),
        *(f"--ServerApp.root_dir={home}", f"--LabApp.user_settings_dir={home / 'settings'}"),
        f"--LabApp.workspaces_dir={home / 'workspaces'}",
    ]
    kept = {"DFAD_CACHE": str(warm_folder), "JUPYTER_DATA_DIR": str(home / "data")}
    with server(["-m", "jupyterlab", *options], f"http://127.0.0.1:{port}", home, kept) as address:
        yield address


class server:
    """A server as a context: started, waited for, stopped."""

    def __init__(self, command: list[str], address: str, home: Path, kept: dict[str, str]) -> None:
        self.command, self.address, self.home, self.kept = command, address, home, kept

    def __enter__(self) -> str:
        self.kernels = runner.kernel_environment()
        self.kernels.__enter__()
        environment = {**os.environ, **self.kept, "JUPYTER_CONFIG_DIR": str(self.home / "config")}
        self.log = open(self.home / "server.log", "w")
        self.process = subprocess.Popen(
            [sys.executable, *self.command], env=environment, stdout=self.log, stderr=self.log
        )
        for _ in range(240):
            try:
                urllib.request.urlopen(self.address, timeout=5)
                return self.address
            except OSError:
                assert self.process.poll() is None, (self.home / "server.log").read_text()
                time.sleep(0.5)
        raise TimeoutError((self.home / "server.log").read_text())

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait(30)
        self.log.close()
        self.kernels.__exit__(None, None, None)


@pytest.fixture(scope="module")
def times() -> Iterator[list[tuple[str, float]]]:
    """(control, seconds) of every interaction; written down and judged at the end."""
    found: list[tuple[str, float]] = []
    yield found
    if found:
        with open(OUT / "timings.csv", "w", newline="", encoding="utf-8") as file:
            csv.writer(file, lineterminator="\n").writerows([("control", "seconds"), *found])


def opened(browser: object, address: str, **size: int) -> tuple[object, list[str]]:
    """A page, and the list that its console's errors go to."""
    page = browser.new_page(viewport=size or {"width": 1366, "height": 768})
    errors: list[str] = []

    def note(message: object) -> None:
        if message.type == "error" and not any(word in message.text for word in HARMLESS):
            errors.append(message.text)

    page.on("console", note)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(address, timeout=120_000)
    return page, errors


def run_all(page: object) -> None:
    """Run all cells and wait until the kernel has nothing left to do; no cell may have failed."""
    page.wait_for_selector(".jp-NotebookPanel .jp-Cell", timeout=120_000)
    page.wait_for_function(
        "() => window.jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel?.status"
        " === 'idle'",
        timeout=120_000,
    )
    page.evaluate("() => window.jupyterapp.commands.execute('notebook:run-all-cells')")
    page.wait_for_function(
        "() => { const cells = window.jupyterapp.shell.currentWidget.content.widgets"
        "  .filter(c => c.model.type === 'code' && c.model.sharedModel.source.trim());"
        "  return cells.every(c => c.model.executionCount) "
        "    || document.querySelector('[data-mime-type=\"application/vnd.jupyter.error\"]'); }",
        timeout=400_000,
    )
    failed = page.query_selector('[data-mime-type="application/vnd.jupyter.error"]')
    assert failed is None, failed.inner_text()[-1500:]


def is_executed(name: str) -> bool:
    """Whether the series, just run, has the notebook with its outputs; one is run here anyway."""
    return SERIES is not None and name != RUN_HERE


def lab(browser: object, served: str, name: str) -> tuple[object, list[str]]:
    """A notebook in JupyterLab, run."""
    OUT.mkdir(parents=True, exist_ok=True)
    page, errors = opened(browser, f"{served}/lab/tree/{name}.ipynb?reset")
    if is_executed(name):
        last = page.locator(".dx:has(.dx-words)").nth(NOTEBOOKS[name] - 1)
        last.wait_for(timeout=120_000, state="attached")
    else:
        run_all(page)
    return page, errors


# The page's own time, from the event to the end of the frame that answers it.
WATCH = """() => {
  window.answered = null;
  const note = () => {
    const start = performance.now();
    requestAnimationFrame(() => setTimeout(() => (window.answered = performance.now() - start)));
  };
  for (const kind of ["pointerdown", "keydown"])
    window.addEventListener(kind, note, { capture: true, once: true });
}"""


class Hand:
    """Moves what is in a scene, sees that its sentence changes, and notes how long that took."""

    def __init__(self, page: object, scene: object, name: str, times: list) -> None:
        self.page, self.scene, self.name, self.times = page, scene, name, times
        self.words = scene.locator(".dx-words")
        scene.scroll_into_view_if_needed()
        assert self.words.inner_text(), f"{name} says nothing"

    def does(self, what: str, action: Callable, *values: object, changes: bool = True) -> None:
        """Call ``action(*values)``; the sentence has to change if ``changes``."""
        self.page.evaluate(WATCH)
        before = self.words.inner_text()
        action(*values)
        if changes:
            self.wait(before)
        self.page.wait_for_function("() => window.answered !== null")
        seconds = self.page.evaluate("() => window.answered") / 1000
        self.times.append((f"{self.name}: {what}", round(seconds, 4)))

    def wait(self, before: str) -> None:
        """Wait until the sentence is another one."""
        node = self.words.element_handle()
        self.page.wait_for_function("([node, old]) => node.innerText !== old", arg=[node, before])

    def pictures(self) -> None:
        """Click on each picture, and go on by keys (which in the drawing pad only move the pen)."""
        draws = self.scene.get_by_role("button", name="Clear").count() > 0
        for canvas in self.scene.locator("canvas[tabindex]").all():
            canvas.scroll_into_view_if_needed()
            box = canvas.bounding_box()
            place = (box["x"] + 0.3 * box["width"], box["y"] + 0.4 * box["height"])
            self.does("click", self.page.mouse.click, *place)
            for key in ("ArrowRight", "ArrowDown"):
                self.does(key, canvas.press, key, changes=not draws)

    def controls(self) -> None:
        """Move sliders by key and mouse, choose from menus, press buttons by mouse and key."""
        for slider in self.scene.locator("input[type=range]").all():
            before = slider.input_value()
            key = "ArrowRight" if before != slider.get_attribute("max") else "ArrowLeft"
            self.does("slider, key", slider.press, key, changes=False)
            assert slider.input_value() != before, "JupyterLab took the key"
            box = slider.bounding_box()
            place = (box["x"] + 0.8 * box["width"], box["y"] + box["height"] / 2)
            self.does("slider, mouse", self.page.mouse.click, *place, changes=False)
        for select in self.scene.locator("select").all():
            select.select_option(index=1)
        for text in ("Imitate", "Generate", "Clear", "Another walk"):
            for button in self.scene.get_by_role("button", name=text).all():
                plays = text in ("Imitate", "Generate")
                self.does(f"{text}, mouse", button.click, changes=plays)
                self.does(f"{text}, key", button.press, "Enter", changes=plays)

    def play(self) -> None:
        """Play and pause, where the scene can."""
        for button in self.scene.get_by_role("button", name="Play").all():
            before = self.words.inner_text()
            button.click()
            self.wait(before)
            self.scene.get_by_role("button", name="Pause").click()


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_scenes_by_hand_in_jupyterlab(browser, served, times, name) -> None:
    page, errors = lab(browser, served, name)
    scenes = page.locator(".dx:has(.dx-words)")
    assert scenes.count() == NOTEBOOKS[name]
    for at in range(scenes.count()):
        hand = Hand(page, scenes.nth(at), f"{name[:2]}.{at + 1}", times)
        hand.pictures()
        hand.controls()
        hand.play()
        scenes.nth(at).screenshot(path=OUT / f"{name[:2]}_{at + 1}.png")
    stills = page.locator(".jp-OutputArea:has(.dx) img")
    assert stills.count() == scenes.count()
    assert not any(stills.nth(at).is_visible() for at in range(stills.count()))
    assert errors == []
    page.close()


def test_a_saved_scene_moves_without_a_kernel(browser, served) -> None:
    page, errors = opened(browser, f"{served}/lab/tree/01_teacher.ipynb?reset")
    run_all(page)
    page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")
    page.wait_for_timeout(2000)
    page.close()
    page, errors = opened(browser, f"{served}/lab/tree/01_teacher.ipynb?reset")
    page.wait_for_selector(".dx-words", timeout=120_000, state="attached")
    assert errors == []  # later JupyterLab complains of the kernel that is gone
    page.evaluate("() => window.jupyterapp.commands.execute('kernelmenu:shutdown')")
    scene = page.locator(".dx")
    scene.scroll_into_view_if_needed()
    before = scene.locator(".dx-words").inner_text()
    scene.locator("input").first.focus()
    page.keyboard.press("ArrowRight")
    assert scene.locator(".dx-words").inner_text() != before
    page.close()


def test_pictures_come_in_time(times) -> None:
    """The last test: the median is within the limit on a quiet machine, on a busy one not far."""
    if not times:
        pytest.skip("no interaction was timed: run the whole file")
    median = statistics.median(seconds for _, seconds in times)
    print(f"{len(times)} interactions, median {1000 * median:.0f} ms")
    assert median <= 10 * LIMIT
