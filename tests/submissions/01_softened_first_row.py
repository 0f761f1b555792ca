# The first row alone.
# in: ex-01-softened
# says: ex-01-softened-check: the shape should stay


def softened(logits, temperature):
    return (logits[0] / temperature).softmax(0)
