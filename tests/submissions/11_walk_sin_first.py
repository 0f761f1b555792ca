# Sine and cosine exchanged.
# in: ex-11-walk
# says: ex-11-walk-check: from a to b, not back
import torch


def walk(a, b, steps):
    angle = torch.linspace(0, torch.pi / 2, steps)[:, None]
    return angle.sin() * a + angle.cos() * b
