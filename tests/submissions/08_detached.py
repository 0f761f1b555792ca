# No gradient is left.
# in: ex-08-balance
# says: ex-08-balance-check: a generator needs its gradient
import torch


def class_balance(logits: torch.Tensor) -> torch.Tensor:
    mean = logits.detach().softmax(dim=1).mean(dim=0)
    return torch.special.entr(mean).sum()
