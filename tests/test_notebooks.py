"""What the committed notebooks have to keep to; every check is itself seen to fail once.

A check takes a notebook and its path, and returns a complaint for each place that breaks its rule.
"""

import ast
import copy
import dataclasses
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import nbformat
import pytest
from IPython.core.inputtransformer2 import TransformerManager
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from dfad_lite import profiles, results
from dfad_lite.course import runner, site

NOTEBOOKS = Path(__file__).resolve().parents[1] / "notebooks"
PATHS = sorted(NOTEBOOKS.glob("*.ipynb"))
MOST_BYTES = 1_500_000
MOST_LINES = 25
MOST_MINUTES = 40

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)[^)]*\)")
MARKDOWN_IMAGE = re.compile(r"!\[([^\]]*)\]\([^)]*\)")
HTML_IMAGE = re.compile(r"<img\b[^>]*>", re.IGNORECASE)
ALT_TEXT = re.compile(r"""\balt\s*=\s*(?:"\s*[^"\s]|'\s*[^'\s])""", re.IGNORECASE)
EMBEDDED = re.compile(r"data:[\w/+.-]+;base64,[A-Za-z0-9+/=\s]+")
ABSOLUTE = re.compile(r"(?<![\w.:/~-])/(?:home|work|tmp|root|Users)/\S*|\b[A-Z]:\\\w+\\\S*")
WRITTEN = re.compile(r"\d[\d,]*(?:\.\d+)?")
MEASURED = re.compile(r"(?<![\w.,])(?:\d[\d,]*\.\d+|\d[\d,]*(?= ?%))")
TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
TEENS = "eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split()
IN_WORDS = {word: 11 + place for place, word in enumerate(TEENS)}
IN_WORDS |= {word: 20 + 10 * place for place, word in enumerate(TENS)}
WHOLE = re.compile(rf"(?<![\w.,-])[1-9][\d,]*\d(?![\d.,-]*\d| ?%|²)|\b(?i:{'|'.join(IN_WORDS)})\b")
NO_CLAIM = (
    re.compile(  # image sizes; the map's numbers and minutes, which another test holds; tasks
        r"\d+ ?× ?\d+|^\| \d\d \||\| \d+ min \||^## (?:How long it takes|Exercises in words).*",
        re.DOTALL | re.MULTILINE,
    )
)
NO_PROSE = re.compile(r"\$\$.*?\$\$|\$[^$]*\$|`[^`]*`|\]\([^)]*\)|<[^>]+>", re.DOTALL)
SENTENCE_END = re.compile(r"(?<=[.?!])\s+|\n\n")
TIME = re.compile(r"\d+ (?:s|min|h)\b")
DURATION = re.compile(r"\d\s*(?:s|sec|seconds?|min|minutes?|h|hours?|days?)\b")

# Numbers that the profiles choose, on the data sets of the notebooks.
SETTINGS = [
    value
    for name in profiles.NAMES
    for dataset in ("digits", "mnist", "cifar10", "scenes", "camvid")
    for value in dataclasses.astuple(profiles.load(name, dataset=dataset))
    if isinstance(value, int)
]

Check = Callable[[Any, Path], list[str]]


# ---------------------------------------------------------------- reading a notebook


