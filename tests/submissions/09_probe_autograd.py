# Autograd.
# in: ex-09-probe
# says: ex-09-probe-check: you asked 1 time
import torch


def probed_gradient(gap, images, way, step):
    x = images.clone().requires_grad_(True)
    return torch.autograd.grad(gap(x).sum(), x)[0]
