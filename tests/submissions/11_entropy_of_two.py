# The most frequent class against the rest.
# in: ex-11-entropy
# says: ex-11-entropy-check: five classes, a fifth each
import torch


def named_classes_entropy(logits):
    p = (torch.bincount(logits.argmax(1)) / len(logits)).max()
    return (torch.special.entr(p) + torch.special.entr(1 - p)).item()
