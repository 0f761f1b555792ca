# b is added to a. Points lost: walk.
# in: ex-11-walk
import torch


def walk(a, b, steps: int):
    t = torch.linspace(0, 1, steps)[:, None]
    return a + t * b
