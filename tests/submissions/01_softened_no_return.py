# Nothing comes back.
# in: ex-01-softened
# says: ex-01-softened-check: nothing came back


def softened(logits, temperature):
    (logits / temperature).softmax(dim=1)
