# Some pairs drawn at random.
# in: ex-09-area
# says: ex-09-area-check: compare each pair: not with the middle of th
import torch


def area(thief, users):
    torch.manual_seed(0)
    a, b = (x[torch.randint(len(x), (50,))] for x in (thief, users))
    return ((a > b).double() + (a == b).double() / 2).mean().item()
