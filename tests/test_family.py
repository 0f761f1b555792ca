"""The family of methods: each trains its own players, means what its paper says, and resumes."""

import copy
import math

import pytest
import torch

from dfad_lite import artefacts, data, distill, family, models, profiles

TINY = {"batch_size": 8, "generator_width": 4, "snapshot_every": 4, "rounds": 12}
METHODS = sorted(family.METHODS)


def new_game(method: str, teacher: str = "resnet8", **changes) -> distill.Game:
    settings = profiles.load("quick", **TINY | changes)
    digits = data.load("digits", "test", size=16)
    trained = models.classifier(teacher, channels=1, classes=10, size=16, seed=1)
    return distill.new_game(settings, trained, digits, family.METHODS[method])


def weights(net: torch.nn.Module) -> torch.Tensor:
    return torch.cat([weight.detach().flatten().clone() for weight in net.parameters()])


@pytest.mark.parametrize("method", METHODS)
def test_each_stage_trains_its_own_player_only(method) -> None:
    game = new_game(method, student_model="resnet8_half")
    before = [weights(net) for net in (game.teacher, game.student, game.generator)]
    assert torch.isfinite(game.imitate())
    assert torch.equal(weights(game.generator), before[2])
    assert not torch.equal(weights(game.student), before[1])
    before[1] = weights(game.student)
    assert torch.isfinite(game.generate())
    assert torch.equal(weights(game.student), before[1])
    assert not torch.equal(weights(game.generator), before[2])
    assert torch.equal(weights(game.teacher), before[0]) and not game.teacher.training
    assert all(weight.grad is None for weight in game.teacher.parameters())


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("teacher", ["small16", "resnet8"])
def test_a_game_goes_on_from_its_state_bit_by_bit(method, teacher) -> None:
    student = {"student_model": "small8" if teacher == "small16" else "resnet8_half"}
    whole = new_game(method, teacher, **student)
    records = list(whole.play(6))
    first = new_game(method, teacher, **student)
    list(first.play(3))
    state = copy.deepcopy(first.state_dict())
    second = new_game(method, teacher, **student)
    second.load_state_dict(state)
    assert list(second.play(3)) == records[3:]
    assert torch.equal(weights(second.student), weights(whole.student))
    assert torch.equal(weights(second.generator), weights(whole.generator))


def test_grids_lead_smooth_images_to_what_the_teacher_knows() -> None:
    game = new_game("Grids", "resnet8", student_model="resnet8_half", batch_size=16)
    assert not len(game.pairs)
    game.imitate()  # on smooth images, before there are others
    assert len(game.pairs) == 8 * 16
    begun = game.beginner.fields(16, torch.Generator().manual_seed(0))
    with torch.no_grad():
        before = game.generation_objective(begun, begun)
    assert game.generate() > before + 0.1
    made, (mean, std) = game.generator.images, (game.beginner.mean, game.beginner.std)
    assert (made * std + mean).min() >= -1e-5 and (made * std + mean).max() <= 1 + 1e-5
    assert torch.equal(game.pairs.images[128:144], made)
    states = [game.generator_optimizer.state[grid]["exp_avg"] for grid in game.grids]
    assert all(state.isfinite().all() and state.abs().sum() > 0 for state in states)
    first = made.detach().clone()
    game.generate()
    assert (game.generator.images - first).abs().mean() > 0.1  # others, from another beginning


def test_grids_change_large_areas_first_and_every_view_has_its_answer() -> None:
    for channels in (1, 3):
        shape = {"channels": channels, "size": (12, 20), "classes": list("0123456789")}
        like = data.described("x", mean=[0.5] * channels, std=[0.25] * channels, **shape)
        teacher = models.classifier("resnet8", channels=channels, classes=10, size=12, seed=0)
        settings = profiles.load(
            "quick", student_model="resnet8_half", batch_size=16, image_size=20
        )
        pixels = type("Pixels", (family.Grids,), {"WIDE": (1,)})
        games = [distill.new_game(settings, teacher, like, kind) for kind in (pixels, family.Grids)]
        changes = []
        for game in games:
            begun = game.begin(16)
            game.begin = lambda count, begun=begun: begun.clone()
            game.generate()
            changes.append(game.generator.images - begun)
        rough, smooth = (family.roughness(x) / x.square().mean() for x in changes)
        assert smooth < 0.8 * rough
        assert len(game.pairs.answers[0, 0]) == {1: 1, 3: 10}[channels]
        unmoved = 0
        for _ in range(8):
            images, wanted = game.lesson()
            assert torch.allclose(teacher(images), wanted, atol=1e-4)
            kept = [(image == game.pairs.images).flatten(1).all(1).any() for image in images]
            unmoved += all(kept)
        assert (unmoved == 8) == (channels == 1)  # characters have no mirror image


