"""Extraction: what an answer gives away, and that nothing flows back through a service."""

import pytest
import torch

from dfad_lite import data, distill, models, profiles, theft

TINY = {"batch_size": 16, "generator_width": 4, "rounds": 3}
LOGITS = torch.tensor([[4.0, 0.0, -1.0], [0.0, 0.1, 0.0]])


def new_game(answers: str, probes: int, **changes):
    settings = profiles.load("quick", **TINY | changes)
    digits = data.load("digits", "test", size=16)
    trained = models.classifier("small16", channels=1, classes=10, size=16, seed=1)
    return distill.new_game(settings, trained, digits, theft.thief(answers, probes=probes))


def test_answers_give_away_less_and_less() -> None:
    assert torch.equal(theft.answered("logits", LOGITS), LOGITS)
    assert torch.allclose(theft.answered("probabilities", LOGITS), LOGITS.softmax(1))
    assert theft.answered("rounded", LOGITS)[1].tolist() == pytest.approx([0.32, 0.36, 0.32])
    assert theft.answered("labels", LOGITS).tolist() == [[1, 0, 0], [0, 1, 0]]
    with pytest.raises(ValueError, match="answers='soul' is unknown"):
        theft.thief("soul")


@pytest.mark.parametrize("answers", theft.ANSWERS[1:])
@pytest.mark.parametrize("probes", [0, 2])
def test_nothing_flows_back_through_the_service(answers, probes) -> None:
    game = new_game(answers, probes)
    answered = []
    game.teacher.register_forward_hook(lambda _, __, output: answered.append(output))
    before = torch.cat([w.detach().flatten().clone() for w in game.generator.parameters()])
    assert torch.isfinite(game.imitate()) and torch.isfinite(game.generate())
    after = torch.cat([w.detach().flatten() for w in game.generator.parameters()])
    assert not torch.equal(before, after)
    assert not any(output.requires_grad for output in answered)
    assert len(answered) == 2 + probes


@pytest.mark.parametrize("precision", ["float32", "bf16"])
def test_the_measured_slope_points_uphill(precision) -> None:
    game = new_game("logits", 64, precision=precision)
    z = game.draw()
    images = game.generator(z).detach().requires_grad_()
    with game._precision():
        gain = game.generation_objective(images, z)
    (measured,) = torch.autograd.grad(gain, images)
    gap = (game.student(images) - game.teacher(images)).abs().mean()
    (true,) = torch.autograd.grad(gap, images)
    alike = torch.nn.functional.cosine_similarity(measured.flatten(), true.flatten(), dim=0)
    assert alike > 0.3  # 64 of 256 directions give about a half


def test_probabilities_teach_the_logits_but_for_a_constant() -> None:
    game = new_game("probabilities", 0)
    shifted = LOGITS + torch.tensor([[3.0], [-7.0]])
    assert game.gaps(shifted, LOGITS).max() < 1e-5
    assert new_game("logits", 0).gaps(shifted, LOGITS).tolist() == pytest.approx([3.0, 7.0])


def test_roughness_forgets_brightness_and_contrast() -> None:
    noise = torch.randn(200, 1, 16, 16, generator=torch.Generator().manual_seed(0))
    assert theft.roughness(noise).mean().item() == pytest.approx(2, abs=0.1)
    assert torch.allclose(theft.roughness(5 * noise + 3), theft.roughness(noise), atol=1e-3)
    ramp = torch.linspace(0, 1, 16).expand(1, 1, 16, 16)
    assert theft.roughness(ramp).item() < 0.1


def test_separability_is_a_roc_area_either_way_round() -> None:
    low, high = torch.tensor([0.0, 1.0, 2.0]), torch.tensor([3.0, 4.0])
    assert theft.separability(low, high) == theft.separability(high, low) == 1
    assert theft.separability(low, low) == 0.5


def test_class_resemblance_and_nearest() -> None:
    stream = torch.Generator().manual_seed(0)
    kinds = torch.randn(3, 1, 8, 8, generator=stream)
    labels = torch.arange(3).repeat(20)
    images = kinds[labels] + 0.1 * torch.randn(60, 1, 8, 8, generator=stream)
    same = theft.class_resemblance(images, labels, images, labels, 3)
    assert same.min() > 0.99
    turned = theft.class_resemblance(images, (labels + 1) % 3, images, labels, 3)
    assert turned.max() < 0.5
    some = theft.class_resemblance(images[labels < 2], labels[labels < 2], images, labels, 3)
    assert some[:2].min() > 0.9 and some[2].isnan()
    assert theft.nearest(images[:5], images).max() < 0.01
