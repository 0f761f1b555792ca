# Over the best two of each image.
# in: ex-11-entropy
# says: ex-11-entropy-check: one class alone is named: of the classes NAM
import torch


def named_classes_entropy(logits):
    share = logits.topk(2, dim=1).indices.flatten().bincount().float()
    return torch.special.entr(share / share.sum()).sum().item()
