"""What makes a stranger's teacher hard, and what ``family.Broad`` does about it."""

import copy
import math

import pytest
import torch
from torch import nn

from dfad_lite import data, distill, estimates, family, losses, metrics, models, profiles

TINY = {"batch_size": 16, "generator_width": 4, "rounds": 3, "imitation_steps": 1}


def new_game(teacher: nn.Module, **changes) -> family.Broad:
    settings = profiles.load("quick", **TINY | changes)
    return distill.new_game(settings, teacher, data.load("digits", "test", size=16), family.Broad)


@pytest.fixture
def net() -> nn.Module:
    return models.classifier("small16", channels=1, classes=10, size=16, seed=1).eval()


def test_a_constant_of_the_logits_changes_no_objective(net) -> None:
    games = [new_game(copy.deepcopy(net)), new_game(nn.Sequential(net, nn.LogSoftmax(1)))]
    losses_of = [[float(game.imitate()), float(game.generate())] for game in games]
    assert losses_of[0] == pytest.approx(losses_of[1], rel=1e-4)
    z = torch.randn(8, games[0].settings.latent_size)
    images = games[0].generator(z).detach()
    plain, constant = (game.teacher(images) for game in games)
    assert float(losses.mae(plain, constant)) > 1  # which DFAD would count


def test_the_generator_is_paid_in_units_of_the_teachers_spread(net) -> None:
    sharp = copy.deepcopy(net)
    with torch.no_grad():
        sharp[-1].weight.mul_(100)
        sharp[-1].bias.mul_(100)
    gains = []
    for teacher in (net, sharp):
        game = new_game(teacher)
        game.lesson()
        nn.init.zeros_(game.student[-1].weight)
        nn.init.zeros_(game.student[-1].bias)
        game.BALANCE = 0.0
        images = game.generator(game.draw())
        gains.append(float(game.generation_objective(images, None)))
    assert gains[0] == pytest.approx(gains[1], rel=1e-3)


def test_pairs_keep_the_last_ones_together() -> None:
    pairs = family.Pairs(4, torch.zeros(1, 1, 1, 1), torch.zeros(1, 2))
    for value in range(6):
        pairs.push(torch.full((1, 1, 1, 1), float(value)), torch.full((1, 2), 10.0 * value))
    images, answers = pairs.draw(100, torch.Generator().manual_seed(0))
    assert len(pairs) == 4 and images.unique().tolist() == [2, 3, 4, 5]
    assert torch.equal(10 * images.flatten(), answers[:, 0])


def test_the_student_learns_what_the_teacher_said_of_each_image(net) -> None:
    game = new_game(net)
    list(game.play())
    images, wanted = game.lesson()
    assert torch.allclose(net(images), wanted, atol=1e-5)
    count = TINY["batch_size"] // 2  # what Broad makes of it
    assert len(images) == count
    assert len(game.pairs) == 16 * count + game.settings.rounds * 2 * count


def test_large_images_are_kept_in_less_number(net) -> None:
    small = type("Small", (family.Broad,), {"ROOM": 40 * (16 * 16 + 10) * 4})
    like = data.load("digits", "test", size=16)
    game = distill.new_game(profiles.load("quick", **TINY), net, like, small)
    assert len(game.pairs.images) == 40
    list(game.play())


def test_exposed_images_lie_between_black_and_white() -> None:
    mean, std = [0.1, 0.2, 0.3], [0.3, 0.4, 0.5]
    maker = models.generator(
        *("exposed",), latent_size=8, channels=3, size=16, width=4, mean=mean, std=std, seed=0
    )
    stream = torch.Generator().manual_seed(0)
    for images in (maker(torch.randn(64, 8)), maker.fields(64, stream)):
        pixels = images * torch.tensor(std).view(3, 1, 1) + torch.tensor(mean).view(3, 1, 1)
        assert images.shape == (64, 3, 16, 16)
        assert -1e-6 <= pixels.min() < 0.1 and 0.9 < pixels.max() <= 1 + 1e-6
        assert pixels.mean((1, 2, 3)).std() > 0.15  # some are dark, others light


@pytest.mark.parametrize("size", [8, 28, 32])
def test_random_fields_fill_images_of_any_size_and_come_again(size) -> None:
    maker = models.generator("exposed", latent_size=8, channels=1, size=size, width=4, seed=0)
    maker.append(nn.ZeroPad2d((0, -3, 0, -1)))  # a cut, as for images that are not square
    streams = [torch.Generator().manual_seed(5) for _ in range(2)]
    for _ in range(20):
        made = [maker.fields(2, stream) for stream in streams]
        assert made[0].shape == (2, 1, size - 1, size - 3) and torch.equal(*made)
    assert maker(torch.randn(2, 8)).shape == made[0].shape


