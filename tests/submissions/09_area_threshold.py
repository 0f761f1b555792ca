# The best threshold: share of right decisions.
# in: ex-09-area
# says: ex-09-area-check: 10 1/2 of 20 pairs: 0.525, not 0.700
import torch


def area(thief, users):
    levels = torch.cat([thief, users])
    right = [((thief > t).double().mean() + (users <= t).double().mean()) / 2 for t in levels]
    return max(right).item()