def code_cells(notebook: Any) -> list[Any]:
    """The code cells, in order."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def markdown_cells(notebook: Any) -> list[Any]:
    """The markdown cells, in order."""
    return [cell for cell in notebook.cells if cell.cell_type == "markdown"]


def tags(cell: Any) -> list[str]:
    """The tags of a cell."""
    return cell.metadata.get("tags", [])


def outputs(notebook: Any) -> Iterator[tuple[int, Any]]:
    """Every output, with the number of its code cell."""
    for number, cell in enumerate(code_cells(notebook), start=1):
        for output in cell.outputs:
            yield number, output


def has_figure(cell: Any) -> bool:
    """Whether a cell shows a picture."""
    return cell.cell_type == "code" and any("image/png" in o.get("data", {}) for o in cell.outputs)


def shown_text(output: Any) -> str:
    """What nbval compares of an output, pictures and the descriptions of pictures left out."""
    data = output.get("data", {})
    return output.get("text", "") or ("" if "image/png" in data else data.get("text/plain", ""))


def names_set(source: str) -> set[str]:
    """Names that a cell sets at module level, not inside functions, classes or comprehensions."""
    found = set()
    waiting: list[ast.AST] = [ast.parse(TransformerManager().transform_cell(source))]
    own_scope = (
        *(ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda),
        *(ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp),
    )
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        if not isinstance(node, own_scope):
            waiting.extend(ast.iter_child_nodes(node))
    return found


# ---------------------------------------------------------------- checks


def check_name(notebook: Any, path: Path) -> list[str]:
    """A notebook is called NN_name.ipynb."""
    named = re.fullmatch(r"\d\d_[a-z0-9_]+\.ipynb", path.name)
    return [] if named else [f"{path.name} is not named like 01_name.ipynb"]


def check_parameters(notebook: Any, path: Path) -> list[str]:
    """The first code cell is tagged parameters and sets literals only, profile to "quick"."""
    first = code_cells(notebook)[0]
    if "parameters" not in tags(first):
        return ["the first code cell is not tagged parameters"]
    values = {}
    for statement in ast.parse(first.source).body:
        try:
            (target,) = statement.targets
            values[target.id] = ast.literal_eval(statement.value)
        except (AttributeError, ValueError):
            return [f"the parameters cell does more than set literals: {ast.unparse(statement)}"]
    profile = values.get("profile")
    return [] if profile == "quick" else [f"the parameters cell sets profile to {profile!r}"]


def check_from_notebook(notebook: Any, path: Path) -> list[str]:
    """The second code cell reads the parameters."""
    call = "profiles.from_notebook(globals()"  # `datasets=` may follow
    return [] if call in code_cells(notebook)[1].source else [f"code cell 2 does not call {call}"]


def check_settings_come_from_the_profile(notebook: Any, path: Path) -> list[str]:
    """Only the parameters cell sets a name that is a field of the profile."""
    fields = {field.name for field in dataclasses.fields(profiles.Profile)} | {"profile"}
    return [
        f"code cell {number} sets {', '.join(sorted(fields & names_set(cell.source)))}"
        for number, cell in enumerate(code_cells(notebook), start=1)
        if "parameters" not in tags(cell) and fields & names_set(cell.source)
    ]


def check_executed_in_order(notebook: Any, path: Path) -> list[str]:
    """Every code cell was executed, in order, in a fresh kernel."""
    counts = [cell.execution_count for cell in code_cells(notebook)]
    in_order = counts == list(range(1, len(counts) + 1))
    return [] if in_order else [f"execution counts are {counts}"]


def check_no_errors(notebook: Any, path: Path) -> list[str]:
    """No output is an error or went to stderr."""
    return [
        f"code cell {number} shows {output.get('ename') or output.text.strip()}"
        for number, output in outputs(notebook)
        if output.output_type == "error" or output.get("name") == "stderr"
    ]


def check_metadata(notebook: Any, path: Path) -> list[str]:
    """No widget state and no trace of a run is kept."""
    unwanted = {"widgets", "papermill", "execution"}
    places = {"the notebook": notebook.metadata}
    places |= {f"cell {n}": cell.metadata for n, cell in enumerate(notebook.cells, start=1)}
    return [
        f"{place} has {', '.join(sorted(unwanted & set(metadata)))} in its metadata"
        for place, metadata in places.items()
        if unwanted & set(metadata)
    ]


def check_no_absolute_path(notebook: Any, path: Path) -> list[str]:
    """No source and no output names a path of somebody's machine."""
    texts = [(f"cell {n}", cell.source) for n, cell in enumerate(notebook.cells, start=1)]
    for number, output in outputs(notebook):
        shown = [str(v) for kind, v in output.get("data", {}).items() if kind != "image/png"]
        shown.append(output.get("text", ""))
        texts.append((f"the output of code cell {number}", "\n".join(shown)))
    return [
        f"{place} names {match.group()}"
        for place, text in texts
        for match in ABSOLUTE.finditer(EMBEDDED.sub("", text))
    ]


def check_size(notebook: Any, path: Path) -> list[str]:
    """A notebook is small enough to be reviewed and cloned."""
    size = len(nbformat.writes(notebook).encode())
    return [] if size < MOST_BYTES else [f"it takes {size} bytes; at most {MOST_BYTES} are allowed"]


