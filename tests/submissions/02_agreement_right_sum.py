# Right: counted and divided.
# in: ex-02-agreement
import torch


def agreement(a, b):
    same = torch.eq(a.max(dim=1).indices, b.max(dim=1).indices)
    return int(same.sum()) / len(a)
