# Softmax over the batch.
# in: ex-08-balance
# says: ex-08-balance-check: not over the batch
import torch


def class_balance(logits):
    return torch.special.entr(logits.softmax(0).mean(0)).sum()
