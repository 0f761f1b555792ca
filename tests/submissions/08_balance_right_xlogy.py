# Right, by xlogy.
# in: ex-08-balance
import torch


def class_balance(logits):
    mean = torch.softmax(logits, 1).sum(0) / len(logits)
    return -torch.xlogy(mean, mean).sum()
