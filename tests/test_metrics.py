"""Certificates and diversity measures, on cases small enough to work out by hand."""

import math

import pytest
import torch
from torch import nn

from dfad_lite import diversity, estimates, metrics, models


def test_what_a_network_keeps_from_being_measured_can_be_learnt_with() -> None:
    class Keeps(nn.Linear):
        def forward(self, images):
            self.kept = getattr(self, "kept", images[:1].cos())  # as rotary embeddings are
            return super().forward(images.flatten(1) * self.kept.flatten(1))

    net, images = Keeps(16, 3), torch.ones(2, 1, 4, 4)
    metrics.logits(net, images)
    net(images.requires_grad_()).sum().backward()
    assert images.grad.any()


def test_half_the_margin_certifies_and_the_full_margin_would_be_wrong():
    teacher = torch.tensor([[1.0, 0.0]])
    other = torch.tensor([[0.4, 0.6]])  # no logit moved by the margin of 1, yet the class changed
    assert (teacher - other).abs().max() < 1.0
    assert metrics.agreement(teacher, other) == 0.0
    assert metrics.certified(teacher, other) == 0.0
    assert metrics.certified(teacher, torch.tensor([[0.6, 0.4]])) == 1.0
    assert metrics.certified(teacher, torch.tensor([[0.5, 0.5]])) == 0.0  # a tie proves nothing


def test_certified_share_is_never_above_agreement():
    stream = torch.Generator().manual_seed(0)
    shares = []
    for spread in (0.01, 0.1, 0.3, 1.0, 3.0):
        teacher = torch.randn(2000, 10, generator=stream)
        student = teacher + spread * torch.randn(2000, 10, generator=stream)
        certified = metrics.certified(teacher, student)
        both = teacher.argmax(1) == student.argmax(1)
        gap, margin = (teacher - student).abs().amax(1), teacher.topk(2).values
        inside = gap.double() < (margin[:, 0].double() - margin[:, 1].double()) / 2
        assert both[inside].all()
        assert certified <= metrics.agreement(teacher, student)
        shares.append(certified)
    assert shares[0] > 0.9 and shares == sorted(shares, reverse=True)


def test_certified_takes_maps_and_names_wrong_shapes():
    maps = torch.randn(2, 3, 4, 5)
    assert metrics.certified(maps, maps.clone()) == 1.0
    with pytest.raises(ValueError, match="teacher_logits have shape"):
        metrics.certified(maps, maps[:, :2])
    with pytest.raises(ValueError, match="two classes"):
        metrics.certified(torch.zeros(3, 1), torch.zeros(3, 1))


def test_features_are_what_the_last_layer_gets():
    model = models.classifier("small8", channels=1, classes=10, size=16, seed=0)
    images = torch.randn(7, 1, 16, 16)
    seen = diversity.features(model, images, batch_size=3)
    with torch.inference_mode():
        assert torch.allclose(model[-1](seen), metrics.logits(model, images), atol=1e-6)
    assert not model[-1]._forward_pre_hooks
    with pytest.raises(ValueError, match=r"nn\.Linear"):
        diversity.features(nn.Sequential(nn.Conv2d(1, 1, 3)), images)


def test_diversity_measures_by_hand():
    rows = torch.tensor([[2.0, 0, 0], [2, 0, 0], [0, 3, 0], [0, 0, 1]])
    assert diversity.class_entropy(rows) == pytest.approx(0.5 * math.log(2) + 0.5 * math.log(4))
    assert diversity.class_entropy(rows[:1].repeat(5, 1)) == 0.0
    corners = torch.tensor([[0.0, 0], [3, 0], [0, 4]])
    assert diversity.feature_distance(corners) == pytest.approx((3 + 4 + 5) / 3)
    close = torch.tensor([[0.0, 0], [0.05, 0], [3, 0]])
    assert diversity.near_duplicates(close, radius=0.1) == pytest.approx(2 / 3)
    assert diversity.near_duplicates(close, radius=0.04) == 0.0


def test_a_collapsed_generator_is_told_from_a_varied_one():
    teacher = models.classifier("small8", channels=1, classes=10, size=16, seed=0)
    stream = torch.Generator().manual_seed(1)
    real = torch.randn(64, 1, 16, 16, generator=stream)
    varied = diversity.measures(teacher, torch.randn(64, 1, 16, 16, generator=stream), real)
    one = real[:1] + 1e-3 * torch.randn(64, 1, 16, 16, generator=stream)
    collapsed = diversity.measures(teacher, one, real)
    assert varied["near_duplicates"] == 0.0 and collapsed["near_duplicates"] == 1.0
    assert 0.8 < varied["feature_distance"] < 1.2 and collapsed["feature_distance"] < 0.1
    assert collapsed["class_entropy"] == 0.0


def test_ascent_never_ends_below_its_start_and_stays_between_black_and_white():
    nets = [
        models.frozen(models.classifier("small8", channels=1, classes=10, size=16, seed=seed))
        for seed in (0, 1)
    ]
    start = torch.randn(5, 1, 16, 16, generator=torch.Generator().manual_seed(0))
    found = metrics.ascend(*nets, start, low=-1.0, high=1.5, steps=20)
    assert found.min() >= -1.0 and found.max() <= 1.5

    def gap(images):
        with torch.no_grad():
            return (nets[0](images) - nets[1](images)).abs().mean(1)

    assert (gap(found) >= gap(start.clamp(-1.0, 1.5))).all()
    assert gap(found).mean() > 1.5 * gap(start).mean()
    with pytest.raises(ValueError, match="low=1"):
        metrics.ascend(*nets, start, low=1.0, high=0.0)


def test_blurred_noise_is_smooth_and_two_networks_are_compared_on_it() -> None:
    images = estimates.blurred_noise(50, 2, 16, seed=0)
    assert images.shape == (50, 2, 16, 16) and images.std().item() == pytest.approx(1, abs=1e-3)
    assert torch.equal(images, estimates.blurred_noise(50, 2, 16, seed=0))
    neighbours = torch.corrcoef(
        torch.stack([images[..., 1:].flatten(), images[..., :-1].flatten()])
    )[0, 1]
    assert neighbours > 0.7
    shape = {"channels": 1, "classes": 10, "size": 16}
    one, other = (models.classifier("small8", seed=seed, **shape) for seed in (0, 1))
    first, second = (metrics.logits(net, images[:, :1]) for net in (one, other))
    assert metrics.agreement(first, first) == 1
    assert metrics.agreement(first, second) < 0.9
