# The softmax of the mean logits.
# in: ex-08-balance
# says: ex-08-balance-check: not the softmax of mean logits
import torch


def class_balance(logits):
    return torch.special.entr(logits.mean(0).softmax(0)).sum()
