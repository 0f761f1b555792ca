# Lists in place of a tensor.
# in: ex-01-softened
# says: ex-01-softened-check: return a tensor


def softened(logits, temperature):
    return (logits / temperature).softmax(dim=1).tolist()
