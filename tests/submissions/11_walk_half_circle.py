# Half a circle.
# in: ex-11-walk
# says: ex-11-walk-check: the walk ends at b
import torch


def walk(a, b, steps):
    angle = torch.linspace(0, torch.pi, steps)[:, None]
    return angle.cos() * a + angle.sin() * b
