# A list.
# in: ex-11-walk
# says: ex-11-walk-check: as one tensor
import torch


def walk(a, b, steps):
    angle = torch.linspace(0, torch.pi / 2, steps)[:, None]
    return list(angle.cos() * a + angle.sin() * b)
