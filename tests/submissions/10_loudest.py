# The loudest teacher of each class.
# in: ex-10-ensemble
# says: ex-10-ensemble-check: not a mean
import torch


def as_one(logits: torch.Tensor) -> torch.Tensor:
    return logits.amax(dim=0)
