# The entropy of each answer, then the mean. Points lost: balance.
# in: ex-08-balance
import torch


def class_balance(logits: torch.Tensor) -> torch.Tensor:
    return torch.special.entr(logits.softmax(dim=1)).sum(dim=1).mean()
