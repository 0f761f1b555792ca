# The median.
# in: ex-06-mean
# says: ex-06-mean-check: that is the median
import torch


def mean_over_classes(per_class: torch.Tensor) -> float:
    return per_class.nanmedian().item()
