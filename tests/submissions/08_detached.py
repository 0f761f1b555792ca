# No gradient is left. Points lost: balance.
# in: ex-08-balance
import torch


def class_balance(logits: torch.Tensor) -> torch.Tensor:
    mean = logits.detach().softmax(dim=1).mean(dim=0)
    return torch.special.entr(mean).sum()
