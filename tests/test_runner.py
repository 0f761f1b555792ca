"""The runner and its commands, on toy notebooks."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from typer.testing import CliRunner

from dfad_lite.course import runner
from dfad_lite.course.cli import app

ROOT = Path(__file__).resolve().parents[1]
PARAMETERS = ('profile = "quick"', "parameters")
GOOD = [PARAMETERS, ("print('profile', profile)", ""), ("print('accuracy 0.9')\n1 + 1", "headline")]
BAD = [PARAMETERS, ("numbers = [1]", ""), ("# look\nnumbers[7]", ""), ("print('unreached')", "")]


def write_toy(folder: Path, name: str, cells: list[tuple[str, str]]) -> Path:
    """Write a notebook of code cells, each with its source and its tag."""
    code = [new_code_cell(source, metadata={"tags": [tag]} if tag else {}) for source, tag in cells]
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    nbformat.write(new_notebook(cells=[new_markdown_cell("# Toy"), *code]), path)
    return path


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with an empty notebooks folder, which the commands work on."""
    (tmp_path / "notebooks").mkdir()
    monkeypatch.setattr(runner, "checkout", lambda: tmp_path)
    return tmp_path


def command(*arguments: str) -> tuple[int, str]:
    """Call a command, and give its exit status and all it printed."""
    result = CliRunner().invoke(app, list(arguments), env={"COLUMNS": "200"})
    return result.exit_code, result.output