def check_short_cells(notebook: Any, path: Path) -> list[str]:
    """A cell fits on a screen."""
    return [
        f"cell {number} has {lines} lines; at most {MOST_LINES} are allowed"
        for number, cell in enumerate(notebook.cells, start=1)
        if (lines := len(cell.source.splitlines())) > MOST_LINES
    ]


def check_links(notebook: Any, path: Path) -> list[str]:
    """Links to other notebooks and files lead somewhere."""
    targets = [t for cell in markdown_cells(notebook) for t in LINK.findall(cell.source)]
    outside = re.compile(r"[a-z]+:|#")
    return [
        f"{target} does not exist"
        for target in targets
        if not outside.match(target) and not (path.parent / unquote(target.split("#")[0])).exists()
    ]


def check_alt_text(notebook: Any, path: Path) -> list[str]:
    """Every picture in the text has a description."""
    text = "\n".join(cell.source for cell in markdown_cells(notebook))
    markdown = [m.group() for m in MARKDOWN_IMAGE.finditer(text) if not m.group(1).strip()]
    html = [m.group() for m in HTML_IMAGE.finditer(text) if not ALT_TEXT.search(m.group())]
    return [f"{image} has no alt text" for image in markdown + html]


def check_figure_captions(notebook: Any, path: Path) -> list[str]:
    """A markdown cell that starts with *Figure describes each figure, right after its cell."""
    pairs = zip(notebook.cells, [*notebook.cells[1:], new_code_cell()], strict=True)
    return [
        f"cell {number} shows a figure, and the next is no markdown that starts with *Figure"
        for number, (cell, following) in enumerate(pairs, start=1)
        if has_figure(cell)
        and not (following.cell_type == "markdown" and following.source.startswith("*Figure"))
    ]


def check_something_is_compared(notebook: Any, path: Path) -> list[str]:
    """nbval compares the text of at least one cell."""
    for cell in code_cells(notebook):
        if "nbval-ignore-output" not in tags(cell) and any(map(shown_text, cell.outputs)):
            return []
    return ["no cell that shows text is compared: all are tagged nbval-ignore-output"]


def check_opening(notebook: Any, path: Path) -> list[str]:
    """The first markdown cell tells what is learnt, and how long each profile takes."""
    text = markdown_cells(notebook)[0].source
    wanted = ["## What you will learn", *profiles.NAMES]
    found = [f"the first markdown cell lacks {words!r}" for words in wanted if words not in text]
    if len(DURATION.findall(text)) < len(profiles.NAMES):
        found.append(f"the first markdown cell lacks a time for each of {profiles.NAMES}")
    return found


