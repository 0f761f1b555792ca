# The chord, blown up to one length.
# in: ex-11-walk
# says: ex-11-walk-check: the walk ends at b
import torch


def walk(a, b, steps):
    t = torch.linspace(0, 1, steps)[:, None]
    way = (1 - t) * a + t * b
    return way / way.norm(dim=1, keepdim=True) * a.norm()
