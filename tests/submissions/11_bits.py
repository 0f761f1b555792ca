# In bits.
# in: ex-11-entropy
# says: ex-11-entropy-check: in bits
import torch


def named_classes_entropy(logits) -> float:
    named = logits.argmax(dim=1)
    share = torch.bincount(named, minlength=logits.shape[1]) / len(logits)
    return torch.special.entr(share).sum().item() / torch.tensor(2.0).log().item()
