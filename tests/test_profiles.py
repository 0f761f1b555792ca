"""Settings: the reference values, and errors that say what to do."""

import dataclasses
import math

import pytest
import torch

import dfad_lite
from dfad_lite import profiles


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"rouns": 5}, "'rouns' is no setting"),
        ({"rounds": True}, "rounds=True is of type bool"),
        ({"rounds": 5.0}, "rounds=5.0 is of type float"),
        ({"student_lr": "0.1"}, "student_lr='0.1' is of type str"),
        ({"rounds": 0}, "rounds=0 is out of range: it must be at least 1"),
        ({"student_lr": 0.0}, "above 0"),
        ({"student_lr": math.nan}, "student_lr=nan"),
        ({"generation_loss": "l2"}, "generation_loss='l2' is unknown: take one of mae"),
        ({"game_step_rounds": 5}, "game_step_rounds=5 must be a list"),
        ({"name": "paper"}, "profile="),
    ],
)
def test_wrong_settings_are_named(wrong: dict, said: str) -> None:
    with pytest.raises(profiles.SettingError) as error:
        profiles.load("quick", **wrong)
    assert said in str(error.value)


def test_unknown_profile_and_device() -> None:
    with pytest.raises(profiles.SettingError, match="profile='fast'"):
        profiles.load("fast")
    with pytest.raises(profiles.SettingError, match="device='abacus'"):
        profiles.apply(profiles.load("quick", device="abacus"))


def test_a_whole_number_serves_where_a_float_is_wanted() -> None:
    assert profiles.load("quick", student_lr=1).student_lr == 1.0
    assert profiles.load("quick", game_step_rounds=[3, 5]).game_step_rounds == (3, 5)


def test_every_profile_passes_its_own_checks() -> None:
    for profile in (profiles.QUICK, profiles.LAPTOP, *profiles.PAPER.values()):
        for field in dataclasses.fields(profile):
            value = getattr(profile, field.name)
            assert profiles.check(field.name, value) == value


def test_reference_settings() -> None:
    mnist, cifar = profiles.load("paper"), profiles.load("paper", dataset="cifar10")
    assert (mnist.batch_size, mnist.latent_size, mnist.rounds) == (512, 100, 40 * 50)
    assert (cifar.batch_size, cifar.latent_size, cifar.rounds) == (256, 256, 500 * 50)
    assert (mnist.student_lr, mnist.student_weight_decay) == (0.01, 1e-4)
    assert (cifar.student_lr, cifar.student_weight_decay) == (0.1, 5e-4)
    assert {p.imitation_steps for p in profiles.PAPER.values()} == {5}
    assert {p.generator_lr for p in profiles.PAPER.values()} == {1e-3}
    assert (mnist.generator_model, mnist.generator_width) == ("generator_a", 64)
    assert profiles.PAPER["caltech101"].generator_model == "generator_b"


def test_from_notebook() -> None:
    fresh = {"profile": "quick", "seed": 3, "In": [], "_i": "", "profiles": profiles}
    assert profiles.from_notebook(fresh).seed == 3
    with pytest.raises(profiles.SettingError, match="'sed'"):
        profiles.from_notebook({"profile": "quick", "sed": 3})
    # Run again in a kernel full of the notebook's own variables, with one changed.
    used = fresh | {"count": 7, "figure_title": "x", "rounds": 9}
    with pytest.raises(profiles.SettingError, match="'count'"):
        profiles.from_notebook(used)
    used["settings"] = profiles.load("quick")
    settings = profiles.from_notebook(used)
    assert (settings.seed, settings.rounds) == (3, 9)


def test_table_covers_every_field() -> None:
    rows = profiles.table()
    assert {row["field"] for row in rows} == {f.name for f in dataclasses.fields(profiles.Profile)}
    assert all(row["source"] and row["meaning"] for row in rows)


def test_torch_version_check() -> None:
    for fine in ("2.6.0", "2.11.0+cu130", "3.0.0a1"):
        dfad_lite.check_torch(fine)
    with pytest.raises(ImportError, match="found torch 2.5.1"):
        dfad_lite.check_torch("2.5.1+cpu")


def test_threads_are_set_and_given_back() -> None:
    profiles.apply(profiles.load("quick", threads=1))
    assert torch.get_num_threads() == 1
    profiles.apply(profiles.load("quick", threads=0))
    assert torch.get_num_threads() == profiles.DEFAULT_THREADS
