# Nothing comes back.
# in: ex-08-balance
# says: ex-08-balance-check: nothing came back
import torch


def class_balance(logits):
    torch.special.entr(logits.softmax(1).mean(0)).sum()
