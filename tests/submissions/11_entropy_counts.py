# Counts in place of shares.
# in: ex-11-entropy
# says: ex-11-entropy-check: make shares of the counts
import torch


def named_classes_entropy(logits):
    counts = torch.bincount(logits.argmax(dim=1), minlength=logits.shape[1]).float()
    return torch.special.entr(counts).sum().item()
