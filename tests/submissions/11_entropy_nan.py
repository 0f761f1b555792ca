# 0 log 0.
# in: ex-11-entropy
# says: ex-11-entropy-check: 0 log 0 is 0
import torch


def named_classes_entropy(logits):
    share = torch.bincount(logits.argmax(dim=1), minlength=logits.shape[1]) / len(logits)
    return -(share * share.log()).sum().item()
