# How far from even: log C less the entropy.
# in: ex-08-balance
# says: ex-08-balance-check: for these six answers 1.1400, not 0.2463
import torch


def class_balance(logits):
    mean = logits.softmax(1).mean(0)
    return torch.tensor(float(logits.shape[1])).log() + (mean * mean.log()).sum()
