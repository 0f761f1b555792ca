"""The site and a deck in a real browser whose network is cut: nothing missing, nothing raw.

Needs Chromium (see ``conftest.py``); screenshots are left in ``runs/browser``.
"""

from pathlib import Path

import pytest

from dfad_lite.course import runner, site

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "runs" / "browser"
SIZES = {"wide": (1440, 900), "phone": (390, 844)}
# Formulas that are not typeset, or that MathJax could not read.
RAW = """() => [
    ...[...document.querySelectorAll(".math")].filter(e => !e.querySelector("mjx-container")),
    ...[...document.querySelectorAll(".jp-RenderedHTMLCommon")]
      .filter(e => /\\$[^$]+\\$/.test(e.innerText)),
    ...document.querySelectorAll("mjx-merror"),
  ].map(e => e.innerText)"""

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("site")]  # with the others that read it


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


@pytest.mark.parametrize(
    ("scheme", "size"), [("light", "wide"), ("dark", "wide"), ("light", "phone")]
)
@pytest.mark.parametrize(
    "name",
    [
        *("index", "play", "benchmarks"),
        *("notebooks/03_discrepancy_bound", "notebooks/07_natural_images"),
    ],
)
def test_a_page_of_the_site_needs_no_network(name, scheme, size, browser, built_site) -> None:
    page, wrong = visited(browser, built_site / f"{name}.html", scheme, size)
    assert wrong == [] and page.evaluate(RAW) == []
    assert page.evaluate("() => document.documentElement.scrollWidth") <= SIZES[size][0]
    cut = "() => [...document.querySelectorAll('.cell_input pre')]"
    cut += ".filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.innerText)"
    assert size == "phone" or page.evaluate(cut) == []
    visible = "() => [...document.querySelectorAll('.search-button-field, .search-button')]"
    visible += ".filter(e => e.checkVisibility({visibilityProperty: true})).length"
    assert page.evaluate(visible) == (0 if name == "play" else 1)
    page.close()


def test_no_notebook_is_wider_than_a_phone(browser, built_site) -> None:
    wide = {}
    for path in (built_site / "notebooks").glob("*.html"):
        page, _ = visited(browser, path, size="phone")
        wide[path.stem] = page.evaluate("() => document.documentElement.scrollWidth")
        page.close()
    assert len(wide) == 12 and set(wide.values()) == {390}, wide


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("index", 2),
        ("play", 1),
        ("notebooks/01_teacher", 1),
        ("notebooks/03_discrepancy_bound", 1),
        ("notebooks/04_adversarial_generation", 3),
        ("notebooks/05_losses_and_stability", 1),
        ("notebooks/06_segmentation", 1),
        ("notebooks/07_natural_images", 1),
        ("notebooks/11_explorer", 2),
    ],
)
def test_the_scenes_of_a_page_answer(name, count, scheme, browser, built_site) -> None:
    page, wrong = visited(browser, built_site / f"{name}.html", scheme)
    scenes = page.locator(".dx:has(.dx-words)")
    assert scenes.count() == count
    for at in range(count):
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


def test_a_deck_is_read_without_a_network_or_scrolling(browser, tmp_path) -> None:
    (path,) = site.slides(ROOT, tmp_path, "03")
    page, wrong = visited(browser, path)
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
