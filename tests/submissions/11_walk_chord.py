# The straight chord.
# in: ex-11-walk
# says: ex-11-walk-check: the straight chord
import torch


def walk(a, b, steps):
    t = torch.linspace(0, 1, steps)[:, None]
    return (1 - t) * a + t * b
