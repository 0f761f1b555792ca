# Counts of the winners. Points lost: balance.
# in: ex-08-balance
import torch


def class_balance(logits: torch.Tensor) -> torch.Tensor:
    mean = torch.bincount(logits.argmax(dim=1), minlength=logits.shape[1]) / len(logits)
    return torch.special.entr(mean).sum()
