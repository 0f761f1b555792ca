# The log of how many classes are named.
# in: ex-11-entropy
# says: ex-11-entropy-check: that counts the classes
import torch


def named_classes_entropy(logits) -> float:
    return torch.tensor(float(len(logits.argmax(dim=1).unique()))).log().item()
