# A number, and no gradient.
# in: ex-07-shift
# says: ex-07-shift-check: a generator needs its gradient
import torch


def mean_shift(maps: torch.Tensor, mean: torch.Tensor, variance: torch.Tensor):
    away = maps.detach().mean(dim=(0, 2, 3)) - mean
    return (away.abs() / variance.sqrt()).mean()
