# The log of how many classes are named. Points lost: entropy.
# in: ex-11-entropy
import torch


def named_classes_entropy(logits) -> float:
    return torch.tensor(float(len(logits.argmax(dim=1).unique()))).log().item()
