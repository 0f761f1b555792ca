"""Turns the committed notebooks into what a class needs: a site, slides, notebooks for Colab.

The notebooks are the only source. The functions here take them as they are, with their outputs, and
execute none. Sphinx makes the pages, nbgrader takes the solutions out (extras ``site`` and
``course``, which ``make`` installs).
"""

import base64
import itertools
import math
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dfad_lite import need, store
from dfad_lite.course import runner
from dfad_lite.course.handout import without_solutions

# The text cell below a picture: its caption, and what follows.
FIGURE = re.compile(r"\*Figure:(.*?)\*\n*", re.DOTALL)
VERDICTS = re.compile(r"(.*\b(True|False)\n)+")  # the output of a cell that only checks claims
OUTSIDE_LINK = re.compile(r"\[([^\]]*)\]\(\.\./([^)\s]+)\)")
# The room on a slide, as docs/_static/slides.css sets text: rows, letters in a row, and the height
# of a row of code.
ROWS, WIDTH, CODE_ROW = 11, 66, 0.6
# Ids of the cells with the scenes of the front page, by file name; and of the one of play.html.
SCENES = {"draw": "04-draw", "replay": "04-replay"}
PLAY = "d901322a"
# What takes no time to read: formulas, where links lead, HTML; and in code, imports.
NO_WORDS = re.compile(r"\$\$.*?\$\$|\$[^$]*\$|\]\([^)]*\)|<[^>]+>", re.DOTALL)
IMPORTS = re.compile(r"^(?:import .*|from \S+ import (?:\([^)]*\)|.*))$", re.MULTILINE)
FOR_THE_DESK = ("## What it needs", "## How long it takes", "## Exercises in words")


def site(root: Path, out: Path, repository: str = "") -> Path:
    """Build the site into ``out/html`` from the committed outputs; returns its first page.

    Nothing is executed or fetched. The sources, in ``out/source``, are ``docs/`` and a page of each
    notebook. The front page gets the notebooks' titles and questions, the pictures of the first
    one, and two live scenes; a third is the page ``play.html``. Links to files of the repository
    lead to ``owner/name`` on GitHub.
    """
    from dfad_lite import explore  # torch and matplotlib: no other command here waits for them

    source = fresh(root, out)
    series, figures, scenes = [], ["# Index of figures"], {}
    for path in runner.select(root / "notebooks"):
        committed = runner.read_notebook(path)
        notebook, captions = page(committed, path.stem[:2], repository)
        runner.write_notebook(source / "notebooks" / path.name, notebook)
        scenes |= {cell.id: html for cell in notebook.cells if (html := scene(cell))}
        title, question = notebook.cells[0].source.removeprefix("# ").split("\n\n")[:2]
        pictures = [base64.b64decode(png) for png in map(picture, committed.cells) if png]
        if not series:
            for number, png in enumerate(pictures, start=1):
                (source / f"front-{number}.png").write_bytes(png)
        (source / "_static" / f"{path.stem}.png").write_bytes(pictures[0])
        asked = f"{question.strip('*')} ({reading_minutes(committed)} min)"
        series.append(
            f'<a href="notebooks/{path.stem}.html"><img src="_static/{path.stem}.png" alt="">'
            f"<b>{title}</b><span>{asked}</span></a>"
        )
        listed = [f"- {{numref}}`{label}`: {text}" for label, text in captions.items()]
        figures.append("\n".join([f"## {title}", "", *listed]))
    store.write_text(source / "series.md", "\n".join(['<div class="cards">', *series, "</div>\n"]))
    store.write_text(source / "figures.md", "\n\n".join(figures))
    for name, cell in SCENES.items():
        store.write_text(source / f"{name}.html", scenes[cell])
    measured = root / "benchmarks"
    text = (measured / "README.md").read_text(encoding="utf-8")
    store.write_text(source / "benchmarks.md", linked(text, repository))
    for drawn in measured.rglob("*.png"):
        with store.written_whole(source / drawn.relative_to(measured)) as copy:
            shutil.copy(drawn, copy)
    sphinx("html", root, out, repository=repository)
    words = (root / "docs" / "play.html").read_text(encoding="utf-8")
    play = explore.page(words + scenes[PLAY], "Distillation without data, on a plane")
    store.write_text(out / "html" / "play.html", play)
    return out / "html" / "index.html"


