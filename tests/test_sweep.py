"""Sweeps on a toy notebook, which imports nothing heavy; one on the notebook of the benchmarks.

Most send their jobs to one cluster, since starting workers takes longer than the jobs do.
"""

import gc
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pandas
import pytest
from test_runner import command, read_rows, write_toy

from dfad_lite.course import runner, sweep

PARAMETERS = """
profile = "quick"
seed = 0
rounds = 1
inputs = "generator"
meet = ""  # a file to leave, and one to wait for
label = ""
"""
WORK = """
import json, os, pathlib, time
if inputs == "wait":
    pathlib.Path(meet).write_text(str(os.getpid()))
    time.sleep(300)
if inputs == "kill":
    os.kill(os.getppid(), 9)
    time.sleep(300)
if meet:
    mine, other = meet
    pathlib.Path(mine).touch()
    until = time.monotonic() + 100  # a worker may have to import papermill first
    while not pathlib.Path(other).exists():
        assert time.monotonic() < until, "nobody else is at work"
        time.sleep(0.05)
numbers = {"generator": 0.9, "noise": 0.5}[inputs]
"""
RESULT = """
print(json.dumps({
    "accuracy": numbers + seed / 100, "seconds": 7, "kernel": os.getpid(), "parent": os.getppid(),
    "threads": os.environ.get("OMP_NUM_THREADS", ""),
    "curve": [[0, 0.1, 2.0, None], [rounds, numbers, 1.0, 0.5]],
}))
"""
CELLS = [(PARAMETERS, "parameters"), (WORK, ""), (RESULT, "result")]


@pytest.fixture
def toy(tmp_path: Path) -> Path:
    """The toy notebook."""
    return write_toy(tmp_path, "toy.ipynb", CELLS)


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    """The address of two workers; a job that loses one is not tried again."""
    dask = pytest.importorskip("dask")
    pytest.importorskip("distributed")  # first: its own defaults would leave with the setting
    with dask.config.set({"distributed.scheduler.allowed-failures": 0}):
        with sweep.local_cluster(2) as workers:
            yield workers.scheduler_address


def write_table(folder: Path, text: str) -> Path:
    """A table of jobs."""
    path = folder / "table.csv"
    path.write_text(text, encoding="utf-8")
    return path


def run_sweep(toy: Path, table: str, *options: str) -> tuple[int, str]:
    """Sweep the toy notebook into `out/` beside it; exit status and all that was printed."""
    path = write_table(toy.parent, table)
    out = str(toy.parent / "out")
    return command("sweep", str(path), "--out", out, "--notebook", str(toy), *options)


def cell(value: object) -> str:
    """A value as a quoted cell of a table."""
    return '"' + str(value).replace('"', '""') + '"'


# ---------------------------------------------------------------- results, and going on


