# The effective number of classes.
# in: ex-11-entropy
# says: ex-11-entropy-check: one class alone is named
import torch


def named_classes_entropy(logits):
    share = torch.bincount(logits.argmax(dim=1), minlength=logits.shape[1]) / len(logits)
    return torch.special.entr(share).sum().exp().item()
