# The entropy of the winners' counts.
# in: ex-08-balance
# says: ex-08-balance-check: counts the winners
import torch


def class_balance(logits):
    share = torch.bincount(logits.argmax(1), minlength=logits.shape[1]) / len(logits)
    return torch.special.entr(share).sum()
