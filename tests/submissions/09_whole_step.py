# The step is never used. Points lost: probe.
# in: ex-09-probe
import torch


def probed_gradient(gap, images: torch.Tensor, way: torch.Tensor, step: float):
    return (gap(images + way) - gap(images)).view(-1, 1, 1, 1) * way
