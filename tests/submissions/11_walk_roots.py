# Roots of the shares: an arc with uneven steps.
# in: ex-11-walk
# says: ex-11-walk-check: equal steps of the angle, 22.5° each
import torch


def walk(a, b, steps):
    t = torch.linspace(0, 1, steps)[:, None]
    return (1 - t).sqrt() * a + t.sqrt() * b
