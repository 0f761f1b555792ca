# Roots in place of sines.
# in: ex-11-walk
# says: ex-11-walk-check: equal steps of the angle
import torch


def walk(a, b, steps):
    t = torch.linspace(0, 1, steps)[:, None]
    return (1 - t).sqrt() * a + t.sqrt() * b
