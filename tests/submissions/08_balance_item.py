# A plain number.
# in: ex-08-balance
# says: ex-08-balance-check: return the entropy, a tensor
import torch


def class_balance(logits):
    return torch.special.entr(logits.softmax(1).mean(0)).sum().item()