def fresh(root: Path, out: Path, *left_out: str) -> Path:
    """The folder of Sphinx's sources, with nothing but a copy of ``docs/`` in it."""
    source = out / "source"
    shutil.rmtree(source, ignore_errors=True)
    return shutil.copytree(root / "docs", source, ignore=shutil.ignore_patterns(*left_out))


def sphinx(builder: str, root: Path, out: Path, *options: str, repository: str = "") -> None:
    """Run one of Sphinx's builders from ``out/source`` to ``out/html``.

    Raises:
        ValueError: Sphinx or an extension is not installed, or there was a warning.
    """
    need("site", "sphinx", "myst_nb", "sphinx_book_theme", "sphinx_revealjs")
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-E", "-b", builder]
    command += [*options, str(out / "source"), str(out / "html")]
    environment = {**os.environ, "PYTHONPATH": str(root), "DFAD_REPOSITORY": repository}
    if subprocess.call(command, env=environment) != 0:
        raise ValueError(f"{out}: Sphinx warned, see above; mend the page that it names")


def page(notebook: Any, number: str, repository: str) -> tuple[Any, dict[str, str]]:
    """A notebook as a page of the site, and its figures' captions by their labels.

    Pictures with a caption become figures with alt text, labelled by the notebook's two-digit
    number; for links see :func:`linked`.
    """
    notebook = without_solutions(notebook)
    captions: dict[str, str] = {}
    for cell, below, caption in describe_pictures(notebook):
        label = f"fig-{number}-{len(captions) + 1}"
        captions[label] = caption
        cell.metadata["mystnb"]["figure"] = {"name": label, "caption": caption}
        below.source = FIGURE.sub("", below.source, count=1)
        if scene(cell):  # alive on the site; its still picture is for where scripts are dropped
            cell.outputs = [o for o in cell.outputs if "image/png" not in o.get("data", {})]
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = linked(cell.source, repository)
        elif cell.outputs and all(VERDICTS.fullmatch(o.get("text", "")) for o in cell.outputs):
            cell.metadata["tags"] = [*runner.tags(cell), "hide-cell"]  # a check, for the curious
    notebook.cells = [cell for cell in notebook.cells if cell.source.strip()]
    return notebook, captions


def linked(text: str, repository: str) -> str:
    """A text whose links out of its folder lead to GitHub, or without a repository are no links."""
    where = rf"[\1](https://github.com/{repository}/blob/HEAD/\2)" if repository else r"\1"
    text = text.replace("](../benchmarks/README.md", "](/benchmarks.md")  # a page of the site
    return OUTSIDE_LINK.sub(where, text)


def reading_minutes(notebook: Any) -> int:
    """Minutes that a notebook takes to read: 200 words a minute and 10 lines of code.

    Blank lines, imports, formulas and the checks of exercises are not counted.
    """
    words = lines = 0
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            words += len(re.findall(r"\w[\w'’-]*", NO_WORDS.sub(" ", cell.source)))
        elif not cell.metadata.get("nbgrader", {}).get("locked"):
            lines += sum(1 for line in IMPORTS.sub("", cell.source).split("\n") if line.strip())
    return math.ceil(words / 200 + lines / 10)


def describe_pictures(notebook: Any) -> list[tuple[Any, Any, str]]:
    """Give pictures their captions as alt text; returns cell, cell below, and caption of each."""
    described = []
    for cell, below in itertools.pairwise(notebook.cells):
        if picture(cell) and (found := FIGURE.match(below.source)):
            caption = " ".join(found[1].split())
            caption = caption[0].upper() + caption[1:]
            cell.metadata["mystnb"] = {"image": {"alt": caption.replace("$", "")}}
            described.append((cell, below, caption))
    return described


def picture(cell: Any) -> str | None:
    """The first picture that a cell shows, as base64 of PNG; None if it shows none."""
    return next(filter(None, shown(cell, "image/png")), None)


def scene(cell: Any) -> str | None:
    """The HTML of the scene of ``dfad_lite.explore`` that a cell shows; None if it shows none."""
    return next((html for html in shown(cell, "text/html") if '<div class="dx"' in html), None)


def shown(cell: Any, kind: str) -> Iterator[str]:
    """Each of a cell's outputs as a MIME type; empty where it has no such form."""
    return (output.get("data", {}).get(kind, "") for output in cell.get("outputs", []))


