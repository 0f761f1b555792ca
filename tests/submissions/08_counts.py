# Counts of the winners.
# in: ex-08-balance
# says: ex-08-balance-check: counts the winners
import torch


def class_balance(logits: torch.Tensor) -> torch.Tensor:
    mean = torch.bincount(logits.argmax(dim=1), minlength=logits.shape[1]) / len(logits)
    return torch.special.entr(mean).sum()
