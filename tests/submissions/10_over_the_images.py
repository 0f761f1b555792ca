# Softmax over the images.
# in: ex-10-ensemble
# says: ex-10-ensemble-check: not over the images
import torch


def as_one(logits: torch.Tensor) -> torch.Tensor:
    return logits.softmax(dim=1).mean(dim=0).log()
