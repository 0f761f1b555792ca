# The logits are overwritten by ones and zeros.
# in: ex-11-entropy
# says: ex-11-entropy-check: what was given has changed


def named_classes_entropy(logits):
    logits[:] = (logits == logits.amax(1, keepdim=True)).float()
    share = logits.mean(0)
    share = share[share > 0]
    return -(share * share.log()).sum().item()
