# The mean of logits.
# in: ex-10-ensemble
# says: ex-10-ensemble-check: outvotes all
import torch


def as_one(logits: torch.Tensor) -> torch.Tensor:
    return logits.mean(dim=0)
