"""The widgets in JupyterLab and in Voila, moved by keyboard and mouse in a real browser.

Needs Chromium and the extra ``browser``. Where there is none the tests are skipped and say so;
``DFAD_REQUIRE_BROWSER=1``, which ``.ci/run`` sets once Chromium is there, makes that a failure.
Screenshots and the times of all interactions are left in ``runs/browser``.
"""

import csv
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dfad_lite.course import runner

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "runs" / "browser"
NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = next(filter(None, map(shutil.which, NAMES)), None)
REQUIRED = os.environ.get("DFAD_REQUIRE_BROWSER") == "1"
LIMIT = 0.2  # seconds from the key to the new picture, median; a busy machine gets five times it
# Noise of JupyterLab itself, seen on an empty notebook, too.
HARMLESS = ("favicon", "ResizeObserver loop", "/lsp/status", "GPU stall", "AudioContext")
# Voila's page asks other servers for icons and MathJax; without a network it does without.
HARMLESS += ("net::ERR_NAME_NOT_RESOLVED", "net::ERR_INTERNET_DISCONNECTED")

# One server and one browser for all.
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("browser")]
if CHROMIUM is None and not REQUIRED:
    pytest.skip("no chromium on the PATH: install Debian's package", allow_module_level=True)
if REQUIRED:
    import playwright.sync_api as playwright
else:
    playwright = pytest.importorskip(
        "playwright.sync_api", reason='install the extra: pip install -e ".[browser]"'
    )


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@pytest.fixture(scope="module")
def served(tmp_path_factory, warm_folder) -> Iterator[str]:
    """The address of a JupyterLab on copies of the notebooks, with settings of its own."""
    home = tmp_path_factory.mktemp("jupyter")
    for name in ("03_discrepancy_bound", "06_segmentation", "09_explorer"):
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
def browser() -> Iterator[object]:
    """Headless Chromium."""
    OUT.mkdir(parents=True, exist_ok=True)
    with playwright.sync_playwright() as started:
        alone = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"  # no other server
        options = {"executable_path": CHROMIUM, "args": ["--no-sandbox", alone]}
        chromium = started.chromium.launch(**options)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def times() -> Iterator[list[tuple[str, str, float]]]:
    """(notebook, control, seconds) of every interaction; written down and judged at the end."""
    found: list[tuple[str, str, float]] = []
    yield found
    if found:
        with open(OUT / "timings.csv", "w", newline="", encoding="utf-8") as file:
            csv.writer(file, lineterminator="\n").writerows(
                [("notebook", "control", "seconds"), *found]
            )


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


def settled(image: object) -> str:
    """The address of a widget's picture once it no longer changes."""
    last = None
    while (now := image.get_attribute("src")) != last:
        last = now
        time.sleep(0.4)
    return last


class Widget:
    """One box of controls with a picture, and what moving each control does."""

    def __init__(self, page: object, at: int, name: str, times: list) -> None:
        self.page, self.at, self.name, self.times = page, at, name, times
        self.image = page.locator("img.dfad-picture").nth(at)
        self.box = self.image.locator("xpath=ancestor::div[contains(@class, 'widget-vbox')][1]")

    def change(self, control: str, act: object, *, changes: bool = True) -> None:
        """Do ``act`` and hold the picture to have changed (or not), in time."""
        before = settled(self.image)
        started = time.perf_counter()
        act()
        if changes:
            self.page.wait_for_function(  # the image is another element each time
                "([at, old]) => { const i = document.querySelectorAll('img.dfad-picture')[at];"
                " return i && i.src !== old && i.complete; }",
                arg=[self.at, before],
                timeout=10_000,
            )
            self.times.append((self.name, control, round(time.perf_counter() - started, 4)))
        assert (settled(self.image) != before) == changes, f"{self.name}: {control}"

    def slider(self, text: str) -> None:
        """Move a slider by a key and by the mouse."""
        row = self.box.locator(f".widget-slider:has(.widget-label:text-is('{text}'))")
        handle, track = row.locator(".noUi-handle"), row.locator(".noUi-base")
        handle.focus()
        self.change(f"{text}, key", lambda: handle.press("ArrowRight"))
        box = track.bounding_box()
        at = (box["x"] + 0.85 * box["width"], box["y"] + box["height"] / 2)
        self.change(f"{text}, mouse", lambda: self.page.mouse.click(*at))

    def menu(self, text: str, *, changes: bool = True, between: Callable = lambda: None) -> None:
        """Choose the next entry by key, then one far from it by mouse (no menu is drawn here).

        ``between`` is called before the second, where that alone would draw the same picture.
        """
        select = self.box.locator(f".widget-dropdown:has(.widget-label:text-is('{text}')) select")
        count = select.locator("option").count()
        select.focus()
        here = select.evaluate("s => s.selectedIndex")
        key = "ArrowUp" if here == count - 1 else "ArrowDown"

        def choose() -> None:  # open the menu, go on by one, take it
            for pressed in ("Space", key, "Enter"):
                self.page.keyboard.press(pressed)

        self.change(f"{text}, key", choose, changes=changes)
        if count > 2:
            between()
            far = 0 if select.evaluate("s => s.selectedIndex") == count - 1 else count - 1
            self.change(f"{text}, mouse", lambda: select.select_option(index=far), changes=changes)

    def number(self, text: str) -> None:
        """Raise a number by a key, then type one."""
        field = self.box.locator(f".widget-text:has(.widget-label:text-is('{text}')) input")
        field.focus()
        self.change(f"{text}, key", lambda: field.press("ArrowUp"))
        self.change(f"{text}, typed", lambda: (field.fill("7"), field.press("Enter")))

    def button(self, text: str) -> None:
        """Press a button by mouse, then by key."""
        button = self.box.locator(f"button:text-is('{text}')")
        self.change(f"{text}, mouse", button.click)
        button.focus()
        self.change(f"{text}, key", lambda: button.press("Enter"))


