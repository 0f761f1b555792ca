# From b to a.
# in: ex-11-walk
# says: ex-11-walk-check: from a to b
import torch


def walk(a, b, steps):
    angle = torch.linspace(0, torch.pi / 2, steps)[:, None]
    return angle.cos() * b + angle.sin() * a
