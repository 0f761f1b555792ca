# Right: the size as the root of a square.
# in: ex-07-shift
import torch


def mean_shift(maps: torch.Tensor, mean: torch.Tensor, variance: torch.Tensor):
    average = torch.einsum("nchw->c", maps) / (maps.numel() / maps.shape[1])
    return ((average - mean).square() / variance).sqrt().mean()
