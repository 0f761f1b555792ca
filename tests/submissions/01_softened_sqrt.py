# By the root of the temperature.
# in: ex-01-softened
# says: ex-01-softened-check: divide the logits by the temperature, before
def softened(logits, temperature):
    return (logits / temperature**0.5).softmax(dim=1)
