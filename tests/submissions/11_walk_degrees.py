# Degrees in place of radians.
# in: ex-11-walk
# says: ex-11-walk-check: radians
import torch


def walk(a, b, steps):
    angle = torch.linspace(0, 90, steps)[:, None]
    return angle.cos() * a + angle.sin() * b
