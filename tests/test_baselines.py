"""Sources of inputs: what is drawn, and that only the source differs."""

import pytest
import torch

from dfad_lite import artefacts, baselines, data, distill, models, profiles

SMALL = {"rounds": 3, "snapshot_every": 3, "batch_size": 16, "teacher_epochs": 1}


@pytest.fixture(scope="module")
def digits() -> data.Split:
    return data.load("digits", "train", size=16)


def test_every_source_is_named_or_refused():
    assert baselines.dataset_of("original", "mnist") == "mnist"
    assert baselines.dataset_of("related", "digits") == "printed"
    assert baselines.dataset_of("unrelated", "mnist") == "cifar10"
    assert baselines.dataset_of("photos", "digits") == "photos"
    with pytest.raises(ValueError, match="take one of generator, noise"):
        baselines.dataset_of("holiday", "digits")
    with pytest.raises(ValueError, match="no related set is chosen"):
        baselines.dataset_of("related", "svhn")


@pytest.mark.parametrize("name", ["printed", "photos"])
def test_embedded_pools_fit_the_teacher_and_are_the_same_each_time(name, digits):
    pool = baselines.foreign(name, digits, size=16)
    assert pool.images.shape[1:] == (1, 16, 16) and pool.images.dtype == torch.uint8
    assert len(pool) > 1000 and (pool.mean, pool.std) == (digits.mean, digits.std)
    assert torch.equal(pool.images, baselines.foreign(name, digits, size=16).images)
    assert pool.images.float().flatten(1).std(1).median() > 5  # not blank


def test_colour_becomes_grey_by_luma(digits, monkeypatch):
    colour = torch.zeros(1, 3, 16, 16, dtype=torch.uint8)
    colour[:, 1] = 200  # pure green
    split = data.Split("x", colour, torch.zeros(1).long(), (0.5,) * 3, (0.5,) * 3, ("a",))
    monkeypatch.setattr(data, "load", lambda *_, **__: split)
    assert baselines.foreign("cifar10", digits, size=16).images.unique().tolist() == [117]


def test_drawn_batches_come_from_the_pool_and_the_game_s_own_stream(digits):
    settings = profiles.load("quick", **SMALL)
    teacher = models.classifier("small16", channels=1, classes=10, size=16, seed=0)
    source, batches = baselines.drawn_from(digits), []
    for _ in range(2):
        game = distill.new_game(settings, teacher, digits)
        batches.append(source(game))
    assert torch.equal(*batches)
    pool = {tuple(image.flatten().tolist()) for image in digits.normalised()}
    assert all(tuple(image.flatten().tolist()) in pool for image in batches[0])
    assert not torch.equal(batches[0], source(game))


def test_only_the_source_differs_between_students():
    settings = profiles.load("quick", **SMALL)
    runs = {kind: artefacts.get_student(settings, inputs=kind) for kind in baselines.INPUTS}
    assert len({run.key for run in runs.values()}) == len(runs)
    assert len({run.teacher.key for run in runs.values()}) == 1
    first = {round(run.snapshots[0].discrepancy, 6) for run in runs.values()}
    assert len(first) == 1  # the same teacher and the same fresh student
    last = {round(run.snapshots[-1].discrepancy, 6) for run in runs.values()}
    assert len(last) == len(runs)
