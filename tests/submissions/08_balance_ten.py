# Divided by ten classes' log.
# in: ex-08-balance
# says: ex-08-balance-check: for these six answers
import torch


def class_balance(logits):
    import math

    return torch.special.entr(logits.softmax(1).mean(0)).sum() / math.log(10)
