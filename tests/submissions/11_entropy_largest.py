# The largest share's alone.
# in: ex-11-entropy
# says: ex-11-entropy-check: the most frequent class alone
import torch


def named_classes_entropy(logits):
    share = torch.bincount(logits.argmax(dim=1), minlength=logits.shape[1]) / len(logits)
    return -share.max().log().item()
