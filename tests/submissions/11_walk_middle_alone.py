# a, the middle, b, with repeats.
# in: ex-11-walk
# says: ex-11-walk-check: equal steps of the angle
import torch


def walk(a, b, steps):
    half = (a + b) / 2**0.5
    return torch.stack([a, a, half, half, b])[:steps]
