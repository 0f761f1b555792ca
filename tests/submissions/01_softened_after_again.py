# Divided after a softmax, then a second softmax.
# in: ex-01-softened
# says: ex-01-softened-check: before the softmax


def softened(logits, temperature):
    return (logits.softmax(dim=1) / temperature).softmax(dim=1)
