# Nothing comes back.
# in: ex-11-walk
# says: ex-11-walk-check: nothing came back
import torch


def walk(a, b, steps):
    angle = torch.linspace(0, torch.pi / 2, steps)[:, None]
    angle.cos() * a + angle.sin() * b
