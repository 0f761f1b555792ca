# Divides by the variance, not by sigma.
# in: ex-07-shift
# says: ex-07-shift-check: sigma is the root of the variance
import torch


def mean_shift(maps: torch.Tensor, mean: torch.Tensor, variance: torch.Tensor):
    away = maps.mean(dim=(0, 2, 3)) - mean
    return (away.abs() / variance).mean()
