# The terms, not their sum.
# in: ex-08-balance
# says: ex-08-balance-check: one number for the batch
import torch


def class_balance(logits):
    return torch.special.entr(logits.softmax(1).mean(0))
