# The temperature squared.
# in: ex-01-softened
# says: ex-01-softened-check: divide the logits before the softmax


def softened(logits, temperature):
    return (logits / temperature**2).softmax(dim=1)