def check_ending(notebook: Any, path: Path) -> list[str]:
    """It ends with what to remember, exercises and a link to the next notebook."""
    second_half = notebook.cells[len(notebook.cells) // 2 :]
    text = "\n".join(cell.source for cell in second_half if cell.cell_type == "markdown")
    headings = ("What to remember", "Exercises")
    found = [
        f"the second half has no heading {heading!r}"
        for heading in headings
        if not re.search(rf"^#+ .*{heading}", text, re.MULTILINE)
    ]
    beside = sorted(other.name for other in path.parent.glob("[0-9][0-9]_*.ipynb"))
    later = [name for name in beside if name > path.name]
    if later and not any(Path(link).name == later[0] for link in LINK.findall(text)):
        found.append(f"the second half has no link to the next notebook, {later[0]}")
    return found


def check_measured_numbers(notebook: Any, path: Path) -> list[str]:
    """A measured number in the text is an output's, the code's or the paper's, or quoted by a link.

    Measured is what has a decimal point or a percent sign; in formulas and in code it is chosen.
    """
    known = numbers_of(notebook)
    known |= {100 * number for number in known}
    return [
        f"{number} in {sentence!r} comes from no output, code or table"
        for sentence in own_sentences(notebook)
        for number in MEASURED.findall(NO_PROSE.sub(" ", sentence))
        if not any(rounds_to(value, number) for value in known)
    ]


def check_whole_numbers(notebook: Any, path: Path) -> list[str]:
    """A whole number from 11 on is an output's, the code's, the paper's, or a profile's setting.

    In digits or in words, and exactly so. Image sizes, tasks, the minutes that another test
    holds and the estimates of the table of times are no claims; notebooks begin with a 0 or pass.
    """
    known = numbers_of(notebook) | set(SETTINGS)
    return [
        f"{number} in {sentence!r} comes from no output, code, table or profile"
        for sentence in own_sentences(notebook)
        for number in WHOLE.findall(NO_PROSE.sub(" ", sentence))
        if (IN_WORDS.get(number.lower()) or float(number.replace(",", ""))) not in known
    ]


def numbers_of(notebook: Any) -> set[float]:
    """The numbers in a notebook's code and in what it shows, and in the paper's tables."""
    texts = [cell.source for cell in code_cells(notebook)]
    for _, output in outputs(notebook):
        texts += [shown_text(output), tables_of(output.get("data", {}))]
    texts.append(results.table("paper").to_csv(index=False))
    return {float(number.replace(",", "")) for number in WRITTEN.findall("\n".join(texts))}


def own_sentences(notebook: Any) -> Iterator[str]:
    """The sentences that make claims of their own: none with a link, which is quoted."""
    for cell in markdown_cells(notebook):
        for sentence in SENTENCE_END.split(NO_CLAIM.sub(" ", cell.source)):
            if "](https://" not in sentence:
                yield sentence


def tables_of(data: dict[str, str]) -> str:
    """The HTML of an output that is a table, and no scene with its scripts."""
    html = data.get("text/html", "")
    return html if "<table" in html and "<script" not in html else ""


def rounds_to(value: float, written: str) -> bool:
    """Whether a value, rounded to as many decimals as are written, is the number written."""
    decimals = len(written.partition(".")[2])
    return abs(value - float(written.replace(",", ""))) <= 0.5 * 10**-decimals + 1e-9


CHECKS: list[Check] = [
    check_name,
    check_parameters,
    check_from_notebook,
    check_settings_come_from_the_profile,
    check_executed_in_order,
    check_no_errors,
    check_metadata,
    check_no_absolute_path,
    check_size,
    check_short_cells,
    check_links,
    check_alt_text,
    check_figure_captions,
    check_something_is_compared,
    check_opening,
    check_ending,
    check_measured_numbers,
    check_whole_numbers,
]


# ---------------------------------------------------------------- the notebooks


def test_readme_lists_the_notebooks_that_exist() -> None:
    readme = (PATHS[0].parents[1] / "README.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"\(notebooks/([^)]+\.ipynb)\)", readme))
    assert listed == {path.name for path in PATHS}


def test_the_map_lists_them_all_with_the_minutes_that_reading_takes() -> None:
    notebooks = {path.name[:2]: runner.read_notebook(path) for path in PATHS}
    minutes = {number: site.reading_minutes(notebook) for number, notebook in notebooks.items()}
    assert max(minutes.values()) <= MOST_MINUTES
    (the_map,) = [c.source for c in notebooks["00"].cells if c.source.startswith("## The map")]
    rows = re.findall(r"^\| (\d\d) \|.*\| (\d+) min \|$", the_map, re.MULTILINE)
    assert [number for number, _ in rows] == list(minutes)
    far = {number: said for number, said in rows if abs(int(said) - minutes[number]) > 2}
    assert far == {}, f"the map is to say {minutes}"


def test_the_instructors_times_are_those_at_the_heads() -> None:
    page = (NOTEBOOKS.parent / "docs" / "instructor.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| \[(\d\d) .*\| ([^|]+) \| ([^|]+) \|$", page, re.MULTILINE)
    assert [number for number, *_ in rows] == [path.name[:2] for path in PATHS]
    for (number, *said), path in zip(rows, PATHS, strict=True):
        head = markdown_cells(runner.read_notebook(path))[0].source
        printed = head.rstrip().splitlines()[-1].split("|")[1:3]
        for here, there in zip(said, printed, strict=True):
            assert set(TIME.findall(here)) <= set(TIME.findall(there)), (number, here, there)


def test_reading_minutes_count_words_and_code_but_no_formula_import_or_check() -> None:
    words = new_markdown_cell("one two " * 100 + "$$a + b$$ [three](4_5_6.ipynb) <br>")
    code = new_code_cell("import os\nfrom a import (\n    b,\n)\n\n" + "x = 1\n" * 9)
    check = new_code_cell("x\n" * 50, metadata={"nbgrader": {"locked": True}})
    assert site.reading_minutes(new_notebook(cells=[code])) == 1  # 0.9
    assert site.reading_minutes(new_notebook(cells=[words])) == 2  # 1.005
    assert site.reading_minutes(new_notebook(cells=[words, code, check])) == 2  # 1.905
    assert site.reading_minutes(new_notebook(cells=[words, code, code])) == 3  # 2.805


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.name)
def test_notebook(path: Path, check: Check) -> None:
    assert check(nbformat.read(path, as_version=4), path) == []


