# The sum over the channels.
# in: ex-07-shift
# says: ex-07-shift-check: the mean over the channels
import torch


def mean_shift(maps: torch.Tensor, mean: torch.Tensor, variance: torch.Tensor):
    away = maps.mean(dim=(0, 2, 3)) - mean
    return (away.abs() / variance.sqrt()).sum()
