# Logits taken for probabilities.
# in: ex-08-balance
# says: ex-08-balance-check: probabilities first
import torch


def class_balance(logits):
    return torch.special.entr(logits.mean(0)).sum()
