# Softmax of the mean logits.
# in: ex-08-balance
# says: ex-08-balance-check: not the softmax of mean logits
import torch


def class_balance(logits: torch.Tensor) -> torch.Tensor:
    mean = logits.mean(dim=0).softmax(dim=0)
    return torch.special.entr(mean).sum()