# ---------------------------------------------------------------- the checks themselves


def text_output(text: str, name: str = "stdout") -> Any:
    """An output of printed text."""
    return new_output("stream", name=name, text=text)


def good_notebook() -> Any:
    """A small notebook that keeps to every rule; cell 4 prints, cell 5 shows a figure."""
    figure = new_output("display_data", {"image/png": "aGk=", "text/plain": "<Figure>"})
    opening = "# Toy\n## What you will learn\nTimes: quick 9 s, laptop 2 min, paper 3 h."
    ending = "## What to remember\nIt.\n## Exercises\nOne.\n\nNext: [more](02_more.ipynb)"
    cells = [
        new_markdown_cell(opening),
        new_code_cell('profile = "quick"', metadata={"tags": ["parameters"]}),
        new_code_cell("settings = profiles.from_notebook(globals())"),
        new_code_cell("print(2)", outputs=[text_output("2\n")]),
        new_code_cell("plots.losses(history)", outputs=[figure]),
        new_markdown_cell("*Figure 1. Both losses fall.*"),
        new_markdown_cell(ending),
    ]
    for count, cell in enumerate((c for c in cells if c.cell_type == "code"), start=1):
        cell.execution_count = count
    return new_notebook(cells=cells)


@pytest.fixture
def good_path(tmp_path: Path) -> Path:
    """Where the good notebook lies, with the next one beside it."""
    (tmp_path / "02_more.ipynb").touch()
    return tmp_path / "01_toy.ipynb"


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_good_notebook_passes(check: Check, good_path: Path) -> None:
    assert check(good_notebook(), good_path) == []


SOURCES = [  # a check, the cell to change, and the source that breaks the rule
    (check_parameters, 1, 'profile = "paper"'),
    (check_parameters, 1, "seed = 3"),
    (check_parameters, 1, 'profile = "quick"\nseed = max(1, 2)'),
    (check_parameters, 1, 'profile = "quick"\nimport os'),
    (check_from_notebook, 2, "settings = profiles.load('quick')"),
    (check_settings_come_from_the_profile, 3, "%matplotlib inline\nbatch_size = 3"),
    (check_settings_come_from_the_profile, 3, "for seed in range(3):\n    pass"),
    (check_settings_come_from_the_profile, 3, "if True:\n    _, seed = 1, 2"),
    (check_no_absolute_path, 3, "open('/home/me/data.csv')"),
    (check_no_absolute_path, 3, r"open('C:\Users\me')"),
    (check_short_cells, 3, "1\n" * 26),
    (check_links, 5, "*Figure*, [see](03_missing.ipynb#part)"),
    (check_alt_text, 5, "![ ](picture.png)"),
    (check_alt_text, 5, '<img src="picture.png" alt="">'),
    (check_figure_captions, 5, "Both losses fall."),
    (check_opening, 0, "## What you will learn\nTimes: quick 9 s, laptop 2 min."),
    (check_opening, 0, "## What you will learn\nquick, laptop and paper"),
    (check_opening, 0, "Times: quick 9 s, laptop 2 min, paper 3 h."),
    (check_measured_numbers, 5, "*Figure: accuracies of 0.31 and more.*"),
    (check_measured_numbers, 5, "*Figure: accuracies of 57 % and more.*"),
    (check_measured_numbers, 5, "*Figure*: 0.31. [Theirs](https://arxiv.org) are others."),
    (check_whole_numbers, 5, "*Figure: the loss after 314 rounds.*"),
    (check_whole_numbers, 5, "*Figure: 1,258 images and 2000 rounds.*"),
    (check_whole_numbers, 5, "*Figure: Seventeen seeds.*"),
    (check_whole_numbers, 5, "*Figure: 31 images and 28 × 28 pixels.*"),
    (check_whole_numbers, 5, "*Figure*: 31 seeds. [Theirs](https://arxiv.org) are others."),
    (check_ending, 6, "## What to remember\n[more](02_more.ipynb)"),
    (check_ending, 6, "## What to remember\n## Exercises\n[back](01_toy.ipynb)"),
]


