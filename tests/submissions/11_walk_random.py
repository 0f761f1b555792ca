# Steps at random angles.
# in: ex-11-walk
# says: ex-11-walk-check: equal steps of the angle
import torch


def walk(a, b, steps):
    angle = torch.rand(steps, generator=torch.Generator().manual_seed(0)).sort().values
    angle = angle[:, None] * torch.pi / 2
    angle[0], angle[-1], angle[steps // 2] = 0, torch.pi / 2, torch.pi / 4
    return angle.cos() * a + angle.sin() * b