def test_a_sweep_leaves_results_and_goes_on_where_it_stopped(
    toy: Path, cluster: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One failing row, a damaged file, a row less: only what must be run is run."""
    table = "inputs,rounds,seed\nnoise,5,1\nbroken,,\n,,\n"
    out = toy.parent / "out"
    code, printed = run_sweep(toy, table, "--cluster", cluster)
    assert code == 1, printed
    first, failed, last = read_rows(out / "results.csv")
    assert list(first) == [
        *("row", "key", "inputs", "rounds", "seed", "status", "seconds"),
        *("accuracy", "result_seconds", "kernel", "parent", "threads", "error"),
    ]
    assert (first["inputs"], first["rounds"], first["seed"]) == ("noise", "5", "1")
    assert (first["status"], first["accuracy"], first["result_seconds"]) == ("ok", "0.51", "7")
    assert (last["row"], last["inputs"], last["accuracy"]) == ("3", "", "0.9")
    assert failed["status"] == "failed"
    assert failed["accuracy"] == ""
    assert failed["error"].startswith("toy.ipynb, In [3] (import json")
    assert failed["error"].endswith("KeyError: 'broken'")
    assert failed["error"] in printed
    assert read_rows(out / "curves.csv")[1] == {
        **{"row": "1", "label": "", "round": "5"},
        **{"accuracy": "0.5", "discrepancy": "1.0", "generation": "0.5"},
    }
    assert (out / "results.png").read_bytes().startswith(b"\x89PNG")
    made = {path.name for path in (out / "jobs").iterdir()}
    assert made == {
        *(f"{first['key']}{end}" for end in (".ipynb", ".json")),
        *(f"{last['key']}{end}" for end in (".ipynb", ".json")),
        f"{failed['key']}.ipynb",
    }
    assert "KeyError" in (out / "jobs" / f"{failed['key']}.ipynb").read_text(encoding="utf-8")

    # A sound file is taken as it is, so its old kernel shows; a damaged one is made again.
    damaged = out / "jobs" / f"{last['key']}.json"
    damaged.write_text(damaged.read_text(encoding="utf-8").replace("0.9", "0.99"), encoding="utf-8")
    with pytest.warns(UserWarning, match=f"{damaged.name} is damaged .*check does not fit"):
        code, printed = run_sweep(toy, table, "--cluster", cluster)
    assert code == 1, printed
    again = read_rows(out / "results.csv")
    assert [row["accuracy"] for row in again] == ["0.51", "", "0.9"]
    assert again[0]["kernel"] == first["kernel"]
    assert again[2]["kernel"] != last["kernel"]
    assert sorted(line[4:9] for line in printed.splitlines() if "row " in line) == [
        *("row 2", "row 3"),
    ]

    # The table without the row that fails has nothing left to run.
    monkeypatch.setattr(sweep, "dask_client", pytest.fail)
    code, printed = run_sweep(toy, table.replace("broken,,\n", ""))
    assert code == 0, printed
    assert "row " not in printed
    assert "2 of 2 jobs are done" in printed
    assert [row["kernel"] for row in read_rows(out / "results.csv")] == [
        *(again[0]["kernel"], again[2]["kernel"]),
    ]


def test_a_changed_notebook_is_run_anew_and_words_around_it_change_nothing(toy: Path) -> None:
    table = write_table(toy.parent, "seed\n1\n")
    (before,) = sweep.read_jobs(table, toy)
    notebook = runner.read_notebook(toy)
    notebook.cells[0].source = "# Another title"
    runner.write_notebook(toy, notebook)
    assert sweep.read_jobs(table, toy)[0].key == before.key
    notebook.cells[2].source += "\n1"
    runner.write_notebook(toy, notebook)
    assert sweep.read_jobs(table, toy)[0].key != before.key


@pytest.mark.parametrize(
    "content", ["", "[1]", '{"check": 1}', '{"seconds": 1, "result": {}}', "\udcff"]
)
def test_no_damage_passes_for_a_result(tmp_path: Path, content: str) -> None:
    job = sweep.Job(1, {"seed": "1"}, {"seed": 1}, "toy-seed-1-abc")
    sweep.keep(tmp_path, job, sweep.Outcome("ok", 1.5, {"accuracy": 0.5}))
    assert sweep.kept(tmp_path, job) == sweep.Outcome("ok", 1.5, {"accuracy": 0.5})
    path = tmp_path / f"{job.key}.json"
    path.write_bytes(content.encode(errors="surrogateescape"))
    with pytest.warns(UserWarning, match="is damaged"):
        assert sweep.kept(tmp_path, job) is None
    assert not path.exists()


@pytest.mark.parametrize(
    ("shown", "why"),
    [
        ("", "Expecting value"),
        ("{}\n{}", "Extra data"),
        ("[1]", "it is a list"),
        ('{"curve": [[1, 2]]}', "its curve is no list of"),
    ],
)
def test_what_is_no_single_json_object_is_a_failure(
    monkeypatch: pytest.MonkeyPatch, toy: Path, shown: str, why: str
) -> None:
    def execute(path, executed, parameters, **options):
        executed.write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
        return runner.Result(path.name, "ok")

    monkeypatch.setattr(runner, "execute", execute)
    monkeypatch.setattr(runner, "printed", lambda notebook, tag: shown)
    outcome = sweep.run_job("toy.ipynb", toy.read_text(encoding="utf-8"), {})
    assert outcome.status == "failed"
    assert why in outcome.error


# ---------------------------------------------------------------- tables that do not fit


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("", "holds no jobs"),
        ("seed,rounds\n", "holds no jobs"),
        ("sede\n1\n", "a column can't be 'sede'; take parameters of toy.ipynb (profile, seed,"),
        ("seed;rounds\n1;2\n", "a column can't be 'seed;rounds'"),
        ("seed,seed\n1,2\n", "a column stands twice"),
        ("seed,rounds\n1,2\n3\n", "row 2 (line 3): has 1 cells for 2 columns"),
        ("seed,rounds\n1,2\n\n3,0\n", "row 2 (line 4): rounds=0 is out of range"),
        ("student_model\nlenet6\n", "row 1 (line 2): student_model='lenet6' is unknown"),
        ("seed\n0-3\n", "row 1 (line 2): seed='0-3' is of type str"),
        ("profile,seed\nquick,0\nhuge,0\n", "row 2 (line 3): profile='huge' is unknown"),
        ("seed,label\n1,a\n2,a\n1, a\n", "row 3 (line 4): is the same job as row 1"),
        ('seed\n"1\n', "is no CSV file"),
    ],
)
def test_a_wrong_table_exits_with_2_and_runs_nothing(toy: Path, table: str, message: str) -> None:
    code, printed = run_sweep(toy, table)
    assert code == 2
    assert message in printed
    assert not (toy.parent / "out").exists()


def test_values_are_literals_or_strings_and_empty_cells_are_left_out(toy: Path) -> None:
    text = '\ufeffseed,game_step_rounds,label,inputs\n 3 ,"(50, 60)",run a,\n'
    (job,) = sweep.read_jobs(write_table(toy.parent, text), toy)
    assert job.parameters == {"seed": 3, "game_step_rounds": [50, 60], "label": "run a"}
    assert job.cells["inputs"] == ""


@pytest.mark.parametrize("missing", ["parameters", "result"])
def test_a_notebook_that_lacks_a_tag_is_refused(tmp_path: Path, missing: str) -> None:
    cells = [(source, tag) for source, tag in CELLS if tag != missing]
    code, printed = run_sweep(write_toy(tmp_path, "toy.ipynb", cells), "seed\n1\n")
    assert code == 2
    assert f"no code cell is tagged '{missing}'" in printed


def test_results_do_not_go_into_a_file(toy: Path) -> None:
    (toy.parent / "out").touch()
    code, printed = run_sweep(toy, "seed\n1\n")
    assert code == 2
    assert "is a file" in printed


# ---------------------------------------------------------------- workers


def meeting(folder: Path) -> str:
    """A table of two jobs, each of which ends well only while the other is at work, too."""
    one, two = str(folder / "one"), str(folder / "two")
    return f"seed,meet\n1,{cell([one, two])}\n2,{cell([two, one])}\n"


def test_two_jobs_run_side_by_side_with_a_thread_each(
    toy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    code, printed = run_sweep(toy, meeting(toy.parent), "--jobs", "2")
    assert code == 0, printed
    rows = read_rows(toy.parent / "out" / "results.csv")
    assert [row["accuracy"] for row in rows] == ["0.91", "0.92"]
    assert len({row["parent"] for row in rows} | {str(os.getpid())}) == 3
    assert [row["threads"] for row in rows] == ["1", "1"]


@pytest.mark.skipif(os.name != "posix", reason="sends a POSIX signal")
def test_a_lost_worker_costs_its_job_only(toy: Path, cluster: str) -> None:
    code, printed = run_sweep(toy, "inputs\nkill\nnoise\n", "--cluster", cluster)
    assert code == 1, printed
    lost, done = read_rows(toy.parent / "out" / "results.csv")
    assert lost["status"] == "failed"
    assert lost["error"].startswith("the worker: KilledWorker: ")
    assert done["status"] == "ok"


def test_a_cluster_runs_the_jobs(toy: Path, cluster: str) -> None:
    distributed = pytest.importorskip("distributed")
    table = meeting(toy.parent) + "3,\n"
    broken = write_toy(toy.parent, "toy.ipynb", [*CELLS, ("assert seed < 3", "")])
    with distributed.Client(cluster, set_as_default=False) as client:
        client.wait_for_workers(2)  # one may have been killed just before
        workers = {str(pid) for pid in client.run(os.getpid).values()}
    code, printed = run_sweep(broken, table, "--cluster", cluster)
    assert code == 1, printed
    rows = read_rows(toy.parent / "out" / "results.csv")
    assert [row["status"] for row in rows] == ["ok", "ok", "failed"]
    assert "AssertionError" in rows[2]["error"]
    assert {row["parent"] for row in rows[:2]} == workers


def test_workers_that_would_mix_up_their_kernels_are_refused(toy: Path) -> None:
    distributed = pytest.importorskip("distributed")
    options = {"n_workers": 1, "threads_per_worker": 2, "dashboard_address": None}
    with distributed.LocalCluster(processes=False, protocol="tcp", **options) as threads:
        code, printed = run_sweep(toy, "seed\n1\n", "--cluster", threads.scheduler_address)
    assert code == 2
    assert "--nthreads 1" in printed
    assert not (toy.parent / "out").exists()


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("tcp://127.0.0.1:9", "Timed out"),
        ("nonsense", "missing port number"),
        ("tls://127.0.0.1:9", "TLS expects"),
    ],
)
def test_a_cluster_that_is_not_there_is_one_sentence(
    toy: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture, address: str, why: str
) -> None:
    monkeypatch.setattr(sweep, "CONNECT_SECONDS", 0.5)
    code, printed = run_sweep(toy, "seed\n1\n", "--cluster", address)
    gc.collect()  # Dask complains when a client that never came up goes
    assert code == 2
    assert printed.startswith(f"error: cluster={address!r}: no Dask scheduler answers")
    assert why in printed and "needs certificates, which Dask's configuration names" in printed
    assert printed.count("\n") == 1
    assert capfd.readouterr() == ("", "")
    assert not (toy.parent / "out").exists()


def test_a_cluster_leaves_no_choice_of_processes(toy: Path) -> None:
    code, printed = run_sweep(toy, "seed\n1\n", "--cluster", "tcp://127.0.0.1:9", "--jobs", "2")
    assert code == 2
    assert "leave it out with --cluster" in printed


def test_without_dask_one_is_told_how_to_get_it(toy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    code, printed = run_sweep(toy, "seed\n1\n")
    assert code == 2
    assert 'pip install -e ".[cluster]"' in printed


@pytest.mark.skipif(os.name != "posix", reason="sends a POSIX signal")
def test_ctrl_c_keeps_what_is_done_and_says_how_to_go_on(toy: Path) -> None:
    pid_file = toy.parent / "pid"
    table = write_table(toy.parent, f"inputs,meet\n,\nwait,{pid_file}\nnoise,\n")
    arguments = ["sweep", str(table), "--out", str(toy.parent / "out"), "--notebook", str(toy)]
    process = subprocess.Popen(
        [sys.executable, "-m", "dfad_lite", *arguments],
        cwd=Path(__file__).resolve().parents[1],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    wait_until(lambda: pid_file.exists() and pid_file.read_text() != "")
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to the workers, too
    printed, _ = process.communicate(timeout=60)
    assert process.returncode == 130, printed
    assert f"python -m dfad_lite {' '.join(arguments)}" in printed
    assert "Traceback" not in printed
    rows = read_rows(toy.parent / "out" / "results.csv")
    assert [row["status"] for row in rows] == ["ok", "not run", "not run"]
    wait_until(lambda: not alive(int(pid_file.read_text())))


def wait_until(true: object) -> None:
    """Wait for a condition, two minutes at the most: the machine may be busy."""
    until = time.monotonic() + 120
    while not true():
        assert time.monotonic() < until
        time.sleep(0.05)


def alive(pid: int) -> bool:
    """Whether a process runs; one that ended and that nobody waited for does not."""
    shown = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True)
    return shown.stdout.strip()[:1] not in ("", "Z")


# ---------------------------------------------------------------- the figure


def rows_of(*values: str, **parameters: str) -> pandas.DataFrame:
    """Rows of results with one setting, and an accuracy for each seed."""
    rows = [
        {"row": "1", "key": "k", "seed": str(seed), **parameters, "status": "ok", "accuracy": value}
        for seed, value in enumerate(values)
    ]
    return pandas.DataFrame(rows, dtype=object).assign(error="")


def test_the_figure_has_a_bar_a_setting_and_a_point_a_seed() -> None:
    default = rows_of("0.2", "0.4", "0.9", inputs="", rounds="5", label="")
    blind = rows_of("0.7", "nan", inputs="noise", rounds="5", label="blind")
    (axis,) = sweep.draw(pandas.concat([default, blind], ignore_index=True), "accuracy").axes
    assert [label.get_text() for label in axis.get_yticklabels()] == [
        "inputs (default)",
        "inputs noise, blind",
    ]
    assert [bar.get_width() for bar in axis.patches] == [0.4, 0.7]
    points = [sorted(points.get_offsets()[:, 0].compressed()) for points in axis.collections]
    assert points == [[0.2, 0.4, 0.9], [0.7]]
    assert [text.get_text().strip() for text in axis.texts] == ["0.4", "0.7  1 of 2 missing"]


def test_a_measure_that_is_not_there_is_refused_and_the_others_named() -> None:
    with pytest.raises(ValueError, match="measure='loss': .*; take one of accuracy$"):
        sweep.draw(rows_of("0.5"), "loss")
    with pytest.raises(ValueError, match="measure='accuracy': .*no job ended well"):
        sweep.draw(rows_of("").assign(status="failed"), "accuracy")


# ---------------------------------------------------------------- the notebook of the benchmarks


@pytest.mark.slow
def test_one_game_measures_a_game(tmp_path: Path, cluster: str) -> None:
    header = "seed,rounds,teacher_epochs,snapshot_every,inputs,label\n"
    table = write_table(tmp_path, header + "0,2,1,1,,short\n0,2,1,1,noise,blind\n")
    out = tmp_path / "out"
    code, printed = command("sweep", str(table), "--out", str(out), "--cluster", cluster)
    assert code == 0, printed
    game, blind = read_rows(out / "results.csv")
    names = "accuracy teacher_accuracy agreement discrepancy validation_accuracy result_seconds"
    for row in (game, blind):
        assert all(0 < float(row[name]) < 60 for name in names.split())
    curve = read_rows(out / "curves.csv")
    assert [(row["label"], row["round"]) for row in curve] == [
        *(("short", "0"), ("short", "1"), ("short", "2")),
        *(("blind", "0"), ("blind", "1"), ("blind", "2")),
    ]
    assert [row["generation"] != "" for row in curve] == [False, True, True, False, False, False]
    assert curve[2]["accuracy"] == game["accuracy"]
    assert curve[2]["discrepancy"] == game["discrepancy"]
    for path in (out / "jobs").glob("*.json"):
        json.loads(path.read_text(encoding="utf-8"), parse_constant=pytest.fail)  # no NaN
    shutil.rmtree(out)
