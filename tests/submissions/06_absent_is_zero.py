# An absent class counts as 0.
# in: ex-06-mean
# says: ex-06-mean-check: an absent class was counted as 0
import torch


def mean_over_classes(per_class: torch.Tensor) -> float:
    return per_class.nan_to_num().mean().item()
