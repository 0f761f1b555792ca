# The sign is missing.
# in: ex-11-entropy
# says: ex-11-entropy-check: mind the sign
import torch


def named_classes_entropy(logits):
    share = torch.bincount(logits.argmax(dim=1), minlength=logits.shape[1]) / len(logits)
    share = share[share > 0]
    return (share * share.log()).sum().item()