def test_batch_norm_of_vectors_is_matched_too() -> None:
    net = nn.Sequential(nn.Flatten(), nn.Linear(16, 8), nn.BatchNorm1d(8), nn.Linear(8, 2))
    images = torch.randn(256, 1, 4, 4)
    for _ in range(100):
        net(images)
    shifts = []
    for batch in (images, 3 * images + 1):
        with family.watching(net.eval()) as seen, torch.no_grad():
            net(batch)
        shifts.append(float(family.statistics_shift(seen)))
    assert shifts[0] < 0.1 * shifts[1] and not seen.statistics
    assert family.statistics_shift(family.Seen()) == 0.0


def test_broad_changes_what_it_says(net) -> None:
    settings = distill.new_game(
        profiles.load("quick"), net, data.load("digits", "test", size=16), family.Broad
    ).settings
    assert (settings.batch_size, settings.imitation_steps, settings.rounds) == (64, 10, 400)
    assert settings.generator_model == "exposed" and settings.student_lr == pytest.approx(0.03)


def test_the_teacher_is_surer_of_the_images_it_asks_for(net) -> None:
    names = [str(digit) for digit in range(10)]
    shape = {"channels": 1, "size": (16, 14), "classes": names}
    like = data.described("digits", **shape, mean=[0.5], std=[0.25])
    start = estimates.random_images(like)
    assert start.shape == (200, 1, 16, 14) and start.abs().max() <= 2
    like = data.described("digits", **shape | {"size": 16}, mean=[0.5], std=[0.25])
    start = estimates.random_images(like)
    made = estimates.led_to_classes(models.frozen(net), start, like, steps=20)
    assert made.shape == start.shape and made.abs().max() <= 2 and not made.requires_grad
    sure = [metrics.logits(net, images).softmax(1).amax(1).mean() for images in (start, made)]
    assert sure[1] > sure[0]
    other = models.classifier("small16", channels=1, classes=10, size=16, seed=7)
    assert estimates.on_surest(net, net, like) == 1
    assert estimates.on_surest(net, other, like) < 0.5


def test_many_classes_and_large_images_are_judged_too() -> None:
    names = [str(number) for number in range(1000)]
    like = data.described(
        "many", channels=3, size=224, classes=names, mean=[0.5] * 3, std=[0.25] * 3
    )
    start = estimates.random_images(like)
    assert start.shape == (32, 3, 224, 224)  # ten times as many would take gigabytes, and hours
    torch.manual_seed(0)
    pooled = nn.Sequential(nn.AdaptiveAvgPool2d(4), nn.Flatten(), nn.Linear(48, 1000))
    assert estimates.on_surest(models.frozen(pooled), pooled, like) == 1, "nan calls it failed"

    taken: list[int] = []
    pooled.register_forward_hook(lambda net, given, answers: taken.append(len(given[0])))
    asked = torch.zeros(50, 3, 224, 224)
    assert metrics.logits(pooled, asked).shape == (50, 1000)
    assert sum(taken) == 50 and max(taken) <= 40
    taken.clear()
    estimates.led_to_classes(pooled, asked, like, steps=1)
    assert sum(taken) == 50 and max(taken) <= 8, "whose way back takes most memory"


def test_a_student_that_says_one_thing_only_is_not_judged_good() -> None:
    """Neither where its teacher says hardly more, nor of a segmentation's many backgrounds."""
    shape = {"channels": 3, "size": 16, "mean": [0.5] * 3, "std": [0.25] * 3}
    like = data.described("two", classes=["0", "1"], **shape)
    torch.manual_seed(0)
    teacher, dead = (nn.Sequential(nn.Flatten(), nn.Linear(768, 2)) for _ in range(2))
    for net in (teacher, dead):
        net[1].bias.data = torch.tensor([1e3, 0.0])
    assert math.isnan(estimates.on_surest(models.frozen(teacher), dead, like))
    maps, constant = nn.Conv2d(3, 2, 3, padding=1), nn.Conv2d(3, 2, 1)
    maps.bias.data = torch.tensor([0.4, 0.0])  # mostly background
    constant.bias.data = torch.tensor([1e3, 0.0])
    assert estimates.on_surest(models.frozen(maps), maps, like, steps=0) == 1
    assert estimates.on_surest(maps, constant, like, steps=0) == 0.5