def read_rows(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file."""
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


# ---------------------------------------------------------------- what to run


def test_select_keeps_the_order_of_the_series(tmp_path: Path) -> None:
    for name in ("04_d.ipynb", "01_a.ipynb", "02_b.ipynb", "draft.ipynb"):
        write_toy(tmp_path, name, [])
    assert [p.name[:2] for p in runner.select(tmp_path)] == ["01", "02", "04"]
    assert [p.name[:2] for p in runner.select(tmp_path, "4, 01")] == ["01", "04"]


def test_select_lists_what_there_is(tmp_path: Path) -> None:
    write_toy(tmp_path, "01_a.ipynb", [])
    with pytest.raises(ValueError, match=r"only='01,07': there is no notebook 07; .*01_a"):
        runner.select(tmp_path, "01,07")


def test_overrides_are_literals_or_strings() -> None:
    parsed = runner.parse_overrides(["seed=3", "lr=1e-3", "dataset=svhn", "path=a=b", "steps=[1]"])
    assert parsed == {"seed": 3, "lr": 1e-3, "dataset": "svhn", "path": "a=b", "steps": [1]}


@pytest.mark.parametrize("setting", ["seed", "=3", "two words=3", "profile=paper"])
def test_misshapen_overrides_are_refused(setting: str) -> None:
    with pytest.raises(ValueError, match="--set"):
        runner.parse_overrides([setting])


def test_results_never_replace_the_notebooks(root: Path) -> None:
    path = write_toy(root / "notebooks", "01_good.ipynb", GOOD)
    before = path.read_bytes()
    code, printed = command("run", "--out", str(path.parent))
    assert code == 2 and "would replace the notebooks" in printed
    assert path.read_bytes() == before


# ---------------------------------------------------------------- run


def test_run_leaves_notebook_page_and_summary(root: Path) -> None:
    write_toy(root / "notebooks", "01_good.ipynb", GOOD)
    code, printed = command("run", "--profile", "laptop", "--out", str(root / "out"))
    assert code == 0, printed
    left = {path.name for path in (root / "out").iterdir()}
    assert left - {"mathjax.js"} == {"01_good.html", "01_good.ipynb", "summary.csv"}
    assert "profile laptop" in (root / "out/01_good.html").read_text(encoding="utf-8")
    (row,) = read_rows(root / "out/summary.csv")
    assert (row["status"], row["headline"]) == ("ok", "accuracy 0.9")
    assert "accuracy 0.9" in printed


def test_overrides_reach_the_notebook(root: Path) -> None:
    write_toy(root / "notebooks", "01_good.ipynb", [*GOOD, ("print(seed + 1)", "headline")])
    code, printed = command("run", "--set", "seed=41", "--out", str(root / "out"))
    assert code == 0, printed
    assert "accuracy 0.9; 42" in (root / "out/summary.csv").read_text(encoding="utf-8")


def test_run_stops_at_a_failure_and_names_it(root: Path) -> None:
    write_toy(root / "notebooks", "01_bad.ipynb", BAD)
    write_toy(root / "notebooks", "02_good.ipynb", GOOD)
    code, printed = command("run", "--out", str(root / "out"))
    problem = "01_bad.ipynb, In [4] (# look): IndexError: list index out of range"
    assert code == 1
    assert problem in printed
    assert problem in (root / "out/summary.csv").read_text(encoding="utf-8")
    rows = read_rows(root / "out/summary.csv")
    assert [row["status"] for row in rows] == ["failed", "not run"]
    assert "IndexError" in (root / "out/01_bad.html").read_text(encoding="utf-8")
    assert "IndexError" in (root / "out/01_bad.ipynb").read_text(encoding="utf-8")
    assert not (root / "out/02_good.ipynb").exists()


def test_two_notebooks_at_a_time_leave_what_one_at_a_time_does(root: Path) -> None:
    write_toy(root / "notebooks", "01_slow.ipynb", [("import time\ntime.sleep(2)", ""), *GOOD])
    write_toy(root / "notebooks", "02_good.ipynb", GOOD)
    write_toy(root / "notebooks", "03_bad.ipynb", BAD)
    for late in ("04", "05", "06", "07", "08", "09"):
        write_toy(root / "notebooks", f"{late}_long.ipynb", [("import time\ntime.sleep(3)", "")])
    code, printed = command("run", "--jobs", "2", "--out", str(root / "out"))
    assert code == 1
    assert "03_bad.ipynb, In [4] (# look): IndexError" in printed
    rows = [(row["notebook"][:2], row["status"]) for row in read_rows(root / "out/summary.csv")]
    assert rows[:3] == [("01", "ok"), ("02", "ok"), ("03", "failed")]
    assert {status for _, status in rows[3:]} == {"not run"}
    assert not (root / "out/09_long.ipynb").exists()


@pytest.mark.skipif(os.name != "posix", reason="sends a POSIX signal")
def test_ctrl_c_still_leaves_the_summary(root: Path) -> None:
    stop = "import os, signal, time\nos.kill(os.getppid(), signal.SIGINT)\ntime.sleep(60)"
    write_toy(root / "notebooks", "01_long.ipynb", [PARAMETERS, (stop, ""), *GOOD[1:]])
    code, printed = command("run", "--out", str(root / "out"))
    assert code == 130
    assert "01_long.ipynb: interrupted" in printed
    assert "interrupted" in (root / "out/summary.csv").read_text(encoding="utf-8")


def test_unreadable_notebook_fails_like_any_other(root: Path) -> None:
    path = root / "notebooks" / "01_broken.ipynb"
    path.write_text("{", encoding="utf-8")
    (result,) = runner.run_series([path], {}, root / "out")
    assert result.status == "failed"
    assert "01_broken.ipynb: NotJSONError" in result.problem


def test_kernel_is_this_interpreter_with_silent_bars(root: Path) -> None:
    source = "import os, sys\nprint(sys.executable, os.environ['TQDM_DISABLE'])"
    path = write_toy(root / "notebooks", "01_where.ipynb", [(source, "headline")])
    before = dict(os.environ)
    (result,) = runner.run_series([path], {}, root / "out")
    assert result.headline == f"{sys.executable} 1"
    assert dict(os.environ) == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--only", "07"], "only='07': there is no notebook 07"),
        (["--set", "sede=1"], "sede"),
        (["--set", "seed"], "write name=value"),
        (["--profile", "huge"], "huge"),
    ],
)
def test_wrong_usage_exits_with_2_and_runs_nothing(
    root: Path, arguments: list[str], message: str
) -> None:
    write_toy(root / "notebooks", "01_good.ipynb", GOOD)
    code, printed = command("run", "--out", str(root / "out"), *arguments)
    assert code == 2
    assert message in printed
    assert not (root / "out").exists()


@pytest.mark.parametrize("words", ["run", "course release", "course slides"])
def test_what_cannot_be_is_refused_before_the_work(root: Path, words: str) -> None:
    (root / "taken").touch()
    code, printed = command(*words.split(), "--out", str(root / "taken"))
    assert code == 2
    assert "is a file" in printed
    assert "Traceback" not in printed


def test_a_bug_can_be_traced_to_where_it_is(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*arguments: object) -> None:
        raise ValueError("a bug deep inside")

    monkeypatch.setattr(runner, "select", broken)
    assert command("run") == (2, "error: a bug deep inside\n")
    for arguments, variable in ((["--debug", "run"], ""), (["run"], "1")):
        result = CliRunner().invoke(app, arguments, env={"DFAD_DEBUG": variable})
        assert isinstance(result.exception, ValueError)
        assert result.exception.__traceback__ is not None and result.exit_code == 1
    assert "DFAD_DEBUG" in command("--help")[1]


@pytest.mark.skipif(os.name != "posix", reason="sends a POSIX signal")
def test_who_ends_the_checks_ends_the_step_that_runs(tmp_path: Path) -> None:
    step = "import os, pathlib, time; pathlib.Path('pid').write_text(str(os.getpid()))"
    step = [sys.executable, "-c", f"{step}; time.sleep(60)"]
    code = "import pathlib, sys\nfrom dfad_lite.course import cli\n"
    code += f"print('status', cli.call({step!r}, pathlib.Path.cwd()))"
    parent = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    until = time.monotonic() + 60
    while not (tmp_path / "pid").exists() and time.monotonic() < until:
        time.sleep(0.05)
    parent.terminate()
    assert parent.communicate(timeout=30)[0] == f"status {-signal.SIGTERM}\n"
    assert parent.returncode == 0


def test_help_waits_for_nothing_heavy() -> None:
    code = "import sys, dfad_lite.course.cli; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    heavy = {"torch", "pandas", "matplotlib", "papermill", "nbformat", "distributed", "IPython"}
    assert heavy & set(done.stdout.split()) == set(), done.stderr
    assert "dfad_lite.course.sweep" in done.stdout


# ---------------------------------------------------------------- refresh


def test_refresh_leaves_outputs_and_nothing_of_the_run(root: Path) -> None:
    # No interact() with a print: whether its text reaches the cell or the widget is a race.
    widget = "import ipywidgets\nipywidgets.IntSlider()"
    path = write_toy(root / "notebooks", "01_good.ipynb", [*GOOD, (widget, "nbval-ignore-output")])
    code, printed = command("refresh")
    assert code == 0, printed
    text = path.read_text(encoding="utf-8")
    notebook = json.loads(text)
    assert text.endswith("}\n")
    assert notebook["metadata"] == runner.NOTEBOOK_METADATA
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in cells] == [1, 2, 3, 4]
    assert [set(cell["metadata"]) for cell in cells] == [{"tags"}, set(), {"tags"}, {"tags"}]
    assert cells[1]["outputs"][0]["text"] == ["profile quick\n"]
    assert cells[3]["outputs"] == []


def test_refresh_changes_nothing_the_second_time(root: Path) -> None:
    path = write_toy(root / "notebooks", "01_good.ipynb", GOOD)
    command("refresh")
    first = path.read_bytes()
    command("refresh")
    assert path.read_bytes() == first


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("import sys\nprint('mind this', file=sys.stderr)", "wrote to stderr: 'mind this'"),
        ("import ipywidgets\nipywidgets.IntSlider()", "tag the cell nbval-ignore-output"),
        ("import nowhere", "ModuleNotFoundError: No module named 'nowhere'"),
    ],
)
def test_refresh_refuses_and_keeps_the_file(root: Path, source: str, message: str) -> None:
    path = write_toy(root / "notebooks", "01_bad.ipynb", [PARAMETERS, (source, "")])
    before = path.read_bytes()
    code, printed = command("refresh")
    assert code == 1
    assert f"01_bad.ipynb, In [2] ({source.splitlines()[0]})" in printed
    assert message in printed
    assert path.read_bytes() == before
    assert [path.name for path in path.parent.iterdir()] == ["01_bad.ipynb"]


def test_clean_keeps_what_stands_beside_a_widget() -> None:
    picture = new_output(
        "display_data",
        {runner.WIDGET_VIEW: {"model_id": "1"}, "image/png": "aGk=", "text/plain": "a slider"},
    )
    injected = new_code_cell("seed = 3", metadata={"tags": ["injected-parameters"]})
    shown = new_code_cell("show()", metadata={"papermill": {}, "execution": {}, "tags": ["x"]})
    shown.outputs = [picture]
    notebook = new_notebook(cells=[injected, shown], metadata={"widgets": {}, "papermill": {}})
    (cell,) = runner.clean(notebook).cells
    assert set(cell.outputs[0].data) == {"image/png", "text/plain"}
    assert cell.metadata == {"tags": ["x"]}
    assert len(notebook.cells) == 2, "the notebook itself is left alone"
