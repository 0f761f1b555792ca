# The temperature squared.
# in: ex-01-softened
# says: ex-01-softened-check: before the softmax


def softened(logits, temperature):
    return (logits / temperature**2).softmax(dim=1)