def test_a_student_that_is_its_teacher_stays_finite() -> None:
    game = new_game("Ours", "small16", student_model="small16")
    game.student.load_state_dict(game.teacher.state_dict())
    game.imitate()  # the root of zero has an infinite slope: nothing may become NaN
    assert torch.isfinite(weights(game.student)).all()


@pytest.mark.parametrize("method", METHODS)
def test_every_method_plays_in_bf16(method) -> None:
    game = new_game(method, student_model="resnet8_half", precision="bf16", rounds=3)
    records = list(game.play())
    assert len(records) == game.settings.rounds  # ours plays more of them
    assert all(torch.isfinite(weights(net)).all() for net in (game.student, game.generator))
    assert weights(game.student).dtype == torch.float32


def test_what_a_method_cannot_play_on_is_said() -> None:
    assert family.named("MAD", maps=True) is family.MAD
    for method in set(METHODS) - set(family.FOR_MAPS):
        with pytest.raises(ValueError, match=f"{method}' is unknown for segmentation: take .* MAD"):
            family.named(method, maps=True)
    like = data.described("x", channels=1, size=16, classes="ab", mean=[0.5], std=[0.25])
    pool = torch.nn.AdaptiveAvgPool2d(1)
    plain = torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3), pool, torch.nn.Flatten())
    for kind in (family.DAFL, family.CMI):
        with pytest.raises(ValueError, match="no linear layer"):
            game = distill.new_game(profiles.load("quick", **TINY), plain, like, kind)
            game.generate()


@pytest.mark.parametrize("method", family.FOR_MAPS)
def test_methods_for_segmentation_play_it(method) -> None:
    settings = profiles.load("quick", dataset="scenes", **TINY | {"image_size": 16})
    shape = {"channels": 3, "size": 16, "classes": list("abc"), "mean": [0.5] * 3, "std": [0.5] * 3}
    teacher = models.classifier("segmenter8", channels=3, classes=3, size=16, seed=0)
    game = distill.new_game(settings, teacher, data.described("x", **shape), family.named(method))
    (record,) = game.play(1)
    assert math.isfinite(record.imitation + record.generation)


def test_hooks_are_gone_when_the_block_ends() -> None:
    net = models.classifier("resnet8", channels=1, classes=10, size=16, seed=0).eval()
    with family.watching(net) as seen:
        net(torch.randn(4, 1, 16, 16))
    count = sum(isinstance(layer, torch.nn.BatchNorm2d) for layer in net.modules())
    assert len(seen.statistics) == count and seen.features.shape[0] == 4
    assert not any(layer._forward_hooks or layer._forward_pre_hooks for layer in net.modules())


def test_statistics_are_near_where_batch_norm_saw_the_images() -> None:
    net = models.classifier("resnet8", channels=1, classes=10, size=16, seed=0).train()
    images = torch.randn(64, 1, 16, 16)
    for _ in range(100):  # running statistics reach those of this batch
        net(images)
    net.eval()
    gaps = []
    for batch in (images, 3 * images + 1):
        with family.watching(net) as seen, torch.no_grad():
            net(batch)
        gaps.append(float(family.statistics_gap(seen)))
    assert gaps[0] < 0.1 * gaps[1]


def test_balance_is_of_the_mean_not_the_mean_of_each() -> None:
    sure = 50 * torch.eye(4)[[0, 1, 2, 3] * 4]  # each row sure, all classes there
    assert family.balance(sure).item() == pytest.approx(math.log(4), abs=1e-5)
    assert family.balance(sure[:1]).item() == pytest.approx(0, abs=1e-5)
    pixels = sure.view(4, 4, 4).transpose(1, 2)[..., None]  # (N, classes, H, W)
    assert family.balance(pixels).item() == pytest.approx(math.log(4), abs=1e-5)
    assert family.one_hot(sure).item() == pytest.approx(0, abs=1e-5)


