# Logarithms of the probabilities.
# in: ex-01-softened
# says: ex-01-softened-check: logarithms


def softened(logits, temperature):
    return (logits / temperature).log_softmax(dim=1)
