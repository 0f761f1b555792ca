# The sum goes over everything.
# in: ex-01-softened
# says: ex-01-softened-check: each row should add up to 1


def softened(logits, temperature):
    e = (logits / temperature).exp()
    return e / e.sum()