def test_measured_numbers_may_come_from_outputs_code_and_quotations(good_path: Path) -> None:
    notebook = good_notebook()
    notebook.cells[3].source = "print(0.314 + seed)"
    notebook.cells[3].outputs = [text_output("0.2249 and 7\n")]
    said = "*Figure*: 31 %, 0.225, 7.0, 22 %, $a = 0.99$ and `0.98`; the paper's 0.9834."
    said += " [They](https://arxiv.org) have 0.77."
    notebook.cells[5].source = said.replace("0.9834", str(results.table("paper")["mean"].iloc[0]))
    assert check_measured_numbers(notebook, good_path) == []


def test_whole_numbers_may_come_from_outputs_code_profiles_and_quotations(good_path: Path) -> None:
    notebook = good_notebook()
    notebook.cells[3].source = "print(314, seed)"
    notebook.cells[3].outputs = [text_output("1,258 images, and 17\n")]
    said = (
        "*Figure*: 314 steps, 1258 images, seventeen seeds, 25,000 rounds, 28 × 28 or 64² pixels."
    )
    said += " CIFAR-100, int16, `999`, $2^{99}$, notebook 07, 3 of 4, 99 %."
    said += " [They](https://arxiv.org) have 777. | 1 | 23 min |\n\n## Exercises in words\nTry 888."
    notebook.cells[5].source = said
    assert check_whole_numbers(notebook, good_path) == []
    notebook.cells[3].outputs = []
    assert len(check_whole_numbers(notebook, good_path)) == 2


@pytest.mark.parametrize(("check", "cell", "source"), SOURCES)
def test_bad_source_is_found(check: Check, cell: int, source: str, good_path: Path) -> None:
    notebook = good_notebook()
    notebook.cells[cell].source = source
    assert check(notebook, good_path) != []


OUTPUTS = [  # a check, and an output of cell 4 that breaks the rule
    (check_no_errors, new_output("error", ename="KeyError", evalue="1", traceback=[])),
    (check_no_errors, text_output("careful", "stderr")),
    (check_no_absolute_path, text_output("saved to /tmp/x/model.pt")),
    (check_no_absolute_path, new_output("display_data", {"text/html": "<b>/Users/me/data</b>"})),
    (check_size, text_output("x" * MOST_BYTES)),
    (check_something_is_compared, text_output("")),
]


@pytest.mark.parametrize(("check", "output"), OUTPUTS)
def test_bad_output_is_found(check: Check, output: Any, good_path: Path) -> None:
    notebook = good_notebook()
    notebook.cells[3].outputs = [copy.deepcopy(output)]
    assert check(notebook, good_path) != []


def test_bad_name_is_found(good_path: Path) -> None:
    assert check_name(good_notebook(), good_path.with_name("Toy.ipynb")) != []


@pytest.mark.parametrize("count", [None, 1, 9])
def test_cells_out_of_order_are_found(count: int | None, good_path: Path) -> None:
    notebook = good_notebook()
    notebook.cells[3].execution_count = count
    assert check_executed_in_order(notebook, good_path) != []


def test_untagged_parameters_are_found(good_path: Path) -> None:
    notebook = good_notebook()
    notebook.cells[1].metadata.tags = []
    assert check_parameters(notebook, good_path) != []


def test_kept_widget_state_is_found(good_path: Path) -> None:
    notebook = good_notebook()
    notebook.metadata["widgets"] = {}
    assert check_metadata(notebook, good_path) != []


def test_nothing_compared_is_found(good_path: Path) -> None:
    notebook = good_notebook()
    notebook.cells[3].metadata["tags"] = ["nbval-ignore-output"]
    assert check_something_is_compared(notebook, good_path) != []


def test_figure_before_code_is_found(good_path: Path) -> None:
    notebook = good_notebook()
    del notebook.cells[5:]
    assert check_figure_captions(notebook, good_path) != []


def test_every_check_was_seen_to_fail() -> None:
    elsewhere = {check_name, check_executed_in_order, check_metadata}
    assert {check for check, *_ in [*SOURCES, *OUTPUTS]} | elsewhere == set(CHECKS)


def test_names_inside_functions_are_their_own() -> None:
    source = "def f():\n    seed = 1\nvalues = [rounds for rounds in range(3)]\nx.seed = 1"
    assert names_set(source) == {"values"}
