# An absent class counts as 0. Points lost: mean.
# in: ex-06-mean
import torch


def mean_over_classes(per_class: torch.Tensor) -> float:
    return per_class.nan_to_num().mean().item()
