# b is added to a.
# in: ex-11-walk
# says: ex-11-walk-check: the walk ends at b
import torch


def walk(a, b, steps: int):
    t = torch.linspace(0, 1, steps)[:, None]
    return a + t * b
