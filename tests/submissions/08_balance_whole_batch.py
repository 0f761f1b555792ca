# One softmax over everything.
# in: ex-08-balance
# says: ex-08-balance-check: softmax over the classes
import torch


def class_balance(logits):
    p = logits.flatten().softmax(0).view_as(logits)
    return torch.special.entr(p).sum()
