# Only the logits, divided.
# in: ex-01-softened
# says: ex-01-softened-check: each row should add up to 1


def softened(logits, temperature):
    return logits / temperature
