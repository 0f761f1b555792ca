# Of the smallest logits.
# in: ex-11-entropy
# says: ex-11-entropy-check: the LARGEST logit names the class
import torch


def named_classes_entropy(logits):
    share = torch.bincount(logits.argmin(dim=1), minlength=logits.shape[1]) / len(logits)
    return torch.special.entr(share).sum().item()
