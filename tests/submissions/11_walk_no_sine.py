# 1 less the cosine in place of the sine.
# in: ex-11-walk
# says: ex-11-walk-check: half-way
import torch


def walk(a, b, steps):
    angle = torch.linspace(0, torch.pi / 2, steps)[:, None]
    return angle.cos() * a + (1 - angle.cos()) * b
