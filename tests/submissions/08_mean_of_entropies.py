# The entropy of each answer, then the mean.
# in: ex-08-balance
# says: ex-08-balance-check: the mean of the entropies
import torch


def class_balance(logits: torch.Tensor) -> torch.Tensor:
    return torch.special.entr(logits.softmax(dim=1)).sum(dim=1).mean()
