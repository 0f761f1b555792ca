# cos and sin squared: the chord in other steps.
# in: ex-11-walk
# says: ex-11-walk-check: the straight chord
import torch


def walk(a, b, steps):
    angle = torch.linspace(0, torch.pi / 2, steps)[:, None]
    return angle.cos() ** 2 * a + angle.sin() ** 2 * b
