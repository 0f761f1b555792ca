# The argmax over the batch.
# in: ex-11-entropy
# says: ex-11-entropy-check: dim=1
import torch


def named_classes_entropy(logits):
    share = torch.bincount(logits.argmax(dim=0), minlength=8) / logits.shape[1]
    return torch.special.entr(share).sum().item()
