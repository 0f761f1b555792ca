"""Tables of measurements: rows that are there stay; new ones come whole, with where and when."""

import dataclasses
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
import typer

from benchmarks import RESULTS, changed, fill, natural, read, some_of, step, write
from dfad_lite import artefacts, data, distill, family, models, profiles, results

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


# ---------------------------------------------------------------- natural images, made small


@pytest.fixture
def tiny(monkeypatch) -> artefacts.TeacherRun:
    """The profile's column for photographs with 16 pixels a side, and noise for photographs."""
    photos = dataclasses.replace(
        data.described(
            "cifar10", channels=3, size=16, classes="0123456789", mean=[0.5] * 3, std=[0.25] * 3
        ),
        images=torch.arange(300 * 3 * 16 * 16).mul(7919).remainder(256).byte().view(-1, 3, 16, 16),
        labels=torch.arange(300) // 30,
    )
    whole = natural.settings_of
    small = {"image_size": 16, "batch_size": 8, "generator_width": 8, "imitation_steps": 1}
    monkeypatch.setattr(natural, "settings_of", lambda seed, **more: whole(seed, **small, **more))
    model = models.classifier("resnet8", channels=3, classes=10, size=16, seed=0)
    taught = artefacts.TeacherRun(model, [], 0.1, 0.0, "", "key")
    monkeypatch.setattr(natural, "teacher_and_images", lambda study="run": (taught, photos))
    return taught


@pytest.mark.parametrize(
    ("study", "method"),
    [("family", "DFAD"), ("sources", "noise"), ("recipe", "from noise"), ("recipe", "one answer")],
)
def test_a_game_of_natural_images_is_measured(tiny, study, method) -> None:
    row = natural.play(study, method, 0, seconds=0.0, rounds=2)
    assert (row["rounds"], row["teacher_accuracy"]) == (2, "0.1000")
    assert 0 <= float(row["accuracy"]) <= 1 and 0 <= float(row["agreement"]) <= 1
    assert float(row["distance"]) >= -0.01 and row["machine"].endswith("GFLOP/s")


def test_the_players_of_a_long_game_are_kept(tiny, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("DFAD_CACHE", str(tmp_path))
    row = natural.play("run", "Grids", 0, seconds=0.0, rounds=2)
    game = natural.kept_game("Grids", 0, rounds=2)
    found = natural.measured(game, *natural.teacher_and_images())
    assert (found["accuracy"], found["agreement"]) == (row["accuracy"], row["agreement"])
    images = game.images()
    assert len(images) == game.settings.batch_size and images.std() > 0.1
    with pytest.raises(ValueError, match="--rounds 240 --seeds 0"):
        natural.kept_game("Grids", 0)  # the short game is not taken for the whole one


def test_a_game_of_given_seconds_has_as_many_rounds_as_fit(tiny) -> None:
    few, more = (natural.rounds_within(seconds, "family", "DFAD", 0) for seconds in (0.0, 20.0))
    assert few == 2 < more


def test_the_watched_game_is_the_game_and_its_looks_are_arrays(tiny, tmp_path) -> None:
    settings = natural.settings_of(0, rounds=16)
    kinds = (family.Grids, natural.Watched)
    plain, watched = (
        distill.new_game(settings, tiny.model, natural.teacher_and_images()[1], kind)
        for kind in kinds
    )
    watched.EVERY = 1
    for game in (plain, watched):
        assert len(list(game.play())) == 2
    for name, weight in plain.student.state_dict().items():
        assert torch.equal(weight, watched.student.state_dict()[name]), name
    watched.save(tmp_path / "run.npz")
    seen, committed = np.load(tmp_path / "run.npz"), results.arrays("natural_run")
    assert set(seen) == set(committed)
    assert [seen[name].ndim for name in seen] == [committed[name].ndim for name in seen]
    assert seen["confusion"].sum((1, 2)).tolist() == [300, 300]


def test_sets_are_near_to_themselves_and_far_from_others(tiny) -> None:
    taught, photos = natural.teacher_and_images()
    real = photos.normalised()
    assert natural.distance(taught.model, real, real) < 0.01
    assert natural.distance(taught.model, real + 3, real) > 0.1


def test_each_layer_of_a_step_has_its_share(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(step, "BATCH", 4)
    step.main(tmp_path / "step.csv")
    rows = read(tmp_path / "step.csv")
    assert sum(float(row["of_all"]) for row in rows) == pytest.approx(1, abs=0.02)
    assert {row["kind"] for row in rows if row["of_peak"]} == {"Conv2d"}
    committed = read(RESULTS / "step.csv")
    assert [row["layer"] for row in rows] == [row["layer"] for row in committed]
