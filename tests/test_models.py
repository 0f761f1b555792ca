"""The networks are those of the paper: parameters, multiply-adds, shapes."""

import pytest
import torch
from torch import nn

from dfad_lite import models


@pytest.mark.parametrize(
    ("half", "parameters", "multiply_adds", "printed"),
    [(False, 61_706, 416_520, 433), (True, 15_738, 133_740, 139)],
)
def test_lenet(half: bool, parameters: int, multiply_adds: int, printed: int) -> None:
    net = models.LeNet5(1, 10, half=half)
    assert models.parameters(net) == parameters
    assert models.multiply_adds(net, torch.zeros(1, 1, 32, 32)) == multiply_adds
    # The paper prints 433 K and 139 K: each convolution's bias added once per input channel.
    biases, x = 0, torch.zeros(1, 1, 32, 32)
    for layer in net:
        x = layer(x)
        if isinstance(layer, nn.Conv2d):
            biases += layer.in_channels * x[0].numel()
    assert round((multiply_adds + biases) / 1000) == printed


@pytest.mark.parametrize(
    ("name", "multiply_adds"), [("resnet34_8x", 1.16e9), ("resnet18_8x", 0.557e9)]
)
def test_resnet_8x(name: str, multiply_adds: float) -> None:
    net = models.classifier(name, channels=3, classes=10, size=32)
    counted = models.multiply_adds(net, torch.zeros(1, 3, 32, 32))
    assert counted == pytest.approx(multiply_adds, rel=0.005)
    assert net.eval()(torch.zeros(2, 3, 32, 32)).shape == (2, 10)


@pytest.mark.parametrize(
    ("name", "channels", "size"),
    [("light", 1, 16), ("smooth", 3, 32), ("generator_a", 1, 32), ("generator_b", 3, 64)],
)
def test_generators_make_images(name: str, channels: int, size: int) -> None:
    end_norm = name != "generator_b"  # as in the reference code
    net = models.generator(
        name, latent_size=10, channels=channels, size=size, width=8, end_norm=end_norm, seed=0
    )
    images = net(torch.randn(4, 10))
    assert images.shape == (4, channels, size, size)
    if end_norm:  # batch norm without weights of its own
        assert isinstance(net[-1], nn.BatchNorm2d) and not net[-1].affine
        assert images.mean().abs() < 1e-4 and abs(images.std() - 1) < 0.05
    else:
        assert isinstance(net[-1], nn.Tanh)
        assert net[3].weight.std().item() == pytest.approx(0.02, rel=0.1)


def test_a_segmenter_takes_frames_of_any_shape() -> None:
    net = models.classifier("segmenter8", channels=3, classes=5, size=10, seed=0).eval()
    frames = torch.randn(2, 3, 10, 9, generator=torch.Generator().manual_seed(0))
    wider = torch.nn.functional.pad(frames, (0, 3, 0, 2), mode="replicate")
    assert net(frames).shape == (2, 5, 10, 9)
    assert torch.equal(net(frames), net(wider)[..., :10, :9])


def test_seed_decides_the_weights_and_leaves_the_callers_random_state() -> None:
    state = torch.get_rng_state()
    nets = [models.classifier("small8", channels=1, classes=10, size=16, seed=s) for s in (1, 1, 2)]
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.equal(nets[0][0].weight, nets[1][0].weight)
    assert not torch.equal(nets[0][0].weight, nets[2][0].weight)


def test_the_random_state_of_gpus_is_left_as_well(monkeypatch) -> None:
    restored = []
    for name, stand_in in {
        "is_initialized": lambda: True,
        "device_count": lambda: 2,
        "manual_seed_all": lambda seed: None,
        "get_rng_state": lambda gpu: f"state of {gpu}",
        "set_rng_state": lambda state, gpu: restored.append((gpu, state)),
    }.items():
        monkeypatch.setattr(torch.cuda, name, stand_in)
    models.classifier("small8", channels=1, classes=10, size=16, seed=1)
    assert restored == [(0, "state of 0"), (1, "state of 1")]


def test_wrong_names_and_sizes_are_named() -> None:
    with pytest.raises(ValueError, match="image_size=28"):
        models.classifier("lenet5", channels=1, classes=10, size=28)
    with pytest.raises(ValueError, match="'vgg'"):
        models.classifier("vgg", channels=1, classes=10, size=32)
    with pytest.raises(ValueError, match="'gan'"):
        models.generator("gan", latent_size=8, channels=1, size=32, width=8)
    with pytest.raises(ValueError, match="latent_size=1: give 2 or more"):
        models.generator("exposed", latent_size=1, channels=1, size=32, width=8)
    for name, size in (("light", 18), ("generator_a", 30), ("generator_b", 24)):
        with pytest.raises(ValueError, match=f"size={size}"):
            models.generator(name, latent_size=8, channels=1, size=size, width=8)
