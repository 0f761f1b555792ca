# The maps are shifted in place.
# in: ex-07-shift
# says: ex-07-shift-check: what is remembered, and the maps, must stay
import torch


def mean_shift(maps: torch.Tensor, mean: torch.Tensor, variance: torch.Tensor):
    maps.data.sub_(mean.view(1, -1, 1, 1))
    return (maps.mean((0, 2, 3)).abs() / variance.sqrt()).mean()
