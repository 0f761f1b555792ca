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
from collections.abc import Iterator
from pathlib import Path

import pytest

from dfad_lite.course import runner

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "runs" / "browser"
LIMIT = 0.02  # seconds from the event to the painted frame, median; a busy machine gets much more
# Noise of JupyterLab itself, seen on an empty notebook, too.
HARMLESS = ("favicon", "ResizeObserver loop", "/lsp/status", "GPU stall", "AudioContext")

# One server and one browser for all.
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("browser")]
NOTEBOOKS = {  # how many scenes each shows
    "01_teacher": 1,
    "03_discrepancy_bound": 1,
    "04_adversarial_generation": 2,
    "06_segmentation": 1,
    "09_explorer": 2,
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
    for name in NOTEBOOKS:
        notebook = runner.read_notebook(ROOT / "notebooks" / f"{name}.ipynb")
        for cell in notebook.cells:
            if cell.cell_type == "code":  # what is shown must come from this run
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
    kept = {"DFAD_CACHE": str(warm_folder)}
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


def lab(browser: object, served: str, name: str) -> tuple[object, list[str]]:
    """A notebook in JupyterLab, run."""
    OUT.mkdir(parents=True, exist_ok=True)
    page, errors = opened(browser, f"{served}/lab/tree/{name}.ipynb?reset")
    run_all(page)
    return page, errors


def act(
    page: object, words: object, times: list, what: str, action, *, changes: bool = True
) -> None:
    """Do something and hold the sentence to have changed; note how long the page took to answer.

    The time is the page's own, from the event to the end of the frame that answers it.
    """
    page.evaluate(
        """() => { window.answered = null;
        const note = (event) => { const at = performance.now();
          requestAnimationFrame(() => setTimeout(() => window.answered = performance.now() - at)); };
        for (const kind of ["pointerdown", "keydown", "input", "change"])
          window.addEventListener(kind, note, {capture: true, once: true}); }"""
    )
    before = words.inner_text()
    action()
    if changes:
        page.wait_for_function(
            "([node, old]) => node.innerText !== old", arg=[words.element_handle(), before]
        )
    page.wait_for_function("() => window.answered !== null")
    times.append((what, round(page.evaluate("() => window.answered") / 1000, 4)))


def touch(page: object, scene: object, name: str, times: list) -> None:
    """Move everything in a scene: its pictures by mouse and keys, its sliders, menus and buttons."""
    scene.scroll_into_view_if_needed()
    words = scene.locator(".dx-words")
    canvases = scene.locator("canvas[tabindex]")
    for at in range(canvases.count()):
        canvas = canvases.nth(at)
        box = canvas.bounding_box()
        x, y = box["x"] + 0.3 * box["width"], box["y"] + 0.4 * box["height"]
        act(page, words, times, f"{name}: click", lambda x=x, y=y: page.mouse.click(x, y))
        canvas.focus()
        for key in ("ArrowRight", "ArrowDown"):
            moves = scene.get_by_role("button", name="Clear").count() == 0  # or it only moves a pen
            press = lambda key=key: page.keyboard.press(key)  # noqa: E731
            act(page, words, times, f"{name}: {key}", press, changes=moves)
    sliders = scene.locator("input[type=range]")
    for at in range(sliders.count()):
        slider = sliders.nth(at)
        before = slider.input_value()
        slider.focus()
        press = lambda: page.keyboard.press("ArrowRight")  # noqa: E731
        act(page, words, times, f"{name}: slider, key", press, changes=False)
        assert slider.input_value() != before, "JupyterLab took the key"
        box = slider.bounding_box()
        x, y = box["x"] + 0.8 * box["width"], box["y"] + box["height"] / 2
        click = lambda x=x, y=y: page.mouse.click(x, y)  # noqa: E731
        act(page, words, times, f"{name}: slider, mouse", click, changes=False)
    for at in range(scene.locator("select").count()):
        select = scene.locator("select").nth(at)
        choose = lambda select=select: select.select_option(index=1)  # noqa: E731
        act(page, words, times, f"{name}: menu", choose, changes=False)
    for text in ("Imitate", "Generate", "Clear", "Another walk"):
        button = scene.get_by_role("button", name=text)
        if button.count():
            changes = text in ("Imitate", "Generate")
            act(page, words, times, f"{name}: {text}", button.click, changes=changes)
            button.focus()
            press = lambda: page.keyboard.press("Enter")  # noqa: E731
            act(page, words, times, f"{name}: {text}, key", press, changes=changes)
    play = scene.get_by_role("button", name="Play")
    if play.count():
        before = words.inner_text()
        play.click()
        changed = "([node, old]) => node.innerText !== old"
        page.wait_for_function(changed, arg=[words.element_handle(), before])
        scene.get_by_role("button", name="Pause").click()


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_scenes_by_hand_in_jupyterlab(browser, served, times, name) -> None:
    page, errors = lab(browser, served, name)
    scenes = page.locator(".dx:has(.dx-words)")
    assert scenes.count() == NOTEBOOKS[name]
    for at in range(scenes.count()):
        touch(page, scenes.nth(at), f"{name[:2]}.{at + 1}", times)
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
    page.evaluate("() => window.jupyterapp.commands.execute('kernelmenu:shutdown')")
    scene = page.locator(".dx")
    scene.scroll_into_view_if_needed()
    before = scene.locator(".dx-words").inner_text()
    scene.locator("input").first.focus()
    page.keyboard.press("ArrowRight")
    assert scene.locator(".dx-words").inner_text() != before
    assert errors == []
    page.close()


def test_pictures_come_in_time(times) -> None:
    """The last test: the median is within the limit on a quiet machine, on a busy one not far."""
    if not times:
        pytest.skip("no interaction was timed: run the whole file")
    median = statistics.median(seconds for _, seconds in times)
    print(f"{len(times)} interactions, median {1000 * median:.0f} ms")
    assert median <= 10 * LIMIT
