"""The game as notebook 04 writes it by hand and the module's give equal weights."""

from pathlib import Path

import nbformat
import pytest
import torch

from dfad_lite import baselines, data, distill, models, profiles

FOLDER = Path(__file__).parents[1] / "notebooks"


def by_hand(notebook: str = "04_adversarial_generation.ipynb") -> dict:
    """What the notebook's cells tagged `plain-version` define."""
    namespace: dict = {"torch": torch}
    for cell in nbformat.read(FOLDER / notebook, as_version=4).cells:
        if "plain-version" in cell.metadata.get("tags", []):
            exec(cell.source, namespace)
    return namespace


def networks(settings: profiles.Profile) -> list[torch.nn.Module]:
    """Teacher, student and generator for 16x16 images, the same at each call, in float64."""
    shape = {"channels": 1, "size": 16}
    return [
        models.frozen(models.classifier("small16", classes=10, seed=1, **shape)).double(),
        models.classifier("small8", classes=10, seed=2, **shape).double(),
        models.generator(
            "light", latent_size=settings.latent_size, width=8, seed=3, **shape
        ).double(),
    ]


@pytest.mark.parametrize("seed", [0, 1])
def test_equal_weights_after_three_rounds(seed: int) -> None:
    settings = profiles.load("quick", seed=seed, batch_size=16, game_schedule="constant")
    plain, module = networks(settings), networks(settings)
    before = [weight.clone() for net in plain for weight in net.parameters()]
    by_hand()["play_by_hand"](*plain, settings, 3, torch.float64)
    list(distill.Game(*module, settings, dtype=torch.float64).play(3))
    after = [weight for net in plain for weight in net.parameters()]
    assert any(not torch.equal(a, b) for a, b in zip(before, after, strict=True))
    for ours, theirs in zip(plain, module, strict=True):
        for a, b in zip(ours.parameters(), theirs.parameters(), strict=True):
            torch.testing.assert_close(a, b, rtol=0, atol=1e-9)


def test_the_comparison_can_fail() -> None:
    settings = profiles.load("quick", batch_size=16, game_schedule="constant")
    plain, module = networks(settings), networks(settings)
    by_hand()["play_by_hand"](*plain, settings, 2, torch.float64)
    list(distill.Game(*module, settings, dtype=torch.float64).play(3))
    with pytest.raises(AssertionError):
        torch.testing.assert_close(plain[1][0].weight, module[1][0].weight, rtol=0, atol=1e-9)


def test_learning_on_given_images_by_hand_is_the_game_with_another_source() -> None:
    settings = profiles.load("quick", batch_size=16, game_schedule="constant")
    plain, module = networks(settings), networks(settings)
    digits = data.load("digits", "test", size=16)
    # The pixels are normalised in float64 by the module's source: by hand, the same is given.
    images = (digits.images.double() / 255 - digits.mean[0]) / digits.std[0]
    learn = by_hand("02_distilling_with_data.ipynb")["learn_by_hand"]
    steps = 3 * settings.imitation_steps
    learn(plain[0], plain[1], images, settings, steps, torch.float64)
    source = baselines.drawn_from(digits)
    list(distill.Game(*module, settings, dtype=torch.float64, source=source).play(3))
    for a, b in zip(plain[1].parameters(), module[1].parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=1e-9)
