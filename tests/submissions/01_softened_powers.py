# Powers of the temperature in place of e.
# in: ex-01-softened
# says: ex-01-softened-check: before the softmax


def softened(logits, temperature):
    e = (1 + temperature) ** logits
    return e / e.sum(dim=1, keepdim=True)
