# One less the sum of the squares.
# in: ex-11-entropy
# says: ex-11-entropy-check: shares of 3/4 and 1/4
import torch


def named_classes_entropy(logits):
    share = torch.bincount(logits.argmax(dim=1), minlength=logits.shape[1]) / len(logits)
    return 1 - share.pow(2).sum().item()
