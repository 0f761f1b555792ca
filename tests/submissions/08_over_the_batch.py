# Softmax over the batch.
# in: ex-08-balance
# says: ex-08-balance-check: not over the batch
import torch


def class_balance(logits: torch.Tensor) -> torch.Tensor:
    mean = logits.softmax(dim=0).mean(dim=0)
    return torch.special.entr(mean).sum()
