"""Tables of measurements: rows that are there stay; new ones come whole, with where and when."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch
import typer

from benchmarks import RESULTS, changed, fill, read, some_of, write
from dfad_lite import profiles

ROOT = Path(__file__).resolve().parents[1]
CASES = [{"seed": seed, "inputs": kind} for seed in (0, 1) for kind in ("noise", "generator")]


def test_a_table_is_filled_row_by_row_and_goes_on_where_it_stopped(tmp_path: Path) -> None:
    table, asked = tmp_path / "table.csv", []

    def measure(case: dict) -> dict | None:
        asked.append(tuple(case.values()))
        if len(asked) == 3:
            raise KeyboardInterrupt
        return None if case["inputs"] == "noise" else {"accuracy": f"{case['seed'] + 0.5:.4f}"}

    with pytest.raises(KeyboardInterrupt):
        fill(table, CASES, measure)
    first = table.read_text(encoding="utf-8")
    assert first.splitlines()[0] == "seed,inputs,accuracy,device,threads,torch,date"
    fill(table, CASES, measure)
    assert asked[3:] == [(0, "noise"), (1, "noise"), (1, "generator")]  # None was no row
    assert table.read_text(encoding="utf-8").startswith(first)
    rows = read(table)
    assert [(row["seed"], row["accuracy"]) for row in rows] == [("0", "0.5000"), ("1", "1.5000")]
    assert rows[0]["torch"] == torch.__version__ and rows[0]["device"]
    assert rows[0]["threads"] == str(torch.get_num_threads())


def test_an_old_table_keeps_its_columns_and_their_order(tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    table.write_text("date,note,inputs,seed,accuracy\n2020-01-01,,noise,0,0.5\n", encoding="utf-8")
    fill(table, CASES[:2], lambda case: {"accuracy": 0.25})
    header, old, new = table.read_text(encoding="utf-8").splitlines()
    assert (header, old) == ("date,note,inputs,seed,accuracy", "2020-01-01,,noise,0,0.5")
    assert new.endswith(",,generator,0,0.25") and not new.startswith(",")  # the date, no note


@pytest.mark.parametrize(
    ("case", "measured"), [({"seed": 3, "rounds": 9}, {}), ({"seed": 3}, {"rounds": 9})]
)
def test_a_row_that_does_not_fit_its_table_is_refused(tmp_path: Path, case, measured) -> None:
    table = tmp_path / "table.csv"
    write(table, [{"seed": 0, "accuracy": 1}])
    with pytest.raises(ValueError, match=r"no column rounds: give another file with --table"):
        fill(table, [case], lambda case: measured)
    assert len(read(table)) == 1


@pytest.mark.parametrize("table", sorted(RESULTS.glob("*.csv")), ids=lambda path: path.stem)
def test_committed_tables_come_out_as_they_went_in(table: Path, tmp_path: Path) -> None:
    write(tmp_path / "again.csv", read(table))
    assert (tmp_path / "again.csv").read_bytes() == table.read_bytes()


def test_an_unknown_part_of_an_option_is_named() -> None:
    assert some_of("b,a", "abc") == ["b", "a"]
    with pytest.raises(typer.BadParameter, match="x: take some of a, b"):
        some_of("a,x", "ab")


def test_the_settings_are_those_of_the_method_s_game() -> None:
    settings = profiles.load("quick")
    assert changed(settings, "DFAD") == settings
    assert changed(settings, "Ours").generator_model == "smooth"


def test_committed_rows_are_known_and_not_made_again() -> None:
    """The command of the README's first table finds all its rows: it ends without a run."""
    before = (RESULTS / "outcomes.csv").read_bytes()
    command = ["-m", "benchmarks.outcomes", "--profile", "quick", "--seeds", "0,1,2,3,4"]
    done = subprocess.run(
        [sys.executable, *command], cwd=ROOT, check=True, capture_output=True, text=True
    )
    assert done.stdout == "" and (RESULTS / "outcomes.csv").read_bytes() == before


def test_the_page_s_links_lead_somewhere() -> None:
    folder = ROOT / "benchmarks"
    links = re.findall(r"\]\(([^)#:]+)\)", (folder / "README.md").read_text(encoding="utf-8"))
    assert [link for link in links if not (folder / link).exists()] == [] and len(links) > 10
