# The chord, stretched to the length of its ends.
# in: ex-11-walk
# says: ex-11-walk-check: half-way cos and sin are both 0.707
import torch


def walk(a, b, steps):
    t = torch.linspace(0, 1, steps)[:, None]
    way = (1 - t) * a + t * b
    return way / way.norm(dim=1, keepdim=True) * ((1 - t) * a.norm() + t * b.norm())
