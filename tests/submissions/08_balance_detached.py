# Detached.
# in: ex-08-balance
# says: ex-08-balance-check: needs its gradient
import torch


def class_balance(logits):
    return torch.special.entr(logits.detach().softmax(1).mean(0)).sum()
