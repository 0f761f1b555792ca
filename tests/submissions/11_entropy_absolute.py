# The logit of the largest magnitude, which may be the least likely class.
# in: ex-11-entropy
# says: ex-11-entropy-check: the LARGEST logit names the class
import torch


def named_classes_entropy(logits):
    share = torch.bincount(logits.abs().argmax(1), minlength=5) / len(logits)
    return torch.special.entr(share).sum().item()
