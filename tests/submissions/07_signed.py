# Lets channels that are too high make up for others.
# in: ex-07-shift
# says: ex-07-shift-check: must not cancel
import torch


def mean_shift(maps: torch.Tensor, mean: torch.Tensor, variance: torch.Tensor):
    away = maps.mean(dim=(0, 2, 3)) - mean
    return (away / variance.sqrt()).mean().abs()
