# Right: channel by channel.
# in: ex-07-shift
import torch


def mean_shift(maps: torch.Tensor, mean: torch.Tensor, variance: torch.Tensor):
    gaps = [(maps[:, c].mean() - mean[c]).abs() / variance[c] ** 0.5 for c in range(maps.shape[1])]
    return torch.stack(gaps).mean()
