# A mean for each image.
# in: ex-07-shift
# says: ex-07-shift-check: over all images of the batch
import torch


def mean_shift(maps: torch.Tensor, mean: torch.Tensor, variance: torch.Tensor):
    away = maps.mean(dim=(2, 3)) - mean
    return (away.abs() / variance.sqrt()).mean()
