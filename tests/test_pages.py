"""The site and its decks, read, and in a real browser whose network is cut: nothing missing or raw.

The browser is Chromium (see ``conftest.py``); screenshots are left in ``runs/browser``.
"""

import re
from pathlib import Path

import pytest

from dfad_lite.course import runner, site

for extra in ("nbgrader", "myst_nb", "sphinx_revealjs"):
    pytest.importorskip(extra, reason='install the extras: pip install -e ".[site,course]"')

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "runs" / "browser"
PATHS = runner.select(ROOT / "notebooks")
SIZES = {"wide": (1440, 900), "phone": (390, 844)}
# Formulas that are not typeset, or that MathJax could not read.
RAW = """() => [
    ...[...document.querySelectorAll(".math")].filter(e => !e.querySelector("mjx-container")),
    ...[...document.querySelectorAll(".jp-RenderedHTMLCommon")]
      .filter(e => /\\$[^$]+\\$/.test(e.innerText)),
    ...document.querySelectorAll("mjx-merror"),
  ].map(e => e.innerText)"""
SCENES = {  # how many a page shows
    "index": 2,
    "play": 1,
    "benchmarks": 0,
    "notebooks/01_teacher": 1,
    "notebooks/03_discrepancy_bound": 1,
    "notebooks/04_adversarial_generation": 3,
    "notebooks/05_losses_and_stability": 1,
    "notebooks/06_segmentation": 1,
    "notebooks/07_natural_images": 1,
    "notebooks/11_explorer": 2,
}

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def built_site(tmp_path_factory) -> Path:
    """The folder of the course's site, built as for the repository `owner/name`."""
    return site.site(ROOT, tmp_path_factory.mktemp("site"), "owner/name").parent


@pytest.fixture(scope="module")
def decks(tmp_path_factory) -> list[Path]:
    """The decks of two notebooks, built without the others."""
    return site.slides(ROOT, tmp_path_factory.mktemp("decks"), "00,03")


def visited(browser, path: Path, scheme: str = "light", size: str = "wide"):
    """A page from the disk, and the list of what goes wrong on it: requests and the console."""
    width, height = SIZES[size]
    page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)
    wrong: list[str] = []
    page.on("console", lambda m: m.type in ("error", "warning") and wrong.append(m.text))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("requestfailed", lambda request: wrong.append(f"not loaded: {request.url}"))
    page.goto(path.as_uri())
    page.wait_for_function("() => !window.MathJax || MathJax.startup?.promise")
    page.evaluate("() => window.MathJax && MathJax.startup.promise")
    page.wait_for_timeout(500)
    page.screenshot(path=OUT / f"{path.stem}_{scheme}_{size}.png")
    return page, wrong


def faults(page, name: str) -> list[str]:
    """What is raw on a page of the site, too wide, or a way to search that is not there once."""
    found = page.evaluate(RAW)
    wide = page.evaluate("() => document.documentElement.scrollWidth")
    if wide > page.viewport_size["width"]:
        found.append(f"it is {wide} pixels wide")
    visible = "() => [...document.querySelectorAll('.search-button-field, .search-button')]"
    visible += ".filter(e => e.checkVisibility({visibilityProperty: true})).length"
    ways, wanted = page.evaluate(visible), 0 if name == "play" else 1
    return found if ways == wanted else [*found, f"{ways} ways to search"]


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_a_page_of_the_site(path, built_site) -> None:
    page = (built_site / "notebooks" / f"{path.stem}.html").read_text(encoding="utf-8")
    assert f"colab.research.google.com/github/owner/name/blob/colab/notebooks/{path.name}" in page
    assert "BEGIN SOLUTION" not in page
    assert "| — |" not in page, "a table came out as text"
    loaded = re.findall(r"<(?:script|link|img)\b[^>]*?(?:src|href)=\"(https?://[^\"]+)", page)
    assert loaded == []
    images = re.findall(r"<img[^>]*cell|<img[^>]*_images[^>]*>", page)
    assert all(re.search(r'alt="[^"]', image) for image in images)


def test_pages_around_the_notebooks(built_site) -> None:
    assert (built_site / "_static" / "mathjax" / "tex-chtml.js").exists()
    figures = (built_site / "figures.html").read_text(encoding="utf-8")
    assert re.search(r'href="[^"]*#fig-01-1".*</a>: \w', figures)
    references = (built_site / "references.html").read_text(encoding="utf-8")
    entries = (ROOT / "docs" / "references.bib").read_text(encoding="utf-8").count("@")
    assert references.count('href="https://arxiv.org/abs/') == entries
    front = (built_site / "index.html").read_text(encoding="utf-8")
    for path in PATHS:
        title = runner.read_notebook(path).cells[0].source.split("\n")[0].removeprefix("# ")
        assert len(re.findall(rf"{title}\s*</a>", front)) == 1, "once in the sidebar"
        assert front.count(f"<b>{title}</b>") == 1, "and on a card"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", SCENES)
