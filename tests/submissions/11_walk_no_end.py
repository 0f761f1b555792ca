# The end is left out.
# in: ex-11-walk
# says: ex-11-walk-check: the walk ends at b
import torch


def walk(a, b, steps):
    angle = torch.arange(steps)[:, None] / steps * torch.pi / 2
    return angle.cos() * a + angle.sin() * b
