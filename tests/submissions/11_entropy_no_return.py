# Nothing comes back.
# in: ex-11-entropy
# says: ex-11-entropy-check: nothing came back
import torch


def named_classes_entropy(logits):
    share = torch.bincount(logits.argmax(dim=1), minlength=logits.shape[1]) / len(logits)
    torch.special.entr(share).sum().item()