def test_a_page_needs_no_network_and_its_scenes_answer(name, scheme, browser, built_site) -> None:
    page, wrong = visited(browser, built_site / f"{name}.html", scheme)
    assert faults(page, name) == []
    cut = "() => [...document.querySelectorAll('.cell_input pre')]"
    cut += ".filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.innerText)"
    assert page.evaluate(cut) == []
    scenes = page.locator(".dx:has(.dx-words)")
    assert scenes.count() == SCENES[name]
    for at in range(scenes.count()):
        scene, words = scenes.nth(at), scenes.nth(at).locator(".dx-words")
        pause = scene.get_by_role("button", name="Pause")
        if pause.count():
            pause.click()  # the front page's samples evolve by themselves
        before = words.inner_text()
        if scene.get_by_role("button", name="Imitate").count():
            scene.get_by_role("button", name="Imitate").click()
        else:
            scene.locator("input[type=range]").first.focus()
            page.keyboard.press("ArrowRight")
        assert words.inner_text() != before
        ground = scene.evaluate("e => getComputedStyle(e.parentElement).backgroundColor")
        assert ground == "rgba(0, 0, 0, 0)", "a card lies under the scene"
        page_name = name.rpartition("/")[2]
        scene.screenshot(path=OUT / f"{page_name}_scene_{at + 1}_{scheme}.png")
    assert not any(still.is_visible() for still in page.locator(".cell_output:has(.dx) img").all())
    assert wrong == []
    page.close()


@pytest.mark.parametrize(
    "name", ["index", "play", "benchmarks", *(f"notebooks/{path.stem}" for path in PATHS)]
)
def test_a_page_fits_a_phone(name, browser, built_site) -> None:
    page, wrong = visited(browser, built_site / f"{name}.html", size="phone")
    assert faults(page, name) == [] and wrong == []
    page.close()


def test_decks_may_link_to_decks_that_are_not_there(decks) -> None:
    page = decks[0].read_text(encoding="utf-8")
    assert "The teacher" in page and 'href="01_teacher' not in page


def test_a_deck_is_read_without_a_network_or_scrolling(browser, decks) -> None:
    page, wrong = visited(browser, decks[1])
    titles, texts, pictures = [], [], 0
    while True:
        slide = page.evaluate(
            """() => { const slide = Reveal.getCurrentSlide();
            const shown = [...slide.children].filter(e => !e.matches("aside"));
            const small = [...slide.querySelectorAll("p, li, pre code")].filter(e => e.innerText)
              .map(e => parseFloat(getComputedStyle(e).fontSize));
            return {title: slide.querySelector("h1, h2, h3").innerText, text: slide.innerText,
              bottom: Math.max(...shown.map(e => e.offsetTop + e.offsetHeight)),
              pictures: slide.querySelectorAll("img").length,
              right: slide.scrollWidth, smallest: Math.min(...small)}; }"""
        )
        assert slide["bottom"] <= 720 and slide["right"] <= 1280, slide["title"]
        assert slide["smallest"] is None or slide["smallest"] >= 22, slide["title"]
        assert slide["text"].strip() != slide["title"] or slide["pictures"], "a heading alone"
        titles.append(slide["title"])
        texts.append(slide["text"])
        pictures += slide["pictures"]
        if page.evaluate("() => Reveal.isLastSlide()"):
            break
        page.evaluate("() => Reveal.next()")
    assert len(titles) > 12 and pictures >= 4
    assert not any("plots." in text or "BEGIN SOLUTION" in text for text in texts)
    assert wrong == [] and page.evaluate(RAW) == []
    page.close()


def test_a_page_of_a_run_needs_no_network(browser, tmp_path) -> None:
    notebook = runner.read_notebook(ROOT / "notebooks" / "03_discrepancy_bound.ipynb")
    path = tmp_path / "03.html"
    path.write_text(runner.html_page(notebook, path, tmp_path), encoding="utf-8")
    page, wrong = visited(browser, path)
    assert page.locator("mjx-container").count() > 20
    assert wrong == [] and page.evaluate(RAW) == []
    page.close()
