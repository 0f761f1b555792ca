# The sum goes over the batch.
# in: ex-01-softened
# says: ex-01-softened-check: softmax over the batch


def softened(logits, temperature):
    e = (logits / temperature).exp()
    return e / e.sum(dim=0)