def widgets_of(page: object, name: str, times: list) -> list[Widget]:
    """Every widget with a picture, scrolled to when it is used."""
    try:
        page.wait_for_selector("img.dfad-picture", timeout=60_000, state="attached")
    except playwright.TimeoutError:
        page.screenshot(path=OUT / f"{name}_without_widgets.png")
        raise
    count = page.locator("img.dfad-picture").count()
    return [Widget(page, at, name, times) for at in range(count)]


def notebook(browser: object, served: str, name: str) -> tuple[object, list[str]]:
    """A notebook in JupyterLab, run."""
    page, errors = opened(browser, f"{served}/lab/tree/{name}.ipynb?reset")
    run_all(page)
    return page, errors


def photograph(page: object, widget: Widget, name: str) -> None:
    """Keep a picture of a widget as the browser shows it."""
    widget.image.scroll_into_view_if_needed()
    widget.box.screenshot(path=OUT / f"{name}.png")


def test_plane_by_hand(browser, served, times) -> None:
    page, errors = notebook(browser, served, "03_discrepancy_bound")
    (plane,) = widgets_of(page, "03", times)
    plane.image.scroll_into_view_if_needed()
    for text in ("Imitate", "Generate", "10 rounds"):
        plane.button(text)
    plane.slider("x")
    plane.slider("y")
    plane.menu("k", changes=False)
    # Another loss is another game: it begins at round 0, whatever the loss.
    plane.menu("loss", between=lambda: plane.button("Imitate"))
    plane.button("Imitate")
    reset = plane.box.locator("button:text-is('Reset')")
    plane.change("Reset, mouse", reset.click)
    photograph(page, plane, "03_plane")
    assert errors == []
    page.close()


def test_pixels(browser, served, times) -> None:
    page, errors = notebook(browser, served, "06_segmentation")
    (pixels,) = widgets_of(page, "06", times)
    pixels.image.scroll_into_view_if_needed()
    for text in ("image", "opacity", "row", "column"):
        pixels.slider(text)
    pixels.menu("layer")
    photograph(page, pixels, "06_pixels")
    assert errors == []
    page.close()


def explore(widgets: list[Widget]) -> None:
    """Move everything in notebook 09."""
    replay, walk, gallery = widgets
    replay.image.scroll_into_view_if_needed()
    replay.slider("round")
    walk.image.scroll_into_view_if_needed()
    walk.slider("position")
    walk.number("from seed")
    walk.number("to seed")
    gallery.image.scroll_into_view_if_needed()
    gallery.menu("class")
    gallery.menu("order")


def test_explorer(browser, served, times) -> None:
    page, errors = notebook(browser, served, "09_explorer")
    found = widgets_of(page, "09", times)
    explore(found)
    for number, widget in enumerate(found):
        photograph(page, widget, f"09_{number}")
    assert errors == []
    page.close()


def test_explorer_as_a_page_of_its_own(browser, tmp_path, times, warm_folder) -> None:
    port = free_port()
    command = ["-m", "dfad_lite", "explorer", "--port", str(port), "--no-browser"]
    kept = {"DFAD_CACHE": str(warm_folder)}
    with server(command, f"http://127.0.0.1:{port}", tmp_path, kept) as address:
        page, errors = opened(browser, address, width=1280, height=900)
        page.wait_for_function(
            "() => document.querySelectorAll('img.dfad-picture').length === 3", timeout=180_000
        )
        page.wait_for_timeout(1000)
        explore(widgets_of(page, "voila", times))
        page.screenshot(path=OUT / "voila.png", full_page=True)
        page.set_viewport_size({"width": 640, "height": 450})  # what 200 % zoom leaves
        page.wait_for_timeout(500)
        wide = page.evaluate("() => document.documentElement.scrollWidth")
        page.screenshot(path=OUT / "voila_zoomed.png")
        assert wide <= 660, f"the page is {wide} pixels wide at 200 % zoom: it has to be scrolled"
        unnamed = page.evaluate(
            "() => [...document.querySelectorAll('input, select, button, .noUi-handle')]"
            ".filter(e => e.offsetParent && e.tabIndex < 0 && !e.disabled).length"
        )
        assert unnamed == 0, f"{unnamed} controls can't be reached by the Tab key"
        assert errors == []
        page.close()


def test_pictures_come_in_time(times) -> None:
    """The last test: on a quiet machine the median is within the limit; five times it always."""
    if not times:
        pytest.skip("no interaction was timed: run the whole file")
    median = statistics.median(seconds for _, _, seconds in times)
    print(f"{len(times)} interactions, median {1000 * median:.0f} ms")
    assert median <= 5 * LIMIT