def slides(root: Path, out: Path, only: str | None = None) -> list[Path]:
    """Make a reveal.js deck of each notebook in ``out/html``, without solutions.

    A deck opens without a network.
    """
    source = fresh(root, out, "*.md")
    names = [path.stem for path in runner.write_each(root, source, deck, only)]
    store.write_text(source / "index.md", "\n".join(["# Slides", "```{toctree}", *names, "```\n"]))
    # A link to a notebook that was not asked for is plain text.
    options = ["-D", "suppress_warnings=myst.xref_missing"] if only else []
    sphinx("revealjs", root, out, *options)
    return [out / "html" / f"{name}.html" for name in names]


def deck(notebook: Any) -> Any:
    """A notebook as slides that need no scrolling.

    A heading opens a slide; what no longer fits goes to another one with the same heading.
    """
    from nbformat.v4 import new_markdown_cell

    notebook = without_solutions(notebook)
    describe_pictures(notebook)
    slides: list[list[Any]] = []
    used: list[float] = []  # rows of each
    for cell in notebook.cells:
        if "nbgrader" in cell.metadata:
            continue
        blocks = text_blocks(cell.source) if cell.cell_type == "markdown" else code_block(cell)
        for rows, block in blocks:
            heading = block.source.startswith("#") and block.cell_type == "markdown"
            if heading or (rows and used[-1] and used[-1] + rows > ROWS):
                slides.append([] if heading else [new_markdown_cell("```{revealjs-break}\n```")])
                used.append(0)
            slides[-1].append(block)
            used[-1] += rows
    notebook.cells = [c for cells, rows in zip(slides, used, strict=True) if rows for c in cells]
    return notebook


def code_block(cell: Any) -> Iterator[tuple[float, Any]]:
    """The rows a code cell takes on a slide, and what is shown of it, if anything.

    Shown are figures, tables that fit, a notebook's headline, and short functions; no other code.
    """
    fitting = [output for output in cell.outputs if fits(output.get("data", {}))]
    if fitting or "headline" in runner.tags(cell):
        cell.outputs = fitting or cell.outputs
        cell.metadata["tags"] = ["remove-input"]
        yield ROWS, cell
    elif cell.source.startswith(("def ", "class ")):
        cell.outputs = []
        rows = CODE_ROW * (cell.source.count("\n") + 2)
        if rows <= ROWS:
            yield rows, cell


def fits(data: dict[str, str]) -> bool:
    """Whether an output is a figure, or a table that a slide has room for."""
    rows = rows_of(data.get("text/markdown", "")) or data.get("text/html", "").count("<tr")
    return "image/png" in data or 0 < rows < ROWS - 1  # a row of a table is a little higher


def rows_of(text: str) -> int:
    """How many rows Markdown takes on a slide."""
    return sum(1 + len(line) // WIDTH for line in text.splitlines()) + text.count("$$")


def text_blocks(text: str) -> Iterator[tuple[float, Any]]:
    """The blocks of a text cell, each after its rows on a slide: 0 for a heading and for notes.

    Shown are first paragraphs, lists, tables, formulas with the paragraph before, and paragraphs
    with something in bold. Captions and the rest are notes for the speaker; hints and sections for
    the reader at a desk are left out.
    """
    from markdown_it import MarkdownIt
    from markdown_it.tree import SyntaxTreeNode
    from nbformat.v4 import new_markdown_cell

    lines, first, left_out = text.split("\n"), True, False
    tree = SyntaxTreeNode(MarkdownIt().enable("table").parse(text)).children
    for node in itertools.chain(*(n.children if n.type.endswith("_list") else [n] for n in tree)):
        block = "\n".join(lines[slice(*node.map)]).strip()
        if node.type == "heading":
            first, left_out = True, block in FOR_THE_DESK
            if not left_out:
                yield 0, new_markdown_cell(block)
        elif not left_out and node.type != "html_block":
            caption = block.startswith("*Figure:")
            plain = node.type == "paragraph" and not first and "**" not in block
            if caption or (plain and block[-1] in ".?!)*"):
                yield 0, new_markdown_cell(re.sub("^", "% ", block, flags=re.MULTILINE))
            else:
                yield rows_of(block), new_markdown_cell(block)
            first = first and caption


def colab_notebook(notebook: Any, repository: str) -> Any:
    """A copy without solutions that begins with the cell of ``colab.ipynb``, which installs all.

    It leaves Colab's own torch alone: another build takes minutes, and would break the GPU.
    """
    notebook = without_solutions(notebook)
    (install,) = runner.read_notebook(Path(__file__).with_name("colab.ipynb")).cells
    install.source = install.source.replace("OWNER/NAME", repository)
    notebook.cells.insert(1, install)
    return notebook
