"""The game on the plane: what can be computed is computed, and measuring changes nothing."""

import pytest
import torch

from dfad_lite import playground, plots


@pytest.fixture(scope="module")
def trained() -> torch.nn.Module:
    return playground.teacher(seed=0)


def test_the_teacher_knows_the_moons(trained):
    points, labels = playground.moons(500, seed=7)
    assert (trained(points).argmax(1) == labels).double().mean() > 0.95
    assert not any(weight.requires_grad for weight in trained.parameters())


def test_the_grid_starts_at_the_bottom_left_and_goes_row_by_row():
    points = playground.grid(3)
    assert points[:4].tolist() == [[-3, -3], [0, -3], [3, -3], [-3, 0]]


def test_measuring_does_not_change_the_game(trained):
    real, _ = playground.moons(100, seed=1)
    games = [playground.new_game(trained, seed=0) for _ in range(2)]
    measured = list(playground.play(games[0], real, 3))
    for _ in range(3):
        for _ in range(5):
            games[1].imitate()
        games[1].generate()
    assert len(measured) == 4
    playground.moment(games[0], real, round=3)
    for a, b in zip(games[0].student.parameters(), games[1].student.parameters(), strict=True):
        assert torch.equal(a, b)


def test_no_mean_is_above_the_largest_gap_and_the_game_closes_the_real_one(trained):
    real, _ = playground.moons(300, seed=1)
    game = playground.new_game(trained, seed=0)
    history = list(playground.play(game, real, 80))
    # The grid is fine, so its largest gap is at most a little below the largest of all.
    assert all(m["largest"] >= 0.98 * max(m["real"], m["generator"]) for m in history)
    assert history[-1]["real"] < history[0]["real"] / 10


def test_settings_may_be_changed(trained):
    game = playground.new_game(trained, seed=0, latent_size=9, batch_size=8)
    assert game.images().shape == (8, 2)


def test_a_moment_is_drawn(trained):
    real, _ = playground.moons(50, seed=1)
    now = playground.moment(playground.new_game(trained, seed=0), real, round=0)
    assert now.gap.shape == now.student.shape == (61, 61)
    _, axes = plots.new(1, 2)
    plots.plane(axes, now, real)
    dots = [line.get_xydata() for axis in axes for line in axis.lines if len(line.get_xdata()) > 9]
    assert [len(xy) for xy in dots] == [len(real), len(now.samples)]
