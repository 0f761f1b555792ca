"""Slides from notebooks: which cell goes on which slide, and a reveal.js deck of them.

A cell's ``slideshow`` metadata decides; :func:`mark` fills it in by a few rules where an author
has not chosen otherwise.
"""

from __future__ import annotations

import copy
import importlib.util
import shutil
from pathlib import Path
from typing import Any

TYPES = ("slide", "subslide", "fragment", "skip", "notes", "-")
REVEAL, MATHJAX = "revealjs", "mathjax"  # folders beside the decks


def has_figure(cell: Any) -> bool:
    """Whether a cell shows a picture."""
    return cell.cell_type == "code" and any("image/png" in o.get("data", {}) for o in cell.outputs)


def caption_after(notebook: Any, at: int) -> str | None:
    """The caption of the figure that cell ``at`` shows, on one line; None if there is none."""
    if at + 1 >= len(notebook.cells) or not has_figure(notebook.cells[at]):
        return None
    text = notebook.cells[at + 1]
    if text.cell_type != "markdown" or not text.source.startswith("*Figure:"):
        return None
    caption = text.source.split("*", 2)[1].removeprefix("Figure:").strip().replace("\n", " ")
    return caption[0].upper() + caption[1:]


def slide_type(notebook: Any, at: int) -> str:
    """On which kind of slide cell ``at`` belongs, by its heading, its tags and its outputs.

    Headings open a slide and figures get one below it; set-up and exercises are left out, and a
    caption becomes what the speaker reads.
    """
    cell = notebook.cells[at]
    tags = set(cell.metadata.get("tags", []))
    if cell.metadata.get("nbgrader") or "parameters" in tags:
        return "skip"
    if cell.cell_type == "markdown":
        if cell.source.startswith(("# ", "## ")):
            return "slide"
        if cell.source.startswith("### "):
            return "subslide"
        return "notes" if cell.source.startswith("*Figure") else "-"
    if has_figure(cell):
        return "subslide"
    if "from dfad_lite import" in cell.source:
        return "skip"
    return "fragment" if cell.outputs else "subslide"


def mark(notebook: Any) -> Any:
    """Give every cell that has none its ``slideshow`` metadata, in place."""
    for at, cell in enumerate(notebook.cells):
        if cell.metadata.get("slideshow", {}).get("slide_type") not in TYPES:
            cell.metadata["slideshow"] = {"slide_type": slide_type(notebook, at)}
    return notebook


def add_alt_text(notebook: Any) -> Any:
    """A copy in which each picture has its caption as the text for those who can't see it."""
    notebook = copy.deepcopy(notebook)
    for at, cell in enumerate(notebook.cells):
        caption = caption_after(notebook, at)
        if caption is not None:
            for output in cell.outputs:
                if "image/png" in output.get("data", {}):
                    output.metadata["image/png"] = {"alt": caption}
    return notebook


def export(notebook: Any, title: str, folder: Path) -> str:
    """A deck as one HTML page; what it loads is put into ``folder`` where it is installed.

    Args:
        notebook: with outputs; cells without ``slideshow`` metadata get it.
        title: of the page.
        folder: where the page will lie.
    """
    from nbconvert import SlidesExporter

    local = {
        "reveal_url_prefix": (REVEAL, "sphinx_revealjs", "_static/revealjs", ""),
        "mathjax_url": (MATHJAX, "sphinx-mathjax-offline", "static/mathjax", "/tex-chtml.js"),
    }
    options = {}
    for option, (name, package, inside, file) in local.items():
        found = importlib.util.find_spec(package)
        if found and found.origin:
            shutil.copytree(Path(found.origin).parent / inside, folder / name, dirs_exist_ok=True)
            options[option] = name + file
    marked = mark(copy.deepcopy(notebook))
    for cell in marked.cells:
        if has_figure(cell):  # the picture is the slide; its code is in the notebook
            cell.metadata.setdefault("tags", []).append("remove-input")
    exporter = SlidesExporter(reveal_scroll=True, embed_images=True, **options)
    exporter.register_preprocessor("nbconvert.preprocessors.TagRemovePreprocessor", enabled=True)
    exporter.config.TagRemovePreprocessor.remove_input_tags = {"remove-input"}
    resources = {"metadata": {"name": title}}
    return exporter.from_notebook_node(marked, resources=resources)[0]
