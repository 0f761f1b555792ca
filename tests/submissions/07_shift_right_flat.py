# Right: channels first, then flat.
# in: ex-07-shift
import torch


def mean_shift(maps: torch.Tensor, mean: torch.Tensor, variance: torch.Tensor):
    rows = maps.transpose(0, 1).flatten(1)
    return torch.mean(torch.abs(rows.mean(1) - mean) / torch.sqrt(variance))