def test_balance_has_a_slope_where_a_class_never_comes() -> None:
    logits = torch.tensor([[300.0, 0.0], [200.0, 0.0]], requires_grad=True)
    family.balance(logits).backward()
    assert torch.isfinite(logits.grad).all()


def test_attention_needs_a_size_that_both_have() -> None:
    seen = family.Seen(maps={8: torch.ones(2, 3, 8, 8)})
    other = family.Seen(maps={8: torch.ones(2, 5, 8, 8), 4: torch.ones(2, 5, 4, 4)})
    assert family.attention_gap(seen, other).item() == 0
    with pytest.raises(ValueError, match=r"heights \[8\].*\[4\]"):
        family.attention_gap(seen, family.Seen(maps={4: torch.ones(2, 3, 4, 4)}))


def test_memory_keeps_the_last_ones() -> None:
    memory = family.Memory(4, torch.zeros(1, 1, 1, 1))
    for value in range(6):
        memory.push(torch.full((1, 1, 1, 1), float(value)))
    assert sorted(memory.images.flatten().tolist()) == [2, 3, 4, 5] and len(memory) == 4
    drawn = memory.draw(100, torch.Generator().manual_seed(0)).flatten().unique()
    assert drawn.tolist() == [2, 3, 4, 5]
    places, put = [], memory.images.__class__.__setitem__

    class Noted(torch.Tensor):
        def __setitem__(self, where, rows):
            places.extend(where.tolist())
            put(self, where, rows)

    memory.images = memory.images.as_subclass(Noted)
    memory.push(torch.arange(10.0).view(10, 1, 1, 1))  # more than there is room for
    assert sorted(places) == [0, 1, 2, 3]  # none twice, of which either might stay
    assert sorted(memory.images.flatten().tolist()) == [6, 7, 8, 9]


def test_an_average_follows_weights_and_statistics() -> None:
    new, average = torch.nn.BatchNorm2d(2), torch.nn.BatchNorm2d(2)
    torch.nn.init.constant_(new.weight, 3.0)
    new.running_mean.fill_(1.0)
    family.follow(average, new, 0.75)
    assert torch.allclose(average.weight, torch.tensor(1.5))
    assert torch.allclose(average.running_mean, torch.tensor(0.25))


def test_ours_changes_what_it_says() -> None:
    base, digits = profiles.load("quick"), data.load("digits", "test", size=16)
    trained = models.classifier("small16", channels=1, classes=10, size=16, seed=1)
    changed = distill.new_game(base, trained, digits, family.Ours).settings
    assert (changed.batch_size, changed.rounds, changed.generator_model) == (32, 550, "smooth")
    assert distill.new_game(base, trained, digits, family.DFAD).settings == base


def test_deep_inversion_moves_its_pixels_at_its_own_rate() -> None:
    game = new_game("DeepInversion")
    before = game.generator.images.detach().clone()
    (record,) = game.play(1)
    moved = (game.generator.images.detach() - before).abs().max().item()
    assert record.generator_lr == 0.05
    assert moved == pytest.approx(0.05, rel=0.01)  # Adam's first step is as long as its rate


def test_a_method_has_an_artefact_of_its_own() -> None:
    tiny = profiles.load("quick", **TINY | {"teacher_epochs": 1, "rounds": 4})
    dfad, mad = (artefacts.get_student(tiny, method=name) for name in ("DFAD", "MAD"))
    assert dfad.key != mad.key and "MAD" in mad.key
    again = artefacts.get_student(tiny, method="MAD")
    assert torch.equal(weights(again.student), weights(mad.student))
    with pytest.raises(ValueError, match="method='GAN' is unknown: take one of DFAD, DAFL"):
        artefacts.get_student(tiny, method="GAN")
    with pytest.raises(ValueError, match="leave inputs='noise' out"):
        artefacts.get_student(tiny, method="MAD", inputs="noise")


def test_a_method_with_fewer_rounds_has_its_rates_fall_as_early() -> None:
    paper = profiles.load("paper", dataset="cifar10")
    assert paper.game_step_rounds == (5000, 10_000) and paper.rounds == 25_000
    for kind in family.METHODS.values():
        changed = distill.settings_of(kind, paper)
        assert changed.game_step_rounds[1] / changed.rounds == pytest.approx(0.4)
