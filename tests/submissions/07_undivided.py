# Not in units of sigma.
# in: ex-07-shift
# says: ex-07-shift-check: divide by sigma
import torch


def mean_shift(maps: torch.Tensor, mean: torch.Tensor, variance: torch.Tensor):
    return (maps.mean(dim=(0, 2, 3)) - mean).abs().mean()
