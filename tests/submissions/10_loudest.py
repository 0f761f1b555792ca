# The loudest teacher of each class. Points lost: ensemble.
# in: ex-10-ensemble
import torch


def as_one(logits: torch.Tensor) -> torch.Tensor:
    return logits.amax(dim=0)
