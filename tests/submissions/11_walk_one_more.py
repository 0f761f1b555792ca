# A step too many.
# in: ex-11-walk
# says: ex-11-walk-check: a batch of 5 latents
import torch


def walk(a, b, steps):
    angle = torch.linspace(0, torch.pi / 2, steps + 1)[:, None]
    return angle.cos() * a + angle.sin() * b
