# Right, by unique.
# in: ex-11-entropy


def named_classes_entropy(logits):
    counts = logits.argmax(dim=1).unique(return_counts=True)[1]
    share = counts / counts.sum()
    return -(share * share.log()).sum().item()
