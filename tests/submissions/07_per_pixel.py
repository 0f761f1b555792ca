# Every pixel against the mean.
# in: ex-07-shift
# says: ex-07-shift-check: over all images and pixels
import torch


def mean_shift(maps: torch.Tensor, mean: torch.Tensor, variance: torch.Tensor):
    away = maps - mean[:, None, None]
    return (away.abs() / variance.sqrt()[:, None, None]).mean()
